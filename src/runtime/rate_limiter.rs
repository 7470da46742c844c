//! The rate limits, which are checked first: Cloudflare's rate limiting bindings, which count per location. The limits are
//! in `wrangler.toml`. If a binding is missing, which `door` logs once per isolate, or fails, its requests are not limited.

use super::deadline::within;
use crate::timestamp::Timestamp;
use std::cell::RefCell;
use std::collections::HashMap;
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
const TIMEOUT_MS: u32 = 1_000;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Routes that sign somebody in or begin to, each by guessable or costly means.
    SignIn,
    /// Everything else.
    Session,
}

/// The bindings, one for each group.
#[derive(Debug)]
pub struct RateLimiter {
    sign_in: Limit,
    session: Limit,
}

/// Keys that an isolate counts in a group; requests of more are counted together.
const MOST_KEYS: usize = 10_000;
/// Seconds for which a key that was refused is refused without asking again: a flood costs less than what it is kept from.
const REFUSED: i64 = 10;

/// A binding, and how often it is asked.
#[derive(Debug)]
struct Limit {
    binding: Option<RateLimit>,
    /// Requests of one key and minute that the isolate lets through without asking.
    unasked: u32,
    /// One of so many further ones asks for all of them.
    every: u32,
    seen: RefCell<Seen>,
}

/// What this isolate has seen in this minute.
#[derive(Debug, Default)]
struct Seen {
    minute: i64,
    by_key: HashMap<String, Key>,
    /// Requests of keys for which there was no place.
    beyond: u32,
}

#[derive(Debug)]
struct Key {
    count: u32,
    refused_until: Timestamp,
}

impl Key {
    fn is_refused(&self, now: Timestamp) -> bool {
        self.was_refused(now, 0)
    }

    /// Whether it is refused, or was so many seconds ago at most.
    fn was_refused(&self, now: Timestamp, ago: i64) -> bool {
        // A clock that was set back must not make it last.
        now < self.refused_until.plus(ago) && self.refused_until <= now.plus(REFUSED)
    }
}

/// What is done with a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Pass,
    Ask,
    Refuse,
}

impl Seen {
    /// Counts one request.
    fn count(&mut self, key: &str, now: Timestamp, unasked: u32, every: u32) -> Verdict {
        let minute = now.seconds().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.beyond = 0;
            // Of who was over the limit in the last minute, none passes unasked in this.
            self.by_key.retain(|_, key| {
                key.count = unasked;
                key.was_refused(now, PERIOD.into())
            });
        }
        let count = if let Some(key) = self.by_key.get_mut(key) {
            if key.is_refused(now) {
                return Verdict::Refuse;
            }
            key.count = key.count.saturating_add(1);
            key.count
        } else if self.by_key.len() < MOST_KEYS {
            let first = Key {
                count: 1,
                refused_until: Timestamp::from_seconds(0),
            };
            self.by_key.insert(key.to_owned(), first);
            1
        } else {
            self.beyond = self.beyond.saturating_add(1);
            self.beyond.saturating_add(unasked)
        };
        match count.checked_sub(unasked.saturating_add(1)) {
            Some(further) if further.is_multiple_of(every) => Verdict::Ask,
            _ => Verdict::Pass,
        }
    }

    fn refuse(&mut self, key: &str, now: Timestamp) {
        if let Some(key) = self.by_key.get_mut(key) {
            key.refused_until = now.plus(REFUSED);
        }
    }
}

impl Limit {
    fn new(binding: JsValue, unasked: u32, every: u32) -> Self {
        Self {
            binding: binding.is_object().then(|| binding.unchecked_into()),
            unasked,
            every,
            seen: RefCell::default(),
        }
    }

    async fn allow(&self, key: &str, now: Timestamp) -> bool {
        let Some(binding) = &self.binding else {
            return true;
        };
        let verdict = self
            .seen
            .borrow_mut()
            .count(key, now, self.unasked, self.every);
        let is_allowed = match verdict {
            Verdict::Pass => true,
            Verdict::Refuse => false,
            Verdict::Ask => ask(binding, key).await,
        };
        if !is_allowed && verdict == Verdict::Ask {
            self.seen.borrow_mut().refuse(key, now);
        }
        is_allowed
    }
}

