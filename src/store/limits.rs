//! The coarse shield before everything else: Cloudflare's rate limiting bindings, which count per location. Their figures
//! are in `wrangler.toml`; where one is not bound, or fails, nothing is limited.

use super::deadline::within;
use super::recent::Recent;
use crate::account::timestamp::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[derive(Debug)]
    type RateLimit;

    #[wasm_bindgen(method, catch)]
    fn limit(this: &RateLimit, options: &JsValue) -> Result<js_sys::Promise, JsValue>;
}

/// Seconds that the bindings count over.
pub const PERIOD: u32 = 60;
/// The binding gets this long, in milliseconds.
const PATIENCE: u32 = 1_000;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Routes that sign somebody in or begin to, each by guessable or costly means.
    SignIn,
    /// Everything else.
    Session,
}

/// The bindings, one for each group.
#[derive(Debug)]
pub struct Limits {
    sign_in: Option<RateLimit>,
    session: Option<RateLimit>,
    counts: RefCell<Counts>,
    refused: Recent<()>,
}

/// Requests of one key and minute that an isolate lets through without asking the binding, on routes that cost less than
/// asking: one a second is no flood.
const UNASKED: u32 = 60;
/// Keys that an isolate counts; of more, each request is asked about.
const MOST_KEYS: usize = 10_000;
/// Seconds for which a key that was refused is refused without asking again: a flood costs less than what it is kept from.
const REFUSED: i64 = 10;

/// What this isolate has seen in this minute.
#[derive(Debug, Default)]
struct Counts {
    minute: i64,
    by_key: BTreeMap<String, u32>,
}

impl Counts {
    /// Counts one; true if there were few enough.
    fn is_few(&mut self, key: &str, now: Timestamp) -> bool {
        let minute = now.seconds().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.by_key.clear();
        }
        if let Some(count) = self.by_key.get_mut(key) {
            *count = count.saturating_add(1);
            return *count <= UNASKED;
        }
        if self.by_key.len() >= MOST_KEYS {
            return false;
        }
        self.by_key.insert(key.to_owned(), 1);
        true
    }
}

impl Limits {
    /// Takes the bindings over, as far as they are there.
    #[must_use]
    pub fn from_bindings(sign_in: JsValue, session: JsValue) -> Self {
        let take = |binding: JsValue| binding.is_object().then(|| binding.unchecked_into());
        Self {
            sign_in: take(sign_in),
            session: take(session),
            counts: RefCell::default(),
            refused: Recent::new(REFUSED),
        }
    }

    /// Whether one more of this group and key is let through.
    pub async fn allow(&self, group: Group, key: &str, now: Timestamp) -> bool {
        let binding = match group {
            Group::SignIn => &self.sign_in,
            Group::Session => &self.session,
        };
        let Some(binding) = binding else {
            return true;
        };
        if group == Group::Session && self.counts.borrow_mut().is_few(key, now) {
            return true;
        }
        let name = format!("{group:?} {key}");
        if self.refused.get(&name, now).is_some() {
            return false;
        }
        let options = js_sys::Object::new();
        let is_set = js_sys::Reflect::set(&options, &"key".into(), &key.into());
        let Some(promise) = is_set.ok().and_then(|_| binding.limit(&options).ok()) else {
            return true;
        };
        let outcome = within::<JsValue>(PATIENCE, promise).await;
        let success = outcome
            .ok()
            .and_then(|outcome| js_sys::Reflect::get(&outcome, &"success".into()).ok());
        let is_refused = success.is_some_and(|success| success == JsValue::FALSE);
        if is_refused {
            let (before, until) = (self.refused.before(), now.plus(REFUSED));
            self.refused.keep(before, name, 0, (), now, until);
        }
        !is_refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sixty_of_a_key_and_minute_are_few() {
        let mut counts = Counts::default();
        let at = Timestamp::from_seconds;
        assert!((0..60).all(|second| counts.is_few("ada", at(second))));
        assert!(!counts.is_few("ada", at(59)));
        assert!(counts.is_few("bob", at(59)));
        assert!(counts.is_few("ada", at(60)));
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut counts = Counts::default();
        let now = Timestamp::from_seconds(0);
        for key in 0..MOST_KEYS {
            assert!(counts.is_few(&key.to_string(), now));
        }
        assert!(!counts.is_few("one more", now));
        assert!(counts.is_few("0", now));
        assert_eq!(counts.by_key.len(), MOST_KEYS);
    }
}
