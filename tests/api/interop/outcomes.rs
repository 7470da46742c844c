//! The results of the sequences of `peers/`, which `docs/security/oauth-sequences.md` shows. After a change, run
//! `WRITE_PEERS=1 cargo test --test api interop::peers -- --ignored`, then `WRITE_PEERS=1 cargo test --test api interop::outcomes`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

pub const PACKAGE: &str = include_str!("../../../bench/package.json");
pub const PACKAGE_LOCK: &str = include_str!("../../../bench/package-lock.json");

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/api/interop/peers/outcomes.json"
);
const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/docs/security/oauth-sequences.md"
);

pub const EDGE_AUTH: &str = "Edge Auth";

/// The servers, in the order of the columns.
const SERVERS: [&str; 3] = [EDGE_AUTH, "workers-oauth-provider", "better-auth"];

/// The packages of the peers.
const PACKAGES: [&str; 3] = [
    "@cloudflare/workers-oauth-provider",
    "better-auth",
    "@better-auth/oauth-provider",
];

/// The groups of sequences, each with the heading of its table.
const GROUPS: [(&str, &str); 4] = [
    ("authorization", "## Authorization requests"),
    ("code", "## Authorization codes"),
    ("refresh", "## Refresh tokens"),
    ("access", "## Access tokens, revocation and removal"),
];

/// The results of a run.
#[derive(Deserialize, Serialize)]
pub struct Outcomes {
    /// As in 2026-12-31.
    date: String,
    pub rows: Vec<Row>,
}

/// A sequence and its results.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Row {
    group: String,
    pub title: String,
    /// The outcome that a standard or an advisory asks for, or `open`.
    rule: String,
    /// The standard.
    basis: String,
    /// The outcome of this service.
    pub expected: String,
    pub results: BTreeMap<String, ServerResult>,
}

/// The result of a sequence at a server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ServerResult {
    /// `accepted`, `refused` or `not applicable`.
    pub outcome: String,
    /// Of the last response, if it is the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The code of OAuth, or what is missing from a successful response.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The reason why the sequence is not applicable.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl ServerResult {
    fn cell(&self) -> String {
        match (&self.reason, &self.error, self.status) {
            (Some(reason), ..) => format!("{}: {reason}", self.outcome),
            (_, Some(error), Some(status)) if error.contains(' ') => {
                format!("{}, {status} {error}", self.outcome)
            }
            (_, Some(error), Some(status)) => format!("{}, {status} `{error}`", self.outcome),
            _ => self.outcome.clone(),
        }
    }
}

impl Row {
    /// The line of the table.
    pub fn line(&self) -> String {
        let Self {
            title, rule, basis, ..
        } = self;
        let cells = SERVERS.map(|server| self.results[server].cell());
        format!("| {title} | {rule} ({basis}) | {} |", cells.join(" | "))
    }
}

impl Outcomes {
    pub fn read() -> Self {
        let text = fs::read_to_string(FILE).expect("outcomes.json");
        serde_json::from_str(&text).expect("outcomes")
    }

    /// Replaces the file.
    pub fn write(&self) {
        let text = serde_json::to_string_pretty(self).expect("JSON");
        fs::write(FILE, text + "\n").expect("outcomes.json is writable");
    }

    fn table(&self, group: &str) -> String {
        let mut table = format!(
            "| request | rule | {} |\n|---|---|---|---|---|\n",
            SERVERS.join(" | ")
        );
        for row in self.rows.iter().filter(|row| row.group == group) {
            writeln!(table, "{}", row.line()).expect("text");
        }
        table
    }

    /// The page with the tables of these results.
    fn page(&self, committed: &str) -> String {
        let mut page = String::new();
        let mut group = None;
        for line in committed.lines() {
            if line.starts_with('#') {
                group = GROUPS.iter().find(|(_, heading)| *heading == line);
            }
            match group {
                Some((group, _)) if line.starts_with("| request |") => page += &self.table(group),
                Some(_) if line.starts_with('|') => {}
                _ => writeln!(page, "{line}").expect("text"),
            }
        }
        page
    }
}

#[test]
fn documentation_has_the_outcomes_of_the_sequences() {
    let outcomes = Outcomes::read();
    let committed = fs::read_to_string(PAGE).expect("the page");
    let page = outcomes.page(&committed);
    if std::env::var_os("WRITE_PEERS").is_some() {
        fs::write(PAGE, &page).expect("the page is writable");
    } else {
        let shown: Vec<&str> = committed.lines().collect();
        let missing = page.lines().filter(|line| !shown.contains(line));
        let missing: Vec<_> = missing.collect();
        assert_eq!(missing, [""; 0], "WRITE_PEERS=1 updates the page");
        assert_eq!(committed, page);
    }
    for (_, heading) in GROUPS {
        assert!(page.contains(&format!("\n{heading}\n")), "{heading}");
    }
    let run = format!("Last run: {}.", outcomes.date);
    assert!(page.contains(&run), "{run}");
    let package: Value = serde_json::from_str(PACKAGE).expect("JSON");
    for name in PACKAGES {
        let version = package["dependencies"][name].as_str().expect("a version");
        let row = format!("| `{name}` | {version} |");
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn each_sequence_has_an_outcome_of_each_server() {
    for row in Outcomes::read().rows {
        assert!(
            row.results
                .keys()
                .all(|name| SERVERS.contains(&name.as_str()))
        );
        assert_eq!(row.results.len(), SERVERS.len(), "{}", row.title);
        assert!(GROUPS.iter().any(|(group, _)| *group == row.group));
        assert_eq!(
            row.results[EDGE_AUTH].outcome, row.expected,
            "{}",
            row.title
        );
    }
}
