//! Issues and verifies session tokens. A client sends the same token with every request, so a verified token is cached: to verify
//! it again would take half of the time that Rust spends on `/validate`.
//!
//! The cache never accepts more than verification would. A token is found by its signature and compared as a whole, in constant
//! time, because the claims contain a secret; and it is not used after it expires.

use super::credential::{Issued, Refusal, VerifiedCredential};
use crate::domain::session::SessionKind;
use crate::domain::token::{Claims, Keys, LEEWAY_SECONDS, Rejection, Session};
use crate::runtime::ttl_cache::TtlCache;
use crate::timestamp::Timestamp;
use std::rc::Rc;

/// Seconds for which a verified token is cached.
const CACHE_TTL_SECONDS: i64 = 60;

/// Maximum number of cached tokens.
const CACHE_CAPACITY: usize = 1_000;

/// Issues and verifies tokens.
pub struct TokenVerifier {
    keys: Keys,
    not_before: Option<Timestamp>,
    cache: TtlCache<Rc<VerifiedCredential>>,
}

impl TokenVerifier {
    /// Issues and verifies tokens with these keys. Tokens issued before `not_before` are not accepted.
    #[must_use]
    pub fn new(keys: Keys, not_before: Option<Timestamp>) -> Self {
        Self {
            keys,
            not_before,
            cache: TtlCache::new(CACHE_CAPACITY),
        }
    }

    /// The token of this session: [`Keys::issue`].
    #[must_use]
    pub fn issue(&self, session: &Session, issued_at: Timestamp, expires_at: Timestamp) -> Issued {
        Issued {
            text: self.keys.issue(session, issued_at, expires_at),
            issued_at,
            expires_at,
        }
    }

    /// Verifies a client's token: [`Keys::verify`].
    ///
    /// # Errors
    /// Any [`Refusal`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Rc<VerifiedCredential>, Refusal> {
        let signature = token.rsplit_once('.').map_or(token, |(_, last)| last);
        let cached = self.cache.get(signature, now);
        if let Some(verified) = cached.filter(|verified| verified.is(token)) {
            return Ok(verified);
        }
        let verdict = self.keys.verify(token, now);
        let is_too_old = |claims: &Claims| {
            self.not_before
                .is_some_and(|not_before| claims.issued_at < not_before)
        };
        let claims = match verdict {
            Err(Rejection::Invalid) => return Err(Refusal::Invalid),
            Ok(claims) | Err(Rejection::Expired(claims)) if is_too_old(&claims) => {
                return Err(Refusal::TooOld(claims));
            }
            Err(Rejection::Expired(claims)) => return Err(Refusal::Expired(claims)),
            Ok(claims) => claims,
        };
        let expires_at = claims.expires_at.plus(LEEWAY_SECONDS);
        let verified = VerifiedCredential::new(SessionKind::Token, token, claims);
        let verified = Rc::new(verified);
        let expires_at = expires_at.min(now.plus(CACHE_TTL_SECONDS));
        let (epoch, key) = (self.cache.epoch(), signature.to_owned());
        self.cache
            .insert(epoch, key, Rc::clone(&verified), now, expires_at);
        Ok(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;
    use crate::domain::token::SessionId;
    use uuid::Uuid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn tokens(not_before: Option<i64>) -> TokenVerifier {
        let secret = Secret::new("a secret of at least thirty-two bytes");
        let keys = Keys::new(&secret, None, "issuer", "audience").unwrap();
        TokenVerifier::new(keys, not_before.map(at))
    }

    fn issue(tokens: &TokenVerifier, sid: u8) -> String {
        let session = Session {
            user: Uuid::from_u128(7),
            sid: SessionId::from_bytes([sid; 16]),
            generation: 3,
        };
        tokens.issue(&session, at(1_000), at(2_000)).text
    }

    #[test]
    fn token_is_verified_once_per_minute() {
        let tokens = tokens(None);
        let token = issue(&tokens, 1);
        let first = tokens.verify(&token, at(1_500)).unwrap();
        assert_eq!(first.session, first.claims.session.sid.record_id());
        let is_first = |now| Rc::ptr_eq(&first, &tokens.verify(&token, at(now)).unwrap());
        assert!(is_first(1_559));
        assert!(!is_first(1_560));
    }

    #[test]
    fn other_token_with_the_signature_of_a_cached_one_is_invalid() {
        let tokens = tokens(None);
        let (mine, other) = (issue(&tokens, 1), issue(&tokens, 2));
        tokens.verify(&mine, at(1_500)).unwrap();
        let (payload, _) = other.rsplit_once('.').unwrap();
        let (_, signature) = mine.rsplit_once('.').unwrap();
        for forged in [
            format!("{payload}.{signature}"),
            format!(".{signature}"),
            format!("{mine}A"),
            signature.to_owned(),
        ] {
            let verdict = tokens.verify(&forged, at(1_501));
            assert_eq!(verdict.unwrap_err(), Refusal::Invalid, "{forged}");
        }
    }

    #[test]
    fn cached_token_expires_at_its_expiry() {
        let tokens = tokens(None);
        let token = issue(&tokens, 1);
        let claims = tokens.verify(&token, at(2_029)).unwrap().claims.clone();
        let verdict = tokens.verify(&token, at(2_030));
        assert_eq!(verdict.unwrap_err(), Refusal::Expired(claims));
        // If the clock was set back, the token is not valid yet.
        let verdict = tokens.verify(&token, at(969));
        assert_eq!(verdict.unwrap_err(), Refusal::Invalid);
    }

    #[test]
    fn token_issued_before_tokens_not_before_is_too_old_expired_or_not() {
        let tokens = tokens(Some(1_001));
        let token = issue(&tokens, 1);
        for now in [1_500, 1_500, 2_030, 900_000] {
            let verdict = tokens.verify(&token, at(now)).unwrap_err();
            assert!(matches!(verdict, Refusal::TooOld(_)), "{now}: {verdict:?}");
        }
        let verdict = tokens.verify(&format!("{token}A"), at(1_500));
        assert_eq!(verdict.unwrap_err(), Refusal::Invalid);
    }
}
