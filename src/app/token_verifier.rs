//! The isolate's tokens: issued, verified, and remembered for a minute. A client shows the same token with each of its
//! requests; to verify it anew would be half of what Rust does for `/validate`.
//!
//! What is remembered says no more than verifying again would: a token is found by its signature, compared as a whole in
//! constant time, since its claims hold what nobody else knows, and not used when its time is over.

use crate::crypto::secret::Secret;
use crate::domain::token::{Claims, Keys, LEEWAY_SECONDS, Rejection, Session};
use crate::runtime::js_string::Text;
use crate::runtime::ttl_cache::TtlCache;
use crate::store::session_cache;
use crate::timestamp::Timestamp;
use std::rc::Rc;

/// Seconds for which a verified token is remembered.
const REMEMBERED: i64 = 60;

/// A token of ours that is in time.
#[derive(Debug)]
pub struct VerifiedToken {
    token: Secret,
    /// What it says.
    pub claims: Claims,
    /// The key of its session in D1.
    pub session: String,
    /// The key of its copy in KV.
    pub cache_key: Text,
}

/// A token that was issued to a client.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// Its claim `exp`.
    pub expires_at: Timestamp,
}

/// Why a token is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is authentic but has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It was issued before `TOKENS_NOT_BEFORE`, and may have expired. It may only be used to revoke its session.
    TooOld(Claims),
    /// It was not issued by this service.
    Invalid,
}

/// Issues and verifies.
pub struct TokenVerifier {
    keys: Keys,
    not_before: Option<Timestamp>,
    recent: TtlCache<Rc<VerifiedToken>>,
}

impl TokenVerifier {
    /// Issues and verifies tokens with these keys. Tokens issued before `not_before` are not accepted.
    #[must_use]
    pub fn new(keys: Keys, not_before: Option<Timestamp>) -> Self {
        Self {
            keys,
            not_before,
            recent: TtlCache::new(REMEMBERED),
        }
    }

    /// The token of this session: [`Keys::issue`].
    #[must_use]
    pub fn issue(&self, session: &Session, issued_at: Timestamp, expires_at: Timestamp) -> Issued {
        Issued {
            token: self.keys.issue(session, issued_at, expires_at),
            expires_at,
        }
    }

    /// What a client's token says: [`Keys::verify`].
    ///
    /// # Errors
    /// Any [`Refusal`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Rc<VerifiedToken>, Refusal> {
        let signature = token.rsplit_once('.').map_or(token, |(_, last)| last);
        let remembered = self.recent.get(signature, now);
        if let Some(verified) = remembered.filter(|verified| verified.token.is(token)) {
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
        let until = claims.expires_at.plus(LEEWAY_SECONDS);
        let session = claims.session.sid.record_id();
        let verified = Rc::new(VerifiedToken {
            cache_key: session_cache::key(&session, claims.session.generation).into(),
            session,
            token: Secret::new(token),
            claims,
        });
        let (before, kept) = (self.recent.before(), Rc::clone(&verified));
        self.recent
            .keep(before, signature.to_owned(), token.len(), kept, now, until);
        Ok(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        tokens.issue(&session, at(1_000), at(2_000)).token
    }

    #[test]
    fn a_token_is_verified_once_a_minute() {
        let tokens = tokens(None);
        let token = issue(&tokens, 1);
        let first = tokens.verify(&token, at(1_500)).unwrap();
        assert_eq!(first.session, first.claims.session.sid.record_id());
        let is_first = |now| Rc::ptr_eq(&first, &tokens.verify(&token, at(now)).unwrap());
        assert!(is_first(1_559));
        assert!(!is_first(1_560));
    }

    #[test]
    fn no_other_token_is_taken_for_one_that_is_remembered() {
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
    fn a_remembered_token_expires_as_others_do() {
        let tokens = tokens(None);
        let token = issue(&tokens, 1);
        let claims = tokens.verify(&token, at(2_029)).unwrap().claims.clone();
        let verdict = tokens.verify(&token, at(2_030));
        assert_eq!(verdict.unwrap_err(), Refusal::Expired(claims));
        // A clock that was set back finds it not yet valid.
        let verdict = tokens.verify(&token, at(969));
        assert_eq!(verdict.unwrap_err(), Refusal::Invalid);
    }

    #[test]
    fn a_token_issued_before_tokens_not_before_is_too_old_expired_or_not() {
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
