//! How many password hashes an isolate takes on at once. A hash takes tens of milliseconds of the one thread and 19 MiB;
//! a flood of sign-ins must neither stop everybody else's requests nor queue up work that no client waits for any more.

use crate::store::d1::PATIENCE;
use std::cell::Cell;
use std::rc::Rc;

/// Sign-ins that are under way in one isolate at most.
const PLACES: usize = 4;
/// Of these, for those on a known device alone: a flood from elsewhere leaves it to them.
const KEPT: usize = 1;
/// Milliseconds for the hashes themselves: two in each of the places, of 24 to 30 each (a new password's after the current
/// one's, today's after an outdated one's), with everybody else's turns in between, and a machine twenty times as slow.
const HASHING: u32 = 5_000;
/// Milliseconds for which a place is held at most, after which it is free again whatever happened: the runtime drops a
/// request whose client has gone, without a word. A change of password makes two calls of D1 before its hashes, the
/// reservation and the current hash; no other route makes more.
pub const LONGEST: u32 = 2 * PATIENCE + HASHING;

/// The places.
#[derive(Debug, Default)]
pub struct Admission {
    /// Since when each is taken, in milliseconds since 1970; 0 if it is free.
    places: Rc<[Cell<f64>; PLACES]>,
    /// Hashes begun, counted around.
    begun: Cell<u32>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    places: Rc<[Cell<f64>; PLACES]>,
    index: usize,
    since: f64,
}

impl Admission {
    /// Whether more than one place is taken at this moment (milliseconds since 1970).
    #[must_use]
    pub fn is_crowded(&self, now: f64) -> bool {
        let is_taken = |place: &&Cell<f64>| !is_free(place.get(), now);
        self.places.iter().filter(is_taken).nth(1).is_some()
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

    /// A place, if one is free at this moment (milliseconds since 1970).
    #[must_use]
    pub fn enter(&self, now: f64, is_known: bool) -> Option<Turn> {
        let open = if is_known {
            PLACES
        } else {
            PLACES.saturating_sub(KEPT)
        };
        let (index, place) = self
            .places
            .iter()
            .enumerate()
            .take(open)
            .find(|(_, place)| is_free(place.get(), now))?;
        place.set(now);
        Some(Turn {
            places: Rc::clone(&self.places),
            index,
            since: now,
        })
    }
}

/// Whether a place that is taken since then is free.
fn is_free(since: f64, now: f64) -> bool {
    since <= 0.0 || now - since >= f64::from(LONGEST)
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Somebody else's by now, if it took too long.
        let mine = |place: &&Cell<f64>| place.get().to_bits() == self.since.to_bits();
        if let Some(place) = self.places.get(self.index).filter(mine) {
            place.set(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(admission: &Admission, times: usize, now: f64, is_known: bool) -> Vec<Turn> {
        (0..times)
            .filter_map(|_| admission.enter(now, is_known))
            .collect()
    }

    #[test]
    fn a_fifth_is_turned_away_until_one_has_left() {
        let admission = Admission::default();
        let mut turns = enter(&admission, 5, 1_000.0, true);
        assert_eq!(turns.len(), 4);
        turns.pop();
        assert!(admission.enter(1_001.0, true).is_some());
        turns.truncate(2);
        assert!(admission.is_crowded(1_001.0));
        assert!(!admission.is_crowded(1_001.0 + f64::from(LONGEST)));
        turns.pop();
        assert!(!admission.is_crowded(1_001.0));
    }

    #[test]
    fn the_last_place_is_for_known_devices() {
        let admission = Admission::default();
        let strangers = enter(&admission, 5, 1_000.0, false);
        assert_eq!(strangers.len(), 3);
        let known = enter(&admission, 5, 1_000.0, true);
        assert_eq!(known.len(), 1);
    }

    #[test]
    fn a_request_that_was_dropped_without_a_word_does_not_hold_its_place_for_good() {
        let admission = Admission::default();
        let lost = enter(&admission, 4, 1_000.0, true);
        assert!(admission.enter(15_999.0, true).is_none());
        let turn = admission.enter(16_000.0, true);
        assert!(turn.is_some());
        // Should one of the lost end after all, it frees nobody else's place.
        drop(lost);
        assert_eq!(enter(&admission, 4, 16_000.0, true).len(), 3);
    }
}
