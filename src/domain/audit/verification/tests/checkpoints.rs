//! Checkpoints that are missing or altered, and the head.

use super::*;
use crate::domain::audit::Head;

#[test]
fn number_without_a_row_is_covered_and_still_missing() {
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
fn missing_or_altered_checkpoint_is_found() {
    let (rows, checkpoints) = log(1_500);
    let without = |index: usize| {
        let mut checkpoints = checkpoints.clone();
        checkpoints.remove(index);
        checkpoints
    };
    fails(&rows, &without(0), 1, ViolationKind::CheckpointMissing);
    fails(&rows, &without(1), 501, ViolationKind::CheckpointMissing);
    // A truncation is detected with the head.
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

#[test]
fn head_with_another_mac_is_refused() {
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
