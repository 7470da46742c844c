//! Completes a device flow: waits for the user to approve it, and signs them in (RFC 8628 section 3.4).
//!
//! All requests with the same device handle get the same session, because its `sid` is in the handle. AWS returns its token
//! once. From then on the sign-in is completed whatever the client does, and a request that is repeated within two minutes
//! gets its session.

use super::handles::{self, Device, REPEAT_WINDOW_SECONDS};
use super::polls::{Guard, PollStart};
use super::user::{self, DeviceUser, NoUser};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::credential::Issued;
use crate::app::denial::Denial;
use crate::app::error::AppError;
use crate::app::federated_sign_in;
use crate::app::sign_in::{self, AttemptedAccount, NewSessionOptions};
use crate::aws::error::{AwsError, Code};
use crate::aws::sso_oidc::Registration;
use crate::crypto::secret::Secret;
use crate::domain::session::TokenStatus;
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::token::Session;
use crate::domain::user::User;
use crate::runtime::timeout::sleep;
use std::rc::Rc;

/// Seconds that `slow_down` adds to the interval (RFC 8628 section 3.5).
const SLOW_DOWN_SECONDS: u32 = 5;

/// Maximum time from the receipt of the AWS token to the response, in milliseconds. Each call to AWS has a timeout of its own,
/// but six slow calls in a row would take longer than clients wait. A request that finds the code used waits as long for the
/// request that used it.
const FINISH_BUDGET_MS: f64 = 8_000.0;

/// Maximum duration of a request in milliseconds: the longest wait, the last call to AWS and the completion of the sign-in.
const MAX_REQUEST_MS: u32 = 45_000;

/// Interval at which D1 is read while another request finishes the sign-in, in milliseconds.
const POLL_D1_MS: u32 = 1_000;

/// The outcome of a request, if nothing failed.
pub enum DeviceSignIn {
    /// The user is signed in.
    SignedIn(Box<(Issued, User)>),
    /// The user has not answered yet. Another request may be sent after this many seconds.
    Pending(u32),
    /// The user has not answered yet, and another request of this isolate is waiting for the same device flow.
    PendingElsewhere(u32),
    /// The device code has expired or was already used.
    Expired,
    /// The sign-in was denied, which the audit log records.
    Denied(Denial),
    /// This isolate waits for as many device flows as it can.
    TooMany,
}

/// Waits until the user has answered, but at most this many seconds, and signs them in.
///
/// # Errors
/// `Aws`, `Store`, `Contention`, `Runtime`.
pub async fn run(
    context: RequestContext,
    client: ClientInfo,
    registration: Registration,
    device: Device,
    seconds: u32,
) -> Result<DeviceSignIn, AppError> {
    let (handle, polls) = (device.sid.record_id(), &context.app.device_polls);
    let poll = match polls.begin(&handle, context.now_ms(), MAX_REQUEST_MS) {
        PollStart::Begun(poll) => poll,
        PollStart::AlreadyPolling => {
            return Ok(DeviceSignIn::PendingElsewhere(device.interval.max(1)));
        }
        PollStart::TooMany => return Ok(DeviceSignIn::TooMany),
    };
    let context = Rc::new(context);
    let flow = Rc::new(Flow {
        context: Rc::clone(&context),
        client,
        registration,
        device,
    });
    let outcome = context.run_to_completion(MAX_REQUEST_MS, async move {
        // `poll` is held until the sign-in is complete, whether or not the client still waits.
        flow.wait(&poll, seconds).await
    });
    outcome.await.ok_or(AppError::Runtime)?
}

/// The part of one request in a device flow.
struct Flow {
    context: Rc<RequestContext>,
    client: ClientInfo,
    registration: Registration,
    device: Device,
}

impl Flow {
    /// Polls AWS at its interval until the user has answered or this many seconds have passed.
    async fn wait(self: &Rc<Self>, poll: &Guard, seconds: u32) -> Result<DeviceSignIn, AppError> {
        let end = self.context.now_ms() + f64::from(seconds) * 1_000.0;
        let mut interval = self.device.interval.max(1);
        // An earlier request may have polled less than an interval ago.
        let mut delay_ms = poll.delay_ms(self.context.now_ms());
        loop {
            if let Some(outcome) = self.existing_session().await? {
                return Ok(outcome);
            }
            if delay_ms == 0 {
                if let Some(outcome) = self.poll_aws(poll, &mut interval).await? {
                    return Ok(outcome);
                }
                delay_ms = interval.saturating_mul(1_000);
                poll.delay_next(self.context.now_ms(), delay_ms);
            }
            if self.context.now_ms() + f64::from(delay_ms) > end {
                return Ok(DeviceSignIn::Pending(delay_ms.div_ceil(1_000)));
            }
            sleep(delay_ms).await;
            delay_ms = 0;
        }
    }

