//! Limits the bytes of request bodies that an isolate buffers at the same time, in total and per client site.
//!
//! A body that arrives slowly holds its bytes for up to ten seconds. If the total is used up, the oldest body of the site that
//! holds the most bytes is cancelled. So a few sites with stalled uploads cannot block the requests of all others: a normal
//! body arrives within milliseconds, long before it is the oldest one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// Maximum number of bytes in total. An isolate has 128 MiB, of which password hashes take 20.
const MAX_TOTAL_BYTES: usize = 8 * 1024 * 1024;
/// Maximum number of bytes for one client site (an IPv4 address or an IPv6 /48): 64 requests without a declared body length.
const MAX_SITE_BYTES: usize = MAX_TOTAL_BYTES / 8;
/// Minimum number of bytes that are reserved for a body. Its request also needs memory for a future here, and for the request,
/// its headers and its stream in V8.
const MIN_REQUEST_BYTES: usize = 4 * 1024;

/// Ends the reading of a body.
pub type Cancel = Box<dyn FnOnce()>;

/// The reserved bytes.
#[derive(Debug, Default)]
pub struct Budget(Rc<RefCell<Reserved>>);

#[derive(Debug, Default)]
struct Reserved {
    all: usize,
    last: u64,
    by_site: BTreeMap<String, Site>,
}

#[derive(Debug, Default)]
struct Site {
    bytes: usize,
    /// The bodies by number, so the oldest one is first.
    bodies: BTreeMap<u64, Body>,
}

struct Body {
    bytes: usize,
    cancel: Option<Cancel>,
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Body({} bytes)", self.bytes)
    }
}

/// Bytes that a request may buffer, held until it is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Rc<RefCell<Reserved>>,
    site: String,
    number: u64,
}

impl Budget {
    /// Reserves the bytes for a body of at most this length, and cancels other bodies if necessary. `None` if its own site
    /// would exceed its limit.
    pub fn reserve(&self, site: String, most: usize) -> Option<Reservation> {
        let bytes = most.max(MIN_REQUEST_BYTES);
        let mut reserved = self.0.borrow_mut();
        let of_site = reserved.by_site.get(&site).map_or(0, |site| site.bytes);
        if of_site.saturating_add(bytes) > MAX_SITE_BYTES {
            return None;
        }
        let mut cancelled = Vec::new();
        while reserved.all.saturating_add(bytes) > MAX_TOTAL_BYTES {
            cancelled.extend(reserved.remove_oldest_of_largest()?.cancel);
        }
        reserved.last = reserved.last.wrapping_add(1);
        let number = reserved.last;
        reserved.all = reserved.all.saturating_add(bytes);
        let entry = reserved.by_site.entry(site.clone()).or_default();
        entry.bytes = entry.bytes.saturating_add(bytes);
        let cancel = None;
        entry.bodies.insert(number, Body { bytes, cancel });
        drop(reserved);
        // The callbacks run after the borrow has ended, because a request that ends drops its reservation.
        for cancel in cancelled {
            cancel();
        }
        Some(Reservation {
            budget: Rc::clone(&self.0),
            site,
            number,
        })
    }
}

impl Reserved {
    fn remove(&mut self, site: &str, number: u64) -> Option<Body> {
        let entry = self.by_site.get_mut(site)?;
        let body = entry.bodies.remove(&number)?;
        entry.bytes = entry.bytes.saturating_sub(body.bytes);
        if entry.bodies.is_empty() {
            self.by_site.remove(site);
        }
        self.all = self.all.saturating_sub(body.bytes);
        Some(body)
    }

    fn remove_oldest_of_largest(&mut self) -> Option<Body> {
        let largest = self.by_site.iter().max_by_key(|(_, site)| site.bytes);
        let (name, site) = largest?;
        let (name, number) = (name.clone(), *site.bodies.keys().next()?);
        self.remove(&name, number)
    }
}

impl Reservation {
    /// Sets the callback that cancels the reading of this body if its bytes are needed.
    pub fn set_cancel(&self, cancel: Cancel) {
        let mut reserved = self.budget.borrow_mut();
        let site = reserved.by_site.get_mut(&self.site);
        if let Some(body) = site.and_then(|site| site.bodies.get_mut(&self.number)) {
            body.cancel = Some(cancel);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // A cancelled body has already been removed. The body is dropped after the borrow has ended.
        let body = self.budget.borrow_mut().remove(&self.site, self.number);
        drop(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reserves bodies until no more fit.
    fn fill(budget: &Budget, site: &str, most: usize) -> Vec<Reservation> {
        std::iter::from_fn(|| budget.reserve(site.to_owned(), most)).collect()
    }

    const BODY: usize = 16 * 1024;

    #[test]
    fn one_site_reserves_at_most_an_eighth() {
        let budget = Budget::default();
        let held = fill(&budget, "192.0.2.1", BODY);
        assert_eq!(held.len(), 64);
        assert!(budget.reserve("192.0.2.2".to_owned(), BODY).is_some());
    }

    #[test]
    fn oldest_body_of_the_largest_site_makes_room_for_another_site() {
        let budget = Budget::default();
        let cancelled = Rc::new(RefCell::new(Vec::new()));
        let small = budget.reserve("small".to_owned(), BODY).unwrap();
        let mut held = Vec::new();
        for site in 0..8 {
            for number in 0..64 {
                let name = format!("large {site}");
                let Some(body) = budget.reserve(name.clone(), BODY) else {
                    panic!("{name} {number}");
                };
                let cancelled = Rc::clone(&cancelled);
                body.set_cancel(Box::new(move || {
                    cancelled.borrow_mut().push((site, number));
                }));
                held.push(body);
            }
        }
        // The last of the eight sites has cancelled a body already.
        assert_eq!(cancelled.borrow().len(), 1);
        let another = budget.reserve("another".to_owned(), BODY);
        assert!(another.is_some());
        assert_eq!(cancelled.borrow().len(), 2);
        assert!(cancelled.borrow().iter().all(|(_, number)| *number == 0));
        assert_eq!(budget.0.borrow().all, MAX_TOTAL_BYTES);
        drop((small, held, another));
        assert_eq!(budget.0.borrow().all, 0);
        assert!(budget.0.borrow().by_site.is_empty());
    }

    #[test]
    fn dropped_reservation_frees_its_bytes() {
        let budget = Budget::default();
        drop(fill(&budget, "192.0.2.1", BODY));
        assert_eq!(budget.0.borrow().all, 0);
        assert!(budget.0.borrow().by_site.is_empty());
    }

    #[test]
    fn empty_body_counts_as_a_request() {
        let budget = Budget::default();
        assert_eq!(fill(&budget, "192.0.2.1", 0).len(), 256);
    }

    #[test]
    fn longest_body_of_one_site_is_one_mebibyte() {
        let budget = Budget::default();
        let most = 1024 * 1024;
        assert!(budget.reserve("192.0.2.1".to_owned(), most + 1).is_none());
        assert!(budget.reserve("192.0.2.1".to_owned(), most).is_some());
    }
}
