//! `cargo xtask audit …`: queries the audit log of a running service.

mod export;

use crate::clients;
use crate::failure::exit_code;
use crate::http::Call;
use crate::service::Service;
use crate::table::{self, cell};
use crate::terminal;
use crate::users::find;
use anyhow::{Context as _, Result};
use cli::{AuditCommand, ListOptions};
use serde_json::{Value, json};
use std::process::ExitCode;
use uuid::Uuid;

/// Maximum page size of the service.
const MAX_PAGE_SIZE: usize = 200;

/// Verification could not be completed, so its result is unknown. 1 means that the log does not match.
const EXIT_UNKNOWN: u8 = 3;

/// Runs a command and prints its result.
pub fn run(command: &AuditCommand) -> ExitCode {
    let listed = |text: Result<String>| text.map(|text| (text, true));
    let outcome = match command {
        AuditCommand::List { service, options } => listed(
            Service::connect(service).and_then(|connected| list(&connected, options, service.json)),
        ),
        AuditCommand::Export {
            after,
            output,
            service,
        } => listed(export::write(service, *after, output)),
        AuditCommand::Verify {
            file: Some(file),
            service,
        } => export::verify(file, service.json),
        AuditCommand::Verify {
            file: None,
            service,
        } => Service::connect(service).and_then(|connected| verify(&connected, service.json)),
    };
    let printed = outcome.and_then(|(text, matches)| {
        if !text.is_empty() {
            terminal::print(text)?;
        }
        Ok(matches)
    });
    match printed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            terminal::note(format_args!("error: {error:#}"));
            let is_verification = matches!(command, AuditCommand::Verify { .. });
            ExitCode::from(match exit_code(&error) {
                1 if is_verification => EXIT_UNKNOWN,
                code => code,
            })
        }
    }
}

