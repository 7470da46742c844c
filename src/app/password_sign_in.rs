//! Signs in with a user name or e-mail address and a password.
//!
//! For an unknown, disabled or locked user, or one without a password, the same hash is computed as for a wrong password,
//! and the outcome is the same.

use super::client_info::ClientInfo;
use super::context::RequestContext;
use super::credential::Issued;
use super::email::notices;
use super::error::AppError;
use super::hash_slots::{Holder, Slot};
use super::password_attempt::{self, Attempted, PasswordCheck, Subject};
use super::second_factor::pending::{self, FirstStep, PendingSignIn};
use super::second_factor::rules;
use super::sign_in::{self, AttemptedAccount, NewSessionOptions, RequestedSession};
use crate::crypto::password::{Password, StoredHash};
use crate::domain::address::network;
use crate::domain::names::{self, LoginName};
use crate::domain::recognised_device::{RecognisedDevice, RecognisedUser};
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::store::throttle::{Attempt, MAX_FAILURES, Reservation};
use crate::store::users::PasswordUser;
use std::rc::Rc;

/// The outcome of an evaluated attempt.
pub enum PasswordSignIn {
    /// The user is signed in.
    SignedIn(Box<(Issued, User)>),
    /// The password is right, and the user needs a second factor. `None` if this client cannot be asked for it.
    SecondFactor(Option<Box<PendingSignIn>>),
    /// The name or the password is wrong, or the user may not sign in. The audit log records which.
    Refused,
}

/// The name and password of a sign-in, as the client sent them.
#[derive(Debug)]
pub struct NameAndPassword<'a> {
    /// User name or e-mail address.
    pub name: &'a str,
    /// The password.
    pub password: Password,
}

/// Signs in the user with this name and password. `device` is the device of the client, if it is recognised.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn run(
    context: Rc<RequestContext>,
    client: ClientInfo,
    device: Option<&RecognisedDevice>,
    typed: NameAndPassword<'_>,
    requested: RequestedSession,
) -> Result<Attempted<PasswordSignIn>, AppError> {
    let login = Login {
        name: TypedName::new(&context, device, typed.name),
        password: typed.password,
        requested,
        network: network(client.address.as_deref()),
        client,
    };
    password_attempt::run(context, Rc::new(login)).await
}

/// The name that a user typed.
struct TypedName {
    name: LoginName,
    /// Its keyed hash. For a name that no user has, only this hash is stored, because users sometimes type their password
    /// there.
    key: String,
    /// Set if the device is recognised for the name.
    device: Option<RecognisedUser>,
}

impl TypedName {
    /// A name that no password user can have is looked up as well, so that it takes the same time.
    fn new(context: &RequestContext, device: Option<&RecognisedDevice>, typed: &str) -> Self {
        let name = LoginName::parse(typed);
        let (source, key) = match &name {
            Some(LoginName::Username(name)) => ("username", name.as_str()),
            Some(LoginName::Email(key)) => ("email", key.as_str()),
            None => ("other", names::trimmed(typed)),
        };
        Self {
            key: context.app.audit_keys.name_key(source, key),
            device: name
                .as_ref()
                .zip(device)
                .and_then(|(name, device)| device.recognises(name)),
            name: name.unwrap_or(LoginName::Username(String::new())),
        }
    }
}

/// One sign-in.
struct Login {
    name: TypedName,
    password: Password,
    requested: RequestedSession,
    client: ClientInfo,
    network: String,
}

/// A user whose password was right.
struct Checked {
    user: User,
    hash: String,
    /// A hash of the same password with the current parameters, if the stored one has older parameters.
    renewed: Option<String>,
    has_factor: bool,
}

/// Why an attempt was refused. The audit log records the reason; the client does not learn it.
#[derive(Clone, Copy)]
enum Refusal {
    UnknownName,
    Disabled,
    NoPassword,
    /// Whether the password was correct is not recorded.
    Locked,
    Wrong,
    UnusableHash,
    Changed,
    NeedsFactor,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::UnknownName => "unknown name",
            Self::Disabled => sign_in::DISABLED,
            Self::NoPassword => "none set",
            Self::Locked => "locked",
            Self::Wrong => "wrong",
            Self::UnusableHash => "unusable hash",
            Self::Changed => sign_in::CHANGED,
            Self::NeedsFactor => sign_in::NEEDS_FACTOR,
        }
    }
}

impl Subject for Login {
    type Outcome = PasswordSignIn;

