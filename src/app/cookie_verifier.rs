//! Issues and verifies session cookies. The value is sealed: only this service can read or create it. It is never accepted as a
//! token, and a token is never accepted as a cookie. Verified values are cached like verified tokens (`token_verifier.rs`).

use super::credential::{Issued, Refusal, VerifiedCredential};
use super::error::AppError;
use crate::crypto::sealed::{NONCE_BYTES, Purpose, Sealer};
use crate::domain::session::SessionKind;
use crate::domain::token::{Claims, Session, SessionId};
use crate::runtime::ttl_cache::TtlCache;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use uuid::Uuid;

/// Seconds for which a verified cookie is cached.
const CACHE_TTL_SECONDS: i64 = 60;

/// Maximum number of cached cookies.
const CACHE_CAPACITY: usize = 1_000;

/// Number of last characters by which a value is found in the cache. They include the authentication tag, which differs from value to
/// value.
const TAG_CHARACTERS: usize = 24;

/// The content of a cookie.
#[derive(Serialize, Deserialize)]
struct SealedSession {
    user: Uuid,
    sid: String,
    r#gen: u32,
    iat: i64,
    exp: i64,
}

/// Issues and verifies session cookies.
pub struct CookieVerifier {
    not_before: Option<Timestamp>,
    cache: TtlCache<Rc<VerifiedCredential>>,
}

impl CookieVerifier {
    /// Cookies issued before `not_before` are not accepted.
    #[must_use]
    pub fn new(not_before: Option<Timestamp>) -> Self {
        Self {
            not_before,
            cache: TtlCache::new(CACHE_CAPACITY),
        }
    }

    /// The cookie of this session, which reaches its maximum age at `ends_at`. The nonce must be random.
    ///
    /// # Errors
    /// `Runtime`, which does not happen: the content is short and consists of texts and numbers.
    pub fn issue(
        &self,
        sealer: &Sealer,
        session: &Session,
        issued_at: Timestamp,
        ends_at: Timestamp,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Issued, AppError> {
        let mut sid = SessionId::BUFFER;
        let content = SealedSession {
            user: session.user,
            sid: session.sid.write(&mut sid).to_owned(),
            r#gen: session.generation,
            iat: issued_at.seconds(),
            exp: ends_at.seconds(),
        };
        let text = sealer.seal(Purpose::Session, b"", ends_at, &content, nonce);
        Ok(Issued {
            text: text.map_err(|_| AppError::Runtime)?,
            issued_at,
            expires_at: ends_at,
        })
    }

    /// Verifies the value of a client's cookie.
    ///
    /// # Errors
    /// `Invalid` or `TooOld`.
    pub fn verify(
        &self,
        sealer: &Sealer,
        value: &str,
        now: Timestamp,
    ) -> Result<Rc<VerifiedCredential>, Refusal> {
        let start = value.len().saturating_sub(TAG_CHARACTERS);
        let tag = value.get(start..).unwrap_or_default();
        let cached = self.cache.get(tag, now);
        if let Some(verified) = cached.filter(|verified| verified.is(value)) {
            return Ok(verified);
        }
        let claims = sealer.open(Purpose::Session, b"", value, now).ok();
        let claims = claims.and_then(SealedSession::claims);
        let claims = claims.ok_or(Refusal::Invalid)?;
        if self
            .not_before
            .is_some_and(|not_before| claims.issued_at < not_before)
        {
            return Err(Refusal::TooOld(claims));
        }
        let expires_at = claims.expires_at.min(now.plus(CACHE_TTL_SECONDS));
        let verified = VerifiedCredential::new(SessionKind::Cookie, value, claims);
        let verified = Rc::new(verified);
        let (epoch, tag) = (self.cache.epoch(), tag.to_owned());
        self.cache
            .insert(epoch, tag, Rc::clone(&verified), now, expires_at);
        Ok(verified)
    }
}

impl SealedSession {
    fn claims(self) -> Option<Claims> {
        Some(Claims {
            session: Session {
                user: self.user,
                sid: SessionId::parse(&self.sid)?,
                generation: self.r#gen,
            },
            issued_at: Timestamp::from_seconds(self.iat),
            expires_at: Timestamp::from_seconds(self.exp),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn sealer() -> Sealer {
        Sealer::new(&Secret::new("a secret of at least thirty-two bytes"), None).unwrap()
    }

    fn session() -> Session {
        Session {
            user: Uuid::from_u128(7),
            sid: SessionId::from_bytes([1; 16]),
            generation: 3,
        }
    }

    fn issue(cookies: &CookieVerifier, nonce: u8) -> String {
        let issued = cookies.issue(&sealer(), &session(), at(1_000), at(2_000), [nonce; 24]);
        issued.unwrap().text
    }

    #[test]
    fn cookie_is_verified_once_per_minute_until_the_session_ends() {
        let cookies = CookieVerifier::new(None);
        let value = issue(&cookies, 1);
        let first = cookies.verify(&sealer(), &value, at(1_500)).unwrap();
        assert_eq!(first.claims.session, session());
        assert_eq!(first.claims.issued_at, at(1_000));
        assert_eq!(first.kind, SessionKind::Cookie);
        let verify = |second| cookies.verify(&sealer(), &value, at(second));
        assert!(Rc::ptr_eq(&first, &verify(1_559).unwrap()));
        assert!(!Rc::ptr_eq(&first, &verify(1_560).unwrap()));
        assert!(verify(1_999).is_ok());
        assert_eq!(verify(2_000).unwrap_err(), Refusal::Invalid);
    }

    #[test]
    fn value_with_the_end_of_a_cached_one_is_invalid() {
        let cookies = CookieVerifier::new(None);
        let (mine, other) = (issue(&cookies, 1), issue(&cookies, 2));
        cookies.verify(&sealer(), &mine, at(1_500)).unwrap();
        let (_, tag) = mine.split_at(mine.len() - TAG_CHARACTERS);
        let (head, _) = other.split_at(other.len() - TAG_CHARACTERS);
        for forged in [format!("{head}{tag}"), tag.to_owned(), String::new()] {
            let refusal = cookies.verify(&sealer(), &forged, at(1_501)).unwrap_err();
            assert_eq!(refusal, Refusal::Invalid, "{forged}");
        }
        assert!(cookies.verify(&sealer(), &other, at(1_501)).is_ok());
    }

    #[test]
    fn cookie_issued_before_tokens_not_before_is_too_old() {
        let cookies = CookieVerifier::new(Some(at(1_001)));
        let value = issue(&cookies, 1);
        for _ in 0..2 {
            let refusal = cookies.verify(&sealer(), &value, at(1_500)).unwrap_err();
            assert!(matches!(refusal, Refusal::TooOld(_)), "{refusal:?}");
        }
    }

    #[test]
    fn cookie_of_this_format_is_read() {
        let text = r#"{"user":"00000000-0000-0000-0000-000000000007","sid":"AQEBAQEBAQEBAQEBAQEBAQ","gen":3,"iat":1000,"exp":2000}"#;
        let content: SealedSession = crate::json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&content).unwrap(), text);
        assert_eq!(content.claims().unwrap().session, session());
    }
}
