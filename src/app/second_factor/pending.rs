//! Stores a sign-in whose first step has succeeded and that waits for a second factor.

use super::enrollable;
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::factor::{EnrollableFactor, Factor};
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::runtime::random;
use crate::store::pending_sign_ins::{self, NewPending, PENDING_SECONDS};
use crate::store::throttle::Reservation;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The first step of a sign-in.
#[derive(Debug)]
pub struct FirstStep<'a> {
    /// The user, as checked.
    pub user: &'a User,
    /// Whether the user has a factor, as checked.
    pub has_factor: bool,
    /// The method.
    pub method: SignInMethod,
    /// The session that the client asks for.
    pub kind: SessionKind,
    /// The browser or network that the sign-in is bound to.
    pub binding: &'a str,
    /// The hash that the password was checked against.
    pub checked_hash: Option<&'a str>,
    /// A hash of the same password with the current parameters.
    pub new_hash: Option<&'a str>,
    /// The password attempt.
    pub attempt: Option<&'a Reservation>,
}

/// A sign-in that waits for a second factor.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// The secret with which the client completes it.
    pub secret: Secret,
    /// The factors of the user, strongest first.
    pub methods: Vec<Factor>,
    /// The factors that the user can add instead. Empty if the user has a factor.
    pub enrol: Vec<EnrollableFactor>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Stores the sign-in and records its first step; `None` if the user was changed meanwhile.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn create(
    context: &RequestContext,
    client: &ClientInfo,
    first: &FirstStep<'_>,
) -> Result<Option<PendingSignIn>, AppError> {
    let secret = Secret::new(Base64UrlUnpadded::encode_string(&random::bytes::<32>()?));
    let now = context.now();
    let entry = client.entry(context, Kind::SecondFactorRequired)?;
    let entry = entry.about(first.user.id).detail(first.method.as_str());
    let new = NewPending {
        id: &fingerprint(secret.reveal()),
        user: first.user,
        has_factor: first.has_factor,
        method: first.method,
        kind: first.kind,
        binding: first.binding,
        password_hash: first.checked_hash,
        new_password_hash: first.new_hash,
        attempt: first.attempt,
        now,
        entry: &context.sign(entry),
    };
    let methods = pending_sign_ins::create(context.app.database, &new).await?;
    Ok(methods.map(|methods| PendingSignIn {
        secret,
        methods: if first.has_factor {
            methods
        } else {
            Vec::new()
        },
        enrol: if first.has_factor {
            Vec::new()
        } else {
            enrollable(context)
        },
        expires_at: now.plus(PENDING_SECONDS),
    }))
}
