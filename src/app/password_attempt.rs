//! Evaluates password attempts with back-off, lockout and hashing slots, for sign-in and for changes of a password.

use super::attempt_retries::Retries;
use super::context::RequestContext;
use super::error::AppError;
use super::hash_slots::{Claim, Holder, NoSlot, Slot};
use crate::crypto::password::{Password, StoredHash, Unusable, Verdict};
use crate::runtime::log;
use crate::store::throttle::{Attempt, Reservation, Reserved};
use crate::store::users::PasswordUser;
use std::future::Future;
use std::rc::Rc;

/// The purpose of an attempt: a sign-in or a change of a password.
pub(super) trait Subject: 'static {
    /// The result of an evaluation.
    type Outcome: 'static;

    /// The counters of the attempt.
    fn attempt(&self, now_ms: f64) -> Attempt<'_>;

    /// The holder that the attempt takes the reserved hashing slot for; `None` if it may not take that slot.
    fn slot_holder(&self) -> Option<Holder>;

    /// Evaluates the attempt. It stays counted as failed unless this function reverts the count. `user` is the user with the
    /// typed name.
    fn evaluate(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
        user: Option<PasswordUser>,
        slot: Slot,
    ) -> impl Future<Output = Result<Self::Outcome, AppError>>;
}

/// The result of an attempt.
#[derive(Debug)]
pub enum Attempted<T> {
    /// It was evaluated.
    Evaluated(T),
    /// It was not evaluated. No attempt is evaluated for this many seconds.
    BackOff(u32),
    /// It was not evaluated, because all hashing slots of this isolate are taken.
    Overloaded,
}

/// Takes a hashing slot and evaluates the attempt. An attempt is retried if another one with the same key is in flight.
///
/// # Errors
/// `Store`, `Runtime`, and those of the evaluation.
pub(super) async fn run<S: Subject>(
    context: Rc<RequestContext>,
    subject: Rc<S>,
) -> Result<Attempted<S::Outcome>, AppError> {
    let mut retries = Retries::new();
    loop {
        let holder = subject.slot_holder();
        let may_wait_for_slot = holder.is_some();
        let key = subject.attempt(context.now_ms()).counter();
        let back_off = match context.slot(Claim { key, holder }) {
            Ok(slot) => {
                let work = reserve(Rc::clone(&context), Rc::clone(&subject), slot);
                match work.await? {
                    Reserve::Done(attempted) => return Ok(attempted),
                    Reserve::InFlight(seconds) => seconds,
                }
            }
            Err(NoSlot::InFlight) => 1,
            Err(NoSlot::Full) => {
                if may_wait_for_slot && retries.wait_for_slot().await {
                    continue;
                }
                return Ok(Attempted::Overloaded);
            }
        };
        if !retries.wait().await {
            return Ok(Attempted::BackOff(back_off));
        }
    }
}

enum Reserve<T> {
    Done(Attempted<T>),
    /// Another attempt was in flight, so this one was not evaluated. If that one fails, no attempt is evaluated for this
    /// many seconds.
    InFlight(u32),
}

/// Reserves the attempt and evaluates it.
async fn reserve<S: Subject>(
    context: Rc<RequestContext>,
    subject: Rc<S>,
    slot: Slot,
) -> Result<Reserve<S::Outcome>, AppError> {
    let throttle = &context.app.throttle;
    let reserved = throttle.reserve(&subject.attempt(context.now_ms())).await?;
    let (reservation, user) = match reserved {
        Reserved::Yes(reservation, user) => (reservation, user.map(|user| *user)),
        Reserved::InFlight(seconds) => return Ok(Reserve::InFlight(seconds)),
        Reserved::Later(seconds) => return Ok(Reserve::Done(Attempted::BackOff(seconds))),
    };
    let outcome = subject.evaluate(&context, &reservation, user, slot).await;
    if matches!(outcome, Err(AppError::Store(_))) {
        // It is unknown whether the write that ends the attempt succeeded. If the write below fails too, the lease expires.
        let app = context.app;
        context.wait_until(async move {
            let _ = app.throttle.failed(&reservation, None).await;
        });
    }
    outcome.map(|outcome| Reserve::Done(Attempted::Evaluated(outcome)))
}

/// The result of comparing a password with the stored hash of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PasswordCheck {
    /// The password is correct. The hash should be replaced by one with the current parameters if `needs_rehash` is set.
    Right {
        /// Whether the hash has older parameters or an older pepper.
        needs_rehash: bool,
    },
    /// The password is wrong, or the user has no password.
    Wrong,
    /// The stored hash cannot be verified, which is logged.
    UnusableHash,
}

/// Compares a password with a hash. If there is no hash, the comparison takes the same time.
///
/// # Errors
/// `Runtime` if there is not enough memory.
pub(super) async fn check(
    context: &RequestContext,
    slot: &Slot,
    password: &Password,
    stored: Option<StoredHash<'_>>,
) -> Result<PasswordCheck, AppError> {
    match slot.verify(password, stored, &context.app.peppers).await {
        Verdict::Right { needs_rehash } => Ok(PasswordCheck::Right { needs_rehash }),
        Verdict::Wrong => Ok(PasswordCheck::Wrong),
        Verdict::Unusable(Unusable::OutOfMemory) => Err(AppError::Runtime),
        Verdict::Unusable(reason) => {
            log::unusable_hash(reason);
            Ok(PasswordCheck::UnusableHash)
        }
    }
}
