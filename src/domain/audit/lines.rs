//! The audit log as JSON Lines: the form of exports and of archived ranges. Each line is an object whose `type` says what it is:
//!
//! | `type` | line |
//! |---|---|
//! | `entry` | an entry, with its number and the MAC that it was written with |
//! | `checkpoint` | a checkpoint, after the last entry that it covers, with the MAC of the checkpoint before it as `previous` |
//!
//! No line contains an address or a `User-Agent`: they can be erased in D1, and not in a file that has left it.

use super::chain::{ChainedRow, Checkpoint};
use super::entry::Entry;
use crate::json;
use serde::{Deserialize, Serialize};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::large_enum_variant, reason = "most lines are entries")
)]
pub enum Line {
    /// An entry with its number and its own MAC.
    Entry {
        /// `audit.number`.
        number: u32,
        /// The entry, without client.
        entry: Entry,
        /// `audit.mac`.
        mac: Option<String>,
    },
    /// A checkpoint.
    Checkpoint {
        /// The checkpoint.
        checkpoint: Checkpoint,
        /// MAC of the checkpoint before it; `None` for the first one.
        previous: Option<String>,
    },
}

#[derive(Serialize)]
struct EntryLine<'a> {
    r#type: &'static str,
    number: u32,
    #[serde(flatten)]
    entry: &'a Entry,
    mac: Option<&'a str>,
}

#[derive(Serialize)]
struct CheckpointLine<'a> {
    r#type: &'static str,
    number: u32,
    first: u32,
    last: u32,
    at: &'a str,
    key: &'a str,
    marks: &'a str,
    mac: &'a str,
    previous: Option<&'a str>,
}

/// The members of all lines. A member that another type of line has is ignored, like any other member.
#[derive(Deserialize)]
struct AnyLine {
    r#type: String,
    number: u32,
    id: Option<String>,
    at: Option<String>,
    kind: Option<String>,
    outcome: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    name_key: Option<String>,
    session: Option<String>,
    detail: Option<String>,
    client_hash: Option<String>,
    request: Option<String>,
    mac: Option<String>,
    first: Option<u32>,
    last: Option<u32>,
    key: Option<String>,
    marks: Option<String>,
    previous: Option<String>,
}

impl Line {
    /// Reads a line; `None` if it does not have this format.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let line: AnyLine = json::from_str(text).ok()?;
        let number = line.number;
        match line.r#type.as_str() {
            "entry" => Some(Self::Entry {
                number,
                entry: Entry {
                    id: line.id?,
                    at: line.at?,
                    kind: line.kind?,
                    outcome: line.outcome?,
                    actor: line.actor,
                    subject: line.subject,
                    name_key: line.name_key,
                    session: line.session,
                    detail: line.detail,
                    client_hash: line.client_hash,
                    request: line.request?,
                    client: None,
                },
                mac: line.mac,
            }),
            "checkpoint" => Some(Self::Checkpoint {
                checkpoint: Checkpoint {
                    number,
                    first: line.first?,
                    last: line.last?,
                    at: line.at?,
                    key: line.key?,
                    marks: line.marks?,
                    mac: line.mac?,
                },
                previous: line.previous,
            }),
            _ => None,
        }
    }
}

/// The lines of these rows, and of each checkpoint whose last row is one of them. Rows and checkpoints are ordered by number;
/// `before` is the checkpoint before the first one.
#[must_use]
pub fn write_lines(
    rows: &[(ChainedRow, Entry)],
    checkpoints: &[Checkpoint],
    before: Option<&Checkpoint>,
) -> String {
    let mut text = String::new();
    let mut previous = before.map(|before| before.mac.as_str());
    let mut checkpoints = checkpoints.iter().peekable();
    for (row, entry) in rows {
        let line = EntryLine {
            r#type: "entry",
            number: row.number,
            entry,
            mac: row.mac.as_deref(),
        };
        push(&mut text, &line);
        while let Some(checkpoint) = checkpoints.next_if(|next| next.last <= row.number) {
            push(&mut text, &checkpoint_line(checkpoint, previous));
            previous = Some(&checkpoint.mac);
        }
    }
    text
}

fn checkpoint_line<'a>(
    checkpoint: &'a Checkpoint,
    previous: Option<&'a str>,
) -> CheckpointLine<'a> {
    CheckpointLine {
        r#type: "checkpoint",
        number: checkpoint.number,
        first: checkpoint.first,
        last: checkpoint.last,
        at: &checkpoint.at,
        key: &checkpoint.key,
        marks: &checkpoint.marks,
        mac: &checkpoint.mac,
        previous,
    }
}

fn push(text: &mut String, line: &impl Serialize) {
    // Cannot fail: only numbers and strings are serialized.
    text.push_str(&serde_json::to_string(line).unwrap_or_default());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{AuditKeys, Kind};
    use crate::timestamp::Timestamp;
    use uuid::Uuid;

    #[test]
    fn lines_are_read_as_they_were_written() {
        let keys = AuditKeys::new(&[1; 32], &[]);
        let at = Timestamp::from_seconds(0);
        let entry = Entry::new(Uuid::nil(), at, Kind::SignOut, "r");
        let row = |number, mac: Option<&str>| ChainedRow {
            number,
            mac: mac.map(str::to_owned),
        };
        let rows = [
            (row(1, Some("a")), entry.clone()),
            (row(2, None), entry.clone()),
        ];
        let checkpoint = keys.checkpoint(None, &rows, at).expect("a checkpoint");
        let text = write_lines(&rows, std::slice::from_ref(&checkpoint), None);
        let read: Vec<Line> = text
            .lines()
            .map(|line| Line::read(line).expect("a line"))
            .collect();
        let entry_of = |number, mac: Option<&str>| Line::Entry {
            number,
            entry: entry.clone(),
            mac: mac.map(str::to_owned),
        };
        let previous = None;
        let last = Line::Checkpoint {
            checkpoint,
            previous,
        };
        assert_eq!(read, [entry_of(1, Some("a")), entry_of(2, None), last]);
    }

    #[test]
    fn other_text_is_no_line() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"type":"entry","number":1}"#,
            r#"{"type":"checkpoint","number":1,"mac":"a"}"#,
            r#"{"type":"other","number":1}"#,
            r#"{"type":"entry","number":-1,"id":"a","at":"b","kind":"c","outcome":"d","request":"e"}"#,
        ] {
            assert_eq!(Line::read(text), None, "{text}");
        }
    }
}