async fn ask(binding: &RateLimit, key: &str) -> bool {
    let options = js_sys::Object::new();
    let is_set = js_sys::Reflect::set(&options, &"key".into(), &key.into());
    let Some(promise) = is_set.ok().and_then(|_| binding.limit(&options).ok()) else {
        return true;
    };
    let outcome = within::<JsValue>(TIMEOUT_MS, promise).await;
    let success = outcome
        .ok()
        .and_then(|outcome| js_sys::Reflect::get(&outcome, &"success".into()).ok());
    success.is_none_or(|success| success != JsValue::FALSE)
}

impl RateLimiter {
    /// Takes the bindings over, as far as they are there.
    #[must_use]
    pub fn from_bindings(sign_in: JsValue, session: JsValue) -> Self {
        Self {
            // Nobody who signs in waits for the answer; who tries again and again is asked about each time.
            sign_in: Limit::new(sign_in, 10, 1),
            // One a second is no flood, and asking costs as much as all else of a `/validate`.
            session: Limit::new(session, 60, 10),
        }
    }

    /// Whether one more of this group and key is let through.
    pub async fn allow(&self, group: Bucket, key: &str, now: Timestamp) -> bool {
        match group {
            Bucket::SignIn => self.sign_in.allow(key, now).await,
            Bucket::Session => self.session.allow(key, now).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn one_in_ten_beyond_sixty_in_a_minute_is_asked_about() {
        let mut seen = Seen::default();
        let mut asked = |key: &str, second: i64, count: u32| {
            let mut verdicts = (0..count).map(|_| seen.count(key, at(second), 60, 10));
            verdicts
                .by_ref()
                .filter(|verdict| *verdict == Verdict::Ask)
                .count()
        };
        assert_eq!(asked("ada", 0, 60), 0);
        assert_eq!(asked("ada", 30, 1), 1);
        assert_eq!(asked("ada", 30, 9), 0);
        assert_eq!(asked("ada", 59, 1), 1);
        assert_eq!(asked("bob", 59, 60), 0);
        assert_eq!(asked("ada", 60, 60), 0);
        assert_eq!(asked("ada", 60, 1_200), 120);
    }

    #[test]
    fn each_is_asked_about_where_none_passes_unasked() {
        let mut seen = Seen::default();
        for second in [0, 0, 1, 60] {
            assert_eq!(seen.count("ada", at(second), 0, 1), Verdict::Ask);
        }
    }

    #[test]
    fn who_was_refused_is_refused_for_ten_seconds() {
        let mut seen = Seen::default();
        assert_eq!(seen.count("ada", at(55), 0, 1), Verdict::Ask);
        seen.refuse("ada", at(55));
        for (second, verdict) in [
            (55, Verdict::Refuse),
            // Another minute.
            (60, Verdict::Refuse),
            (64, Verdict::Refuse),
            (65, Verdict::Ask),
        ] {
            assert_eq!(seen.count("ada", at(second), 0, 1), verdict, "{second}");
        }
        seen.refuse("ada", at(65));
        assert_eq!(seen.count("bob", at(65), 0, 1), Verdict::Ask);
        // A clock that was set back.
        assert_eq!(seen.count("ada", at(64), 0, 1), Verdict::Ask);
    }

    #[test]
    fn who_was_refused_passes_no_more_unasked_in_the_next_minute() {
        let mut seen = Seen::default();
        let mut passed = |key: &str, second: i64| {
            let verdicts = (0..20).map(|_| seen.count(key, at(second), 10, 1));
            let passed = verdicts.filter(|verdict| *verdict == Verdict::Pass).count();
            seen.refuse(key, at(second));
            passed
        };
        assert_eq!(passed("ada", 0), 10);
        assert_eq!(passed("ada", 61), 0);
        // Not refused for a minute.
        assert_eq!(passed("ada", 61 + 10 + 60), 10);
        // A clock that was set back.
        assert_eq!(passed("ada", 0), 10);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut seen = Seen::default();
        for key in 0..MOST_KEYS {
            assert_eq!(seen.count(&key.to_string(), at(0), 60, 10), Verdict::Pass);
        }
        // None of those for whom there is no place passes unasked, and one in ten asks.
        let beyond = (0..20).map(|key| seen.count(&format!("beyond {key}"), at(0), 60, 10));
        let asked = beyond
            .enumerate()
            .filter(|(_, verdict)| *verdict == Verdict::Ask);
        let asked: Vec<usize> = asked.map(|(number, _)| number).collect();
        assert_eq!(asked, [0, 10]);
        assert_eq!(seen.count("0", at(0), 60, 10), Verdict::Pass);
        assert_eq!(seen.by_key.len(), MOST_KEYS);
        assert_eq!(seen.count("one more", at(60), 60, 10), Verdict::Pass);
    }
}
