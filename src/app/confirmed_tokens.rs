//! Access tokens that D1 has recently confirmed. A service that validates the token of each request sends the same token many
//! times.
//!
//! The cache accepts no token that a new verification would refuse, except one that was revoked, whose client was disabled, or
//! whose grant ended in the meantime. Therefore, a token is fresh for `SESSION_LOCAL_CACHE_TTL`, like the cached session of an
//! isolate. While D1 is unavailable, it is used longer, but never after it expires. A token is found by its signature and compared
//! as a whole, in constant time.

use crate::crypto::secret::Secret;
use crate::domain::token::access_token::AccessClaims;
use crate::runtime::ttl_cache::{Epoch, TtlCache};
use crate::store::session_cache::OUTAGE_SECONDS;
use crate::timestamp::Timestamp;
use std::rc::Rc;

/// Maximum number of tokens.
const CAPACITY: usize = 1_000;

/// A token that D1 has confirmed.
#[derive(Debug)]
pub struct ConfirmedToken {
    text: Secret,
    /// Its claims.
    pub claims: AccessClaims,
    /// The time until which D1 need not be read again.
    pub fresh_until: Timestamp,
}

/// The cache.
pub struct ConfirmedTokens {
    tokens: TtlCache<Rc<ConfirmedToken>>,
    ttl: i64,
}

impl ConfirmedTokens {
    /// A token is fresh for this many seconds.
    #[must_use]
    pub fn new(ttl: i64) -> Self {
        Self {
            tokens: TtlCache::new(CAPACITY),
            ttl,
        }
    }

    /// The token, fresh or not, if it has not expired.
    #[must_use]
    pub fn find(&self, token: &str, now: Timestamp) -> Option<Rc<ConfirmedToken>> {
        let found = self.tokens.get(signature(token), now);
        found.filter(|confirmed| confirmed.text.is(token))
    }

    /// The current epoch, to be taken before D1 is read.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.tokens.epoch()
    }

    /// Adds a token that D1 has confirmed after `read_at`.
    pub fn add(&self, read_at: Epoch, token: &str, claims: &AccessClaims, now: Timestamp) {
        let fresh_until = now.plus(self.ttl);
        let expires_at = claims.expires_at.min(fresh_until.plus(OUTAGE_SECONDS));
        let confirmed = ConfirmedToken {
            text: Secret::new(token),
            claims: claims.clone(),
            fresh_until,
        };
        let key = signature(token).to_owned();
        self.tokens
            .insert(read_at, key, Rc::new(confirmed), now, expires_at);
    }

    /// Removes a token that D1 has not confirmed.
    pub fn remove(&self, token: &str) {
        self.tokens.remove(signature(token));
    }

    /// Removes all tokens, because a client was changed, a token was revoked, or grants have ended. All of these are rare.
    pub fn clear(&self) {
        self.tokens.clear();
    }
}

fn signature(token: &str) -> &str {
    token.rsplit_once('.').map_or(token, |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn claims(expires_at: i64) -> AccessClaims {
        AccessClaims {
            subject: "client".to_owned(),
            audience: "https://api.example.com".to_owned(),
            client: "client".to_owned(),
            issued_at: at(1_000),
            expires_at: at(expires_at),
            id: Uuid::nil(),
            scope: "reports:read".to_owned(),
            grant: None,
            authenticated_at: None,
            roles: Vec::new(),
        }
    }

    #[test]
    fn token_is_found_by_its_whole_text_until_it_expires() {
        let tokens = ConfirmedTokens::new(5);
        tokens.add(tokens.epoch(), "a.b.c", &claims(1_600), at(1_500));
        assert_eq!(
            tokens.find("a.b.c", at(1_599)).unwrap().fresh_until,
            at(1_505)
        );
        assert!(tokens.find("a.b.c", at(1_600)).is_none());
        for other in ["a.x.c", "c", ".c", "a.b.c.c", "a.b."] {
            assert!(tokens.find(other, at(1_501)).is_none(), "{other}");
        }
    }

    #[test]
    fn token_is_used_for_the_time_of_an_outage_after_it_was_fresh() {
        let tokens = ConfirmedTokens::new(5);
        tokens.add(tokens.epoch(), "a.b.c", &claims(90_000), at(1_500));
        let end = 1_505 + OUTAGE_SECONDS;
        assert!(tokens.find("a.b.c", at(end - 1)).is_some());
        assert!(tokens.find("a.b.c", at(end)).is_none());
    }

    #[test]
    fn token_that_was_read_before_a_removal_is_not_added() {
        let tokens = ConfirmedTokens::new(5);
        for remove in [
            ConfirmedTokens::clear,
            (|tokens| tokens.remove("x.y.z")) as fn(&ConfirmedTokens),
        ] {
            tokens.add(tokens.epoch(), "a.b.c", &claims(1_600), at(1_500));
            let epoch = tokens.epoch();
            remove(&tokens);
            tokens.add(epoch, "d.e.f", &claims(1_600), at(1_500));
            assert!(tokens.find("d.e.f", at(1_500)).is_none());
        }
        tokens.clear();
        assert!(tokens.find("a.b.c", at(1_500)).is_none());
    }
}
