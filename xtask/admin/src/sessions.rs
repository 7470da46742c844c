//! `cargo xtask session …`.

use crate::http::Call;
use crate::input;
use crate::service::Service;
use crate::table::{self, cell};
use crate::users::find;
use anyhow::{Result, bail};
use cli::{Consent, SessionCommand};
use serde_json::{Value, json};

/// Minimum number of characters by which a session may be named.
const MIN_PREFIX: usize = 8;

/// Runs a command. Returns the text to print.
///
/// # Errors
/// A user or session that is not found, or the error of the service.
pub fn run(command: &SessionCommand) -> Result<String> {
    match command {
        SessionCommand::List { user, service } => {
            let connected = Service::connect(service)?;
            let user = find::user(&connected, &user.name)?;
            let sessions = of(&connected, &user)?;
            Ok(if service.json {
                Value::from(sessions).to_string()
            } else {
                table(&sessions)
            })
        }
        SessionCommand::Revoke {
            user,
            session,
            consent,
            service,
        } => {
            let connected = Service::connect(service)?;
            let user = find::user(&connected, &user.name)?;
            let id = named(&of(&connected, &user)?, session)?;
            let (shown, name) = (cell(Some(&id)), cell(Some(text(&user, "username"))));
            let statement = format!("This revokes the session {shown} of user {name}.");
            input::confirm(&statement, "yes", *consent)?;
            connected.json(&Call::delete(format!(
                "users/{}/sessions/{id}",
                text(&user, "id")
            )))?;
            Ok(if service.json {
                json!({ "session": id }).to_string()
            } else {
                format!("Session {shown} of user {name} revoked.")
            })
        }
        SessionCommand::RevokeAll {
            user,
            consent,
            service,
        } => revoke_all(service, &user.name, *consent),
    }
}

fn revoke_all(options: &cli::Service, user: &str, consent: Consent) -> Result<String> {
    let service = Service::connect(options)?;
    let user = find::user(&service, user)?;
    let name = cell(Some(text(&user, "username")));
    let live = of(&service, &user)?.len();
    let statement = format!("This revokes all sessions of user {name}: {live} at the moment.");
    input::confirm(&statement, "yes", consent)?;
    let response = service.json(&Call::delete(format!(
        "users/{}/sessions",
        text(&user, "id")
    )))?;
    let revoked = &response["revoked_sessions"];
    Ok(if options.json {
        json!({ "revoked_sessions": revoked }).to_string()
    } else {
        format!("Sessions of user {name} revoked: {revoked}.")
    })
}

/// The live sessions of a user.
///
/// # Errors
/// The error of the service.
pub fn of(service: &Service, user: &Value) -> Result<Vec<Value>> {
    let response = service.json(&Call::get(format!("users/{}/sessions", text(user, "id"))))?;
    Ok(response["sessions"].as_array().cloned().unwrap_or_default())
}

/// The id of the session that begins with these characters.
fn named(sessions: &[Value], prefix: &str) -> Result<String> {
    let prefix = prefix.trim().to_ascii_lowercase();
    if prefix.len() < MIN_PREFIX {
        bail!("give at least {MIN_PREFIX} characters of the session id");
    }
    let ids = sessions.iter().map(|session| text(session, "id"));
    let found: Vec<&str> = ids.filter(|id| id.starts_with(&prefix)).collect();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => bail!("session '{prefix}' not found"),
        _ => bail!("'{prefix}' matches several sessions; give more characters"),
    }
}

fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object[name].as_str().unwrap_or_default()
}

fn table(sessions: &[Value]) -> String {
    let header = [
        "ID",
        "KIND",
        "METHOD",
        "FACTOR",
        "CREATED",
        "LAST USED",
        "ENDS",
        "ADDRESS",
        "COUNTRY",
        "DEVICE",
    ];
    let names = [
        "id",
        "session",
        "method",
        "factor",
        "created_at",
        "last_used_at",
        "ends_at",
        "address",
        "country",
        "device",
    ];
    let rows = sessions
        .iter()
        .map(|session| names.map(|name| cell(session[name].as_str())));
    table::table(header, rows)
}

#[cfg(test)]
mod tests {
    use super::{named, table};
    use serde_json::json;

    #[test]
    fn session_is_named_by_an_unambiguous_prefix() {
        let sessions = [json!({"id": "aaaabbbbcc"}), json!({"id": "aaaabbbbdd"})];
        assert_eq!(named(&sessions, "AAAABBBBC").unwrap(), "aaaabbbbcc");
        for (prefix, expected) in [
            ("aaaabbb", "at least 8 characters"),
            ("aaaabbbb", "matches several sessions"),
            ("aaaabbbbe", "session 'aaaabbbbe' not found"),
            ("", "at least 8 characters"),
        ] {
            let error = named(&sessions, prefix).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn sessions_are_listed_in_columns() {
        let session = json!({"id": "ab", "session": "cookie", "method": "password", "factor": "totp", "created_at": "t1",
                             "last_used_at": "t2", "ends_at": "t3", "address": null, "country": "DE",
                             "device": "\u{1b}[2J"});
        let expected = "\
ID  KIND    METHOD    FACTOR  CREATED  LAST USED  ENDS  ADDRESS  COUNTRY  DEVICE
ab  cookie  password  totp    t1       t2         t3    -        DE       ?[2J";
        assert_eq!(table(&[session]), expected);
    }
}
