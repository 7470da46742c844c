//! Ways to tamper with a log, and the row at which each is detected.

mod checkpoints;
mod rotation;

use super::*;
use crate::domain::audit::{Client, Kind};
use crate::timestamp::Timestamp;
use proptest::prelude::*;
use std::sync::LazyLock;
use uuid::Uuid;

type Rows = Vec<(ChainedRow, Entry)>;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn keys() -> AuditKeys {
    AuditKeys::new(&[1; 32], &[])
}

fn entry(number: u32) -> Entry {
    let id = Uuid::from_u128(u128::from(number));
    let client = Client::new([7; 16], Some("192.0.2.1"), Some("a browser"));
    Entry::new(id, at(i64::from(number)), Kind::SignIn, "request")
        .detail("password")
        .from(client)
}

fn own(keys: &AuditKeys, number: u32) -> (ChainedRow, Entry) {
    let signed = keys.sign(entry(number));
    let row = ChainedRow {
        number,
        mac: Some(signed.mac),
    };
    (row, signed.entry)
}

/// Rows and the checkpoints over them.
fn log(length: u32) -> (Rows, Vec<Checkpoint>) {
    static ALL_ROWS: LazyLock<Rows> = LazyLock::new(|| rows(1_500));
    let rows = ALL_ROWS[..length as usize].to_vec();
    let checkpoints = chained(&keys(), &rows);
    (rows, checkpoints)
}

fn rows(length: u32) -> Rows {
    let keys = keys();
    (1..=length).map(|number| own(&keys, number)).collect()
}

fn chained(keys: &AuditKeys, rows: &Rows) -> Vec<Checkpoint> {
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    loop {
        let first = first_after(checkpoints.last());
        let rest: Rows = rows
            .iter()
            .filter(|(row, _)| row.number >= first)
            .take(MAX_CHECKPOINT_ROWS as usize)
            .cloned()
            .collect();
        match keys.checkpoint(checkpoints.last(), &rest, at(10_000)) {
            Some(checkpoint) => checkpoints.push(checkpoint),
            None => return checkpoints,
        }
    }
}

fn verify(keys: &AuditKeys, rows: &Rows, checkpoints: &[Checkpoint]) -> Result<u32, Violation> {
    verify_all(keys, rows, checkpoints).map(|verified| verified.rows)
}

fn verify_all(
    keys: &AuditKeys,
    rows: &Rows,
    checkpoints: &[Checkpoint],
) -> Result<Verified, Violation> {
    let mut verified = Verified::default();
    let mut previous = None;
    for checkpoint in checkpoints {
        let first = first_after(previous);
        let range: Rows = rows
            .iter()
            .filter(|(row, _)| (first..=checkpoint.last).contains(&row.number))
            .cloned()
            .collect();
        keys.verify_checkpoint(previous, checkpoint, &range, &mut verified)?;
        previous = Some(checkpoint);
    }
    let first = first_after(previous);
    let rest: Rows = rows
        .iter()
        .filter(|(row, _)| row.number >= first)
        .cloned()
        .collect();
    keys.verify_tail(previous, first, &rest, &mut verified)?;
    Ok(verified)
}

fn renumber(rows: &mut Rows) {
    for ((row, _), number) in rows.iter_mut().zip(1..) {
        row.number = number;
    }
}

fn fails(rows: &Rows, checkpoints: &[Checkpoint], number: u32, reason: ViolationKind) {
    let violation = Violation { number, reason };
    assert_eq!(verify(&keys(), rows, checkpoints), Err(violation));
}

/// Keys after a rotation from [`keys`].
fn rotated() -> AuditKeys {
    AuditKeys::new(&[2; 32], &[[1; 32]])
}

#[test]
fn honest_log_verifies() {
    for length in [0, 1, 499, 500, 501, 1_200] {
        let (rows, checkpoints) = log(length);
        assert_eq!(verify(&keys(), &rows, &checkpoints), Ok(length));
        assert_eq!(
            checkpoints.len(),
            length.div_ceil(MAX_CHECKPOINT_ROWS) as usize
        );
        for (index, checkpoint) in checkpoints.iter().enumerate() {
            let count = checkpoint.last - checkpoint.first + 1;
            assert_eq!(checkpoint.marks.len(), 8 * count as usize);
            let range: Vec<ChainedRow> = rows
                .iter()
                .map(|(row, _)| row.clone())
                .filter(|row| (checkpoint.first..=checkpoint.last).contains(&row.number))
                .collect();
            let previous = index.checked_sub(1).map(|before| &checkpoints[before]);
            assert!(keys().has_made(previous, checkpoint, &range));
            assert!(!keys().has_made(previous, checkpoint, &range[1..]));
        }
    }
}