    fn attempt(&self, now_ms: f64) -> Attempt<'_> {
        let TypedName { name, key, device } = &self.name;
        Attempt::sign_in(name, key, device.as_ref(), &self.network, now_ms)
    }

    fn slot_holder(&self) -> Option<Holder> {
        self.name.device.as_ref().map(|recognised| Holder {
            id: recognised.device.clone(),
            user: recognised.user,
        })
    }

    async fn evaluate(
        &self,
        context: &RequestContext,
        reservation: &Reservation,
        user: Option<PasswordUser>,
        slot: Slot,
    ) -> Result<PasswordSignIn, AppError> {
        let account = user.as_ref().map_or_else(
            || AttemptedAccount::Unknown(self.name.key.clone()),
            |found| AttemptedAccount::Known(found.user.id),
        );
        // The failure of this attempt locks the account once.
        let locks = user
            .as_ref()
            .filter(|found| reservation.locks_account() && found.user.is_active)
            .map(|found| found.user.clone());
        let checked = self.check(context, &slot, user, reservation.is_locked());
        let checked = checked.await?;
        drop(slot);
        let refusal = match checked {
            Err(refusal) => refusal,
            Ok(checked) => match self.proceed(context, checked, reservation).await? {
                Ok(outcome) => return Ok(outcome),
                Err(refusal) => refusal,
            },
        };
        let reason = if reservation.is_last() {
            format!(
                "{}; locked now, after {MAX_FAILURES} in a row",
                refusal.as_str()
            )
        } else {
            refusal.as_str().to_owned()
        };
        let method = SignInMethod::Password;
        let entry = sign_in::refusal(context, &self.client, method, account, &reason)?;
        let throttle = &context.app.throttle;
        throttle.failed(reservation, Some(&entry)).await?;
        if let Some(user) = locks {
            notices::account_locked(context, &self.client, &user);
        }
        Ok(match refusal {
            Refusal::NeedsFactor => PasswordSignIn::SecondFactor(None),
            _ => PasswordSignIn::Refused,
        })
    }
}

impl Login {
    /// Hashes the password, whether or not the user exists.
    async fn check(
        &self,
        context: &RequestContext,
        slot: &Slot,
        user: Option<PasswordUser>,
        is_locked: bool,
    ) -> Result<Result<Checked, Refusal>, AppError> {
        let has_factor = user.as_ref().is_some_and(|found| found.has_factor);
        let (candidate, refusal) = match user {
            None => (None, Refusal::UnknownName),
            Some(found) if !found.user.is_active => (None, Refusal::Disabled),
            Some(found) => match found.password_hash {
                None => (None, Refusal::NoPassword),
                Some(hash) if is_locked => (Some((found.user, hash)), Refusal::Locked),
                Some(hash) => (Some((found.user, hash)), Refusal::Wrong),
            },
        };
        let stored = candidate
            .as_ref()
            .map(|(user, phc)| StoredHash { user: user.id, phc });
        let needs_rehash =
            match password_attempt::check(context, slot, &self.password, stored).await? {
                PasswordCheck::Right { needs_rehash } if !is_locked => needs_rehash,
                PasswordCheck::Right { .. } | PasswordCheck::Wrong => return Ok(Err(refusal)),
                PasswordCheck::UnusableHash => return Ok(Err(Refusal::UnusableHash)),
            };
        let Some((user, hash)) = candidate else {
            return Ok(Err(refusal));
        };
        let renewed = if needs_rehash {
            slot.hash(&self.password, user.id, &context.app.peppers)
                .await
                .ok()
        } else {
            None
        };
        Ok(Ok(Checked {
            user,
            hash,
            renewed,
            has_factor,
        }))
    }

    /// Starts the session, or stores the sign-in until the user has shown a second factor.
    async fn proceed(
        &self,
        context: &RequestContext,
        checked: Checked,
        reservation: &Reservation,
    ) -> Result<Result<PasswordSignIn, Refusal>, AppError> {
        let (method, role) = (SignInMethod::Password, checked.user.role);
        if !rules(context, role).need_factor(method, checked.has_factor) {
            let signed_in = self.start_session(context, checked, reservation).await?;
            return Ok(signed_in.ok_or(Refusal::Changed));
        }
        let Some(binding) = &self.requested.binding else {
            return Ok(Err(Refusal::NeedsFactor));
        };
        let first = FirstStep {
            user: &checked.user,
            has_factor: checked.has_factor,
            method,
            kind: self.requested.kind,
            binding,
            checked_hash: Some(&checked.hash),
            new_hash: checked.renewed.as_deref(),
            attempt: Some(reservation),
        };
        let pending = pending::create(context, &self.client, &first).await?;
        let needed = pending.map(|pending| PasswordSignIn::SecondFactor(Some(Box::new(pending))));
        Ok(needed.ok_or(Refusal::Changed))
    }

    /// Starts the session; returns `None` if the user was changed since the check.
    async fn start_session(
        &self,
        context: &RequestContext,
        checked: Checked,
        reservation: &Reservation,
    ) -> Result<Option<PasswordSignIn>, AppError> {
        let Checked {
            mut user,
            hash,
            renewed,
            ..
        } = checked;
        let options = NewSessionOptions {
            requested: self.requested.clone(),
            checked_hash: Some(&hash),
            new_hash: renewed.as_deref(),
            attempt: Some(reservation),
            ..NewSessionOptions::of(SignInMethod::Password)
        };
        let issued = sign_in::start_session(context, &self.client, &mut user, options).await?;
        if issued.is_some() && self.name.device.is_none() {
            notices::new_device(context, &self.client, &user);
        }
        Ok(issued.map(|issued| PasswordSignIn::SignedIn(Box::new((issued, user)))))
    }
}
