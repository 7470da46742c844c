//! `cargo xtask client list` and `show`, and the OAuth client that another command names.

use super::{Subject, shown};
use crate::http::Call;
use crate::service::Service;
use crate::users::shown::fields;
use anyhow::{Result, bail};
use cli::ClientFilters;
use edge_auth::domain::names;
use serde_json::Value;
use uuid::Uuid;

/// Maximum page size of the service.
const MAX_PAGE_SIZE: usize = 200;

pub fn list(options: &cli::Service, filters: &ClientFilters) -> Result<String> {
    let service = Service::connect(options)?;
    let is_active = (filters.active || filters.disabled).then_some(filters.active);
    let term = filters.term.as_deref().unwrap_or_default();
    let clients = pages(&service, term, is_active, filters.limit)?;
    Ok(if options.json {
        Value::from(clients).to_string()
    } else {
        shown::table(&clients)
    })
}

pub fn show(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    Ok(if subject.is_json {
        subject.client.to_string()
    } else {
        fields(&subject.client)
    })
}

/// The OAuth client with this id or exactly this name.
///
/// # Errors
/// No such client, or several; or the error of the service.
pub fn client(service: &Service, typed: &str) -> Result<Value> {
    let typed = names::trimmed(typed);
    if let Ok(id) = Uuid::try_parse(typed) {
        let response = service.try_call(&Call::get(format!("clients/{id}")))?;
        if response.code() != "client_not_found" {
            return Ok(response.successful()?.json()["client"].clone());
        }
    }
    let mut found = pages(service, typed, None, usize::MAX)?;
    found.retain(|client| client["client_name"] == typed);
    match found.as_slice() {
        [] => bail!("client '{typed}' not found"),
        [client] => Ok(client.clone()),
        clients => bail!(
            "'{typed}' matches several clients; give the id of one:\n{}",
            shown::table(clients)
        ),
    }
}

/// The id of the OAuth client.
///
/// # Errors
/// See [`client`].
pub fn id(service: &Service, typed: &str) -> Result<String> {
    let client = client(service, typed)?;
    Ok(client["client_id"].as_str().unwrap_or_default().to_owned())
}

/// Follows the cursor until there are enough clients.
fn pages(
    service: &Service,
    term: &str,
    is_active: Option<bool>,
    limit: usize,
) -> Result<Vec<Value>> {
    let mut clients: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    while clients.len() < limit {
        let size = (limit - clients.len()).min(MAX_PAGE_SIZE);
        let active = is_active.map_or(String::new(), |is_active| is_active.to_string());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("term", term)
            .append_pair("active", &active)
            .append_pair("limit", &size.to_string())
            .append_pair("cursor", &cursor)
            .finish();
        let page = service.json(&Call::get(format!("clients?{query}")))?;
        clients.extend(page["clients"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    Ok(clients)
}
