//! Waits for the user to approve a device flow and identifies them (RFC 8628 section 3.4). What the approval is for is a
//! [`Completion`]: a sign-in or a step-up.
//!
//! AWS returns its token once. From then on the flow is completed whatever the client does.

use super::handles::{self, Device};
use super::polls::{Guard, PollStart};
use super::user::{self, DeviceUser, NoUser};
use crate::app::client_info::ClientInfo;
use crate::app::context::RequestContext;
use crate::app::denial::Denial;
use crate::app::error::AppError;
use crate::app::sign_in::AttemptedAccount;
use crate::aws::error::{AwsError, Code};
use crate::aws::sso_oidc::Registration;
use crate::crypto::secret::Secret;
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
pub enum DeviceOutcome<T> {
    /// The user has approved it, and it is completed.
    Done(T),
    /// The user has not answered yet. Another request may be sent after this many seconds.
    Pending(u32),
    /// The user has not answered yet, and another request of this isolate is waiting for the same device flow.
    PendingElsewhere(u32),
    /// The device code has expired or was already used.
    Expired,
    /// It was denied, which the audit log records.
    Denied(Denial),
    /// This isolate waits for as many device flows as it can.
    TooMany,
}

/// What the approval of a device flow is for.
pub trait Completion: 'static {
    /// What the client gets.
    type Output: 'static;

    /// Whether [`Completion::earlier`] may find an outcome.
    const IS_REPEATABLE: bool;

    /// The outcome of an earlier request with the same device handle.
    fn earlier(
        &self,
        request: &FlowRequest,
    ) -> impl Future<Output = Result<Option<DeviceOutcome<Self::Output>>, AppError>>;

    /// Does what the user has approved.
    fn complete(
        &self,
        request: &FlowRequest,
        user: DeviceUser,
    ) -> impl Future<Output = Result<DeviceOutcome<Self::Output>, AppError>>;

    /// Records in the audit log that it was denied.
    fn deny(
        &self,
        request: &FlowRequest,
        denial: Denial,
        account: AttemptedAccount,
    ) -> impl Future<Output = Result<(), AppError>>;
}

/// A request in a device flow.
pub struct FlowRequest {
    /// Its context.
    pub context: Rc<RequestContext>,
    /// Its client.
    pub client: ClientInfo,
    /// The contents of the device handle.
    pub device: Device,
}

/// Waits until the user has answered, but at most this many seconds, and completes the flow.
///
/// # Errors
/// `Aws`, `Store`, `Contention`, `Runtime`.
pub async fn run<C: Completion>(
    request: FlowRequest,
    registration: Registration,
    completion: C,
    seconds: u32,
) -> Result<DeviceOutcome<C::Output>, AppError> {
    let context = Rc::clone(&request.context);
    let device = &request.device;
    let (handle, polls) = (device.sid.record_id(), &context.app.device_polls);
    let poll = match polls.begin(&handle, context.now_ms(), MAX_REQUEST_MS) {
        PollStart::Begun(poll) => poll,
        PollStart::AlreadyPolling => {
            return Ok(DeviceOutcome::PendingElsewhere(device.interval.max(1)));
        }
        PollStart::TooMany => return Ok(DeviceOutcome::TooMany),
    };
    let flow = Rc::new(Flow {
        request,
        registration,
        completion,
    });
    let outcome = context.run_to_completion(MAX_REQUEST_MS, async move {
        // `poll` is held until the flow is complete, whether or not the client still waits.
        flow.wait(&poll, seconds).await
    });
    outcome.await.ok_or(AppError::Runtime)?
}

/// The part of one request in a device flow.
struct Flow<C> {
    request: FlowRequest,
    registration: Registration,
    completion: C,
}

