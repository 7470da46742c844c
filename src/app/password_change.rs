//! Replaces the password of a signed-in user, who has to know the current one.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::email::{Recipient, notices};
use super::error::AppError;
use super::hash_slots::{Holder, Slot};
use super::password_attempt::{self, Attempted, Subject};
use super::session_password;
use super::sessions::revoke_cached;
use crate::crypto::password::Password;
use crate::domain::audit::Kind;
use crate::domain::session::SessionRecord;
use crate::store::passwords::{self, Change};
use crate::store::throttle::{Attempt, Reservation};
use crate::store::users::PasswordUser;
use std::rc::Rc;

/// The outcome of an evaluated attempt.
#[derive(Debug)]
pub enum PasswordChange {
    /// The password is changed; the other sessions and all one-time links of the user are revoked. Holds the session as it is now,
    /// if its cookie was rotated.
    Changed(Option<Box<SessionRecord>>),
    /// The current password is wrong, or the user has none. The audit log records it.
    WrongCurrentPassword,
    /// The user or the session was changed meanwhile.
    SessionEnded,
}

/// Replaces the password.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: Rc<RequestContext>,
    client: ClientInfo,
    session: SessionRecord,
    current: String,
    new: Password,
) -> Result<Attempted<PasswordChange>, AppError> {
    let request = ChangeRequest {
        session,
        client,
        current,
        new,
    };
    password_attempt::run(context, Rc::new(request)).await
}

struct ChangeRequest {
    session: SessionRecord,
    client: ClientInfo,
    current: String,
    new: Password,
}

impl Subject for ChangeRequest {
    type Outcome = PasswordChange;

    fn attempt(&self, now_ms: f64) -> Attempt<'_> {
        Attempt::in_session(&self.session.id, now_ms)
    }

    /// A change does not use the reserved slot, because the holder of a single session could occupy it.
    fn slot_holder(&self) -> Option<Holder> {
        None
    }

    async fn evaluate(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
        _: Option<PasswordUser>,
        slot: Slot,
    ) -> Result<PasswordChange, AppError> {
        let current = &self.current;
        let old = session_password::compare(context, &self.session, reservation, &slot, current);
        let Some(old) = old.await? else {
            drop(slot);
            let (kind, reason) = (Kind::PasswordChangeFailed, "wrong");
            session_password::refuse(
                context,
                &self.client,
                &self.session,
                reservation,
                kind,
                reason,
            )
            .await?;
            return Ok(PasswordChange::WrongCurrentPassword);
        };
        let hash = slot
            .hash(&self.new, self.session.user.id, &context.app.peppers)
            .await?;
        drop(slot);
        self.store(context, reservation, &old, &hash).await
    }
}

impl ChangeRequest {
    /// Stores the new password, and revokes the other sessions and the one-time links of the user.
    async fn store(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
        old: &str,
        new: &str,
    ) -> Result<PasswordChange, AppError> {
        let (session, user) = (&self.session, self.session.user.id);
        let entry = |kind| {
            let entry = self.client.entry(context, kind);
            entry.map(|entry| entry.in_own_session(session))
        };
        let change = Change {
            user,
            session,
            idle_end: context.idle_end(),
            replay_window: context.replay_window(),
            device: self.client.device.as_deref(),
            address: self.client.address.as_deref(),
            country: self.client.country.as_deref(),
            old,
            new,
            now: context.received_at,
            attempt: reservation,
            password_set: context.sign(entry(Kind::PasswordSet)?.detail("change")),
            sessions_revoked: context.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
        };
        let Some(changed) = passwords::change(context.app.database, &change).await? else {
            return Ok(PasswordChange::SessionEnded);
        };
        if let Some(recipient) = Recipient::of(&session.user) {
            notices::password_set(context, &self.client, recipient, true);
        }
        revoke_cached(context, &changed.revoked).await;
        // The cached session of the caller is outdated, for example its `updated_at`.
        context
            .app
            .session_cache
            .forget(&[session.clone().into()], context.received_at)
            .await;
        Ok(PasswordChange::Changed(changed.rotated.map(Box::new)))
    }
}
