//! `POST /api/auth/change-password`: the caller sets a new password by the current one. Their other sessions end, and all
//! their one-time links.

use crate::app::client_info::ClientInfo;
use crate::app::failure::{Failure, INVALID_BODY};
use crate::app::hash_slots::{Claim, NoSlot, Slot};
use crate::app::{RequestContext, Retries, random};
use crate::crypto::password::{self, Password, Unusable, Verdict};
use crate::domain::audit::Kind;
use crate::domain::password_policy::{self, OwnNames};
use crate::domain::session::SessionRecord;
use crate::http::body;
use crate::http::caller;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::json::{FromJson, Malformed, Object};
use crate::routes::responses::MessageResponse;
use crate::runtime::log;
use crate::store::passwords::{self, Change};
use crate::store::throttle::{Attempt, Reservation, Reserved};
use std::rc::Rc;

/// The current and the new password.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ChangePasswordRequest {
    /// Current password.
    current_password: String,
    /// New password.
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
/// `NoToken`, `InvalidToken`, `WrongCurrentPassword`, `PasswordRefused`, `TooManyRequests`, `BackOff`, `Busy`, `StoreUnavailable`, and what
/// reading the body gives.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let caller = caller::current_session(&context, &request).await?;
    let client = request.client_info();
    let body: ChangePasswordRequest = body::json(request, INVALID_BODY).await?;
    let user = &caller.user;
    let own = OwnNames {
        username: &user.username,
        email: user.email.as_deref(),
        name: &user.name,
        organization: user.organization.as_deref(),
    };
    let new = password_policy::check(
        &body.new_password,
        context.app.config.password_min_length,
        &own,
    )
    .map_err(Failure::PasswordRefused)?;
    let asked = Rc::new(Asked {
        caller,
        client,
        current: body.current_password,
        new,
    });
    let context = Rc::new(context);
    let mut retries = Retries::new();
    loop {
        if let Some(seconds) = context.app.throttle.remembers(&asked.attempt(&context)) {
            return Err(Failure::BackOff(seconds));
        }
        // Not the reserved slot, because the holder of a single session could occupy it.
        let claim = Claim {
            key: asked.attempt(&context).counter(),
            holder: None,
        };
        let failure = match context.slot(claim) {
            Ok(slot) => {
                let work = evaluate(Rc::clone(&context), Rc::clone(&asked), slot);
                match context.hashing(work).await? {
                    Evaluated::Changed => {
                        return Ok(Response::ok(&MessageResponse::new("Password changed")));
                    }
                    Evaluated::InFlight(seconds) => Failure::BackOff(seconds),
                }
            }
            Err(NoSlot::InFlight) => Failure::BackOff(1),
            Err(NoSlot::Full) => return Err(Failure::Busy),
        };
        if !retries.wait().await {
            return Err(failure);
        }
    }
}

/// The change that a request asks for.
struct Asked {
    caller: SessionRecord,
    client: ClientInfo,
    current: String,
    new: Password,
}

impl Asked {
    /// Attempts are counted per session, so that an attacker with a stolen session cannot guess the password with it. The
    /// user can still sign in, and change the password in another session.
    fn attempt(&self, context: &RequestContext) -> Attempt<'_> {
        Attempt::change(&self.caller.id, context.clock())
    }
}

/// The outcome of an attempt that had a slot.
enum Evaluated {
    Changed,
    /// Another attempt was in flight, so this one was not evaluated. If that one fails, no attempt is evaluated for this
    /// many seconds.
    InFlight(u32),
}

