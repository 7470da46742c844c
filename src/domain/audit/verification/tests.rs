//! Ways to tamper with a log, and the row at which each is detected.

use super::*;
use crate::domain::audit::{Client, Head, Kind};
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
        late_mac: None,
        signed_at: None,
    };
    (row, signed.entry)
}

fn unsigned(number: u32) -> (ChainedRow, Entry) {
    let row = ChainedRow {
        number,
        mac: None,
        late_mac: None,
        signed_at: None,
    };
    (row, entry(number).by_command_line())
}

fn late(keys: &AuditKeys, number: u32) -> (ChainedRow, Entry) {
    let (mut row, entry) = unsigned(number);
    row.late_mac = Some(keys.sign_late(number, at(9), &entry));
    row.signed_at = Some(at(9).to_string());
    (row, entry)
}

/// Rows of which every seventh was signed late, and the checkpoints over them.
fn log(length: u32) -> (Rows, Vec<Checkpoint>) {
    static LONGEST: LazyLock<Rows> = LazyLock::new(|| rows(1_500));
    let rows = LONGEST[..length as usize].to_vec();
    let checkpoints = chained(&keys(), &rows);
    (rows, checkpoints)
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

fn chained(keys: &AuditKeys, rows: &Rows) -> Vec<Checkpoint> {
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    loop {
        let first = first_after(checkpoints.last());
        let rest: Rows = rows
            .iter()
            .filter(|(row, _)| row.number >= first)
            .take(CHECKPOINT_LENGTH as usize)
            .cloned()
            .collect();
        match keys.checkpoint(checkpoints.last(), &rest, at(10_000)) {
            Some(checkpoint) => checkpoints.push(checkpoint),
            None => return checkpoints,
        }
    }
}

fn verify(keys: &AuditKeys, rows: &Rows, checkpoints: &[Checkpoint]) -> Result<u32, Violation> {
    verify_all(keys, rows, checkpoints).map(|verified| verified.late_signatures)
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

#[test]
fn honest_log_verifies() {
    for length in [0, 1, 499, 500, 501, 1_200] {
        let (rows, checkpoints) = log(length);
        assert_eq!(verify(&keys(), &rows, &checkpoints), Ok(length / 7));
        assert_eq!(
            checkpoints.len(),
            length.div_ceil(CHECKPOINT_LENGTH) as usize
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
fn two_rows_that_changed_places_are_found_at_the_first() {
    let (mut rows, checkpoints) = log(1_000);
    let (one, other) = (rows[122].clone(), rows[876].clone());
    (rows[122], rows[876]) = (other, one);
    renumber(&mut rows);
    // Number 123 and 877 are signed by their writers: each is right by itself.
    fails(&rows, &checkpoints, 123, ViolationKind::Moved);
}

#[test]
fn a_row_that_was_removed_is_missed() {
    let (mut rows, checkpoints) = log(1_000);
    rows.remove(699);
    fails(&rows, &checkpoints, 700, ViolationKind::Missing);
    renumber(&mut rows);
    fails(&rows, &checkpoints, 700, ViolationKind::Moved);
    // The one that follows was signed late, at its place.
    let (mut rows, checkpoints) = log(1_000);
    rows.remove(992);
    renumber(&mut rows);
    fails(&rows, &checkpoints, 993, ViolationKind::Altered);
}

#[test]
fn a_signature_of_another_row_and_one_that_was_taken_away_are_found() {
    let (mut rows, checkpoints) = log(20);
    rows[4].0.mac = rows[5].0.mac.clone();
    fails(&rows, &checkpoints, 5, ViolationKind::Altered);
    let (mut rows, checkpoints) = log(20);
    rows[4].0.mac = None;
    fails(&rows, &checkpoints, 5, ViolationKind::Unsigned);
    // With a signature of the cron, which signs for command lines only.
    let mac = keys().sign_late(5, at(9), &rows[4].1);
    rows[4].0.late_mac = Some(mac);
    rows[4].0.signed_at = Some(at(9).to_string());
    fails(&rows, &checkpoints, 5, ViolationKind::Altered);
}

#[test]
fn rows_that_are_not_sealed_are_verified_by_themselves() {
    let keys = keys();
    let mut rows = vec![own(&keys, 1), unsigned(2), late(&keys, 3)];
    assert_eq!(verify(&keys, &rows, &[]), Ok(1));
    rows[1].1.actor = Some("somebody".into());
    fails(&rows, &[], 2, ViolationKind::Unsigned);
    rows.remove(1);
    fails(&rows, &[], 2, ViolationKind::Missing);
    rows.truncate(1);
    rows[0].1.outcome = "failure".into();
    fails(&rows, &[], 1, ViolationKind::Altered);
}

#[test]
fn what_was_never_there_is_sealed_as_such_and_still_missed() {
    let keys = keys();
    let rows = vec![own(&keys, 1), own(&keys, 3), own(&keys, 2_000)];
    let checkpoints = chained(&keys, &rows);
    let ranges: Vec<_> = checkpoints
        .iter()
        .map(|checkpoint| (checkpoint.first, checkpoint.last))
        .collect();
    assert_eq!(
        ranges,
        [(1, 500), (501, 1_000), (1_001, 1_500), (1_501, 2_000)]
    );
    fails(&rows, &checkpoints, 2, ViolationKind::Missing);
    let mut filled = rows.clone();
    filled.insert(1, own(&keys, 2));
    fails(&filled, &checkpoints, 2, ViolationKind::Moved);
}

#[test]
fn a_seal_that_is_missing_or_not_ours_is_found() {
    let (rows, checkpoints) = log(1_500);
    let without = |index: usize| {
        let mut checkpoints = checkpoints.clone();
        checkpoints.remove(index);
        checkpoints
    };
    fails(&rows, &without(0), 1, ViolationKind::CheckpointMissing);
    fails(&rows, &without(1), 501, ViolationKind::CheckpointMissing);
    // Cutting off is for the head to tell.
    assert!(verify(&keys(), &rows, &without(2)).is_ok());
    let head = Head::of(&checkpoints[2]);
    assert!(head.allows(&checkpoints[1]) && head.allows(&checkpoints[2]));
    let other = Checkpoint {
        mac: "0".repeat(64),
        ..checkpoints[2].clone()
    };
    assert!(!head.allows(&other));
    let change = |change: fn(&mut Checkpoint)| {
        let mut checkpoints = checkpoints.clone();
        change(&mut checkpoints[1]);
        checkpoints
    };
    for (checkpoints, number) in [
        (
            change(|checkpoint| checkpoint.at = "2030-01-01T00:00:00Z".into()),
            501,
        ),
        (change(|checkpoint| checkpoint.mac = "0".repeat(64)), 501),
        (change(|checkpoint| checkpoint.first = 502), 501),
        (change(|checkpoint| checkpoint.last = 1_001), 501),
        (change(|checkpoint| checkpoint.last = 0), 501),
        (
            change(|checkpoint| checkpoint.marks.push_str("00000000")),
            501,
        ),
    ] {
        fails(
            &rows,
            &checkpoints,
            number,
            ViolationKind::CheckpointAltered,
        );
    }
    let shorter = change(|checkpoint| checkpoint.marks.truncate(80));
    fails(&rows, &shorter, 511, ViolationKind::Moved);
    let other_mark = change(|checkpoint| checkpoint.marks.replace_range(800..801, "x"));
    fails(&rows, &other_mark, 601, ViolationKind::Moved);
}

/// Keys after a rotation from [`keys`].
fn rotated() -> AuditKeys {
    AuditKeys::new(&[2; 32], &[[1; 32]])
}

#[test]
fn retired_key_verifies_what_came_before_the_first_checkpoint_of_the_new_key() {
    let (old, new) = (keys(), rotated());
    let mut rows: Rows = (1..=500).map(|number| own(&old, number)).collect();
    let mut checkpoints = chained(&old, &rows);
    // Written by isolates with either key during the deployment of the new one.
    rows.push(own(&new, 501));
    rows.push(own(&old, 502));
    rows.push(late(&old, 503));
    rows.extend((504..=520).map(|number| own(&new, number)));
    checkpoints.push(
        new.checkpoint(checkpoints.last(), &rows[500..], at(10_000))
            .unwrap(),
    );
    assert_ne!(checkpoints[0].key, checkpoints[1].key);
    assert_eq!(verify(&new, &rows, &checkpoints), Ok(1));
    fails(&rows, &checkpoints, 501, ViolationKind::UnknownKey);
    let forgotten = AuditKeys::new(&[2; 32], &[]);
    let violation = verify(&forgotten, &rows, &checkpoints).unwrap_err();
    let expected = Violation {
        number: 1,
        reason: ViolationKind::UnknownKey,
    };
    assert_eq!(violation, expected);
}

#[test]
fn retired_key_is_refused_after_the_first_checkpoint_of_the_new_key() {
    let (old, new) = (keys(), rotated());
    let refused = |rows: &Rows, checkpoints: &[Checkpoint], number| {
        let reason = ViolationKind::RetiredKey;
        let violation = Violation { number, reason };
        assert_eq!(verify(&new, rows, checkpoints), Err(violation));
    };
    let start: Rows = vec![own(&old, 1), own(&new, 2)];
    let first = old.checkpoint(None, &start[..1], at(1)).unwrap();
    let second = new
        .checkpoint(Some(&first), &start[1..], at(10_000))
        .unwrap();
    let checkpoints = vec![first, second];
    // As the newest row, signed by itself or as if by the cron.
    for forged in [own(&old, 3), late(&old, 3)] {
        let mut rows = start.clone();
        rows.push(forged);
        refused(&rows, &checkpoints, 3);
        // And once it is covered by a checkpoint.
        let more = chained_after(&new, &rows, &checkpoints);
        assert_eq!(more.len(), 3);
        refused(&rows, &more, 3);
    }
    // A checkpoint of the old key after one of the new key.
    let mut rows = start.clone();
    rows.push(own(&new, 3));
    let mut more = checkpoints.clone();
    more.push(Checkpoint {
        key: checkpoints[0].key.clone(),
        ..more[1].clone()
    });
    more[2].number = 3;
    (more[2].first, more[2].last) = (3, 3);
    refused(&rows, &more, 3);
    assert!(!new.has_made(Some(&more[1]), &more[2], &[rows[2].0.clone()]));
    // Attributing the new key's checkpoint to the old key is detected at that checkpoint.
    let mut renamed = checkpoints.clone();
    renamed[1].key = checkpoints[0].key.clone();
    let violation = verify(&new, &start, &renamed).unwrap_err();
    assert_eq!(violation.number, 2);
}

fn chained_after(keys: &AuditKeys, rows: &Rows, checkpoints: &[Checkpoint]) -> Vec<Checkpoint> {
    let mut all = checkpoints.to_vec();
    let first = first_after(all.last()) as usize;
    let next = keys.checkpoint(all.last(), &rows[first - 1..], at(10_000));
    all.extend(next);
    all
}

#[test]
fn first_checkpoint_of_a_new_key_waits_until_the_old_key_is_not_used() {
    let (old, new) = (keys(), rotated());
    // Rows 1 to 3 are of the old key, 4 of the new one at 4 s, 5 of the old one.
    let rows: Rows = vec![
        own(&old, 1),
        own(&old, 2),
        late(&old, 3),
        own(&new, 4),
        own(&old, 5),
    ];
    let first = old.checkpoint(None, &rows[..2], at(5)).unwrap();
    // There is no sign yet that the new key is deployed.
    let early = new.checkpoint(Some(&first), &rows[2..3], at(5)).unwrap();
    assert_eq!((&early.key, early.last), (&first.key, 3));
    // It is, but isolates with the old key may be left, so the rows after row 3 wait.
    let early = new.checkpoint(Some(&first), &rows[2..], at(303)).unwrap();
    assert_eq!((&early.key, early.last), (&first.key, 3));
    assert_eq!(new.checkpoint(Some(&early), &rows[3..], at(303)), None);
    let switch = new.checkpoint(Some(&early), &rows[3..], at(304)).unwrap();
    assert_eq!((switch.key == first.key, switch.last), (false, 5));
    assert_eq!(verify(&new, &rows, &[first, early, switch]), Ok(1));
    // A row that the cron event signs with the new key also shows that the new key is deployed, from that time on.
    let (mut row, entry) = unsigned(1);
    row.late_mac = Some(new.sign_late(1, at(9), &entry));
    row.signed_at = Some(at(9).to_string());
    let rows = vec![(row, entry)];
    assert_eq!(new.checkpoint(None, &rows, at(308)), None);
    assert!(new.checkpoint(None, &rows, at(309)).is_some());
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
    // A client for an entry that has none.
    let mut rows = vec![own(&keys(), 1)];
    let client = rows[0].1.client.take();
    rows[0].1.client_hash = None;
    rows[0].0.mac = Some(keys().sign(rows[0].1.clone()).mac);
    rows[0].1.client = client;
    fails(&rows, &[], 1, ViolationKind::ClientAltered);
}

#[test]
fn head_opens_only_with_its_own_mac() {
    let (_, checkpoints) = log(501);
    let head = Head::of(&checkpoints[1]);
    let text = keys().head_text(&head);
    assert_eq!(keys().read_head(&text), Some(head.clone()));
    assert_eq!(rotated().read_head(&text), Some(head.clone()));
    assert_eq!(keys().read_head(&rotated().head_text(&head)), None);
    for forged in [
        String::new(),
        "{}".to_owned(),
        text[..text.len() - 1].to_owned(),
        text.replace("\"checkpoint\":2", "\"checkpoint\":1"),
        text.replace("\"last\":501", "\"last\":500"),
        text.replace(&head.mac, &"0".repeat(64)),
        text.replace(&head.key, "00000000"),
    ] {
        assert_ne!(forged, text);
        assert_eq!(keys().read_head(&forged), None, "{forged}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_of_a_sealed_row_is_found_at_that_row(number in 1_u32..=600, column in 0_usize..12) {
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
    fn any_two_rows_that_change_places_are_found_at_the_first(one in 1_u32..=600, other in 1_u32..=600) {
        prop_assume!(one != other);
        let (mut rows, checkpoints) = log(600);
        rows.swap(one as usize - 1, other as usize - 1);
        renumber(&mut rows);
        let violation = verify(&keys(), &rows, &checkpoints).unwrap_err();
        prop_assert_eq!(violation.number, one.min(other));
    }
}
