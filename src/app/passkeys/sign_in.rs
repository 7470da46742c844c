//! Signs a user in with a passkey. No second factor is needed, because the authenticator has verified the user. Users of an identity
//! source cannot sign in like this: the source decides at each sign-in whether they may sign in, and with which role.

use super::authenticate::{self, Checked, ValidPasskey};
use super::ceremony::{self, Challenge, Use};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::credential::Issued;
use crate::app::error::AppError;
use crate::app::sign_in::{
    self, AttemptedAccount, CHANGED, DISABLED, NewSessionOptions, RequestedSession, SettledFactor,
};
use crate::crypto::secret::Secret;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::domain::webauthn::Refusal;
use crate::domain::webauthn::credential::AssertionResponse;
use crate::store::factors::{FactorWrites, Shown, VerifiedFactor};

/// A passkey as a client sends it.
#[derive(Debug)]
pub struct SentPasskey {
    /// The sealed challenge.
    pub state: Secret,
    /// The response of the authenticator; `None` if it cannot be read.
    pub response: Option<AssertionResponse>,
}

/// The outcome of a sign-in.
#[derive(Debug)]
pub enum PasskeySignIn {
    /// The user is signed in.
    SignedIn(Box<(Issued, User)>),
    /// No user has this passkey.
    Unknown,
    /// The user signs in with an identity source.
    Federated,
    /// The passkey is refused for another reason.
    Refused,
}

/// The reason in the audit log if no user has the passkey.
const UNKNOWN: &str = "unknown passkey";
/// The reason in the audit log if an identity source provides the user.
const FEDERATED: &str = "user of an identity source";

/// Signs in the user of a passkey. `browser` is the binding of the browser that got the challenge.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn sign_in(
    context: &RequestContext,
    client: &ClientInfo,
    (sent, browser): (&SentPasskey, Option<&str>),
    requested: RequestedSession,
) -> Result<PasskeySignIn, AppError> {
    let challenge =
        browser.and_then(|browser| ceremony::challenge(context, Use::SignIn(browser), &sent.state));
    let (Some(challenge), Some(response)) = (challenge, &sent.response) else {
        return Ok(PasskeySignIn::Refused);
    };
    let ValidPasskey {
        used,
        mut user,
        is_federated,
    } = match authenticate::check(context, response, &challenge, None).await? {
        Checked::Valid(valid) => *valid,
        Checked::Unknown => {
            let account = AttemptedAccount::Unidentified;
            refuse(context, client, &challenge, None, (account, UNKNOWN)).await?;
            return Ok(PasskeySignIn::Unknown);
        }
        Checked::Refused(refusal, user) => {
            let refused = Some((refusal, &*user));
            let account = AttemptedAccount::Known(user.id);
            let reason = refusal.to_string();
            refuse(context, client, &challenge, refused, (account, &reason)).await?;
            return Ok(PasskeySignIn::Refused);
        }
    };
    let account = AttemptedAccount::Known(user.id);
    if !user.is_active {
        refuse(context, client, &challenge, None, (account, DISABLED)).await?;
        return Ok(PasskeySignIn::Refused);
    }
    if is_federated {
        let refused = (account, FEDERATED);
        refuse(context, client, &challenge, None, refused).await?;
        return Ok(PasskeySignIn::Federated);
    }
    let shown = Shown::Used(VerifiedFactor::Passkey(used));
    let options = NewSessionOptions {
        requested,
        factor: Some(SettledFactor {
            writes: Some(&FactorWrites::of(&shown)),
            pending: None,
        }),
        ..NewSessionOptions::of(SignInMethod::Passkey)
    };
    let started = sign_in::start_session(context, client, &mut user, options).await?;
    let Some(issued) = started else {
        refuse(context, client, &challenge, None, (account, CHANGED)).await?;
        return Ok(PasskeySignIn::Refused);
    };
    Ok(PasskeySignIn::SignedIn(Box::new((issued, user))))
}

/// Spends the challenge and records the refusal. Records nothing if the challenge was used before, so a challenge causes at most one
/// entry.
async fn refuse(
    context: &RequestContext,
    client: &ClientInfo,
    challenge: &Challenge,
    refused: Option<(Refusal, &User)>,
    (account, reason): (AttemptedAccount, &str),
) -> Result<(), AppError> {
    if authenticate::spend(context, client, challenge, refused).await? {
        sign_in::refuse(context, client, SignInMethod::Passkey, account, reason).await?;
    }
    Ok(())
}
