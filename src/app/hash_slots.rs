//! The hashing slots of an isolate. A hash takes tens of milliseconds of the only thread and 19 MiB of memory. A flood of
//! sign-ins must neither block other requests nor queue up work for clients that no longer wait.

use crate::runtime::d1::TIMEOUT_MS;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use uuid::Uuid;

/// Maximum number of password attempts in flight in an isolate.
const SLOTS: usize = 4;
/// Slots of these that are reserved for claims with a [`Holder`], so that a flood of other attempts cannot take all of them.
const RESERVED: usize = 1;
/// Milliseconds for the hashes themselves: two in each of the slots, of 24 to 30 each (a new password's after the current
/// one's, today's after an outdated one's), with everybody else's turns in between, and a machine twenty times as slow.
const HASHING: u32 = 5_000;
/// Milliseconds for which a slot is held at most, after which it is free again whatever happened: the runtime drops a
/// request whose client has gone, without a word. A change of password makes two calls of D1 before its hashes, the
/// reservation and the current hash; no other route makes more.
pub const LONGEST: u32 = 2 * TIMEOUT_MS + HASHING;

/// A claim to a slot.
#[derive(Debug)]
pub struct Claim {
    /// Key of what is evaluated serially: no two attempts with the same key hold a slot at the same time.
    pub key: String,
    /// The holder, if this claim may take the reserved slot.
    pub holder: Option<Holder>,
}

/// A recognised device and its user, or a one-time link and its user. Each device, link and user
/// holds at most one slot at a time, so that no account can occupy the reserved slot, however many devices it has.
#[derive(Debug)]
pub struct Holder {
    /// The device's or the link's id.
    pub id: String,
    /// The user.
    pub user: Uuid,
}

impl Holder {
    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id || self.user == other.user
    }
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSlot {
    /// An attempt with the same key is in flight.
    InFlight,
    /// All slots that the claim may take are in use, or its holder already has one.
    Full,
}

/// The slots.
#[derive(Debug, Default)]
pub struct HashSlots {
    slots: Rc<RefCell<[Option<Taken>; SLOTS]>>,
    /// Wrapping counter of the slots that were taken.
    last: Cell<u32>,
    /// Hashes begun, counted around.
    begun: Cell<u32>,
}

#[derive(Debug)]
struct Taken {
    number: u32,
    /// Milliseconds since 1970.
    since: f64,
    claim: Claim,
}

impl Taken {
    fn is_held(&self, now: f64) -> bool {
        now - self.since < f64::from(LONGEST)
    }
}

/// A slot, held until it is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Rc<RefCell<[Option<Taken>; SLOTS]>>,
    number: u32,
}

impl HashSlots {
    /// Whether more than one slot is in use at this time (milliseconds since 1970).
    #[must_use]
    pub fn is_crowded(&self, now: f64) -> bool {
        let slots = self.slots.borrow();
        let held = slots.iter().flatten().filter(|taken| taken.is_held(now));
        held.count() > 1
    }

    /// How many hashes have been begun: who waited and finds another number knows that somebody was faster.
    #[must_use]
    pub fn begun(&self) -> u32 {
        self.begun.get()
    }

    /// Counts a hash that begins now.
    pub fn begin(&self) {
        self.begun.set(self.begun.get().wrapping_add(1));
    }

    /// Takes a slot, if one is free for this claim at this time (milliseconds since 1970).
    ///
    /// # Errors
    /// [`NoSlot`].
    pub fn enter(&self, now: f64, claim: Claim) -> Result<Slot, NoSlot> {
        let mut slots = self.slots.borrow_mut();
        let held = || slots.iter().flatten().filter(|taken| taken.is_held(now));
        if held().any(|taken| taken.claim.key == claim.key) {
            return Err(NoSlot::InFlight);
        }
        let has_slot = |holder: &Holder| {
            let mut holders = held().filter_map(|taken| taken.claim.holder.as_ref());
            holders.any(|other| other.is_same(holder))
        };
        let open = match &claim.holder {
            None => SLOTS.saturating_sub(RESERVED),
            Some(holder) if has_slot(holder) => 0,
            Some(_) => SLOTS,
        };
        let is_free =
            |slot: &&mut Option<Taken>| !slot.as_ref().is_some_and(|taken| taken.is_held(now));
        let slot = slots.iter_mut().take(open).find(is_free);
        let slot = slot.ok_or(NoSlot::Full)?;
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        *slot = Some(Taken {
            number,
            since: now,
            claim,
        });
        Ok(Slot {
            slots: Rc::clone(&self.slots),
            number,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // If this attempt took too long, the slot belongs to another one by now.
        for slot in self.slots.borrow_mut().iter_mut() {
            if slot
                .as_ref()
                .is_some_and(|taken| taken.number == self.number)
            {
                *slot = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    /// Takes all slots that are free for different names, on a recognised device each or on none.
    fn enter(
        admission: &HashSlots,
        names: std::ops::Range<usize>,
        now: f64,
        is_recognised: bool,
    ) -> Vec<Slot> {
        names
            .filter_map(|name| {
                let claim = claim(name, is_recognised.then_some((name, name as u128)));
                admission.enter(now, claim).ok()
            })
            .collect()
    }

    #[test]
    fn fifth_attempt_is_refused_until_a_slot_is_free() {
        let admission = HashSlots::default();
        let mut slots = enter(&admission, 0..5, 1_000.0, true);
        assert_eq!(slots.len(), 4);
        slots.pop();
        slots.extend(enter(&admission, 5..6, 1_001.0, true));
        assert_eq!(slots.len(), 4);
        slots.truncate(2);
        assert!(admission.is_crowded(1_001.0));
        assert!(!admission.is_crowded(1_001.0 + f64::from(LONGEST)));
        slots.pop();
        assert!(!admission.is_crowded(1_001.0));
    }

    #[test]
    fn last_slot_is_for_recognised_devices() {
        let admission = HashSlots::default();
        let others = enter(&admission, 0..5, 1_000.0, false);
        assert_eq!(others.len(), 3);
        let recognised = enter(&admission, 10..15, 1_000.0, true);
        assert_eq!(recognised.len(), 1);
    }

    #[test]
    fn one_device_and_one_user_have_one_slot() {
        let admission = HashSlots::default();
        let first = admission.enter(1_000.0, claim(1, Some((7, 1))));
        for same in [(7, 2), (8, 1)] {
            let second = admission.enter(1_000.0, claim(2, Some(same)));
            assert_eq!(second.err(), Some(NoSlot::Full));
        }
        drop(first);
        assert!(admission.enter(1_000.0, claim(2, Some((7, 2)))).is_ok());
    }

    #[test]
    fn attempts_with_one_key_are_serial() {
        let admission = HashSlots::default();
        let first = admission.enter(1_000.0, claim(1, None));
        for device in [None, Some((7, 1))] {
            let second = admission.enter(1_000.0, claim(1, device));
            assert_eq!(second.err(), Some(NoSlot::InFlight));
        }
        drop(first);
        assert!(admission.enter(1_000.0, claim(1, None)).is_ok());
    }

    #[test]
    fn slot_of_a_request_that_was_dropped_is_free_after_its_time() {
        let admission = HashSlots::default();
        let lost = enter(&admission, 0..4, 1_000.0, true);
        assert!(enter(&admission, 4..5, 15_999.0, true).is_empty());
        let slot = enter(&admission, 4..5, 16_000.0, true);
        assert_eq!(slot.len(), 1);
        // If one of the lost attempts ends after all, it does not free the slot of another.
        drop(lost);
        assert_eq!(enter(&admission, 5..9, 16_000.0, true).len(), 3);
    }
}