    /// Polls AWS once. `None` if the user has not answered.
    async fn poll_aws(
        self: &Rc<Self>,
        poll: &Guard,
        interval: &mut u32,
    ) -> Result<Option<DeviceSignIn>, AppError> {
        let now = self.context.now_ms();
        // The next poll is delayed even if this call fails.
        poll.delay_next(now, interval.saturating_mul(1_000));
        let finish_by = now + FINISH_BUDGET_MS;
        let aws = &self.context.app.aws;
        let polled = aws
            .create_token(&self.registration, &self.device.code)
            .await;
        match polled {
            Ok(token) => self.finish_within(finish_by, token).await.map(Some),
            Err(AwsError::Refused(Code::AUTHORIZATION_PENDING)) => Ok(None),
            Err(AwsError::Refused(Code::SLOW_DOWN)) => {
                *interval = interval.saturating_add(SLOW_DOWN_SECONDS);
                Ok(None)
            }
            Err(AwsError::Refused(Code::ACCESS_DENIED)) => self
                .deny(Denial::ByUser, AttemptedAccount::Unidentified)
                .await
                .map(Some),
            Err(AwsError::Refused(Code::EXPIRED_TOKEN | Code::INVALID_GRANT)) => {
                self.wait_for_other_request(finish_by).await.map(Some)
            }
            Err(error) => {
                handles::forget_if_unknown(&self.context, error, &self.registration);
                Err(AppError::Aws(error.code()))
            }
        }
    }

    /// The session of this device flow, if a request has started it. Two minutes later, or once its token has been refreshed,
    /// the flow has expired.
    async fn existing_session(&self) -> Result<Option<DeviceSignIn>, AppError> {
        let (app, now) = (self.context.app, self.context.now());
        let Some(record) = app.sessions.find(&self.device.sid.record_id()).await? else {
            return Ok(None);
        };
        let account = AttemptedAccount::Known(record.user.id);
        if !record.user.is_active {
            return self.deny(Denial::Disabled, account).await.map(Some);
        }
        match record.token_status(0, now, self.context.replay_window()) {
            TokenStatus::Revoked => self.deny(Denial::SessionEnded, account).await.map(Some),
            TokenStatus::Current if record.rotated_at.plus(REPEAT_WINDOW_SECONDS) >= now => {
                let session = Session {
                    user: record.user.id,
                    sid: self.device.sid.clone(),
                    generation: 0,
                };
                let issued = app
                    .tokens
                    .issue(&session, record.rotated_at, record.token_expires_at);
                Ok(Some(signed_in(issued, record.user)))
            }
            _ => Ok(Some(DeviceSignIn::Expired)),
        }
    }

    /// AWS accepts a code once. Until the code expires, `InvalidGrant` means that another request has used it.
    async fn wait_for_other_request(&self, end: f64) -> Result<DeviceSignIn, AppError> {
        loop {
            if let Some(outcome) = self.existing_session().await? {
                return Ok(outcome);
            }
            let has_expired = self.context.now() >= self.device.ends_at;
            if has_expired || self.context.now_ms() + f64::from(POLL_D1_MS) > end {
                return Ok(DeviceSignIn::Expired);
            }
            sleep(POLL_D1_MS).await;
        }
    }

    /// Runs [`Flow::finish`] to completion, even if the client is told that it took too long: the next request of the client
    /// finds the session.
    async fn finish_within(
        self: &Rc<Self>,
        end: f64,
        token: Secret,
    ) -> Result<DeviceSignIn, AppError> {
        let flow = Rc::clone(self);
        // The value is between 0 and 8,000 unless the clock jumps. The cast saturates.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole milliseconds, saturating"
        )]
        let left = (end - self.context.now_ms()).min(FINISH_BUDGET_MS) as u32;
        let signed_in = self
            .context
            .run_to_completion(left, async move { flow.finish(token).await });
        signed_in.await.unwrap_or(Err(AppError::Aws("Timeout")))
    }

    /// Identifies the user and starts the session.
    async fn finish(&self, token: Secret) -> Result<DeviceSignIn, AppError> {
        let found = user::identify(&self.context, &token).await;
        let aws = &self.context.app.aws;
        // The token grants everything that the user may do in AWS, and it is not needed any more, whether or not the sign-in
        // succeeded.
        self.context.wait_until(async move {
            let _ = aws.logout(&token).await;
        });
        let DeviceUser { aws_user, role } = match found {
            Ok(found) => found,
            Err(NoUser::Failed(error)) => return Err(error),
            Err(NoUser::Denied(denial, username)) => {
                let account = username.map_or(AttemptedAccount::Unidentified, |name| {
                    let key = name.to_ascii_lowercase();
                    AttemptedAccount::Unknown(self.context.app.audit_keys.name_key("aws", &key))
                });
                return self.deny(denial, account).await;
            }
        };
        let options = NewSessionOptions {
            sid: Some(self.device.sid.clone()),
            ..NewSessionOptions::of(SignInMethod::AwsDevice)
        };
        let (context, client) = (&self.context, &self.client);
        match federated_sign_in::run(context, client, &aws_user, role, options).await? {
            Some((issued, user)) => Ok(signed_in(issued, user)),
            // The audit log already records the refusal.
            None => Ok(DeviceSignIn::Denied(Denial::Disabled)),
        }
    }

    /// Records in the audit log that the sign-in was denied.
    async fn deny(
        &self,
        denial: Denial,
        account: AttemptedAccount,
    ) -> Result<DeviceSignIn, AppError> {
        let (context, client) = (&self.context, &self.client);
        let method = SignInMethod::AwsDevice;
        sign_in::refuse(context, client, method, account, denial.code()).await?;
        Ok(DeviceSignIn::Denied(denial))
    }
}

fn signed_in(issued: Issued, user: User) -> DeviceSignIn {
    DeviceSignIn::SignedIn(Box::new((issued, user)))
}
