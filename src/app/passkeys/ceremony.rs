//! Ceremonies: a challenge is sent with a sealed copy, the `state`, which the client returns with the response of the
//! authenticator. For this reason, a challenge that is never used is never stored.

use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::sealed::Purpose;
use crate::crypto::secret::Secret;
use crate::domain::webauthn::{CHALLENGE_BYTES, Ceremony};
use crate::runtime::random;
use crate::store::used_challenges::UsedChallenge;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// Seconds for which a challenge can be used.
pub const CHALLENGE_SECONDS: i64 = 300;

/// What a challenge is for, and the only client that can use it.
#[derive(Clone, Copy, Debug)]
pub enum Use<'a> {
    /// To add a passkey in this session.
    Registration(&'a str),
    /// To add a passkey in this pending sign-in; holds the hash of its secret.
    Enrolment(&'a str),
    /// To sign in, in the browser with this binding.
    SignIn(&'a str),
    /// To complete this pending sign-in; holds the hash of its secret.
    SecondFactor(&'a str),
    /// To step up this session.
    StepUp(&'a str),
}

impl Use<'_> {
    /// The associated data of the sealed challenge.
    fn associated(self) -> String {
        let (ceremony, client) = match self {
            Self::Registration(session) => ("registration", session),
            Self::Enrolment(pending) => ("enrolment", pending),
            Self::SignIn(browser) => ("sign-in", browser),
            Self::SecondFactor(pending) => ("second factor", pending),
            Self::StepUp(session) => ("step-up", session),
        };
        format!("{ceremony}:{client}")
    }
}

/// The content of a `state`.
#[derive(Serialize, Deserialize)]
struct Sealed {
    challenge: String,
    expires_at: i64,
}

/// A ceremony that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The challenge in base64url.
    pub challenge: String,
    /// The sealed challenge.
    pub state: String,
}

/// A challenge that a client has returned. It may have been used before.
#[derive(Debug)]
pub struct Challenge {
    bytes: Vec<u8>,
    /// What is stored once the challenge is used.
    pub used: UsedChallenge,
}

impl Challenge {
    /// The values that a response of an authenticator must match.
    #[must_use]
    pub fn ceremony<'a>(&'a self, context: &'a RequestContext) -> Ceremony<'a> {
        let config = &context.app.config;
        Ceremony {
            origin: &config.tokens.issuer,
            relying_party_id: &config.factors.rp_id,
            challenge: &self.bytes,
        }
    }
}

/// Creates a challenge.
///
/// # Errors
/// `Runtime`.
pub fn begin(context: &RequestContext, r#use: Use<'_>) -> Result<Begun, AppError> {
    let challenge = Base64UrlUnpadded::encode_string(&random::bytes::<CHALLENGE_BYTES>()?);
    let expires_at = context.now().plus(CHALLENGE_SECONDS);
    let sealed = Sealed {
        challenge: challenge.clone(),
        expires_at: expires_at.seconds(),
    };
    let associated = r#use.associated();
    let state = context
        .app
        .sealer
        .seal(
            Purpose::Challenge,
            associated.as_bytes(),
            expires_at,
            &sealed,
            random::bytes()?,
        )
        .map_err(|_| AppError::Runtime)?;
    Ok(Begun { challenge, state })
}

/// The challenge of a `state`; `None` if the service did not seal it, if it is for another use or client, or if it has expired.
#[must_use]
pub fn challenge(context: &RequestContext, r#use: Use<'_>, state: &Secret) -> Option<Challenge> {
    let associated = r#use.associated();
    let sealed: Sealed = context
        .app
        .sealer
        .open(
            Purpose::Challenge,
            associated.as_bytes(),
            state.reveal(),
            context.now(),
        )
        .ok()?;
    Some(Challenge {
        bytes: Base64UrlUnpadded::decode_vec(&sealed.challenge).ok()?,
        used: UsedChallenge {
            hash: fingerprint(&sealed.challenge),
            expires_at: Timestamp::from_seconds(sealed.expires_at),
        },
    })
}
