//! Limits the bytes of request bodies that an isolate buffers at the same time, in total and per client site.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Bytes in total. An isolate has 128 MiB, of which password hashes take 20.
const ALL_BYTES: usize = 8 * 1024 * 1024;
/// Bytes for one client site (an IPv4 address or an IPv6 /48): 64 requests without a declared body length.
const SITE_BYTES: usize = ALL_BYTES / 8;
/// Bytes that every request counts at least, because it also holds a future here, and the request, its headers and its
/// stream in V8.
const REQUEST_BYTES: usize = 4 * 1024;

/// The reserved bytes.
#[derive(Debug, Default)]
pub struct Budget(Rc<RefCell<Sums>>);

#[derive(Debug, Default)]
struct Sums {
    all: usize,
    by_site: BTreeMap<String, usize>,
}

/// Bytes that a request may buffer, held until it is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Rc<RefCell<Sums>>,
    site: String,
    bytes: usize,
}

impl Budget {
    /// Reserves the bytes for a body of at most this length; `None` if that would exceed a limit.
    pub fn reserve(&self, site: String, most: usize) -> Option<Reservation> {
        let bytes = most.max(REQUEST_BYTES);
        let mut sums = self.0.borrow_mut();
        let of_site = sums.by_site.get(&site).copied().unwrap_or_default();
        let all = sums.all.saturating_add(bytes);
        let of_site = of_site.saturating_add(bytes);
        if all > ALL_BYTES || of_site > SITE_BYTES {
            return None;
        }
        sums.all = all;
        sums.by_site.insert(site.clone(), of_site);
        Some(Reservation {
            budget: Rc::clone(&self.0),
            site,
            bytes,
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut sums = self.budget.borrow_mut();
        sums.all = sums.all.saturating_sub(self.bytes);
        if let Some(of_site) = sums.by_site.get_mut(&self.site) {
            *of_site = of_site.saturating_sub(self.bytes);
            if *of_site == 0 {
                sums.by_site.remove(&self.site);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as fit.
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
    fn all_sites_together_reserve_at_most_the_whole() {
        let budget = Budget::default();
        let held: Vec<_> = (0..20)
            .flat_map(|site| fill(&budget, &site.to_string(), BODY))
            .collect();
        assert_eq!(held.len(), 8 * 64);
        assert!(budget.reserve("another".to_owned(), 1).is_none());
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
