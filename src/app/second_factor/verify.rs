//! Completes a pending sign-in with a second factor.

use super::codes::{self, Purpose, TypedCode};
use super::{add, enrol};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::credential::Issued;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::app::sign_in::{self, NewSessionOptions, RequestedSession, SettledFactor};
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::audit::{Kind, Signed};
use crate::domain::recognised_device::RecognisedDevice;
use crate::domain::session::SessionKind;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::store::factors::{FactorWrites, Shown, VerifiedFactor};
use crate::store::pending_sign_ins::{self, Claim, Pending, PendingCheck, ReservedFactor};
use uuid::Uuid;

/// A client that completes a pending sign-in.
#[derive(Debug)]
pub struct PendingClient {
    /// The secret of the sign-in.
    pub secret: Secret,
    /// The binding of its browser, if it has the cookie.
    pub browser: Option<String>,
    /// The binding of its network.
    pub network: String,
    /// Whether the request may set a session cookie.
    pub may_set_cookie: bool,
    /// The cookie session of the browser, which the new one replaces.
    pub replaces: Option<(String, Uuid)>,
    /// The users that have signed in on the device.
    pub device: Option<RecognisedDevice>,
}

/// A completed sign-in.
#[derive(Debug)]
pub struct CompletedSignIn {
    /// The token or cookie.
    pub issued: Issued,
    /// The user.
    pub user: User,
    /// The method of the first step.
    pub method: SignInMethod,
    /// Whether the session is used with a token or with a cookie.
    pub kind: SessionKind,
    /// The recovery codes that the user gets with the first factor.
    pub recovery_codes: Option<Vec<Secret>>,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub enum Verified {
    /// The user is signed in.
    SignedIn(Box<CompletedSignIn>),
    /// The factor is wrong, which the audit log records.
    Wrong,
    /// The sign-in cannot be completed any more.
    Expired,
    /// The code was not checked. No code is checked for this many seconds.
    BackOff(u32),
    /// The request may not set a session cookie.
    CrossSite,
}

/// The outcome of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The factor may be checked.
    Yes(Box<Pending>),
    /// The factor may not be checked, for this reason.
    No(Verified),
}

/// Reserves the check of a factor in a pending sign-in.
///
/// # Errors
/// `Store`.
pub async fn claim(
    context: &RequestContext,
    client: &PendingClient,
    check: PendingCheck,
) -> Result<Claimed, AppError> {
    let claim = Claim {
        id: &fingerprint(client.secret.reveal()),
        browser: client.browser.as_deref(),
        network: &client.network,
        check,
    };
    let reserved = pending_sign_ins::reserve(context.app.database, &claim, context.now_ms());
    Ok(match reserved.await? {
        ReservedFactor::Yes(pending)
            if pending.kind == SessionKind::Cookie && !client.may_set_cookie =>
        {
            Claimed::No(Verified::CrossSite)
        }
        ReservedFactor::Yes(pending) => Claimed::Yes(pending),
        ReservedFactor::Later(seconds) => Claimed::No(Verified::BackOff(seconds)),
        ReservedFactor::Expired => Claimed::No(Verified::Expired),
    })
}

/// Completes a pending sign-in with a code. For a user without a factor, the code confirms the secret that was created in the
/// sign-in.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_code(
    context: &RequestContext,
    client: &ClientInfo,
    sender: PendingClient,
    code: TypedCode,
) -> Result<Verified, AppError> {
    let pending = match claim(context, &sender, PendingCheck::Code).await? {
        Claimed::Yes(pending) => *pending,
        Claimed::No(verified) => return Ok(verified),
    };
    let user = &pending.user;
    let is_recognised = sender
        .device
        .as_ref()
        .is_some_and(|known| known.is_of(user.id));
    let checked = codes::check(context, user.id, &pending.codes, &code, is_recognised);
    let shown = checked
        .map(Shown::Used)
        .or_else(|| enrol::confirmed(context, &pending, &code).map(Shown::Added));
    let Some(shown) = shown else {
        let refused = (code.factor(), Purpose::SignIn);
        codes::refuse(context, client, user, &pending.codes, refused).await?;
        return Ok(Verified::Wrong);
    };
    complete(context, client, sender, pending, shown).await
}

/// Starts the session of a pending sign-in whose factor was checked. Nothing is written if the sign-in or the factor can no longer be
/// used.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn complete(
    context: &RequestContext,
    client: &ClientInfo,
    sender: PendingClient,
    pending: Pending,
    shown: Shown,
) -> Result<Verified, AppError> {
    let Pending {
        completed,
        mut user,
        method,
        kind,
        codes: _,
    } = pending;
    let codes = match shown {
        Shown::Used(_) => None,
        Shown::Added(_) => Some(enrol::recovery_codes()?),
    };
    let hashes = enrol::hashes(codes.as_deref().unwrap_or_default(), user.id);
    let entries = entries(context, client, user.id, &shown)?;
    let writes = FactorWrites {
        shown: &shown,
        recovery_codes: &hashes,
        entries: &entries,
    };
    let options = NewSessionOptions {
        requested: RequestedSession {
            kind,
            replaces: sender.replaces.filter(|_| kind == SessionKind::Cookie),
            binding: None,
        },
        factor: Some(SettledFactor {
            writes: Some(&writes),
            pending: Some(&completed),
        }),
        ..NewSessionOptions::of(method)
    };
    let started = sign_in::start_session(context, client, &mut user, options).await?;
    let Some(issued) = started else {
        return Ok(Verified::Expired);
    };
    let is_recognised = sender.device.is_some_and(|known| known.is_of(user.id));
    announce(context, client, &user, &shown);
    if method == SignInMethod::Password && !is_recognised {
        notices::new_device(context, client, &user);
    }
    Ok(Verified::SignedIn(Box::new(CompletedSignIn {
        issued,
        user,
        method,
        kind,
        recovery_codes: codes.as_deref().map(enrol::shown),
    })))
}

/// The entries about a factor that was used or added.
fn entries(
    context: &RequestContext,
    client: &ClientInfo,
    user: Uuid,
    shown: &Shown,
) -> Result<Vec<Signed>, AppError> {
    let kinds = match shown {
        Shown::Used(VerifiedFactor::RecoveryCode(_)) => vec![Kind::RecoveryCodeUsed],
        Shown::Used(_) => Vec::new(),
        Shown::Added(added) => vec![add::recorded(added).0, Kind::RecoveryCodesCreated],
    };
    let signed = |kind| {
        let entry = client.entry(context, kind)?;
        Ok(context.sign(entry.by(user).about(user)))
    };
    kinds.into_iter().map(signed).collect()
}

fn announce(context: &RequestContext, client: &ClientInfo, user: &User, shown: &Shown) {
    let event = match shown {
        Shown::Used(VerifiedFactor::RecoveryCode(_)) => FactorEvent::RecoveryCodeUsed,
        Shown::Used(_) => return,
        Shown::Added(added) => add::recorded(added).1,
    };
    notices::factor(context, client, user, event);
}
