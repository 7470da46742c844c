//! Exports that are complete, incomplete and altered, with and without the key.

use super::*;
use crate::domain::audit::{Kind, write_lines};
use crate::timestamp::Timestamp;
use uuid::Uuid;

fn keys() -> AuditKeys {
    AuditKeys::new(&[1; 32], &[])
}

fn row(number: u32) -> (ChainedRow, Entry) {
    let at = Timestamp::from_seconds(i64::from(number));
    let entry = Entry::new(Uuid::from_u128(number.into()), at, Kind::SignOut, "r");
    let signed = keys().sign(entry);
    let row = ChainedRow {
        number,
        mac: Some(signed.mac),
    };
    (row, signed.entry)
}

/// Twelve entries: checkpoints of 5 and 4 entries, and three entries after them.
fn log() -> (Vec<(ChainedRow, Entry)>, Vec<Checkpoint>) {
    let (keys, at) = (keys(), Timestamp::from_seconds(100));
    let rows: Vec<_> = (1..=12).map(row).collect();
    let first = keys.checkpoint(None, &rows[..5], at).expect("a checkpoint");
    let second = keys.checkpoint(Some(&first), &rows[5..9], at);
    (rows, vec![first, second.expect("a checkpoint")])
}

fn text() -> String {
    let (rows, checkpoints) = log();
    write_lines(&rows, &checkpoints, None)
}

fn verify(
    text: &str,
    keys: Option<&AuditKeys>,
) -> Result<ExportReport, (usize, u32, ViolationKind)> {
    verify_export(text.lines(), keys).map_err(|failure| {
        (
            failure.line,
            failure.violation.number,
            failure.violation.reason,
        )
    })
}

#[test]
fn complete_export_is_valid_with_and_without_the_key() {
    for keys in [Some(keys()), None] {
        let expected = ExportReport {
            entries: 12,
            first: 1,
            last: 12,
            checkpoints: 2,
            covered_to: 9,
            partly_covered: 0,
            has_keys: keys.is_some(),
        };
        assert_eq!(verify(&text(), keys.as_ref()), Ok(expected));
    }
    assert_eq!(verify("", None), Ok(ExportReport::default()));
}

#[test]
fn export_may_begin_at_or_within_a_checkpoint() {
    let (rows, checkpoints) = log();
    let from = |first: usize| write_lines(&rows[first..], &checkpoints[1..], Some(&checkpoints[0]));
    for keys in [Some(keys()), None] {
        let whole = verify(&from(5), keys.as_ref()).expect("valid");
        assert_eq!(
            (whole.entries, whole.partly_covered, whole.covered_to),
            (7, 0, 9)
        );
        let part = verify(&from(7), keys.as_ref()).expect("valid");
        assert_eq!(
            (part.entries, part.partly_covered, part.covered_to),
            (5, 2, 9)
        );
    }
}

#[test]
fn missing_lines_are_found_without_the_key() {
    let text = text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 14, "entries and checkpoints");
    let without = |index: usize| {
        let mut lines = lines.clone();
        lines.remove(index);
        verify(&lines.join("\n"), None)
    };
    for index in 0..lines.len() {
        let found = without(index);
        match index {
            // Nothing shows that the first entries, or the last ones, are missing; a checkpoint that begins earlier shows the former.
            0 => assert_eq!(found.expect("valid").partly_covered, 4),
            13 => assert_eq!(found.expect("valid").last, 11),
            5 => assert_eq!(found, Err((10, 1, ViolationKind::CheckpointMissing))),
            10 => assert_eq!(found.expect("valid").covered_to, 5),
            _ => assert!(found.is_err(), "{index}"),
        }
    }
}

#[test]
fn altered_lines_are_found_with_the_key() {
    let text = text();
    for (from, to, reason) in [
        (
            "\"outcome\":\"success\"",
            "\"outcome\":\"failure\"",
            ViolationKind::Altered,
        ),
        (
            "\"client_hash\":null",
            "\"client_hash\":\"x\"",
            ViolationKind::Altered,
        ),
        ("\"key\":\"", "\"key\":\"0", ViolationKind::UnknownKey),
        ("\"marks\":\"", "\"marks\":\"", ViolationKind::Moved),
        (
            "\"previous\":\"",
            "\"previous\":\"0",
            ViolationKind::CheckpointAltered,
        ),
    ] {
        for (index, line) in text.lines().enumerate() {
            let mut altered = line.replacen(from, to, 1);
            if reason == ViolationKind::Moved && line.contains(from) {
                let place = line.find(from).expect("marks") + from.len();
                let other = if &line[place..=place] == "0" {
                    "1"
                } else {
                    "0"
                };
                altered.replace_range(place..=place, other);
            }
            if altered == line {
                continue;
            }
            let mut lines: Vec<&str> = text.lines().collect();
            lines[index] = &altered;
            let found = verify(&lines.join("\n"), Some(&keys()));
            assert_eq!(
                found.map_err(|(_, _, reason)| reason),
                Err(reason),
                "{altered}"
            );
        }
    }
    let stranger = AuditKeys::new(&[2; 32], &[]);
    assert_eq!(
        verify(&text, Some(&stranger)),
        Err((6, 1, ViolationKind::UnknownKey))
    );
}

#[test]
fn unsigned_entry_is_found_with_and_without_the_key() {
    let (mut rows, checkpoints) = log();
    for number in [3, 11] {
        let mac = rows[number - 1].0.mac.take();
        let text = write_lines(&rows, &checkpoints, None);
        for keys in [Some(keys()), None] {
            let found = verify(&text, keys.as_ref()).map_err(|(_, row, reason)| (row, reason));
            let expected = u32::try_from(number).expect("a small number");
            assert_eq!(found, Err((expected, ViolationKind::Unsigned)));
        }
        rows[number - 1].0.mac = mac;
    }
}

#[test]
fn line_that_cannot_be_read_is_named() {
    let text = text().replacen("\"number\":2,", "\"number\":\"2\",", 1);
    assert_eq!(verify(&text, None), Err((2, 2, ViolationKind::Unreadable)));
}
