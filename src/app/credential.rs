//! A token or session cookie of a client: what both have in common, so that the cache, revocation and access checks do not
//! depend on which of them a client has.

use crate::crypto::secret::Secret;
use crate::domain::session::SessionKind;
use crate::domain::token::Claims;
use crate::store::session_cache;
use crate::timestamp::Timestamp;

/// A token or session cookie that this service issued and that has not expired.
#[derive(Debug)]
pub struct VerifiedCredential {
    text: Secret,
    /// Whether it is a token or a cookie.
    pub kind: SessionKind,
    /// The claims. A cookie has the same ones in encrypted form.
    pub claims: Claims,
    /// The id of its session in D1.
    pub session: String,
    /// The key of its cached session.
    pub cache_key: String,
}

impl VerifiedCredential {
    pub(super) fn new(kind: SessionKind, text: &str, claims: Claims) -> Self {
        let session = claims.session.sid.record_id();
        Self {
            text: Secret::new(text),
            kind,
            cache_key: session_cache::key(&session, claims.session.generation),
            session,
            claims,
        }
    }

    /// Whether its text is this one. Takes the same time for every text of the same length, because the claims contain a secret.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text.is(text)
    }
}

/// A token or cookie that was issued to a client.
#[derive(Debug)]
pub struct Issued {
    /// The token, or the value of the cookie.
    pub text: String,
    /// When it was issued: claim `iat` of a token.
    pub issued_at: Timestamp,
    /// When it expires: claim `exp` of a token; the end of the session for a cookie.
    pub expires_at: Timestamp,
}

/// Why a token or cookie is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is an authentic token but has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It was issued before `TOKENS_NOT_BEFORE`, and may have expired. It may only be used to revoke its session.
    TooOld(Claims),
    /// It was not issued by this service, or it is a cookie of a session that has reached its maximum age.
    Invalid,
}
