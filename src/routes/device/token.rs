//! `POST /api/auth/token`: waits for the person to approve a device flow, and signs them in (RFC 8628 §3.4).
//!
//! Everybody who shows one device handle gets one session: its `sid` is in the handle. AWS gives its token to one question
//! only; from then on the sign-in is finished whatever the client does, and who asks again within two minutes gets it. While
//! one request of an isolate asks AWS about a device flow, others with the same handle are answered that it is pending.

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::device_handles::{self, Device, RETRY};
use crate::app::device_polls::Asked;
use crate::app::device_user::{self, DeviceUser, NoUser};
use crate::app::failure::{Denial, Failure};
use crate::app::sign_in::{self, AttemptedAccount, NewSessionOptions, SignInMethod};
use crate::aws::error::{AwsError, Code};
use crate::aws::sso_oidc::Registration;
use crate::crypto::secret::Secret;
use crate::domain::session::TokenStatus;
use crate::domain::token::Session;
use crate::http::body;
use crate::http::prefer;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::json::{FromJson, Malformed, Object};
use crate::routes::responses::BearerResponse;
use crate::runtime::wait::pause;
use std::rc::Rc;

/// RFC 8628 §3.5: what `slow_down` adds to the interval, in seconds.
const SLOW_DOWN: u32 = 5;

/// From a question to AWS to the client's response, in milliseconds: each call has a limit of its own, but six slow ones in a
/// row would outlast any client's patience. Who finds the code used waits as long for whoever used it.
const FINISHING: f64 = 8_000.0;

/// The longest wait, the last question and what follows from it, in milliseconds.
const LONGEST: u32 = 45_000;

/// How often the record is looked at meanwhile, in milliseconds.
const AGAIN: u32 = 1_000;

/// The text of a 400 response, as the API specification fixes it.
const INVALID_HANDLE: &str = "Failed to create token from device code";

/// The client and the device code of a device flow.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct TokenRequest {
    /// As returned by `/register-client`.
    client_id: String,
    /// As returned by `/register-client`.
    client_secret: String,
    /// As returned by `/device-authorization`.
    device_code: String,
}

impl FromJson for TokenRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            client_id: object.text("client_id")?,
            client_secret: object.text("client_secret")?,
            device_code: object.text("device_code")?,
        })
    }
}

/// Answers the route.
///
/// # Errors
/// `InvalidDeviceHandle`, `AuthorizationPending`, `DeviceCodeExpired`, `AccessDenied`, `TokenFailed`, `Busy`, `StoreUnavailable`,
/// `Platform`, and what reading the body gives.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let client = request.client_info();
    let longest = context.app.config.aws.device_token_wait;
    let preferred =
        prefer::wait(request.header("prefer").as_deref()).map(|seconds| seconds.min(longest));
    let body: TokenRequest = body::json(request, INVALID_HANDLE).await?;
    let registration = device_handles::open_client(&context, &body.client_id, &body.client_secret);
    let device = device_handles::open_device(&context, &body.client_id, &body.device_code);
    let (registration, device) = registration
        .zip(device)
        .ok_or(Failure::InvalidDeviceHandle)?;
    let (handle, polls) = (device.sid.record_id(), &context.app.device_polls);
    let poll = match polls.begin(&handle, context.clock(), LONGEST) {
        Asked::Begun(poll) => poll,
        Asked::ByAnother => {
            return Err(Failure::AuthorizationPending {
                retry_after: device.interval.max(1),
                preference: None,
            });
        }
        Asked::TooMany => return Err(Failure::Busy),
    };
    let context = Rc::new(context);
    let flow = Rc::new(Flow {
        context: Rc::clone(&context),
        client,
        registration,
        device,
    });
    let waited = context
        .run_to_completion(LONGEST, async move {
            // Held until the sign-in is finished, whether or not the client still waits.
            let _poll = poll;
            flow.wait(preferred.unwrap_or(longest)).await
        })
        .await
        .ok_or(Failure::Platform)?;
    match (waited, preferred) {
        (Ok(response), Some(seconds)) => {
            Ok(response.with("preference-applied", format!("wait={seconds}")))
        }
        (Err(Failure::AuthorizationPending { retry_after, .. }), preference) => {
            Err(Failure::AuthorizationPending {
                retry_after,
                preference,
            })
        }
        (outcome, _) => outcome,
    }
}

/// One request's part in a device flow.
struct Flow {
    context: Rc<RequestContext>,
    client: ClientInfo,
    registration: Registration,
    device: Device,
}

