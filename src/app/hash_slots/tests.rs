use super::*;

/// An attempt on an unrecognised device, or on this recognised device of this user.
fn claim(key: usize, holder: Option<(usize, u128)>) -> Claim {
    Claim {
        key: key.to_string(),
        holder: holder.map(|(device, user)| Holder {
            id: device.to_string(),
            user: Uuid::from_u128(user),
        }),
    }
}

/// Takes all free slots, for a different name each, on recognised or on unrecognised devices.
fn enter(
    slots: &HashSlots,
    names: std::ops::Range<usize>,
    now: f64,
    is_recognised: bool,
) -> Vec<Slot> {
    names
        .filter_map(|name| {
            let claim = claim(name, is_recognised.then_some((name, name as u128)));
            slots.enter(now, claim).ok()
        })
        .collect()
}

#[test]
fn fifth_attempt_is_refused_until_a_slot_is_free() {
    let slots = HashSlots::default();
    let mut taken = enter(&slots, 0..5, 1_000.0, true);
    assert_eq!(taken.len(), 4);
    taken.pop();
    taken.extend(enter(&slots, 5..6, 1_001.0, true));
    assert_eq!(taken.len(), 4);
    taken.truncate(2);
    assert!(slots.0.is_crowded(1_001.0));
    assert!(!slots.0.is_crowded(1_001.0 + f64::from(SLOT_TIMEOUT_MS)));
    taken.pop();
    assert!(!slots.0.is_crowded(1_001.0));
}

#[test]
fn last_slot_is_for_recognised_devices() {
    let slots = HashSlots::default();
    let others = enter(&slots, 0..5, 1_000.0, false);
    assert_eq!(others.len(), 3);
    let recognised = enter(&slots, 10..15, 1_000.0, true);
    assert_eq!(recognised.len(), 1);
}

#[test]
fn one_device_and_one_user_have_one_slot() {
    let slots = HashSlots::default();
    let first = slots.enter(1_000.0, claim(1, Some((7, 1))));
    for same in [(7, 2), (8, 1)] {
        let second = slots.enter(1_000.0, claim(2, Some(same)));
        assert_eq!(second.err(), Some(NoSlot::Full));
    }
    drop(first);
    assert!(slots.enter(1_000.0, claim(2, Some((7, 2)))).is_ok());
}

#[test]
fn attempts_with_one_key_are_serial() {
    let slots = HashSlots::default();
    let first = slots.enter(1_000.0, claim(1, None));
    for device in [None, Some((7, 1))] {
        let second = slots.enter(1_000.0, claim(1, device));
        assert_eq!(second.err(), Some(NoSlot::InFlight));
    }
    drop(first);
    assert!(slots.enter(1_000.0, claim(1, None)).is_ok());
}

#[test]
fn slot_of_a_request_that_was_dropped_is_free_after_its_time() {
    let slots = HashSlots::default();
    let lost = enter(&slots, 0..4, 1_000.0, true);
    assert!(enter(&slots, 4..5, 15_999.0, true).is_empty());
    let slot = enter(&slots, 4..5, 16_000.0, true);
    assert_eq!(slot.len(), 1);
    // If one of the lost attempts ends after all, it does not free the slot of another.
    drop(lost);
    assert_eq!(enter(&slots, 5..9, 16_000.0, true).len(), 3);
}
