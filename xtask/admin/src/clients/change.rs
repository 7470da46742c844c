//! `cargo xtask client create`, `update`, `delete`, `revoke-grants` and `new-secret`.

use super::{Subject, without_success};
use crate::http::Call;
use crate::input;
use crate::service::Service;
use crate::table::cell;
use anyhow::{Context as _, Result};
use cli::{AuthMethod, ClientChanges, Consent, GrantType, NewClient};
use edge_auth::domain::oauth_client::{GivenKeySet, KeySet};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

pub fn create(options: &cli::Service, new: &NewClient) -> Result<String> {
    let mut body = Map::new();
    body.insert("client_name".into(), json!(new.new_name));
    let method = new.auth_method.as_str();
    body.insert("token_endpoint_auth_method".into(), json!(method));
    for (field, uris) in [
        ("redirect_uris", &new.redirect_uris),
        ("post_logout_redirect_uris", &new.post_logout_redirect_uris),
    ] {
        body.insert(field.into(), json!(uris));
    }
    insert_grants(&mut body, &new.grant_types);
    if let Some(scope) = &new.scope {
        body.insert("scope".into(), json!(scope));
    }
    if let Some(file) = &new.jwks {
        body.insert("jwks".into(), keys(file)?);
    }
    let service = Service::connect(options)?;
    let response = service.json(&Call::post("clients").json(&Value::Object(body)))?;
    if options.json {
        return Ok(without_success(response).to_string());
    }
    let client = &response["client"];
    let (name, id) = (&client["client_name"], &client["client_id"]);
    let (name, id) = (cell(name.as_str()), cell(id.as_str()));
    let created = format!("Client {name} registered. Its client_id is {id}.");
    Ok(match response["client_secret"].as_str() {
        Some(secret) => format!("{created}\n{}", shown_once(secret)),
        None => created,
    })
}

pub fn update(
    options: &cli::Service,
    typed: &str,
    changes: &ClientChanges,
    consent: Consent,
) -> Result<String> {
    let body = body(changes)?;
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    if changes.disable && subject.client["is_active"] == true {
        let statement = format!("This disables client {name}: it gets no tokens.");
        input::confirm(&statement, "yes", consent)?;
    }
    let call = Call::patch(subject.path("")).json(&body);
    let response = subject.service.json(&call.if_match(subject.version()))?;
    Ok(subject.result(response, format!("Client {name} changed.")))
}

pub fn delete(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    let statement = format!(
        "This deletes client {name} ({}). It cannot be undone.",
        cell(subject.client["client_id"].as_str())
    );
    input::confirm(&statement, &name, consent)?;
    let call = Call::delete(subject.path(""));
    let response = subject.service.json(&call.if_match(subject.version()))?;
    Ok(subject.result(response, format!("Client {name} deleted.")))
}

pub fn revoke_grants(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    let statement = format!(
        "This revokes the grants of all users to client {name}. It has to ask each user again."
    );
    input::confirm(&statement, "yes", consent)?;
    let call = Call::delete(subject.path("/grants"));
    let response = subject.service.json(&call)?;
    Ok(subject.result(
        response,
        format!("All grants to client {name} are revoked."),
    ))
}

pub fn new_secret(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    let statement = format!(
        "This replaces the secret of client {name}. The earlier secret is invalid at once."
    );
    input::confirm(&statement, "yes", consent)?;
    let call = Call::post(subject.path("/secret"));
    let response = subject.service.json(&call.if_match(subject.version()))?;
    let secret = response["client_secret"].as_str().unwrap_or_default();
    let sentence = format!("Client {name} has a new secret.\n{}", shown_once(secret));
    Ok(subject.result(response, sentence))
}

/// The changed properties as the API takes them.
fn body(changes: &ClientChanges) -> Result<Value> {
    let mut body = Map::new();
    if let Some(name) = &changes.name {
        body.insert("client_name".into(), json!(name));
    }
    if let Some(method) = changes.auth_method.map(AuthMethod::as_str) {
        body.insert("token_endpoint_auth_method".into(), json!(method));
    }
    for (field, uris, is_removed) in [
        ("redirect_uris", &changes.redirect_uris, false),
        (
            "post_logout_redirect_uris",
            &changes.post_logout_redirect_uris,
            changes.no_post_logout_redirect_uris,
        ),
    ] {
        if is_removed || !uris.is_empty() {
            body.insert(field.into(), json!(uris));
        }
    }
    insert_grants(&mut body, &changes.grant_types);
    if let Some(scope) = &changes.scope {
        body.insert("scope".into(), json!(scope));
    }
    if let Some(file) = &changes.jwks {
        body.insert("jwks".into(), keys(file)?);
    }
    if changes.enable || changes.disable {
        body.insert("is_active".into(), json!(changes.enable));
    }
    Ok(Value::Object(body))
}

fn insert_grants(body: &mut Map<String, Value>, grants: &[GrantType]) {
    if grants.is_empty() {
        return;
    }
    let names: Vec<&str> = grants.iter().map(|grant| grant.as_str()).collect();
    body.insert("grant_types".into(), json!(names));
}

/// The public keys in a file. They are checked here, so that a private key is not sent.
fn keys(file: &Path) -> Result<Value> {
    let place = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {place}"))?;
    let given: Option<GivenKeySet> = serde_json::from_str(&text).ok();
    let keys = given.and_then(KeySet::read).with_context(|| {
        format!("{place} is not a JWK Set of 1 to 5 public keys of P-256, Ed25519 or RSA")
    })?;
    Ok(serde_json::to_value(keys)?)
}

fn shown_once(secret: &str) -> String {
    let secret = cell(Some(secret));
    format!("This is its secret. It cannot be shown again:\n\n  {secret}")
}

#[cfg(test)]
mod tests {
    use super::body;
    use cli::{ClientChanges, GrantType};
    use serde_json::json;

    #[test]
    fn only_changed_properties_are_sent() {
        let changes = ClientChanges {
            redirect_uris: vec!["https://a.example/cb".into()],
            no_post_logout_redirect_uris: true,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: Some(String::new()),
            disable: true,
            ..ClientChanges::default()
        };
        let expected = json!({
            "redirect_uris": ["https://a.example/cb"],
            "post_logout_redirect_uris": [],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "",
            "is_active": false
        });
        assert_eq!(body(&changes).expect("a body"), expected);
        let name = ClientChanges {
            name: Some("App".into()),
            ..ClientChanges::default()
        };
        assert_eq!(
            body(&name).expect("a body"),
            json!({ "client_name": "App" })
        );
    }
}