impl<C: Completion> Flow<C> {
    /// Polls AWS at its interval until the user has answered or this many seconds have passed.
    async fn wait(
        self: &Rc<Self>,
        poll: &Guard,
        seconds: u32,
    ) -> Result<DeviceOutcome<C::Output>, AppError> {
        let end = self.request.context.now_ms() + f64::from(seconds) * 1_000.0;
        let mut interval = self.request.device.interval.max(1);
        // An earlier request may have polled less than an interval ago.
        let mut delay_ms = poll.delay_ms(self.request.context.now_ms());
        loop {
            if let Some(outcome) = self.completion.earlier(&self.request).await? {
                return Ok(outcome);
            }
            if delay_ms == 0 {
                if let Some(outcome) = self.poll_aws(poll, &mut interval).await? {
                    return Ok(outcome);
                }
                delay_ms = interval.saturating_mul(1_000);
                poll.delay_next(self.request.context.now_ms(), delay_ms);
            }
            if self.request.context.now_ms() + f64::from(delay_ms) > end {
                return Ok(DeviceOutcome::Pending(delay_ms.div_ceil(1_000)));
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
    ) -> Result<Option<DeviceOutcome<C::Output>>, AppError> {
        let now = self.request.context.now_ms();
        // The next poll is delayed even if this call fails.
        poll.delay_next(now, interval.saturating_mul(1_000));
        let finish_by = now + FINISH_BUDGET_MS;
        let aws = &self.request.context.app.aws;
        let polled = aws
            .create_token(&self.registration, &self.request.device.code)
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
            Err(AwsError::Refused(Code::EXPIRED_TOKEN | Code::INVALID_GRANT))
                if C::IS_REPEATABLE =>
            {
                self.wait_for_other_request(finish_by).await.map(Some)
            }
            Err(AwsError::Refused(Code::EXPIRED_TOKEN | Code::INVALID_GRANT)) => {
                Ok(Some(DeviceOutcome::Expired))
            }
            Err(error) => {
                handles::forget_if_unknown(&self.request.context, error, &self.registration);
                Err(AppError::Aws(error.code()))
            }
        }
    }

    /// AWS accepts a code once. Until the code expires, `InvalidGrant` means that another request has used it.
    async fn wait_for_other_request(&self, end: f64) -> Result<DeviceOutcome<C::Output>, AppError> {
        loop {
            if let Some(outcome) = self.completion.earlier(&self.request).await? {
                return Ok(outcome);
            }
            let has_expired = self.request.context.now() >= self.request.device.ends_at;
            if has_expired || self.request.context.now_ms() + f64::from(POLL_D1_MS) > end {
                return Ok(DeviceOutcome::Expired);
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
    ) -> Result<DeviceOutcome<C::Output>, AppError> {
        let flow = Rc::clone(self);
        // The value is between 0 and 8,000 unless the clock jumps. The cast saturates.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole milliseconds, saturating"
        )]
        let left = (end - self.request.context.now_ms()).min(FINISH_BUDGET_MS) as u32;
        let context = &self.request.context;
        let finished = context.run_to_completion(left, async move { flow.finish(token).await });
        finished.await.unwrap_or(Err(AppError::Aws("Timeout")))
    }

    /// Identifies the user and completes the flow.
    async fn finish(&self, token: Secret) -> Result<DeviceOutcome<C::Output>, AppError> {
        let context = &self.request.context;
        let found = user::identify(context, &token).await;
        let aws = &context.app.aws;
        // The token grants everything that the user may do in AWS, and it is not needed any more, whether or not the flow is
        // completed.
        context.wait_until(async move {
            let _ = aws.logout(&token).await;
        });
        match found {
            Ok(found) => self.completion.complete(&self.request, found).await,
            Err(NoUser::Failed(error)) => Err(error),
            Err(NoUser::Denied(denial, username)) => {
                let account = username.map_or(AttemptedAccount::Unidentified, |name| {
                    let key = name.to_ascii_lowercase();
                    AttemptedAccount::Unknown(context.app.audit_keys.name_key("aws", &key))
                });
                self.deny(denial, account).await
            }
        }
    }

    async fn deny(
        &self,
        denial: Denial,
        account: AttemptedAccount,
    ) -> Result<DeviceOutcome<C::Output>, AppError> {
        self.completion.deny(&self.request, denial, account).await?;
        Ok(DeviceOutcome::Denied(denial))
    }
}
