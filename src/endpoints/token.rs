//! `POST /api/auth/token`: waits for the person to approve a device flow, and signs them in (RFC 8628 §3.4).
//!
//! Everybody who shows one device handle gets one session: its `sid` is in the handle. AWS gives its token to one question
//! only; from then on the sign-in is finished whatever the client does, and who asks again within two minutes gets it. While
//! one request of an isolate asks AWS about a device flow, others with the same handle are answered that it is pending.

use super::device_user::{self, DeviceUser, NoUser};
use super::handles::{self, Device, RETRY};
use super::sign_in::{self, Method, Terms, Whom};
use super::user_json::BearerReply;
use crate::account::secret::Secret;
use crate::account::session::Standing;
use crate::account::token::Session;
use crate::app::Call;
use crate::app::polls::Asked;
use crate::aws::fault::{Code, Fault};
use crate::aws::sso_oidc::Registration;
use crate::failure::{Denial, Failure};
use crate::json::{FromJson, Malformed, Object};
use crate::wait::pause;
use crate::web::body;
use crate::web::origin::Origin;
use crate::web::prefer;
use crate::web::reply::Reply;
use crate::web::request::Request;
use std::rc::Rc;

/// RFC 8628 §3.5: what `slow_down` adds to the interval, in seconds.
const SLOW_DOWN: u32 = 5;

