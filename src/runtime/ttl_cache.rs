//! A cache of limited size whose entries expire. It lives in one isolate; each purpose has its own.

use crate::timestamp::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

/// Entries by key. When it is full, the entry that was inserted first is evicted.
#[derive(Debug)]
pub struct TtlCache<T> {
    capacity: usize,
    entries: RefCell<Entries<T>>,
    removals: Cell<u32>,
}

#[derive(Debug)]
struct Entries<T> {
    by_key: HashMap<String, Entry<T>>,
    /// The keys, with the number of the entry that each was inserted with.
    order: VecDeque<(u64, String)>,
    last: u64,
}

#[derive(Debug)]
struct Entry<T> {
    number: u64,
    value: T,
    inserted_at: Timestamp,
    expires_at: Timestamp,
}

/// A point in time, taken before a store is read; see [`TtlCache::insert`].
#[derive(Debug, Clone, Copy)]
pub struct Epoch(u32);

impl<T: Clone> TtlCache<T> {
    /// A cache of at most this many entries.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: RefCell::new(Entries {
                by_key: HashMap::new(),
                order: VecDeque::new(),
                last: 0,
            }),
            removals: Cell::new(0),
        }
    }

    /// The value under this key, unless it has expired.
    #[must_use]
    pub fn get(&self, key: &str, now: Timestamp) -> Option<T> {
        let entries = self.entries.borrow();
        let entry = entries.by_key.get(key)?;
        // If the clock was set back, the entry must not last longer.
        (entry.inserted_at <= now && now < entry.expires_at).then(|| entry.value.clone())
    }

    /// Returns the current epoch. Call this before reading the store for a value that is then inserted.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch(self.removals.get())
    }

    /// Inserts a value until it expires. Does nothing if any entry has been removed since `read_at`: the store may have been
    /// read before the change that caused the removal.
    pub fn insert(
        &self,
        read_at: Epoch,
        key: String,
        value: T,
        now: Timestamp,
        expires_at: Timestamp,
    ) {
        if read_at.0 != self.removals.get() || self.capacity == 0 {
            return;
        }
        let mut entries = self.entries.borrow_mut();
        entries.last = entries.last.wrapping_add(1);
        let entry = Entry {
            number: entries.last,
            value,
            inserted_at: now,
            expires_at,
        };
        let number = entry.number;
        entries.order.push_back((number, key.clone()));
        entries.by_key.insert(key, entry);
        // Also skips keys whose entry was replaced or removed.
        while entries.order.len() > self.capacity {
            let Some((number, key)) = entries.order.pop_front() else {
                break;
            };
            if entries
                .by_key
                .get(&key)
                .is_some_and(|entry| entry.number == number)
            {
                entries.by_key.remove(&key);
            }
        }
    }

    /// Removes all entries, and prevents reads in progress from inserting theirs.
    pub fn clear(&self) {
        self.removals.set(self.removals.get().wrapping_add(1));
        let mut entries = self.entries.borrow_mut();
        entries.by_key.clear();
        entries.order.clear();
    }

    /// Removes the entry under this key, and prevents reads in progress from inserting theirs.
    pub fn remove(&self, key: &str) {
        self.removals.set(self.removals.get().wrapping_add(1));
        self.entries.borrow_mut().by_key.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn insert(cache: &TtlCache<u32>, key: &str, value: u32, now: i64, expires_at: i64) {
        cache.insert(cache.epoch(), key.into(), value, at(now), at(expires_at));
    }

    #[test]
    fn entry_is_found_until_it_expires() {
        let cache = TtlCache::new(10);
        insert(&cache, "a", 1, 100, 103);
        for (second, value) in [(100, Some(1)), (102, Some(1)), (103, None)] {
            assert_eq!(cache.get("a", at(second)), value, "{second}");
        }
        assert_eq!(cache.get("b", at(100)), None);
    }

    #[test]
    fn entry_is_not_found_before_it_was_inserted() {
        let cache = TtlCache::new(10);
        insert(&cache, "a", 1, 100, 103);
        assert_eq!(cache.get("a", at(99)), None);
    }

    #[test]
    fn entry_that_is_inserted_again_is_replaced() {
        let cache = TtlCache::new(10);
        insert(&cache, "a", 1, 100, 105);
        insert(&cache, "a", 2, 105, 110);
        assert_eq!(cache.get("a", at(109)), Some(2));
    }

    #[test]
    fn removed_entry_is_not_inserted_by_a_read_in_progress() {
        let cache = TtlCache::new(10);
        insert(&cache, "a", 1, 100, 200);
        let read_at = cache.epoch();
        cache.remove("a");
        assert_eq!(cache.get("a", at(100)), None);
        cache.insert(read_at, "a".into(), 1, at(100), at(200));
        assert_eq!(cache.get("a", at(100)), None);
        insert(&cache, "a", 2, 100, 200);
        assert_eq!(cache.get("a", at(100)), Some(2));
    }

    #[test]
    fn full_cache_evicts_the_entry_that_was_inserted_first() {
        let cache = TtlCache::new(100);
        for number in 0..150 {
            insert(&cache, &number.to_string(), number, 100, 200);
        }
        let has = |number: u32| cache.get(&number.to_string(), at(104)) == Some(number);
        assert!((0..50).all(|number| !has(number)));
        assert!((50..150).all(has));
        // Inserting the same key many times does not evict the newest of the others.
        for _ in 0..99 {
            insert(&cache, "149", 149, 100, 200);
        }
        assert!(has(149));
        assert!(cache.entries.borrow().by_key.len() <= 100);
        assert!(cache.entries.borrow().order.len() <= 100);
    }
}
