//! The rate limits: Cloudflare's rate limiting bindings, which count per location. `wrangler.toml` has the limits. If a binding
//! fails or is missing, its requests are not limited. A missing binding is logged once per isolate.

use super::timeout::timeout;
use crate::timestamp::Timestamp;
use std::cell::RefCell;
use std::collections::HashMap;
use worker::{Env, RateLimiter as Binding};

/// The period of the bindings in seconds.
pub const PERIOD_SECONDS: u32 = 60;

/// Timeout of a call. After that, the request is admitted.
const TIMEOUT_MS: u32 = 1_000;

/// Number of requests per minute and key that an isolate admits without calling the binding, for routes that sign in. A normal
/// sign-in therefore does not wait for the call.
const UNCOUNTED_SIGN_INS_PER_MINUTE: u32 = 10;

/// The same number for all other routes. The call costs more than the rest of a `/validate`.
const UNCOUNTED_REQUESTS_PER_MINUTE: u32 = 300;

/// Maximum number of keys that an isolate counts per minute. For requests of further keys it always calls the binding.
const MAX_KEYS: usize = 10_000;

/// The requests that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Routes that sign in or begin a sign-in. Their requests can be guesses, and they are expensive.
    SignIn,
    /// All other routes.
    Session,
}

/// The limits, one per bucket.
#[derive(Debug)]
pub struct RateLimiter {
    sign_in: Limit,
    session: Limit,
}

impl RateLimiter {
    /// The bindings with these names; `report_missing` is called for each that is missing.
    #[must_use]
    pub fn from_env(
        env: &Env,
        [sign_in, session]: [&'static str; 2],
        report_missing: impl Fn(&'static str),
    ) -> Self {
        let limit = |name, free_per_minute| {
            let binding = env.rate_limiter(name).ok();
            if binding.is_none() {
                report_missing(name);
            }
            Limit {
                binding,
                free_per_minute,
                window: RefCell::default(),
            }
        };
        Self {
            sign_in: limit(sign_in, UNCOUNTED_SIGN_INS_PER_MINUTE),
            session: limit(session, UNCOUNTED_REQUESTS_PER_MINUTE),
        }
    }

    /// Counts a request of this key, and returns whether it is within the limit.
    pub async fn admits(&self, bucket: Bucket, key: &str, now: Timestamp) -> bool {
        match bucket {
            Bucket::SignIn => self.sign_in.admits(key, now).await,
            Bucket::Session => self.session.admits(key, now).await,
        }
    }
}

#[derive(Debug)]
struct Limit {
    binding: Option<Binding>,
    free_per_minute: u32,
    window: RefCell<Window>,
}

impl Limit {
    async fn admits(&self, key: &str, now: Timestamp) -> bool {
        let Some(binding) = &self.binding else {
            return true;
        };
        if self.window.borrow_mut().count(key, now) <= self.free_per_minute {
            return true;
        }
        let outcome = timeout(TIMEOUT_MS, binding.limit(key.to_owned())).await;
        !matches!(outcome, Ok(Ok(outcome)) if !outcome.success)
    }
}

/// The requests that this isolate has counted in the current minute.
#[derive(Debug, Default)]
struct Window {
    minute: i64,
    by_key: HashMap<String, u32>,
}

impl Window {
    /// Counts a request, and returns the number of requests of its key in this minute.
    fn count(&mut self, key: &str, now: Timestamp) -> u32 {
        let minute = now.seconds().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.by_key.clear();
        }
        if let Some(count) = self.by_key.get_mut(key) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.by_key.len() >= MAX_KEYS {
            return u32::MAX;
        }
        self.by_key.insert(key.to_owned(), 1);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn requests_are_counted_per_key_and_minute() {
        let mut window = Window::default();
        assert_eq!(window.count("ada", at(0)), 1);
        assert_eq!(window.count("ada", at(59)), 2);
        assert_eq!(window.count("bob", at(59)), 1);
        assert_eq!(window.count("ada", at(60)), 1);
        // The clock was set back.
        assert_eq!(window.count("ada", at(59)), 1);
    }

    #[test]
    fn requests_of_keys_beyond_the_maximum_are_never_free() {
        let mut window = Window::default();
        for key in 0..MAX_KEYS {
            assert_eq!(window.count(&key.to_string(), at(0)), 1);
        }
        assert_eq!(window.count("one more", at(0)), u32::MAX);
        assert_eq!(window.count("0", at(0)), 2);
        assert_eq!(window.by_key.len(), MAX_KEYS);
        assert_eq!(window.count("one more", at(60)), 1);
    }
}
