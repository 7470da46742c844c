//! `cargo xtask audit list|verify`: the audit log, asked of the running service.

use crate::Answer;
use crate::service::Service;
use crate::table::{aligned, cell};
use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short, Value as Word};
use serde_json::{Value, json};
use std::ffi::OsString;

const HELP: &str = "Usage: cargo xtask audit list|verify --url https://auth.example.com [options]

  list      what happened, newest first; for administrators
  verify    whether the log is what it was; for super administrators. Exits with 1 if a row fails

  --username NAME --password-stdin    signs in; else the access token is taken from EDGE_AUTH_TOKEN
  --json                              for machines

Of list:
  --user ID        who did it or whom it is about
  --kind KIND      such as sign_in_failed
  --from TIME      not before, as 2026-01-31T00:00:00Z
  --to TIME        not after
  --limit NUMBER   how many at most (50)";

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

/// Follows `next` to the end, or to the first row that fails.
fn verify(service: &Service, is_json: bool) -> Result<Answer, String> {
    let (mut rows, mut late, mut after) = (0, 0, 0);
    loop {
        let part = service.get(&format!("audit/verify?after={after}"))?;
        let number = |name: &str| {
            part[name]
                .as_u64()
                .ok_or("The service's answer is none of Edge Auth's.")
        };
        rows += number("rows")?;
        late += number("late_signatures")?;
        match part["next"].as_u64() {
            Some(next) if next > after => after = next,
            _ => {
                let (sealed, unsealed) = (number("sealed_to")?, number("unsealed_rows")?);
                let whole = json!({
                    "rows": rows,
                    "late_signatures": late,
                    "sealed_to": sealed,
                    "unsealed_rows": unsealed,
                    "failure": part["failure"],
                });
                return Ok(Answer {
                    is_good: part["failure"].is_null(),
                    text: if is_json {
                        whole.to_string()
                    } else {
                        told(&whole)
                    },
                });
            }
        }
    }
}

fn told(whole: &Value) -> String {
    let failure = &whole["failure"];
    if !failure.is_null() {
        return format!(
            "Row {} fails: {}. The {} rows before it are right.",
            failure["number"],
            cell(failure["reason"].as_str()),
            failure["number"].as_u64().unwrap_or(1).saturating_sub(1),
        );
    }
    format!(
        "All {} rows are right; {} of them were signed late. Sealed up to row {}; {} more are not sealed yet.",
        whole["rows"], whole["late_signatures"], whole["sealed_to"], whole["unsealed_rows"]
    )
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
    fn what_fails_is_named() {
        let mut whole = json!({"rows": 1042, "late_signatures": 1, "sealed_to": 1040, "unsealed_rows": 2, "failure": null});
        assert_eq!(
            told(&whole),
            "All 1042 rows are right; 1 of them were signed late. Sealed up to row 1040; 2 more are not sealed yet."
        );
        whole["failure"] = json!({"number": 777, "reason": "altered"});
        assert_eq!(
            told(&whole),
            "Row 777 fails: altered. The 776 rows before it are right."
        );
    }
}