impl Flow {
    /// Asks AWS at its interval until the person has answered or so many seconds are over.
    async fn wait(self: &Rc<Self>, seconds: u32) -> Result<Response, Failure> {
        let end = self.context.clock() + f64::from(seconds) * 1_000.0;
        let mut interval = self.device.interval.max(1);
        loop {
            if let Some(response) = self.already().await? {
                return Ok(response);
            }
            let finished = self.context.clock() + FINISHING;
            match self
                .context
                .app
                .aws
                .create_token(&self.registration, &self.device.code)
                .await
            {
                Ok(token) => {
                    let flow = Rc::clone(self);
                    // What AWS has given is used to its end, even where the client is told that it took too long: the
                    // client's next question finds the session.
                    let signed_in = self
                        .context
                        .run_to_completion(self.until(finished), async move {
                            flow.finish(token).await
                        });
                    return signed_in
                        .await
                        .unwrap_or(Err(Failure::TokenFailed("Timeout")));
                }
                Err(AwsError::Refused(Code::AUTHORIZATION_PENDING)) => {}
                Err(AwsError::Refused(Code::SLOW_DOWN)) => {
                    interval = interval.saturating_add(SLOW_DOWN);
                }
                Err(AwsError::Refused(Code::ACCESS_DENIED)) => {
                    return Err(self
                        .denied(Denial::ByUser, AttemptedAccount::Unidentified)
                        .await?);
                }
                Err(AwsError::Refused(Code::EXPIRED_TOKEN | Code::INVALID_GRANT)) => {
                    return self.used_or_over(finished).await;
                }
                Err(fault) => {
                    device_handles::forget_if_unknown(&self.context, fault, &self.registration);
                    return Err(Failure::TokenFailed(fault.code()));
                }
            }
            if self.context.clock() + f64::from(interval) * 1_000.0 > end {
                return Err(Failure::AuthorizationPending {
                    retry_after: interval,
                    preference: None,
                });
            }
            pause(interval.saturating_mul(1_000)).await;
        }
    }

    /// The session of this flow, if somebody has begun it; after two minutes, or once its token was refreshed, the flow is
    /// over.
    async fn already(&self) -> Result<Option<Response>, Failure> {
        let now = self.context.moment();
        let found = self
            .context
            .app
            .sessions
            .find(&self.device.sid.record_id())
            .await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let id = record.user.id;
        if !record.user.is_active {
            return Err(self
                .denied(Denial::Disabled, AttemptedAccount::Known(id))
                .await?);
        }
        let standing = record.token_status(0, now, self.context.replay_window());
        if standing == TokenStatus::Revoked {
            return Err(self
                .denied(Denial::SessionEnded, AttemptedAccount::Known(id))
                .await?);
        }
        if standing != TokenStatus::Current || record.rotated_at.plus(RETRY) < now {
            return Err(Failure::DeviceCodeExpired);
        }
        let session = Session {
            user: record.user.id,
            sid: self.device.sid.clone(),
            generation: 0,
        };
        let issued =
            self.context
                .app
                .tokens
                .issue(&session, record.rotated_at, record.token_expires_at);
        Ok(Some(BearerResponse::of(&issued, &record.user)))
    }

    /// AWS takes a code once: before its end, "invalid" means that another request has it in hand.
    async fn used_or_over(&self, end: f64) -> Result<Response, Failure> {
        loop {
            if let Some(response) = self.already().await? {
                return Ok(response);
            }
            let is_over = self.context.moment() >= self.device.ends_at;
            if is_over || self.context.clock() + f64::from(AGAIN) > end {
                return Err(Failure::DeviceCodeExpired);
            }
            pause(AGAIN).await;
        }
    }

    /// Milliseconds until then.
    fn until(&self, moment: f64) -> u32 {
        // Between 0 and 8,000 unless the clock jumps, and then saturating.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole milliseconds, saturating"
        )]
        let left = (moment - self.context.clock()).min(FINISHING) as u32;
        left
    }

    async fn finish(&self, token: Secret) -> Result<Response, Failure> {
        let found = device_user::identify(&self.context, &token).await;
        let aws = &self.context.app.aws;
        // The token grants everything that the user may do in AWS, and it is not needed any more, whether or not the sign-in
        // succeeded.
        self.context.wait_until(async move {
            let _ = aws.logout(&token).await;
        });
        let DeviceUser { person, role } = match found {
            Ok(found) => found,
            Err(NoUser::Failed(failure)) => return Err(failure),
            Err(NoUser::Denied(denial, username)) => {
                let account = username.map_or(AttemptedAccount::Unidentified, |name| {
                    let key = name.to_ascii_lowercase();
                    AttemptedAccount::Unknown(self.context.app.audit_keys.name_key("aws", &key))
                });
                return Err(self.denied(denial, account).await?);
            }
        };
        let session = NewSessionOptions {
            sid: Some(self.device.sid.clone()),
            ..NewSessionOptions::of(SignInMethod::AwsDevice)
        };
        let (context, client) = (&self.context, &self.client);
        match sign_in::sign_in_federated(context, client, &person, role, session).await? {
            Some((issued, user)) => Ok(BearerResponse::of(&issued, &user)),
            // Already in the audit log.
            None => Err(Failure::AccessDenied(Denial::Disabled)),
        }
    }

    /// The failure for a decision of the user or the directory, once it is in the audit log.
    async fn denied(&self, denial: Denial, account: AttemptedAccount) -> Result<Failure, Failure> {
        let (context, client) = (&self.context, &self.client);
        sign_in::refuse(
            context,
            client,
            SignInMethod::AwsDevice,
            account,
            denial.code(),
        )
        .await?;
        Ok(Failure::AccessDenied(denial))
    }
}
