//! Signs in the user of a device flow.
//!
//! All requests with the same device handle get the same session, because its `sid` is in the handle. A request that is repeated
//! within two minutes after the sign-in gets its session.

use super::flow::{Completion, DeviceOutcome, FlowRequest};
use super::handles::REPEAT_WINDOW_SECONDS;
use super::user::DeviceUser;
use crate::app::credential::Issued;
use crate::app::denial::Denial;
use crate::app::error::AppError;
use crate::app::federated_sign_in::{self, FederatedSignIn};
use crate::app::second_factor::pending::PendingSignIn;
use crate::app::sign_in::{self, AttemptedAccount, NewSessionOptions, RequestedSession};
use crate::domain::session::{SessionKind, TokenStatus};
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::token::Session;
use crate::domain::user::User;

/// Starts a session.
pub struct SignIn(pub RequestedSession);

/// What the client gets.
#[derive(Debug)]
pub enum SignedIn {
    /// The token or cookie of the session, and its user.
    Session(Box<(Issued, User)>),
    /// The user needs a second factor. `None` if this client cannot be asked for it.
    SecondFactor(Option<Box<PendingSignIn>>),
}

impl Completion for SignIn {
    type Output = SignedIn;

    const IS_REPEATABLE: bool = true;

    /// The session of this device flow, if a request has started it. Two minutes later, or once its token or cookie has been
    /// rotated, the flow has expired.
    async fn earlier(
        &self,
        request: &FlowRequest,
    ) -> Result<Option<DeviceOutcome<SignedIn>>, AppError> {
        let FlowRequest {
            context, device, ..
        } = request;
        let now = context.now();
        let found = context.app.sessions.find(&device.sid.record_id()).await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let account = AttemptedAccount::Known(record.user.id);
        let denial = match record.token_status(0, now, context.replay_window()) {
            _ if !record.user.is_active => Denial::Disabled,
            TokenStatus::Revoked => Denial::SessionEnded,
            TokenStatus::Current
                if record.kind == self.0.kind
                    && record.rotated_at.plus(REPEAT_WINDOW_SECONDS) >= now =>
            {
                let session = Session {
                    user: record.user.id,
                    sid: device.sid.clone(),
                    generation: 0,
                };
                let expires_at = match record.kind {
                    SessionKind::Token => record.token_expires_at,
                    SessionKind::Cookie => record.ends_at,
                };
                let issued = sign_in::issue(
                    context,
                    record.kind,
                    &session,
                    record.rotated_at,
                    expires_at,
                )?;
                let signed_in = SignedIn::Session(Box::new((issued, record.user)));
                return Ok(Some(DeviceOutcome::Done(signed_in)));
            }
            _ => return Ok(Some(DeviceOutcome::Expired)),
        };
        self.deny(request, denial, account).await?;
        Ok(Some(DeviceOutcome::Denied(denial)))
    }

    async fn complete(
        &self,
        request: &FlowRequest,
        user: DeviceUser,
    ) -> Result<DeviceOutcome<SignedIn>, AppError> {
        let options = NewSessionOptions {
            sid: Some(request.device.sid.clone()),
            requested: self.0.clone(),
            ..NewSessionOptions::of(SignInMethod::AwsDevice)
        };
        let (context, client) = (&request.context, &request.client);
        let DeviceUser { aws_user, role } = user;
        let signed_in = federated_sign_in::run(context, client, &aws_user, role, options).await?;
        Ok(match signed_in {
            FederatedSignIn::SignedIn(issued, user) => {
                DeviceOutcome::Done(SignedIn::Session(Box::new((issued, user))))
            }
            // The session of the completed sign-in gets another `sid`, so that the device handle alone does not lead to it.
            FederatedSignIn::SecondFactor(pending) => {
                DeviceOutcome::Done(SignedIn::SecondFactor(pending.map(Box::new)))
            }
            // The audit log already records the refusal.
            FederatedSignIn::Refused => DeviceOutcome::Denied(Denial::Disabled),
        })
    }

    async fn deny(
        &self,
        request: &FlowRequest,
        denial: Denial,
        account: AttemptedAccount,
    ) -> Result<(), AppError> {
        let (context, client) = (&request.context, &request.client);
        let method = SignInMethod::AwsDevice;
        sign_in::refuse(context, client, method, account, denial.code()).await
    }
}
