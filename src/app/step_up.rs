//! Records that a signed-in user has authenticated again. The cookie of a cookie session is rotated, so that a copy of the earlier
//! one does not profit from the step-up.
//!
//! If two tabs do this at once, only the first one rotates the cookie, and both get the same generation. The browser keeps the cookie
//! of the response that arrives last; an earlier generation would later count as stolen.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::email::{FactorEvent, notices};
use super::error::AppError;
use super::hash_slots::{Holder, Slot};
use super::password_attempt::{self, Attempted, Subject};
use super::second_factor::codes::{self, Purpose, TypedCode};
use super::{session_password, sessions};
use crate::domain::audit::Kind;
use crate::domain::factor::Factor;
use crate::domain::session::{SessionKind, SessionRecord, TokenStatus};
use crate::domain::sign_in_method::SignInMethod;
use crate::runtime::StoreError;
use crate::store::factor_attempts::{self, ReservedCode};
use crate::store::factors::{FactorWrites, Shown};
use crate::store::sessions::StepUp;
use crate::store::throttle::{Attempt, Reservation};
use crate::store::users::PasswordUser;
use std::rc::Rc;

/// The session of a request.
#[derive(Debug)]
pub struct SentSession {
    /// The session, as it was read for the request.
    pub record: SessionRecord,
    /// The generation of the token or cookie that was sent.
    pub generation: u32,
}

/// The outcome of an evaluated attempt.
#[derive(Debug)]
pub enum PasswordStepUp {
    /// It is recorded. Holds the session as it is now.
    Done(Box<SessionRecord>),
    /// The password is wrong, or the user has none. The audit log records it.
    WrongPassword,
    /// The user or the session was changed meanwhile.
    SessionEnded,
}

/// Compares the password of the user of a session, and records the step-up.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_password(
    context: Rc<RequestContext>,
    client: ClientInfo,
    session: SentSession,
    password: String,
) -> Result<Attempted<PasswordStepUp>, AppError> {
    let attempt = PasswordAttempt {
        session,
        client,
        password,
    };
    password_attempt::run(context, Rc::new(attempt)).await
}

struct PasswordAttempt {
    session: SentSession,
    client: ClientInfo,
    password: String,
}

impl Subject for PasswordAttempt {
    type Outcome = PasswordStepUp;

    fn attempt(&self, now_ms: f64) -> Attempt<'_> {
        Attempt::in_session(&self.session.record.id, now_ms)
    }

    fn slot_holder(&self) -> Option<Holder> {
        None
    }

    async fn evaluate(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
        _: Option<PasswordUser>,
        slot: Slot,
    ) -> Result<PasswordStepUp, AppError> {
        let session = &self.session.record;
        let hash =
            session_password::compare(context, session, reservation, &slot, &self.password).await?;
        drop(slot);
        let Some(hash) = hash else {
            let (kind, reason) = (Kind::StepUpFailed, "password: wrong");
            session_password::refuse(context, &self.client, session, reservation, kind, reason)
                .await?;
            return Ok(PasswordStepUp::WrongPassword);
        };
        let authentication = Authentication {
            checked_hash: Some(&hash),
            attempt: Some(reservation),
            ..Authentication::by(SignInMethod::Password.as_str())
        };
        let record = record(context, &self.client, &self.session, &authentication).await?;
        Ok(record.map_or(PasswordStepUp::SessionEnded, |session| {
            PasswordStepUp::Done(Box::new(session))
        }))
    }
}

/// How the user of a session has authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Authentication<'a> {
    /// The method, for the audit log.
    pub method: &'static str,
    /// The hash that the password was checked against.
    pub checked_hash: Option<&'a str>,
    /// The password attempt that succeeded.
    pub attempt: Option<&'a Reservation>,
    /// The factor that was used.
    pub factor: Option<&'a FactorWrites<'a>>,
}

impl Authentication<'_> {
    /// With this method and nothing else.
    #[must_use]
    pub fn by(method: &'static str) -> Self {
        Self {
            method,
            checked_hash: None,
            attempt: None,
            factor: None,
        }
    }
}

