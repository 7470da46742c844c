//! `POST /api/auth/change-password`: the caller sets a new password by the current one. Their other sessions end, and all
//! their one-time links.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::account::password::{self, Password, Unusable, Verdict};
use crate::account::policy::{self, OwnNames};
use crate::account::session::SessionRecord;
use crate::app::admission::{Claim, NoSlot, Slot};
use crate::app::{Call, Retries, random};
use crate::failure::{Failure, INVALID_BODY};
use crate::json::{FromJson, Malformed, Object};
use crate::log;
use crate::store::passwords::{self, Change};
use crate::store::throttle::{Attempt, Reservation, Reserved};
use crate::web::body;
use crate::web::extract;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;
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
    let asked = Rc::new(Asked {
        caller,
        origin,
        current: body.current_password,
        new,
    });
    let call = Rc::new(call);
    let mut retries = Retries::new();
    loop {
        if let Some(seconds) = call.app.throttle.remembers(&asked.attempt(&call)) {
            return Err(Failure::BackOff(seconds));
        }
        // Not the reserved slot, because the holder of a single session could occupy it.
        let claim = Claim {
            key: asked.attempt(&call).counter(),
            holder: None,
        };
        let failure = match call.slot(claim) {
            Ok(slot) => {
                let work = evaluate(Rc::clone(&call), Rc::clone(&asked), slot);
                match call.hashing(work).await? {
                    Evaluated::Changed => return Ok(Reply::ok(&Done::new("Password changed"))),
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
    origin: Origin,
    current: String,
    new: Password,
}

impl Asked {
    /// Attempts are counted per session, so that an attacker with a stolen session cannot guess the password with it. The
    /// user can still sign in, and change the password in another session.
    fn attempt(&self, call: &Call) -> Attempt<'_> {
        Attempt::change(&self.caller.id, call.clock())
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
async fn evaluate(call: Rc<Call>, asked: Rc<Asked>, slot: Slot) -> Result<Evaluated, Failure> {
    let attempt = match call.app.throttle.reserve(&asked.attempt(&call)).await? {
        Reserved::Yes(attempt, _) => attempt,
        Reserved::InFlight(seconds) => return Ok(Evaluated::InFlight(seconds)),
        Reserved::Later(seconds) => return Err(Failure::BackOff(seconds)),
    };
    let outcome = finish(&call, &asked, &attempt, slot).await;
    if matches!(outcome, Err(Failure::StorageOut(_))) {
        // It is unknown whether the write that ends the attempt succeeded. If this one fails too, the lease expires.
        let app = call.app;
        call.after_reply(async move {
            let _ = app.throttle.failed(&attempt, None).await;
        });
    }
    outcome
}

async fn finish(
    call: &Call,
    asked: &Asked,
    attempt: &Reservation,
    slot: Slot,
) -> Result<Evaluated, Failure> {
    let old = passwords::hash_of(call.app.database, asked.caller.user.id).await?;
    call.let_others_go_on().await;
    if !is_right(call, &asked.current, old.as_deref())? || attempt.is_locked() {
        drop(slot);
        refuse(call, asked, attempt).await?;
        return Err(Failure::WrongCurrentPassword);
    }
    call.let_others_go_on().await;
    let hash =
        password::hash(&asked.new, random()?, &call.app.peppers).map_err(|_| Failure::Platform)?;
    drop(slot);
    set(call, asked, attempt, old.as_deref(), &hash).await?;
    Ok(Evaluated::Changed)
}

/// Records that the current password was wrong. Once the password is locked in a session, nothing more is recorded, because
/// otherwise the log would grow with every further request.
async fn refuse(call: &Call, asked: &Asked, attempt: &Reservation) -> Result<(), Failure> {
    let throttle = &call.app.throttle;
    if attempt.is_locked() {
        return Ok(throttle.failed(attempt, None).await?);
    }
    let id = asked.caller.user.id;
    let entry = asked.origin.entry(call, Kind::PasswordChangeFailed)?;
    let entry = entry.by(id).about(id).of_session(&asked.caller.id);
    let why = if attempt.is_last() {
        "wrong; locked in this session now"
    } else {
        "wrong"
    };
    let entry = call.sign(entry.detail(why));
    Ok(throttle.failed(attempt, Some(&entry)).await?)
}

/// Sets the new password, and ends what ends by it.
async fn set(
    call: &Call,
    asked: &Asked,
    attempt: &Reservation,
    old: Option<&str>,
    new: &str,
) -> Result<(), Failure> {
    let caller = &asked.caller;
    let user = caller.user.id;
    let entry = |kind| {
        let entry = asked.origin.entry(call, kind);
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
    // The cached session of the caller is outdated, for example its `updated_at`.
    call.app
        .copies
        .forget(&[caller.clone().into()], call.now)
        .await;
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
