//! `cargo xtask client …`, as a client of the API.

mod change;
pub mod find;
mod shown;

use crate::service::Service;
use crate::table::cell;
use anyhow::Result;
use cli::ClientCommand;
use serde_json::Value;

/// Runs a command. Returns the text to print.
///
/// # Errors
/// Invalid arguments, an OAuth client that is not found, or the error of the service.
pub fn run(command: &ClientCommand) -> Result<String> {
    match command {
        ClientCommand::List { filters, service } => find::list(service, filters),
        ClientCommand::Show { client, service } => find::show(service, &client.name),
        ClientCommand::Create { client, service } => change::create(service, client),
        ClientCommand::Update {
            client,
            changes,
            consent,
            service,
        } => change::update(service, &client.name, changes, *consent),
        ClientCommand::Delete {
            client,
            consent,
            service,
        } => change::delete(service, &client.name, *consent),
        ClientCommand::RevokeGrants {
            client,
            consent,
            service,
        } => change::revoke_grants(service, &client.name, *consent),
        ClientCommand::NewSecret {
            client,
            consent,
            service,
        } => change::new_secret(service, &client.name, *consent),
    }
}

/// The OAuth client that a command is about, and the service that has it.
struct Subject {
    service: Service,
    client: Value,
    is_json: bool,
}

impl Subject {
    fn find(options: &cli::Service, typed: &str) -> Result<Self> {
        let service = Service::connect(options)?;
        let client = find::client(&service, typed)?;
        Ok(Self {
            service,
            client,
            is_json: options.json,
        })
    }

    /// The name, for a sentence.
    fn name(&self) -> String {
        cell(self.client["client_name"].as_str())
    }

    /// The path of the client, or of something below it.
    fn path(&self, rest: &str) -> String {
        let id = self.client["client_id"].as_str().unwrap_or_default();
        format!("clients/{id}{rest}")
    }

    /// The version that a change is based on.
    fn version(&self) -> u64 {
        self.client["version"].as_u64().unwrap_or_default()
    }

    /// The text to print: the response as JSON, or this sentence.
    fn result(&self, response: Value, sentence: String) -> String {
        if self.is_json {
            without_success(response).to_string()
        } else {
            sentence
        }
    }
}

/// A response without the member that is always true.
fn without_success(mut response: Value) -> Value {
    if let Some(members) = response.as_object_mut() {
        members.remove("success");
    }
    response
}