/// Records the step-up. Returns the session as it is now; `None` if the session, its user, or the password or factor that was checked was
/// changed meanwhile.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn record(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SentSession,
    authentication: &Authentication<'_>,
) -> Result<Option<SessionRecord>, AppError> {
    let SentSession { record, generation } = session;
    let once = async |record: &SessionRecord| {
        let rotates = record.generation == *generation;
        record_once(context, client, (record, rotates), authentication).await
    };
    if let Some(stepped_up) = once(record).await? {
        return Ok(Some(stepped_up));
    }
    // Another request may have rotated the cookie since the session was read, for example after a double click. The cookie of
    // this request is then still accepted.
    let found = context.app.sessions.find(&record.id).await?;
    let (now, window) = (context.now(), context.replay_window());
    let status = |record: &SessionRecord| record.token_status(*generation, now, window);
    match found {
        Some(again) if status(&again) == TokenStatus::Replayable => once(&again).await,
        _ => Ok(None),
    }
}

async fn record_once(
    context: &RequestContext,
    client: &ClientInfo,
    (session, rotates): (&SessionRecord, bool),
    authentication: &Authentication<'_>,
) -> Result<Option<SessionRecord>, AppError> {
    let now = context.now();
    let entry = client.entry(context, Kind::StepUp)?.in_own_session(session);
    let step_up = StepUp {
        session,
        rotates,
        now,
        idle_end: now.plus(context.app.config.sessions.idle),
        replay_window: context.replay_window(),
        device: client.device.as_deref(),
        address: client.address.as_deref(),
        country: client.country.as_deref(),
        checked_hash: authentication.checked_hash,
        attempt: authentication.attempt,
        factor: authentication.factor,
    };
    let entry = context.sign(entry.detail(authentication.method));
    let stepped_up = match context.app.sessions.step_up(&step_up, &entry).await {
        Ok(Some(stepped_up)) => stepped_up,
        Ok(None) | Err(StoreError::Conflict) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if rotates && stepped_up.kind == SessionKind::Cookie {
        sessions::refresh_cache(context, &stepped_up, stepped_up.generation);
        sessions::refresh_cache(context, &stepped_up, session.generation);
    }
    Ok(Some(stepped_up))
}

/// The outcome of a step-up with a code.
#[derive(Debug)]
pub enum CodeStepUp {
    /// It is recorded. Holds the session as it is now.
    Done(Box<SessionRecord>),
    /// The code is wrong. The audit log records it.
    Wrong,
    /// It was not checked. No code is checked for this many seconds.
    BackOff(u32),
    /// It was not checked, because five codes were wrong in this session.
    TooMany,
    /// The session or the user was changed meanwhile, or the code was used.
    SessionEnded,
}

/// Compares a code of the user of a session, and records the step-up. `is_recognised`: whether the user has signed in on the device.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn with_code(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SentSession,
    code: &TypedCode,
    is_recognised: bool,
) -> Result<CodeStepUp, AppError> {
    let (database, user) = (context.app.database, &session.record.user);
    let counters = (user.id, session.record.id.as_str());
    let reserved = factor_attempts::reserve_step_up(database, counters, context.now_ms()).await?;
    let state = match reserved {
        Some(ReservedCode::Yes(state)) => state,
        Some(ReservedCode::Later(seconds)) => return Ok(CodeStepUp::BackOff(seconds)),
        None => return Ok(CodeStepUp::TooMany),
    };
    let Some(factor) = codes::check(context, user.id, &state, code, is_recognised) else {
        let refused = (code.factor(), Purpose::StepUp(&session.record.id));
        codes::refuse(context, client, user, &state, refused).await?;
        return Ok(CodeStepUp::Wrong);
    };
    let mut entries = Vec::new();
    let shown = Shown::Used(factor);
    let is_recovery = shown.factor() == Factor::RecoveryCode;
    if is_recovery {
        let entry = client.entry(context, Kind::RecoveryCodeUsed)?;
        entries.push(context.sign(entry.in_own_session(&session.record)));
    }
    let writes = FactorWrites {
        entries: &entries,
        ..FactorWrites::of(&shown)
    };
    let authentication = Authentication {
        factor: Some(&writes),
        ..Authentication::by(shown.factor().as_str())
    };
    let Some(record) = record(context, client, session, &authentication).await? else {
        return Ok(CodeStepUp::SessionEnded);
    };
    if is_recovery {
        notices::factor(context, client, user, FactorEvent::RecoveryCodeUsed);
    }
    Ok(CodeStepUp::Done(Box::new(record)))
}
