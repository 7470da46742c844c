//! `cargo xtask user set-role`, `disable` and `erase`: changes that revoke or delete something, with consent.

use super::Subject;
use super::change::patch;
use crate::http::Call;
use crate::{input, sessions};
use anyhow::Result;
use cli::{Consent, Role};
use serde_json::{Value, json};

pub fn set_role(
    options: &cli::Service,
    typed: &str,
    role: Role,
    consent: Consent,
) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let (name, role) = (subject.name(), role.as_str());
    if subject.text("role") == role {
        let response = json!({ "user": subject.user, "revoked_sessions": 0 });
        let sentence = format!("User {name} already has the role {role}.");
        return Ok(subject.result(response, sentence));
    }
    let statement = format!(
        "This changes the role of user {name} from {} to {role} and revokes all sessions: {} at the moment. It also deletes all unused \
         one-time links.",
        subject.text("role"),
        live_sessions(&subject)?
    );
    input::confirm(&statement, "yes", consent)?;
    let response = patch(&subject, &json!({ "role": role }))?;
    let sentence = format!(
        "User {name} now has the role {role}; sessions revoked: {}.",
        response["revoked_sessions"]
    );
    Ok(subject.result(response, sentence))
}

pub fn disable(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    let statement = format!(
        "This disables user {name}, revokes all sessions, {} at the moment, and deletes all unused one-time links.",
        live_sessions(&subject)?
    );
    input::confirm(&statement, "yes", consent)?;
    let response = patch(&subject, &json!({ "is_active": false }))?;
    let sentence = format!(
        "User {name} disabled; sessions revoked: {}.",
        response["revoked_sessions"]
    );
    Ok(subject.result(response, sentence))
}

pub fn erase(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let name = subject.name();
    let statement = format!(
        "This erases user {name} ({}): the profile, the password, all links, the addresses in the audit log, and all sessions, {} at \
         the moment. It cannot be undone.",
        subject.text("id"),
        live_sessions(&subject)?
    );
    input::confirm(&statement, name, consent)?;
    let call = Call::delete(subject.path(""));
    let response = subject.service.json(&call.if_match(subject.version()))?;
    let sentence = format!("User {name} erased.");
    Ok(subject.result(response, sentence))
}

fn live_sessions(subject: &Subject) -> Result<usize> {
    sessions::of(&subject.service, &subject.user).map(|live: Vec<Value>| live.len())
}
