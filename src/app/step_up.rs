//! Records that a signed-in user has authenticated again. The cookie of a cookie session is rotated, so that a copy of the earlier
//! one does not profit from the step-up.
//!
//! If two tabs do this at once, only the first one rotates the cookie, and both get the same generation. The browser keeps the cookie
//! of the response that arrives last; an earlier generation would later count as stolen.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::error::AppError;
use super::hash_slots::{Holder, Slot};
use super::password_attempt::{self, Attempted, PasswordCheck, Subject};
use super::sessions;
use crate::crypto::password::{Password, StoredHash};
use crate::domain::audit::Kind;
use crate::domain::session::{SessionKind, SessionRecord, TokenStatus};
use crate::domain::sign_in_method::SignInMethod;
use crate::store::passwords;
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

    /// The counter is that of a change of password in this session, so that an attacker with a stolen session does not get
    /// more guesses.
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
        let user = self.session.record.user.id;
        let stored = passwords::hash_of(context.app.database, user).await?;
        let check = match Password::parse(&self.password) {
            Ok(password) => {
                let stored = stored.as_deref().map(|phc| StoredHash { user, phc });
                password_attempt::check(context, &slot, &password, stored).await?
            }
            Err(_) => PasswordCheck::Wrong,
        };
        drop(slot);
        if !matches!(check, PasswordCheck::Right { .. }) || reservation.is_locked() {
            self.refuse(context, reservation).await?;
            return Ok(PasswordStepUp::WrongPassword);
        }
        let method = SignInMethod::Password;
        let (hash, attempt) = (stored.as_deref(), Some(reservation));
        let record = record(context, &self.client, &self.session, method, hash, attempt).await?;
        Ok(record.map_or(PasswordStepUp::SessionEnded, |session| {
            PasswordStepUp::Done(Box::new(session))
        }))
    }
}

impl PasswordAttempt {
    /// Once the password is locked in a session, nothing more is recorded, because otherwise the log would grow with every
    /// further request.
    async fn refuse(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
    ) -> Result<(), AppError> {
        let throttle = &context.app.throttle;
        if reservation.is_locked() {
            return Ok(throttle.failed(reservation, None).await?);
        }
        let id = self.session.record.user.id;
        let entry = self.client.entry(context, Kind::StepUpFailed)?;
        let entry = entry.by(id).about(id).of_session(&self.session.record.id);
        let reason = if reservation.is_last() {
            "password: wrong; locked in this session now"
        } else {
            "password: wrong"
        };
        let entry = context.sign(entry.detail(reason));
        Ok(throttle.failed(reservation, Some(&entry)).await?)
    }
}

/// Records the step-up. Returns the session as it is now; `None` if the session, its user or the password that was checked was changed
/// meanwhile.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn record(
    context: &RequestContext,
    client: &ClientInfo,
    session: &SentSession,
    method: SignInMethod,
    checked_hash: Option<&str>,
    attempt: Option<&Reservation>,
) -> Result<Option<SessionRecord>, AppError> {
    let SentSession { record, generation } = session;
    let once = async |record: &SessionRecord| {
        let rotates = record.generation == *generation;
        record_once(
            context,
            client,
            record,
            rotates,
            method,
            checked_hash,
            attempt,
        )
        .await
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
    session: &SessionRecord,
    rotates: bool,
    method: SignInMethod,
    checked_hash: Option<&str>,
    attempt: Option<&Reservation>,
) -> Result<Option<SessionRecord>, AppError> {
    let (now, user) = (context.now(), session.user.id);
    let entry = client.entry(context, Kind::StepUp)?;
    let entry = entry.by(user).about(user).of_session(&session.id);
    let step_up = StepUp {
        session,
        rotates,
        now,
        idle_end: now.plus(context.app.config.sessions.idle),
        replay_window: context.replay_window(),
        device: client.device.as_deref(),
        address: client.address.as_deref(),
        country: client.country.as_deref(),
        checked_hash,
        attempt,
    };
    let entry = context.sign(entry.detail(method.as_str()));
    let sessions = &context.app.sessions;
    let Some(stepped_up) = sessions.step_up(&step_up, &entry).await? else {
        return Ok(None);
    };
    if rotates && stepped_up.kind == SessionKind::Cookie {
        sessions::refresh_cache(context, &stepped_up, stepped_up.generation);
        sessions::refresh_cache(context, &stepped_up, session.generation);
    }
    Ok(Some(stepped_up))
}