/// From a question to AWS to the client's reply, in milliseconds: each call has a limit of its own, but six slow ones in a
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
/// `InvalidDeviceHandle`, `AuthorizationPending`, `AuthorizationOver`, `AccessDenied`, `TokenFailed`, `Busy`, `StorageOut`,
/// `Platform`, and what reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of(&request);
    let longest = call.app.config.aws.device_token_wait;
    let preferred =
        prefer::wait(request.header("prefer").as_deref()).map(|seconds| seconds.min(longest));
    let body: TokenRequest = body::json(request, INVALID_HANDLE).await?;
    let registration = handles::open_client(&call, &body.client_id, &body.client_secret);
    let device = handles::open_device(&call, &body.client_id, &body.device_code);
    let (registration, device) = registration
        .zip(device)
        .ok_or(Failure::InvalidDeviceHandle)?;
    let (handle, polls) = (device.sid.record_id(), &call.app.polls);
    let poll = match polls.begin(&handle, call.clock(), LONGEST) {
        Asked::Begun(poll) => poll,
        Asked::ByAnother => {
            return Err(Failure::AuthorizationPending {
                retry_after: device.interval.max(1),
                preference: None,
            });
        }
        Asked::TooMany => return Err(Failure::Busy),
    };
    let call = Rc::new(call);
    let flow = Rc::new(Flow {
        call: Rc::clone(&call),
        origin,
        registration,
        device,
    });
    let waited = call
        .to_the_end(LONGEST, async move {
            // Held until the sign-in is finished, whether or not the client still waits.
            let _poll = poll;
            flow.wait(preferred.unwrap_or(longest)).await
        })
        .await
        .ok_or(Failure::Platform)?;
    match (waited, preferred) {
        (Ok(reply), Some(seconds)) => {
            Ok(reply.with("preference-applied", format!("wait={seconds}")))
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
    call: Rc<Call>,
    origin: Origin,
    registration: Registration,
    device: Device,
}

impl Flow {
    /// Asks AWS at its interval until the person has answered or so many seconds are over.
    async fn wait(self: &Rc<Self>, seconds: u32) -> Result<Reply, Failure> {
        let end = self.call.clock() + f64::from(seconds) * 1_000.0;
        let mut interval = self.device.interval.max(1);
        loop {
            if let Some(reply) = self.already().await? {
                return Ok(reply);
            }
            let finished = self.call.clock() + FINISHING;
            match self
                .call
                .app
                .aws
                .create_token(&self.registration, &self.device.code)
                .await
            {
                Ok(token) => {
                    let flow = Rc::clone(self);
                    // What AWS has given is used to its end, even where the client is told that it took too long: the
                    // client's next question finds the session.
                    let signed_in = self.call.to_the_end(self.until(finished), async move {
                        flow.finish(token).await
                    });
                    return signed_in
                        .await
                        .unwrap_or(Err(Failure::TokenFailed("Timeout")));
                }
                Err(Fault::Refused(Code::AUTHORIZATION_PENDING)) => {}
                Err(Fault::Refused(Code::SLOW_DOWN)) => {
                    interval = interval.saturating_add(SLOW_DOWN);
                }
                Err(Fault::Refused(Code::ACCESS_DENIED)) => {
                    return Err(self.denied(Denial::ByUser, Whom::Unknown).await?);
                }
                Err(Fault::Refused(Code::EXPIRED_TOKEN | Code::INVALID_GRANT)) => {
                    return self.used_or_over(finished).await;
                }
                Err(fault) => {
                    handles::forget_if_unknown(&self.call, fault, &self.registration);
                    return Err(Failure::TokenFailed(fault.code()));
                }
            }
            if self.call.clock() + f64::from(interval) * 1_000.0 > end {
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
    async fn already(&self) -> Result<Option<Reply>, Failure> {
        let now = self.call.moment();
        let found = self
            .call
            .app
            .sessions
            .find(&self.device.sid.record_id())
            .await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let id = record.user.id;
        if !record.user.is_active {
            return Err(self.denied(Denial::Disabled, Whom::User(id)).await?);
        }
        let standing = record.standing(0, now, self.call.replay_window());
        if standing == Standing::Ended {
            return Err(self.denied(Denial::SessionEnded, Whom::User(id)).await?);
        }
        if standing != Standing::Current || record.rotated_at.plus(RETRY) < now {
            return Err(Failure::AuthorizationOver);
        }
        let session = Session {
            user: record.user.id,
            sid: self.device.sid.clone(),
            generation: 0,
        };
        let issued =
            self.call
                .app
                .tokens
                .issue(&session, record.rotated_at, record.token_expires_at);
        Ok(Some(BearerReply::of(&issued, &record.user)))
    }

    /// AWS takes a code once: before its end, "invalid" means that another request has it in hand.
    async fn used_or_over(&self, end: f64) -> Result<Reply, Failure> {
        loop {
            if let Some(reply) = self.already().await? {
                return Ok(reply);
            }
            let is_over = self.call.moment() >= self.device.ends_at;
            if is_over || self.call.clock() + f64::from(AGAIN) > end {
                return Err(Failure::AuthorizationOver);
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
        let left = (moment - self.call.clock()).min(FINISHING) as u32;
        left
    }

    async fn finish(&self, token: Secret) -> Result<Reply, Failure> {
        let found = device_user::identify(&self.call, &token).await;
        let aws = &self.call.app.aws;
        // The token grants everything that the user may do in AWS, and it is not needed any more, whether or not the sign-in
        // succeeded.
        self.call.after_reply(async move {
            let _ = aws.logout(&token).await;
        });
        let DeviceUser { person, role } = match found {
            Ok(found) => found,
            Err(NoUser::Failed(failure)) => return Err(failure),
            Err(NoUser::Denied(denial, username)) => {
                let whom = username.map_or(Whom::Unknown, |name| {
                    let key = name.to_ascii_lowercase();
                    Whom::Nobody(self.call.app.audit_keys.name_key("aws", &key))
                });
                return Err(self.denied(denial, whom).await?);
            }
        };
        let session = Terms {
            sid: Some(self.device.sid.clone()),
            ..Terms::of(Method::AwsDevice)
        };
        let (call, origin) = (&self.call, &self.origin);
        match sign_in::arrive(call, origin, &person, role, session).await? {
            Some((issued, user)) => Ok(BearerReply::of(&issued, &user)),
            // Already in the audit log.
            None => Err(Failure::AccessDenied(Denial::Disabled)),
        }
    }

    /// The failure for a decision of the user or the directory, once it is in the audit log.
    async fn denied(&self, denial: Denial, whom: Whom) -> Result<Failure, Failure> {
        let (call, origin) = (&self.call, &self.origin);
        sign_in::refuse(call, origin, Method::AwsDevice, whom, denial.code()).await?;
        Ok(Failure::AccessDenied(denial))
    }
}
