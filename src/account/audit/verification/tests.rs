//! What is done to a log, and at which row it is found out.

use super::*;
use crate::account::audit::{Head, Kind};
use crate::account::timestamp::Timestamp;
use proptest::prelude::*;
use std::sync::LazyLock;
use uuid::Uuid;

type Rows = Vec<(Placed, Entry)>;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn keys() -> AuditKeys {
    AuditKeys::new(&[1; 32], &[])
}

fn entry(number: u32) -> Entry {
    let id = Uuid::from_u128(u128::from(number));
    Entry::new(id, at(i64::from(number)), Kind::SignIn, "request").detail("password")
}

fn own(keys: &AuditKeys, number: u32) -> (Placed, Entry) {
    let signed = keys.sign(entry(number));
    let row = Placed {
        number,
        mac: Some(signed.mac),
        late_mac: None,
        signed_at: None,
    };
    (row, signed.entry)
}

fn unsigned(number: u32) -> (Placed, Entry) {
    let row = Placed {
        number,
        mac: None,
        late_mac: None,
        signed_at: None,
    };
    (row, entry(number).by_command_line())
}

fn late(keys: &AuditKeys, number: u32) -> (Placed, Entry) {
    let (mut row, entry) = unsigned(number);
    row.late_mac = Some(keys.sign_late(number, at(9), &entry));
    row.signed_at = Some(at(9).to_string());
    (row, entry)
}

/// Rows of which every seventh was signed late, and the seals over them.
fn log(length: u32) -> (Rows, Vec<Seal>) {
    static LONGEST: LazyLock<Rows> = LazyLock::new(|| rows(1_500));
    let rows = LONGEST[..length as usize].to_vec();
    let seals = sealed(&keys(), &rows);
    (rows, seals)
}

fn rows(length: u32) -> Rows {
    let keys = keys();
    let row = |number| {
        if number % 7 == 0 {
            late(&keys, number)
        } else {
            own(&keys, number)
        }
    };
    (1..=length).map(row).collect()
}

fn sealed(keys: &AuditKeys, rows: &Rows) -> Vec<Seal> {
    let mut seals: Vec<Seal> = Vec::new();
    loop {
        let first = first_after(seals.last());
        let rest: Vec<Placed> = rows
            .iter()
            .map(|(row, _)| row.clone())
            .filter(|row| row.number >= first)
            .take(SEAL_LENGTH as usize)
            .collect();
        match keys.seal(seals.last(), &rest, at(1_000)) {
            Some(seal) => seals.push(seal),
            None => return seals,
        }
    }
}

fn verify(keys: &AuditKeys, rows: &Rows, seals: &[Seal]) -> Result<u32, Broken> {
    let mut late = 0;
    let mut previous = None;
    for seal in seals {
        let first = first_after(previous);
        let range: Rows = rows
            .iter()
            .filter(|(row, _)| (first..=seal.last).contains(&row.number))
            .cloned()
            .collect();
        late += keys.verify_seal(previous, seal, &range)?;
        previous = Some(seal);
    }
    let first = first_after(previous);
    let rest: Rows = rows
        .iter()
        .filter(|(row, _)| row.number >= first)
        .cloned()
        .collect();
    Ok(late + keys.verify_unsealed(first, &rest)?)
}

fn renumber(rows: &mut Rows) {
    for ((row, _), number) in rows.iter_mut().zip(1..) {
        row.number = number;
    }
}

fn fails(rows: &Rows, seals: &[Seal], number: u32, reason: Reason) {
    let broken = Broken { number, reason };
    assert_eq!(verify(&keys(), rows, seals), Err(broken));
}

#[test]
fn an_honest_log_is_right() {
    for length in [0, 1, 499, 500, 501, 1_200] {
        let (rows, seals) = log(length);
        assert_eq!(verify(&keys(), &rows, &seals), Ok(length / 7));
        assert_eq!(seals.len(), length.div_ceil(SEAL_LENGTH) as usize);
        for (index, seal) in seals.iter().enumerate() {
            let count = seal.last - seal.first + 1;
            assert_eq!(seal.marks.len(), 8 * count as usize);
            let range: Vec<Placed> = rows
                .iter()
                .map(|(row, _)| row.clone())
                .filter(|row| (seal.first..=seal.last).contains(&row.number))
                .collect();
            let previous = index.checked_sub(1).map(|before| &seals[before]);
            assert!(keys().has_sealed(previous, seal, &range));
            assert!(!keys().has_sealed(previous, seal, &range[1..]));
        }
    }
}

#[test]
fn two_rows_that_changed_places_are_found_at_the_first() {
    let (mut rows, seals) = log(1_000);
    let (one, other) = (rows[122].clone(), rows[876].clone());
    (rows[122], rows[876]) = (other, one);
    renumber(&mut rows);
    // Number 123 and 877 are signed by their writers: each is right by itself.
    fails(&rows, &seals, 123, Reason::Moved);
}

#[test]
fn a_row_that_was_removed_is_missed() {
    let (mut rows, seals) = log(1_000);
    rows.remove(699);
    fails(&rows, &seals, 700, Reason::Missing);
    renumber(&mut rows);
    fails(&rows, &seals, 700, Reason::Moved);
    // The one that follows was signed late, at its place.
    let (mut rows, seals) = log(1_000);
    rows.remove(992);
    renumber(&mut rows);
    fails(&rows, &seals, 993, Reason::Altered);
}

