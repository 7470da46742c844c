//! Rotations of `AUDIT_KEY`: the rows that the previous key still verifies.

use super::*;

#[test]
fn retired_key_verifies_what_came_before_the_first_checkpoint_of_the_new_key() {
    let (old, new) = (keys(), rotated());
    let mut rows: Rows = (1..=500).map(|number| own(&old, number)).collect();
    let mut checkpoints = chained(&old, &rows);
    // Written by isolates with either key during the deployment of the new one.
    rows.push(own(&new, 501));
    rows.push(own(&old, 502));
    rows.push(own(&old, 503));
    rows.extend((504..=520).map(|number| own(&new, number)));
    checkpoints.push(
        new.checkpoint(checkpoints.last(), &rows[500..], at(10_000))
            .unwrap(),
    );
    assert_ne!(checkpoints[0].key, checkpoints[1].key);
    assert_eq!(verify(&new, &rows, &checkpoints), Ok(520));
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
    // A forged newest row.
    let mut rows = start.clone();
    rows.push(own(&old, 3));
    refused(&rows, &checkpoints, 3);
    // The forged row is also refused once a checkpoint covers it.
    let more = chained_after(&new, &rows, &checkpoints);
    assert_eq!(more.len(), 3);
    refused(&rows, &more, 3);
    // A checkpoint of the old key follows one of the new key.
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
        own(&old, 3),
        own(&new, 4),
        own(&old, 5),
    ];
    let first = old.checkpoint(None, &rows[..2], at(5)).unwrap();
    // There is no sign yet that the new key is deployed.
    let early = new.checkpoint(Some(&first), &rows[2..3], at(5)).unwrap();
    assert_eq!((&early.key, early.last), (&first.key, 3));
    // The new key is deployed, but isolates with the old key may be left, so the rows after row 3 wait.
    let early = new.checkpoint(Some(&first), &rows[2..], at(303)).unwrap();
    assert_eq!((&early.key, early.last), (&first.key, 3));
    assert_eq!(new.checkpoint(Some(&early), &rows[3..], at(303)), None);
    let switch = new.checkpoint(Some(&early), &rows[3..], at(304)).unwrap();
    assert_eq!((switch.key == first.key, switch.last), (false, 5));
    assert_eq!(verify(&new, &rows, &[first, early, switch]), Ok(5));
}
