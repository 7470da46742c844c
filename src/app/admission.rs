//! How many password hashes an isolate takes on at once. A hash takes tens of milliseconds of the one thread and 19 MiB;
//! a flood of sign-ins must neither stop everybody else's requests nor queue up work that no client waits for any more.

use std::cell::Cell;
use std::rc::Rc;

/// Sign-ins that are under way in one isolate at most.
const PLACES: usize = 4;
/// Milliseconds after which a place is free again whatever happened: the runtime drops a request whose client has gone,
/// without a word. Two calls of D1 with its whole patience and a hash take less.
const LONGEST: f64 = 15_000.0;

/// The places.
#[derive(Debug, Default)]
pub struct Admission {
    /// Since when each is taken, in milliseconds since 1970; 0 if it is free.
    places: Rc<[Cell<f64>; PLACES]>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    places: Rc<[Cell<f64>; PLACES]>,
    index: usize,
    since: f64,
}

impl Admission {
    /// A place, if one is free at this moment (milliseconds since 1970).
    #[must_use]
    pub fn enter(&self, now: f64) -> Option<Turn> {
        let is_free = |since: f64| since <= 0.0 || now - since >= LONGEST;
        let (index, place) = self
            .places
            .iter()
            .enumerate()
            .find(|(_, place)| is_free(place.get()))?;
        place.set(now);
        Some(Turn {
            places: Rc::clone(&self.places),
            index,
            since: now,
        })
    }
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

    #[test]
    fn a_fifth_waits_until_one_has_left() {
        let admission = Admission::default();
        let mut turns: Vec<Turn> = (0..4).filter_map(|_| admission.enter(1_000.0)).collect();
        assert_eq!(turns.len(), PLACES);
        assert!(admission.enter(1_000.0).is_none());
        turns.pop();
        assert!(admission.enter(1_001.0).is_some());
    }

    #[test]
    fn a_request_that_was_dropped_without_a_word_does_not_hold_its_place_for_good() {
        let admission = Admission::default();
        let lost: Vec<Turn> = (0..4).filter_map(|_| admission.enter(1_000.0)).collect();
        assert!(admission.enter(15_999.0).is_none());
        let turn = admission.enter(16_000.0);
        assert!(turn.is_some());
        // Should one of the lost end after all, it frees nobody else's place.
        drop(lost);
        let others: Vec<Turn> = (0..4).filter_map(|_| admission.enter(16_000.0)).collect();
        assert_eq!(others.len(), PLACES - 1);
    }
}
