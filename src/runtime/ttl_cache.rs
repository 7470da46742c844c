//! What the isolate remembers for some seconds: what KV or D1's counters of attempts said a moment ago, and which tokens it has
//! verified. What it ends or changes by itself it forgets at once.

use crate::timestamp::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem;

/// Entries of each half. With texts of [`LONGEST`] characters, which a copy holds four times over, the two take 4 MiB of the
/// isolate's 128.
const MOST: usize = 500;

/// Characters of the longest text whose content is kept, twice what is usual.
const LONGEST: usize = 1_024;

/// Entries by key, each for so many seconds.
#[derive(Debug)]
pub struct TtlCache<T> {
    seconds: i64,
    halves: RefCell<Generations<T>>,
    forgotten: Cell<u32>,
}

/// New entries go to `young`; when that is full, or as old as an entry becomes, it takes the place of `old`.
#[derive(Debug)]
struct Generations<T> {
    young: HashMap<String, Entry<T>>,
    old: HashMap<String, Entry<T>>,
    moved_at: Timestamp,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    since: Timestamp,
    until: Timestamp,
}

/// From before a store is asked: what the isolate forgets meanwhile, its answer may still have seen.
#[derive(Debug, Clone, Copy)]
pub struct Epoch(u32);

impl<T: Clone> TtlCache<T> {
    /// Keeps entries for so many seconds.
    #[must_use]
    pub fn new(seconds: i64) -> Self {
        let halves = Generations {
            young: HashMap::new(),
            old: HashMap::new(),
            moved_at: Timestamp::from_seconds(0),
        };
        Self {
            seconds,
            halves: RefCell::new(halves),
            forgotten: Cell::new(0),
        }
    }

    /// What is still believed under this key.
    #[must_use]
    pub fn get(&self, key: &str, now: Timestamp) -> Option<T> {
        let halves = self.halves.borrow();
        let entry = halves.young.get(key).or_else(|| halves.old.get(key))?;
        // A clock that was set back must not make an entry last.
        (entry.since <= now && now < entry.until).then(|| entry.value.clone())
    }

    /// To be asked for before a store is.
    #[must_use]
    pub fn before(&self) -> Epoch {
        Epoch(self.forgotten.get())
    }

    /// Keeps what a text of `length` characters said, but never beyond `never_after`. Keeps nothing if anything was
    /// forgotten since `before`.
    pub fn keep(
        &self,
        before: Epoch,
        key: String,
        length: usize,
        value: T,
        now: Timestamp,
        never_after: Timestamp,
    ) {
        if length > LONGEST || before.0 != self.forgotten.get() {
            return;
        }
        let mut halves = self.halves.borrow_mut();
        let is_full = halves.young.len() >= MOST && !halves.young.contains_key(&key);
        if is_full || halves.moved_at.plus(self.seconds) <= now {
            halves.old = mem::take(&mut halves.young);
            halves.moved_at = now;
        }
        let until = now.plus(self.seconds).min(never_after);
        let entry = Entry {
            value,
            since: now,
            until,
        };
        halves.young.insert(key, entry);
    }

    /// Forgets what is under this key, and what a read on its way would bring.
    pub fn forget(&self, key: &str) {
        self.forgotten.set(self.forgotten.get().wrapping_add(1));
        let mut halves = self.halves.borrow_mut();
        halves.young.remove(key);
        halves.old.remove(key);
    }

    /// As [`TtlCache::forget`], whatever is so.
    pub fn forget_if(&self, is_so: impl Fn(&T) -> bool) {
        self.forgotten.set(self.forgotten.get().wrapping_add(1));
        let mut halves = self.halves.borrow_mut();
        halves.young.retain(|_, entry| !is_so(&entry.value));
        halves.old.retain(|_, entry| !is_so(&entry.value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: i64 = 1_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn keep(recent: &TtlCache<u32>, key: &str, value: u32, now: i64, never_after: i64) {
        let before = recent.before();
        recent.keep(before, key.into(), 1, value, at(now), at(never_after));
    }

    #[test]
    fn an_entry_ends_after_its_seconds_or_with_its_copy() {
        let recent = TtlCache::new(5);
        keep(&recent, "a", 1, 100, FAR);
        keep(&recent, "b", 2, 100, 103);
        for (second, a, b) in [
            (99, None, None),
            (100, Some(1), Some(2)),
            (102, Some(1), Some(2)),
            (103, Some(1), None),
            (104, Some(1), None),
            (105, None, None),
        ] {
            assert_eq!(recent.get("a", at(second)), a, "a at {second}");
            assert_eq!(recent.get("b", at(second)), b, "b at {second}");
        }
    }

    #[test]
    fn an_entry_outlives_one_move_of_the_halves_and_is_gone_after_two() {
        let recent = TtlCache::new(5);
        keep(&recent, "first", 0, 100, FAR);
        keep(&recent, "a", 1, 104, FAR);
        keep(&recent, "b", 2, 105, FAR);
        assert_eq!(recent.get("a", at(108)), Some(1));
        keep(&recent, "c", 3, 110, FAR);
        assert_eq!(recent.halves.borrow().young.len(), 1);
        assert_eq!(recent.halves.borrow().old.len(), 1);
    }

    #[test]
    fn what_is_read_again_is_renewed() {
        let recent = TtlCache::new(5);
        keep(&recent, "a", 1, 100, FAR);
        keep(&recent, "a", 2, 105, FAR);
        assert_eq!(recent.get("a", at(109)), Some(2));
    }

    #[test]
    fn what_is_forgotten_is_gone_and_a_read_on_its_way_does_not_bring_it_back() {
        let recent = TtlCache::new(5);
        keep(&recent, "a", 1, 100, FAR);
        let before = recent.before();
        recent.forget("a");
        assert_eq!(recent.get("a", at(100)), None);
        recent.keep(before, "a".into(), 1, 1, at(100), at(FAR));
        assert_eq!(recent.get("a", at(100)), None);
        keep(&recent, "a", 2, 100, FAR);
        assert_eq!(recent.get("a", at(100)), Some(2));
    }

    #[test]
    fn what_is_forgotten_by_its_value_is_gone_from_both_halves() {
        let recent = TtlCache::new(5);
        keep(&recent, "a", 1, 104, FAR);
        keep(&recent, "b", 2, 104, FAR);
        keep(&recent, "c", 1, 105, FAR);
        let before = recent.before();
        recent.forget_if(|value| *value == 1);
        let left = ["a", "b", "c"].map(|key| recent.get(key, at(106)));
        assert_eq!(left, [None, Some(2), None]);
        recent.keep(before, "a".into(), 1, 1, at(106), at(FAR));
        assert_eq!(recent.get("a", at(106)), None);
    }

    #[test]
    fn it_is_bounded_and_forgets_the_oldest_first() {
        let recent = TtlCache::new(5);
        for number in 0..1_750 {
            keep(&recent, &number.to_string(), number, 100, FAR);
        }
        let is_there = |number: u32| recent.get(&number.to_string(), at(104)) == Some(number);
        assert!((0..1_000).all(|number| !is_there(number)));
        assert!((1_000..1_750).all(is_there));
        // Who is there already takes no further place.
        for _ in 0..1_000 {
            keep(&recent, "1600", 1_600, 100, FAR);
        }
        assert!((1_000..1_750).all(is_there));
        recent.keep(
            recent.before(),
            "long".into(),
            LONGEST + 1,
            1,
            at(105),
            at(FAR),
        );
        assert_eq!(recent.get("long", at(105)), None);
    }
}
