//! `POST /api/auth/change-password`: replaces the password of the caller, who has to know the current one. Revokes the
//! other sessions of the caller and all their one-time links.

use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::hash_slots::{Claim, NoSlot, Slot};
use crate::app::sessions::revoke_cached;
use crate::app::{RequestContext, Retries, random};
use crate::crypto::password::{self, Password, Unusable, Verdict};
use crate::domain::audit::Kind;
use crate::domain::password_policy::{self, OwnNames};
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Route};
use crate::json::{FromJson, Malformed, Object};
use crate::routes::responses::MessageResponse;
use crate::runtime::log;
use crate::runtime::rate_limiter::Bucket;
use crate::store::passwords::{self, Change};
use crate::store::throttle::{Attempt, Reservation, Reserved};
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/change-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

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

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: ChangePasswordRequest = body::json(request, INVALID_BODY).await?;
    let user = &session.user;
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
    )?;
    let asked = Rc::new(Asked {
        caller: session,
        client,
        current: body.current_password,
        new,
    });
    let context = Rc::new(context);
    let mut retries = Retries::new();
    loop {
        if let Some(seconds) = context.app.throttle.remembers(&asked.attempt(&context)) {
            return Err(ApiError::back_off(seconds));
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
                    Evaluated::InFlight(seconds) => ApiError::back_off(seconds),
                }
            }
            Err(NoSlot::InFlight) => ApiError::back_off(1),
            Err(NoSlot::Full) => return Err(ErrorCode::Overloaded.into()),
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

fn is_unavailable<T>(outcome: &Result<T, ApiError>) -> bool {
    matches!(outcome, Err(error) if error.code() == ErrorCode::StorageUnavailable)
}

/// Reserves the attempt, checks the current password and sets the new one.
async fn evaluate(
    context: Rc<RequestContext>,
    asked: Rc<Asked>,
    slot: Slot,
) -> Result<Evaluated, ApiError> {
    let attempt = match context
        .app
        .throttle
        .reserve(&asked.attempt(&context))
        .await?
    {
        Reserved::Yes(attempt, _) => attempt,
        Reserved::InFlight(seconds) => return Ok(Evaluated::InFlight(seconds)),
        Reserved::Later(seconds) => return Err(ApiError::back_off(seconds)),
    };
    let outcome = finish(&context, &asked, &attempt, slot).await;
    if is_unavailable(&outcome) {
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
) -> Result<Evaluated, ApiError> {
    let old = passwords::hash_of(context.app.database, asked.caller.user.id).await?;
    context.yield_to_event_loop().await;
    if !is_right(context, &asked.current, old.as_deref())? || attempt.is_locked() {
        drop(slot);
        refuse(context, asked, attempt).await?;
        return Err(ErrorCode::InvalidCurrentPassword.into());
    }
    context.yield_to_event_loop().await;
    let hash = password::hash(&asked.new, random()?, &context.app.peppers)
        .map_err(|_| AppError::Runtime)?;
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
) -> Result<(), ApiError> {
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
) -> Result<(), ApiError> {
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
        .ok_or(ErrorCode::InvalidToken)?;
    context.app.throttle.succeeded(attempt);
    context.app.throttle.restored(user);
    revoke_cached(context, &ended).await;
    // The cached session of the caller is outdated, for example its `updated_at`.
    context
        .app
        .session_cache
        .forget(&[caller.clone().into()], context.now)
        .await;
    Ok(())
}

fn is_right(
    context: &RequestContext,
    password: &str,
    hash: Option<&str>,
) -> Result<bool, ApiError> {
    let Ok(password) = Password::parse(password) else {
        return Ok(false);
    };
    match password::verify(&password, hash, &context.app.peppers) {
        Verdict::Right { .. } => Ok(hash.is_some()),
        Verdict::Wrong => Ok(false),
        Verdict::Unusable(Unusable::OutOfMemory) => Err(AppError::Runtime.into()),
        Verdict::Unusable(fault) => {
            log::unusable_hash(fault);
            Ok(false)
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::password_policy::PolicyError;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("changePassword", "Passwords", "Change password")
        .describe("Requires the current password. Revokes the other sessions and all one-time links of the user.")
        .takes::<ChangePasswordRequest>(
            schemas,
            INVALID_BODY,
            json!({"current_password": "securePassword123", "new_password": "correct horse battery staple"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Password changed"}))
        .errors([
            ErrorCode::InvalidCurrentPassword.into(),
            ApiError::back_off(1),
            ErrorCode::Overloaded.into(),
        ])
        .errors(PolicyError::ALL)
}