#[test]
fn swapped_rows_are_found_at_the_first() {
    let (mut rows, checkpoints) = log(1_000);
    let (one, other) = (rows[122].clone(), rows[876].clone());
    (rows[122], rows[876]) = (other, one);
    renumber(&mut rows);
    // Each row is valid by itself.
    fails(&rows, &checkpoints, 123, ViolationKind::Moved);
}

#[test]
fn removed_row_is_missing() {
    let (mut rows, checkpoints) = log(1_000);
    rows.remove(699);
    fails(&rows, &checkpoints, 700, ViolationKind::Missing);
    renumber(&mut rows);
    fails(&rows, &checkpoints, 700, ViolationKind::Moved);
}

#[test]
fn replaced_or_removed_signature_is_found() {
    let (mut rows, checkpoints) = log(20);
    rows[4].0.mac = rows[5].0.mac.clone();
    fails(&rows, &checkpoints, 5, ViolationKind::Altered);
    let (mut rows, checkpoints) = log(20);
    rows[4].0.mac = None;
    fails(&rows, &checkpoints, 5, ViolationKind::Unsigned);
    // A checkpoint over it does not make up for the signature.
    let checkpoints = chained(&keys(), &rows);
    fails(&rows, &checkpoints, 5, ViolationKind::Unsigned);
}

#[test]
fn row_after_the_last_checkpoint_is_verified_by_itself() {
    let keys = keys();
    let mut rows = vec![own(&keys, 1), own(&keys, 2), own(&keys, 3)];
    assert_eq!(verify(&keys, &rows, &[]), Ok(3));
    rows[1].0.mac = None;
    fails(&rows, &[], 2, ViolationKind::Unsigned);
    rows.remove(1);
    fails(&rows, &[], 2, ViolationKind::Missing);
    rows.truncate(1);
    rows[0].1.outcome = "failure".into();
    fails(&rows, &[], 1, ViolationKind::Altered);
}

#[test]
fn client_is_verified_if_present_and_may_be_erased() {
    let (mut rows, checkpoints) = log(20);
    let clients = |rows: &Rows| verify_all(&keys(), rows, &checkpoints).map(|all| all.clients);
    assert_eq!(clients(&rows), Ok(20));
    rows[3].1.client = None;
    assert_eq!(clients(&rows), Ok(19));
    let changes: [fn(&mut Client); 4] = [
        |client| client.address = Some("192.0.2.2".into()),
        |client| client.device = None,
        |client| client.salt.replace_range(..1, "f"),
        |client| client.salt.clear(),
    ];
    for change in changes {
        let mut rows = rows.clone();
        change(rows[11].1.client.as_mut().unwrap());
        fails(&rows, &checkpoints, 12, ViolationKind::ClientAltered);
    }
    // A client is added to an entry that has no client.
    let mut rows = vec![own(&keys(), 1)];
    let client = rows[0].1.client.take();
    rows[0].1.client_hash = None;
    rows[0].0.mac = Some(keys().sign(rows[0].1.clone()).mac);
    rows[0].1.client = client;
    fails(&rows, &[], 1, ViolationKind::ClientAltered);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn altered_column_of_a_covered_row_is_found_at_that_row(number in 1_u32..=600, column in 0_usize..12) {
        let (mut rows, checkpoints) = log(600);
        let entry = &mut rows[number as usize - 1].1;
        let text = Some("x".to_owned());
        match column {
            0 => entry.id.push('x'),
            1 => entry.at.push('x'),
            2 => entry.kind.push('x'),
            3 => entry.outcome.push('x'),
            4 => entry.subject = text,
            5 => entry.name_key = text,
            6 => entry.session = text,
            7 => entry.detail = None,
            8 => entry.client_hash = text,
            9 => entry.client_hash = None,
            10 => entry.request.push('x'),
            _ => entry.actor = text,
        }
        fails(&rows, &checkpoints, number, ViolationKind::Altered);
    }

    #[test]
    fn any_swapped_rows_are_found_at_the_first(one in 1_u32..=600, other in 1_u32..=600) {
        prop_assume!(one != other);
        let (mut rows, checkpoints) = log(600);
        rows.swap(one as usize - 1, other as usize - 1);
        renumber(&mut rows);
        let violation = verify(&keys(), &rows, &checkpoints).unwrap_err();
        prop_assert_eq!(violation.number, one.min(other));
    }
}
