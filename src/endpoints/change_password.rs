//! `POST /api/auth/change-password`: the caller sets a new password by the current one. Their other sessions end, and all
//! their one-time links.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::account::names::LoginName;
use crate::account::password::{self, Password, Unusable, Verdict};
use crate::account::policy::{self, OwnNames};
use crate::account::session::SessionRecord;
use crate::app::{Call, random};
use crate::failure::{Failure, INVALID_BODY};
use crate::json::{FromJson, Malformed, Object};
use crate::log;
use crate::store::passwords::{self, Change};
use crate::store::throttle::{Attempt, MOST_FAILURES, Reservation, Reserved};
use crate::web::body;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The body.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ChangePasswordRequest {
    /// The password that is to be replaced.
    current_password: String,
    /// The new one.
    new_password: String,
}

impl FromJson for ChangePasswordRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            current_password: object.text("current_password")?,
            new_password: object.text("new_password")?,
        })
    }
}

/// Answers the route.
///
/// # Errors
/// `NoToken`, `InvalidToken`, `WrongCurrentPassword`, `PasswordRefused`, `TooManyRequests`, `BackOff`, `Busy`, `StorageOut`, and what
/// reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let caller = extract::authority(&call, &request).await?;
    let origin = Origin::of(&request);
    let body: ChangePasswordRequest = body::json(request, INVALID_BODY).await?;
    let user = &caller.user;
    let own = OwnNames {
        username: &user.username,
        email: user.email.as_deref(),
        name: &user.name,
        organization: user.organization.as_deref(),
    };
    let new = policy::check(
        &body.new_password,
        call.app.config.password_min_length,
        &own,
    )
    .map_err(Failure::PasswordRefused)?;
    // Not the place that is kept: whoever has one session could hold all four.
    call.hashing(false, |call, place| async move {
        let attempt = reserve(&call, &caller).await?;
        let old = passwords::hash_of(call.app.database, caller.user.id).await?;
        call.let_others_go_on().await;
        if !is_right(&call, &body.current_password, old.as_deref())? {
            drop(place);
            refuse(&call, &origin, &caller, &attempt).await?;
            return Err(Failure::WrongCurrentPassword);
        }
        call.let_others_go_on().await;
        let hash =
            password::hash(&new, random()?, &call.app.peppers).map_err(|_| Failure::Platform)?;
        drop(place);
        set(&call, &origin, caller, &attempt, old.as_deref(), &hash).await?;
        Ok(Reply::ok(&Done::new("Password changed")))
    })
    .await
}

/// Counts the attempt: who has got hold of a session must not find out the password by it. The counter is of this session
/// alone, so that nobody is kept from signing in, nor its owner from changing the password in another session.
async fn reserve(call: &Call, caller: &SessionRecord) -> Result<Reservation, Failure> {
    let attempt = Attempt {
        login: &LoginName::Username(String::new()),
        name_key: &caller.id,
        device: None,
        network: None,
        now: call.clock(),
    };
    if let Some(seconds) = call.app.throttle.remembers(&attempt) {
        return Err(Failure::BackOff(seconds));
    }
    match call.app.throttle.reserve(&attempt).await? {
        Reserved::Yes(attempt, _) => Ok(attempt),
        Reserved::Later(seconds) => Err(Failure::BackOff(seconds)),
        Reserved::Off => Err(Failure::WrongCurrentPassword),
    }
}

/// Writes down that the current password was not known.
async fn refuse(
    call: &Call,
    origin: &Origin,
    caller: &SessionRecord,
    attempt: &Reservation,
) -> Result<(), Failure> {
    let id = caller.user.id;
    let entry = origin.entry(call, Kind::PasswordChangeFailed)?;
    let entry = entry.by(id).about(id).of_session(&caller.id);
    let why = if attempt.failures < MOST_FAILURES {
        "wrong"
    } else {
        "wrong; off in this session now"
    };
    call.record(entry.detail(why)).await
}

/// Sets the new password, and ends what ends by it.
async fn set(
    call: &Call,
    origin: &Origin,
    caller: SessionRecord,
    attempt: &Reservation,
    old: Option<&str>,
    new: &str,
) -> Result<(), Failure> {
    let user = caller.user.id;
    let entry = |kind| {
        let entry = origin.entry(call, kind);
        entry.map(|entry| entry.by(user).about(user).of_session(&caller.id))
    };
    let change = Change {
        user,
        session: &caller.id,
        old: old.unwrap_or_default(),
        new,
        now: call.now,
        attempt,
        password_set: call.sign(entry(Kind::PasswordSet)?.detail("change")),
        sessions_revoked: call.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
    };
    let ended = passwords::change(call.app.database, &change)
        .await?
        .ok_or(Failure::InvalidToken)?;
    call.app.throttle.succeeded(attempt);
    call.app.throttle.restored(user);
    call.end_copies(ended).await;
    // What the cached session of the caller shows, such as `updated_at`, is no longer so.
    call.app.copies.forget(&[caller.into()], call.now).await;
    Ok(())
}

fn is_right(call: &Call, password: &str, hash: Option<&str>) -> Result<bool, Failure> {
    let Ok(password) = Password::parse(password) else {
        return Ok(false);
    };
    match password::verify(&password, hash, &call.app.peppers) {
        Verdict::Right { .. } => Ok(hash.is_some()),
        Verdict::Wrong => Ok(false),
        Verdict::Unusable(Unusable::OutOfMemory) => Err(Failure::Platform),
        Verdict::Unusable(fault) => {
            log::unusable_hash(fault);
            Ok(false)
        }
    }
}
