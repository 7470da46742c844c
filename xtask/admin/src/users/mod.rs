//! `cargo xtask user …`, as a client of the API.

mod change;
mod destroy;
mod factors;
pub mod find;
mod list;
pub mod shown;
mod transfer;

use crate::service::Service;
use crate::table::cell;
use anyhow::Result;
use cli::UserCommand;
use serde_json::Value;

/// Runs a command. Returns the text to print; empty if there is none.
///
/// # Errors
/// Invalid arguments, a user who is not found, or the error of the service.
pub fn run(command: &UserCommand) -> Result<String> {
    match command {
        UserCommand::List {
            filters,
            order,
            service,
        } => list::list(service, filters, order),
        UserCommand::Search {
            term,
            filters,
            service,
        } => list::search(service, term, filters),
        UserCommand::Show { user, service } => list::show(service, &user.name),
        UserCommand::Add { user, service } => change::add(service, user),
        UserCommand::Change {
            user,
            fields,
            service,
        } => change::change(service, &user.name, fields),
        UserCommand::Enable { user, service } => change::enable(service, &user.name),
        UserCommand::ResetPassword { user, service } => change::reset_password(service, &user.name),
        UserCommand::Unlock { user, service } => change::unlock(service, &user.name),
        UserCommand::Factors { user, service } => factors::show(service, &user.name),
        UserCommand::ResetFactors {
            user,
            consent,
            service,
        } => factors::reset(service, &user.name, *consent),
        UserCommand::SetRole {
            user,
            role,
            consent,
            service,
        } => destroy::set_role(service, &user.name, *role, *consent),
        UserCommand::Disable {
            user,
            consent,
            service,
        } => destroy::disable(service, &user.name, *consent),
        UserCommand::Erase {
            user,
            consent,
            service,
        } => destroy::erase(service, &user.name, *consent),
        UserCommand::Export {
            user,
            output,
            service,
        } => transfer::export(service, &user.name, output),
        UserCommand::Import {
            file,
            dry_run,
            from_line,
            service,
        } => {
            let import = transfer::Import {
                file,
                is_dry_run: *dry_run,
                from_line: *from_line,
            };
            import.run(service)
        }
        UserCommand::ExportAll { output, service } => transfer::export_all(service, output),
    }
}

/// The user that a command is about, and the service that has the user.
struct Subject {
    service: Service,
    user: Value,
    is_json: bool,
}

impl Subject {
    fn find(options: &cli::Service, typed: &str) -> Result<Self> {
        let service = Service::connect(options)?;
        let user = find::user(&service, typed)?;
        Ok(Self {
            service,
            user,
            is_json: options.json,
        })
    }

    fn text(&self, name: &str) -> &str {
        self.user[name].as_str().unwrap_or_default()
    }

    /// The user name, for a sentence.
    fn name(&self) -> String {
        cell(Some(self.text("username")))
    }

    /// Whether it is the user who has signed in.
    fn is_own(&self) -> bool {
        self.service.is_of(self.text("username"))
    }

    /// The path of the user, or of something below it.
    fn path(&self, rest: &str) -> String {
        format!("users/{}{rest}", self.text("id"))
    }

    /// The version that a change is based on.
    fn version(&self) -> u64 {
        self.user["version"].as_u64().unwrap_or_default()
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
