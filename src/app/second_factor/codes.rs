//! The check of one-time codes and recovery codes.

use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::email::{FactorEvent, notices};
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::factor::Factor;
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::totp::TotpSecret;
use crate::domain::user::User;
use crate::store::factor_attempts::CodeState;
use crate::store::factors::{UsedTotp, VerifiedFactor};
use crate::store::totp::StoredTotp;
use uuid::Uuid;

/// A code that a user typed.
#[derive(Debug)]
pub enum TypedCode {
    /// A one-time code.
    Totp(Secret),
    /// A recovery code.
    RecoveryCode(Secret),
}

impl TypedCode {
    /// The factor.
    #[must_use]
    pub fn factor(&self) -> Factor {
        match self {
            Self::Totp(_) => Factor::Totp,
            Self::RecoveryCode(_) => Factor::RecoveryCode,
        }
    }
}

/// Why a code was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// To complete a sign-in.
    SignIn,
    /// To step up this session.
    StepUp(&'a str),
    /// To confirm the secret of one-time codes in this session.
    Confirmation(&'a str),
}

impl Purpose<'_> {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::StepUp(_) => "step-up",
            Self::Confirmation(_) => "confirmation",
        }
    }
}

/// Compares a code, whose check was reserved, with the codes of its user; `None` if it is not accepted. A user without a factor has no
/// codes. While codes are locked, only a recovery code on a recognised device is accepted.
#[must_use]
pub fn check(
    context: &RequestContext,
    user: Uuid,
    state: &CodeState,
    code: &TypedCode,
    is_recognised: bool,
) -> Option<VerifiedFactor> {
    let is_exempt = is_recognised && code.factor() == Factor::RecoveryCode;
    if !state.has_factor || (state.is_locked() && !is_exempt) {
        return None;
    }
    match code {
        TypedCode::Totp(code) => {
            let stored = state.totp.as_ref().filter(|stored| stored.is_confirmed)?;
            check_totp(context, user, stored, code).map(VerifiedFactor::Totp)
        }
        TypedCode::RecoveryCode(code) => {
            let hash = RecoveryCode::parse(code.reveal())?.hash(user);
            let is_right = state.has_recovery_code(&hash);
            is_right.then_some(VerifiedFactor::RecoveryCode(hash))
        }
    }
}

/// Compares a one-time code with a stored secret.
pub(super) fn check_totp(
    context: &RequestContext,
    user: Uuid,
    stored: &StoredTotp,
    code: &Secret,
) -> Option<UsedTotp> {
    let keys = context.app.factor_keys.as_ref()?;
    let secret = keys.open(&user.to_string(), &stored.secret)?;
    let secret = TotpSecret::parse(secret.reveal())?;
    let step = secret.verify(code.reveal(), context.now(), stored.last_step)?;
    Some(UsedTotp {
        step,
        secret: stored.secret.clone(),
    })
}

/// Records that a code was wrong. Once codes are locked, nothing more is recorded, because otherwise the log would grow with each
/// request.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn refuse(
    context: &RequestContext,
    client: &ClientInfo,
    user: &User,
    state: &CodeState,
    (factor, purpose): (Factor, Purpose<'_>),
) -> Result<(), AppError> {
    if state.is_locked() {
        return Ok(());
    }
    let mut detail = format!("{}: {}", purpose.as_str(), factor.as_str());
    if state.is_last() {
        detail.push_str("; codes are locked now");
    }
    let entry = client.entry(context, Kind::FactorFailed)?.about(user.id);
    let entry = match purpose {
        // The client is not known to be the user.
        Purpose::SignIn => entry,
        Purpose::StepUp(session) | Purpose::Confirmation(session) => {
            entry.by(user.id).of_session(session)
        }
    };
    context.record(entry.detail(detail)).await?;
    if state.is_last() {
        notices::factor(context, client, user, FactorEvent::CodesLocked);
    }
    Ok(())
}
