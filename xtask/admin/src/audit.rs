//! `cargo xtask audit list|verify`: queries the audit log of the running service.

use crate::Answer;
use crate::service::Service;
use crate::table::{aligned, cell};
use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short, Value as Word};
use serde_json::{Value, json};
use std::ffi::OsString;

const HELP: &str = "Usage: cargo xtask audit list|verify --url https://auth.example.com [options]

  list      list the audit log, newest entries first; for administrators
  verify    verify the integrity of the audit log, of tables and triggers, and of users' roles and status; for
            super administrators. Exits with 1 if anything fails

  --username NAME --password-stdin    sign in with a password, and sign out at the end; default: use the access token
                                      in EDGE_AUTH_TOKEN
  --json                              print JSON

Options of list:
  --user ID        only entries of which this user is the actor or the subject
  --kind KIND      only entries of this kind, such as sign_in_failed
  --from TIME      only entries at or after this time, such as 2026-01-31T00:00:00Z
  --to TIME        only entries at or before this time
  --limit NUMBER   maximum number of entries (default: 50)";

/// The longest page that the service gives.
const PAGE: usize = 200;

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Question {
    is_list: bool,
    url: String,
    username: Option<String>,
    is_json: bool,
    /// Names and values of the URL.
    filters: Vec<(&'static str, String)>,
    limit: Option<usize>,
}

/// Does what the words behind `audit` say.
pub fn start(words: impl Iterator<Item = OsString>) -> Result<Answer, String> {
    let question = match read(&mut lexopt::Parser::from_args(words)) {
        Ok(Some(question)) => question,
        Ok(None) => return Ok(Answer::good(HELP.to_owned())),
        Err(error) => return Err(format!("{error}; see --help.")),
    };
    let service = Service::enter(&question.url, question.username.as_deref())?;
    if question.is_list {
        list(&service, &question).map(Answer::good)
    } else {
        verify(&service, question.is_json)
    }
}

/// `None` asks for help.
fn read(parser: &mut lexopt::Parser) -> Result<Option<Question>, lexopt::Error> {
    let mut question = Question::default();
    let mut command = None;
    let mut by_stdin = false;
    while let Some(word) = parser.next()? {
        match word {
            Word(name) if command.is_none() => command = Some(name.string()?),
            Long("url") => question.url = parser.value()?.string()?,
            Long("username") => question.username = Some(parser.value()?.string()?),
            Long("password-stdin") => by_stdin = true,
            Long("json") => question.is_json = true,
            Long("limit") => question.limit = Some(parser.value()?.parse()?),
            Long("user") => question.filters.push(("user", parser.value()?.string()?)),
            Long("kind") => question.filters.push(("kind", parser.value()?.string()?)),
            Long("from") => question.filters.push(("from", parser.value()?.string()?)),
            Long("to") => question.filters.push(("to", parser.value()?.string()?)),
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(word.unexpected()),
        }
    }
    question.is_list = match command.as_deref() {
        Some("list") => true,
        Some("verify") => false,
        Some(other) => return Err(format!("there is no command `audit {other}`").into()),
        None => return Ok(None),
    };
    if question.url.is_empty() {
        return Err("--url is missing".into());
    }
    if by_stdin != question.username.is_some() {
        return Err("--username and --password-stdin go together".into());
    }
    if !question.is_list && (question.limit.is_some() || !question.filters.is_empty()) {
        return Err("verify takes no filters".into());
    }
    Ok(Some(question))
}

fn list(service: &Service, question: &Question) -> Result<String, String> {
    let mut wanted = question.limit.unwrap_or(50);
    let mut entries: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    while wanted > 0 {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&question.filters);
        query.append_pair("limit", &wanted.min(PAGE).to_string());
        if let Some(cursor) = &cursor {
            query.append_pair("cursor", cursor);
        }
        let page = service.get(&format!("audit?{}", query.finish()))?;
        let found = page["entries"].as_array().cloned().unwrap_or_default();
        wanted = wanted.saturating_sub(found.len());
        entries.extend(found);
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(if question.is_json {
        Value::from(entries).to_string()
    } else {
        table(&entries)
    })
}

fn table(entries: &[Value]) -> String {
    const COLUMNS: [&str; 9] = [
        "at",
        "kind",
        "outcome",
        "actor",
        "subject",
        "detail",
        "address",
        "request",
        "signature",
    ];
    let line = |cells: [String; 9], number: String| {
        let [
            at,
            kind,
            outcome,
            actor,
            subject,
            detail,
            address,
            request,
            signature,
        ] = cells;
        [
            number, at, kind, outcome, actor, subject, detail, address, request, signature,
        ]
    };
    let mut lines = vec![line(COLUMNS.map(str::to_uppercase), "NUMBER".to_owned())];
    lines.extend(entries.iter().map(|entry| {
        let cells = COLUMNS.map(|name| match (name, entry[name].as_str()) {
            ("subject", None) => cell(entry["name_key"].as_str()),
            (_, text) => cell(text),
        });
        line(cells, entry["number"].to_string())
    }));
    aligned(&lines)
}

/// Follows `next` to the end.
fn verify(service: &Service, is_json: bool) -> Result<Answer, String> {
    const FOREIGN: &str = "The response is not one of Edge Auth.";
    let counts = ["rows", "late_signatures", "clients", "users"];
    let mut totals = [0; 4];
    let (mut failure, mut user_changes) = (Value::Null, Vec::new());
    let mut after = "0".to_owned();
    loop {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("after", &after)
            .finish();
        let part = service.get(&format!("audit/verify?{query}"))?;
        let number = |name: &str| part[name].as_u64().ok_or(FOREIGN);
        for (total, name) in totals.iter_mut().zip(counts) {
            *total += number(name)?;
        }
        if failure.is_null() {
            failure = part["failure"].clone();
        }
        user_changes.extend(part["user_changes"].as_array().cloned().unwrap_or_default());
        let next = part["next"].as_str().filter(|next| *next != after);
        if let Some(next) = next {
            next.clone_into(&mut after);
            continue;
        }
        let [rows, late, clients, users] = totals;
        let whole = json!({
            "rows": rows,
            "late_signatures": late,
            "clients": clients,
            "users": users,
            "checkpointed_to": number("checkpointed_to")?,
            "rows_after_checkpoint": number("rows_after_checkpoint")?,
            "failure": failure,
            "schema_changes": part["schema_changes"],
            "user_changes": user_changes,
        });
        return Ok(Answer {
            is_good: is_right(&whole),
            text: if is_json {
                whole.to_string()
            } else {
                told(&whole)
            },
        });
    }
}

fn is_right(whole: &Value) -> bool {
    let is_empty = |name: &str| whole[name].as_array().is_some_and(Vec::is_empty);
    whole["failure"].is_null() && is_empty("schema_changes") && is_empty("user_changes")
}

fn told(whole: &Value) -> String {
    if is_right(whole) {
        return format!(
            "Verified {} rows, {} of them signed late. Tables, triggers and {} users match the records. Checkpoints \
             cover the rows up to {}; {} more are not covered yet.",
            whole["rows"],
            whole["late_signatures"],
            whole["users"],
            whole["checkpointed_to"],
            whole["rows_after_checkpoint"]
        );
    }
    let mut lines = Vec::new();
    let failure = &whole["failure"];
    if !failure.is_null() {
        lines.push(format!(
            "Row {} fails verification: {}. The {} rows before it are valid.",
            failure["number"],
            cell(failure["reason"].as_str()),
            failure["number"].as_u64().unwrap_or(1).saturating_sub(1),
        ));
    }
    for change in whole["schema_changes"].as_array().into_iter().flatten() {
        lines.push(format!(
            "Database: {} {} is {}.",
            cell(change["kind"].as_str()),
            cell(change["name"].as_str()),
            cell(change["difference"].as_str()),
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

    fn asked(line: &str) -> Result<Option<Question>, String> {
        let words = line.split_whitespace().map(OsString::from);
        read(&mut lexopt::Parser::from_args(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn questions_are_understood() {
        assert_eq!(asked("").unwrap(), None);
        assert_eq!(asked("list --help").unwrap(), None);
        let question = Question {
            is_list: true,
            url: "https://a.example".into(),
            filters: vec![("kind", "sign_in".into()), ("from", "x".into())],
            limit: Some(7),
            ..Question::default()
        };
        let line = "list --url https://a.example --kind sign_in --from x --limit 7";
        assert_eq!(asked(line).unwrap(), Some(question));
        let question = Question {
            url: "https://a.example".into(),
            username: Some("ada".into()),
            is_json: true,
            ..Question::default()
        };
        let line = "verify --url https://a.example --username ada --password-stdin --json";
        assert_eq!(asked(line).unwrap(), Some(question));
    }

    #[test]
    fn mistakes_get_a_sentence() {
        for (line, part) in [
            ("remove", "no command `audit remove`"),
            ("list", "--url is missing"),
            ("list --url x --limit many", "many"),
            ("list --url x --order asc", "--order"),
            ("list --url x y", "y"),
            ("verify --url x --kind sign_in", "no filters"),
            ("verify --url x --username ada", "go together"),
            ("verify --url x --password-stdin", "go together"),
        ] {
            let sentence = asked(line).unwrap_err();
            assert!(sentence.contains(part), "{line}: {sentence}");
        }
    }

    #[test]
    fn entries_are_listed_in_columns() {
        let entries = [
            json!({"number": 2, "at": "t2", "kind": "sign_in_failed", "outcome": "failure", "actor": null,
                   "subject": null, "name_key": "00ff", "detail": "password: unknown name", "address": "\u{1b}[2J",
                   "request": "r", "signature": "own"}),
            json!({"number": 1, "at": "t1", "kind": "user_added", "outcome": "success", "actor": "command-line",
                   "subject": "1", "detail": "role user", "address": null, "request": "q", "signature": "late"}),
        ];
        let expected = "\
NUMBER  AT  KIND            OUTCOME  ACTOR         SUBJECT  DETAIL                  ADDRESS  REQUEST  SIGNATURE
2       t2  sign_in_failed  failure  -             00ff     password: unknown name  ?[2J     r        own
1       t1  user_added      success  command-line  1        role user               -        q        late";
        assert_eq!(table(&entries), expected);
    }

    #[test]
    fn verification_says_what_fails() {
        let mut whole = json!({"rows": 1042, "late_signatures": 1, "clients": 1000, "users": 17, "checkpointed_to": 1040,
                               "rows_after_checkpoint": 2, "failure": null, "schema_changes": [], "user_changes": []});
        assert_eq!(
            told(&whole),
            "Verified 1042 rows, 1 of them signed late. Tables, triggers and 17 users match the records. Checkpoints \
             cover the rows up to 1040; 2 more are not covered yet."
        );
        whole["schema_changes"] = json!([{"kind": "trigger", "name": "z", "difference": "added"}]);
        assert_eq!(told(&whole), "Database: trigger z is added.");
        whole["failure"] = json!({"number": 777, "reason": "altered"});
        whole["user_changes"] =
            json!([{"user": "1", "field": "role", "recorded": null, "found": "\u{1b}admin"}]);
        assert_eq!(
            told(&whole),
            "Row 777 fails verification: altered. The 776 rows before it are valid.\n\
             Database: trigger z is added.\n\
             User 1: role is ?admin; the audit log says -."
        );
    }
}