/// Reserves the attempt, checks the current password and sets the new one.
async fn evaluate(
    context: Rc<RequestContext>,
    asked: Rc<Asked>,
    slot: Slot,
) -> Result<Evaluated, Failure> {
    let attempt = match context
        .app
        .throttle
        .reserve(&asked.attempt(&context))
        .await?
    {
        Reserved::Yes(attempt, _) => attempt,
        Reserved::InFlight(seconds) => return Ok(Evaluated::InFlight(seconds)),
        Reserved::Later(seconds) => return Err(Failure::BackOff(seconds)),
    };
    let outcome = finish(&context, &asked, &attempt, slot).await;
    if matches!(outcome, Err(Failure::StoreUnavailable(_))) {
        // It is unknown whether the write that ends the attempt succeeded. If this one fails too, the lease expires.
        let app = context.app;
        context.wait_until(async move {
            let _ = app.throttle.failed(&attempt, None).await;
        });
    }
    outcome
}

async fn finish(
    context: &RequestContext,
    asked: &Asked,
    attempt: &Reservation,
    slot: Slot,
) -> Result<Evaluated, Failure> {
    let old = passwords::hash_of(context.app.database, asked.caller.user.id).await?;
    context.yield_to_event_loop().await;
    if !is_right(context, &asked.current, old.as_deref())? || attempt.is_locked() {
        drop(slot);
        refuse(context, asked, attempt).await?;
        return Err(Failure::WrongCurrentPassword);
    }
    context.yield_to_event_loop().await;
    let hash = password::hash(&asked.new, random()?, &context.app.peppers)
        .map_err(|_| Failure::Platform)?;
    drop(slot);
    set(context, asked, attempt, old.as_deref(), &hash).await?;
    Ok(Evaluated::Changed)
}

/// Records that the current password was wrong. Once the password is locked in a session, nothing more is recorded, because
/// otherwise the log would grow with every further request.
async fn refuse(
    context: &RequestContext,
    asked: &Asked,
    attempt: &Reservation,
) -> Result<(), Failure> {
    let throttle = &context.app.throttle;
    if attempt.is_locked() {
        return Ok(throttle.failed(attempt, None).await?);
    }
    let id = asked.caller.user.id;
    let entry = asked.client.entry(context, Kind::PasswordChangeFailed)?;
    let entry = entry.by(id).about(id).of_session(&asked.caller.id);
    let reason = if attempt.is_last() {
        "wrong; locked in this session now"
    } else {
        "wrong"
    };
    let entry = context.sign(entry.detail(reason));
    Ok(throttle.failed(attempt, Some(&entry)).await?)
}

/// Sets the new password, and ends what ends by it.
async fn set(
    context: &RequestContext,
    asked: &Asked,
    attempt: &Reservation,
    old: Option<&str>,
    new: &str,
) -> Result<(), Failure> {
    let caller = &asked.caller;
    let user = caller.user.id;
    let entry = |kind| {
        let entry = asked.client.entry(context, kind);
        entry.map(|entry| entry.by(user).about(user).of_session(&caller.id))
    };
    let change = Change {
        user,
        session: &caller.id,
        old: old.unwrap_or_default(),
        new,
        now: context.now,
        attempt,
        password_set: context.sign(entry(Kind::PasswordSet)?.detail("change")),
        sessions_revoked: context.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
    };
    let ended = passwords::change(context.app.database, &change)
        .await?
        .ok_or(Failure::InvalidToken)?;
    context.app.throttle.succeeded(attempt);
    context.app.throttle.restored(user);
    context.revoke_cached_sessions(ended).await;
    // The cached session of the caller is outdated, for example its `updated_at`.
    context
        .app
        .session_cache
        .forget(&[caller.clone().into()], context.now)
        .await;
    Ok(())
}

fn is_right(context: &RequestContext, password: &str, hash: Option<&str>) -> Result<bool, Failure> {
    let Ok(password) = Password::parse(password) else {
        return Ok(false);
    };
    match password::verify(&password, hash, &context.app.peppers) {
        Verdict::Right { .. } => Ok(hash.is_some()),
        Verdict::Wrong => Ok(false),
        Verdict::Unusable(Unusable::OutOfMemory) => Err(Failure::Platform),
        Verdict::Unusable(fault) => {
            log::unusable_hash(fault);
            Ok(false)
        }
    }
}