fn list(service: &Service, options: &ListOptions, is_json: bool) -> Result<String> {
    let subject = subject(service, options)?;
    let filters = [
        ("user", &subject),
        ("kind", &options.kind),
        ("from", &options.from),
        ("to", &options.to),
    ];
    let mut wanted = options.limit;
    let mut entries: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    while wanted > 0 {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in filters {
            query.extend_pairs(value.iter().map(|value| (name, value)));
        }
        query.append_pair("limit", &wanted.min(MAX_PAGE_SIZE).to_string());
        query.extend_pairs(cursor.iter().map(|cursor| ("cursor", cursor)));
        let page = service.json(&Call::get(format!("audit?{}", query.finish())))?;
        let found = page["entries"].as_array().cloned().unwrap_or_default();
        wanted = wanted.saturating_sub(found.len());
        entries.extend(found);
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if cursor.is_some() {
        terminal::note("There are earlier entries. To list more, use --limit.");
    }
    Ok(if is_json {
        Value::from(entries).to_string()
    } else {
        table(&entries)
    })
}

/// The id of the user or OAuth client whose entries are listed. The id of an erased user or of a deleted client is accepted too.
fn subject(service: &Service, options: &ListOptions) -> Result<Option<String>> {
    let (typed, found) = match (&options.user, &options.client) {
        (Some(user), _) => (user, find::id(service, user)),
        (None, Some(client)) => (client, clients::find::id(service, client)),
        (None, None) => return Ok(None),
    };
    let id =
        found.or_else(|error| Uuid::try_parse(typed).map_or(Err(error), |id| Ok(id.to_string())));
    id.map(Some)
}

fn table(entries: &[Value]) -> String {
    let header = [
        "NUMBER", "AT", "KIND", "OUTCOME", "ACTOR", "SUBJECT", "DETAIL", "ADDRESS", "REQUEST",
    ];
    let rows = entries.iter().map(|entry| {
        header.map(|column| match (column, &entry[column.to_lowercase()]) {
            ("SUBJECT", Value::Null) => cell(entry["name_key"].as_str()),
            // The current names, or the id of an erased user or a deleted client.
            ("ACTOR", id) => named(&entry["actor_name"], &entry["actor_client_name"], id),
            ("SUBJECT", id) => named(&entry["subject_name"], &entry["subject_client_name"], id),
            (_, Value::Number(number)) => number.to_string(),
            (_, value) => cell(value.as_str()),
        })
    });
    table::table(header, rows)
}

/// The name of a user or of an OAuth client. A client may have the name of a user.
fn named(user: &Value, client: &Value, id: &Value) -> String {
    match client.as_str() {
        Some(client) => cell(Some(&format!("client {client}"))),
        None => cell(user.as_str().or(id.as_str())),
    }
}

/// Follows `next` to the end. Returns the text, and whether everything matches.
fn verify(service: &Service, is_json: bool) -> Result<(String, bool)> {
    let counts = ["rows", "clients", "users"];
    let mut totals = [0; 3];
    let (mut failures, mut user_changes) = (Vec::new(), Vec::new());
    let mut after = "0".to_owned();
    loop {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", &after)
            .finish();
        let part = service.json(&Call::get(format!("audit/verify?{query}")))?;
        let number = |name: &str| part[name].as_u64().context("not an Edge Auth response");
        for (total, name) in totals.iter_mut().zip(counts) {
            *total += number(name)?;
        }
        if let Value::Object(mut failure) = part["failure"].clone() {
            failure.insert("object".to_owned(), part["failed_object"].clone());
            failures.push(Value::from(failure));
        }
        user_changes.extend(part["user_changes"].as_array().cloned().unwrap_or_default());
        let next = part["next"].as_str().filter(|next| *next != after);
        if let Some(next) = next {
            next.clone_into(&mut after);
            continue;
        }
        let [rows, clients, users] = totals;
        let whole = json!({
            "rows": rows,
            "clients": clients,
            "users": users,
            "checkpointed_to": number("checkpointed_to")?,
            "rows_after_checkpoint": number("rows_after_checkpoint")?,
            "failures": failures,
            "schema_changes": part["schema_changes"],
            "user_changes": user_changes,
        });
        let text = if is_json {
            whole.to_string()
        } else {
            summary(&whole)
        };
        return Ok((text, matches(&whole)));
    }
}

fn matches(whole: &Value) -> bool {
    let is_empty = |name: &str| whole[name].as_array().is_some_and(Vec::is_empty);
    ["failures", "schema_changes", "user_changes"]
        .into_iter()
        .all(is_empty)
}

fn summary(whole: &Value) -> String {
    if matches(whole) {
        return format!(
            "OK: verified {} entries; tables, triggers and users ({}) match. Checkpoints cover entries up \
             to {}; {} more are not covered yet.",
            whole["rows"], whole["users"], whole["checkpointed_to"], whole["rows_after_checkpoint"]
        );
    }
    let mut lines = Vec::new();
    let failures = whole["failures"].as_array().into_iter().flatten();
    for (index, failure) in failures.enumerate() {
        let object = failure["object"].as_str();
        lines.push(format!(
            "Entry {} fails verification: {}{}.{}",
            failure["number"],
            cell(failure["reason"].as_str()),
            object.map_or(String::new(), |name| format!(
                " (object {})",
                cell(Some(name))
            )),
            if index == 0 {
                " All entries before it are valid."
            } else {
                ""
            },
        ));
    }
    for change in whole["schema_changes"].as_array().into_iter().flatten() {
        let difference = cell(change["difference"].as_str());
        let verb = if difference == "missing" { "is" } else { "was" };
        lines.push(format!(
            "Database: {} {} {verb} {difference}.",
            cell(change["kind"].as_str()),
            cell(change["name"].as_str()),
        ));
    }
    for change in whole["user_changes"].as_array().into_iter().flatten() {
        lines.push(format!(
            "User {}: {} is {}; the audit log says {}.",
            cell(change["user"].as_str()),
            cell(change["field"].as_str()),
            cell(change["found"].as_str()),
            cell(change["recorded"].as_str()),
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_listed_in_columns() {
        let entries = [
            json!({"number": 2, "at": "t2", "kind": "sign_in_failed", "outcome": "failure", "actor": null,
                   "subject": null, "name_key": "00ff", "detail": "password: unknown name", "address": "\u{1b}[2J",
                   "request": "r"}),
            json!({"number": 1, "at": "t1", "kind": "user_added", "outcome": "success", "actor": "2", "actor_name": "root",
                   "subject": "1", "detail": "role user", "address": null, "request": "q"}),
            json!({"number": 0, "at": "t0", "kind": "user_disabled", "outcome": "success", "actor": "3", "actor_client_name": "root",
                   "subject": "1", "subject_name": "ada", "detail": null, "address": null, "request": "p"}),
        ];
        let expected = "\
NUMBER  AT  KIND            OUTCOME  ACTOR        SUBJECT  DETAIL                  ADDRESS  REQUEST
2       t2  sign_in_failed  failure  -            00ff     password: unknown name  ?[2J     r
1       t1  user_added      success  root         1        role user               -        q
0       t0  user_disabled   success  client root  ada      -                       -        p";
        assert_eq!(table(&entries), expected);
    }

    #[test]
    fn summary_names_what_does_not_match() {
        let mut whole = json!({"rows": 1042, "clients": 1000, "users": 17, "checkpointed_to": 1040,
                               "rows_after_checkpoint": 2, "failures": [], "schema_changes": [], "user_changes": []});
        assert_eq!(
            summary(&whole),
            "OK: verified 1042 entries; tables, triggers and users (17) match. Checkpoints cover entries up \
             to 1040; 2 more are not covered yet."
        );
        whole["schema_changes"] = json!([{"kind": "trigger", "name": "z", "difference": "added"}]);
        assert_eq!(summary(&whole), "Database: trigger z was added.");
        let object = "audit/0000000001-0000000600.jsonl";
        whole["failures"] = json!([
            {"number": 1, "reason": "archive_missing", "object": object},
            {"number": 777, "reason": "altered", "object": null},
        ]);
        whole["user_changes"] =
            json!([{"user": "1", "field": "role", "recorded": null, "found": "\u{1b}admin"}]);
        assert_eq!(
            summary(&whole),
            "Entry 1 fails verification: archive_missing (object audit/0000000001-0000000600.jsonl). All entries before it \
             are valid.\n\
             Entry 777 fails verification: altered.\n\
             Database: trigger z was added.\n\
             User 1: role is ?admin; the audit log says -."
        );
    }
}