#[test]
fn a_signature_of_another_row_and_one_that_was_taken_away_are_found() {
    let (mut rows, seals) = log(20);
    rows[4].0.mac = rows[5].0.mac.clone();
    fails(&rows, &seals, 5, Reason::Altered);
    let (mut rows, seals) = log(20);
    rows[4].0.mac = None;
    fails(&rows, &seals, 5, Reason::Unsigned);
    // With a signature of the cron, which signs for command lines only.
    let mac = keys().sign_late(5, at(9), &rows[4].1);
    rows[4].0.late_mac = Some(mac);
    rows[4].0.signed_at = Some(at(9).to_string());
    fails(&rows, &seals, 5, Reason::Altered);
}

#[test]
fn rows_that_are_not_sealed_are_verified_by_themselves() {
    let keys = keys();
    let mut rows = vec![own(&keys, 1), unsigned(2), late(&keys, 3)];
    assert_eq!(verify(&keys, &rows, &[]), Ok(1));
    rows[1].1.actor = Some("somebody".into());
    fails(&rows, &[], 2, Reason::Unsigned);
    rows.remove(1);
    fails(&rows, &[], 2, Reason::Missing);
    rows.truncate(1);
    rows[0].1.outcome = "failure".into();
    fails(&rows, &[], 1, Reason::Altered);
}

#[test]
fn what_was_never_there_is_sealed_as_such_and_still_missed() {
    let keys = keys();
    let rows = vec![own(&keys, 1), own(&keys, 3), own(&keys, 2_000)];
    let seals = sealed(&keys, &rows);
    let ranges: Vec<_> = seals.iter().map(|seal| (seal.first, seal.last)).collect();
    assert_eq!(
        ranges,
        [(1, 500), (501, 1_000), (1_001, 1_500), (1_501, 2_000)]
    );
    fails(&rows, &seals, 2, Reason::Missing);
    let mut filled = rows.clone();
    filled.insert(1, own(&keys, 2));
    fails(&filled, &seals, 2, Reason::Moved);
}

#[test]
fn a_seal_that_is_missing_or_not_ours_is_found() {
    let (rows, seals) = log(1_500);
    let without = |index: usize| {
        let mut seals = seals.clone();
        seals.remove(index);
        seals
    };
    fails(&rows, &without(0), 1, Reason::SealMissing);
    fails(&rows, &without(1), 501, Reason::SealMissing);
    // Cutting off is for the head to tell.
    assert!(verify(&keys(), &rows, &without(2)).is_ok());
    let head = Head::of(&seals[2]);
    assert!(head.allows(&seals[1]) && head.allows(&seals[2]));
    let other = Seal {
        mac: "0".repeat(64),
        ..seals[2].clone()
    };
    assert!(!head.allows(&other));
    let change = |change: fn(&mut Seal)| {
        let mut seals = seals.clone();
        change(&mut seals[1]);
        seals
    };
    for (seals, number) in [
        (change(|seal| seal.at = "2030-01-01T00:00:00Z".into()), 501),
        (change(|seal| seal.mac = "0".repeat(64)), 501),
        (change(|seal| seal.first = 502), 501),
        (change(|seal| seal.last = 1_001), 501),
        (change(|seal| seal.last = 0), 501),
        (change(|seal| seal.marks.push_str("00000000")), 501),
    ] {
        fails(&rows, &seals, number, Reason::SealAltered);
    }
    let shorter = change(|seal| seal.marks.truncate(80));
    fails(&rows, &shorter, 511, Reason::Moved);
    let other_mark = change(|seal| seal.marks.replace_range(800..801, "x"));
    fails(&rows, &other_mark, 601, Reason::Moved);
}

#[test]
fn older_keys_verify_what_they_made() {
    let (old, new) = (keys(), AuditKeys::new(&[2; 32], &[[1; 32]]));
    let mut rows: Rows = (1..=500).map(|number| own(&old, number)).collect();
    rows.extend((501..=520).map(|number| own(&new, number)));
    let mut seals = sealed(&old, &rows[..500].to_vec());
    let rest: Vec<Placed> = rows[500..].iter().map(|(row, _)| row.clone()).collect();
    let next = new.seal(seals.last(), &rest, at(2_000)).unwrap();
    seals.push(next);
    assert_eq!(verify(&new, &rows, &seals), Ok(0));
    fails(&rows, &seals, 501, Reason::Altered);
    let forgotten = AuditKeys::new(&[2; 32], &[]);
    let broken = verify(&forgotten, &rows, &seals).unwrap_err();
    assert_eq!((broken.number, broken.reason), (1, Reason::Altered));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_of_a_sealed_row_is_found_at_that_row(number in 1_u32..=600, column in 0_usize..12) {
        let (mut rows, seals) = log(600);
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
            8 => entry.address = text,
            9 => entry.device = text,
            10 => entry.request.push('x'),
            _ => entry.actor = text,
        }
        fails(&rows, &seals, number, Reason::Altered);
    }

    #[test]
    fn any_two_rows_that_change_places_are_found_at_the_first(one in 1_u32..=600, other in 1_u32..=600) {
        prop_assume!(one != other);
        let (mut rows, seals) = log(600);
        rows.swap(one as usize - 1, other as usize - 1);
        renumber(&mut rows);
        let broken = verify(&keys(), &rows, &seals).unwrap_err();
        prop_assert_eq!(broken.number, one.min(other));
    }
}
