//! `cargo xtask user list`, `search` and `show`.

use super::{Subject, shown};
use crate::http::Call;
use crate::service::Service;
use anyhow::Result;
use cli::{Direction, Filters, Order, Role, Sort};
use serde_json::{Map, Value, json};

/// Maximum page size of the service.
const MAX_PAGE_SIZE: usize = 200;

pub fn list(options: &cli::Service, filters: &Filters, order: &Order) -> Result<String> {
    let mut body = body(filters);
    if let Some(sort) = order.sort.map(Sort::as_str) {
        body.insert("sort".into(), json!(sort));
    }
    if let Some(direction) = order.order.map(Direction::as_str) {
        body.insert("order".into(), json!(direction));
    }
    pages(options, body, filters.limit)
}

pub fn search(options: &cli::Service, term: &str, filters: &Filters) -> Result<String> {
    let mut body = body(filters);
    body.insert("term".into(), json!(term));
    pages(options, body, filters.limit)
}

pub fn show(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    Ok(if subject.is_json {
        subject.user.to_string()
    } else {
        shown::fields(&subject.user)
    })
}

fn body(filters: &Filters) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(role) = filters.role.map(Role::as_str) {
        body.insert("role".into(), json!(role));
    }
    if filters.active || filters.disabled {
        body.insert("active".into(), json!(filters.active));
    }
    if let Some(source) = &filters.source {
        body.insert("source".into(), json!(source));
    }
    body
}

/// Follows the cursor until there are enough users. A page may have fewer than it could.
fn pages(options: &cli::Service, mut body: Map<String, Value>, limit: usize) -> Result<String> {
    let service = Service::connect(options)?;
    let mut users: Vec<Value> = Vec::new();
    while users.len() < limit {
        let size = (limit - users.len()).min(MAX_PAGE_SIZE);
        body.insert("limit".into(), json!(size));
        let call = Call::post("users/search").json(&Value::Object(body.clone()));
        let page = service.json(&call.that_reads())?;
        users.extend(page["users"].as_array().into_iter().flatten().cloned());
        if page["next"].is_null() {
            break;
        }
        body.insert("cursor".into(), page["next"].clone());
    }
    Ok(if options.json {
        Value::from(users).to_string()
    } else {
        shown::table(&users)
    })
}
