//! `POST /api/auth/step-up`: authenticates the user of a session again, which some routes require.

use super::sign_in::{required, sent_passkey};
use super::verify::typed_code;
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::device_flow::step_up::StepUp;
use crate::app::passkeys;
use crate::app::password_attempt::Attempted;
use crate::app::step_up::{self, CodeStepUp, PasswordStepUp, SentSession};
use crate::crypto::secret::Secret;
use crate::domain::session::{SessionKind, SessionRecord};
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::webauthn::credential::CredentialJson;
use crate::http::body::{self, INVALID_BODY};
use crate::http::device_cookie::DeviceCookie;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::routes::device::approval::{self, Handles, Wait};
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/step-up",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// How a user authenticates again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepUpMethod {
    /// With a passkey.
    Passkey,
    /// With a one-time code.
    Totp,
    /// With a recovery code.
    RecoveryCode,
    /// With the password, if the user has no factor.
    Password,
    /// With the device flow of Identity Center, if the user has no factor.
    AwsDevice,
}

/// The fields of all methods; [`StepUpRequest`] describes the body.
#[derive(Deserialize)]
struct Fields {
    method: StepUpMethod,
    password: Option<String>,
    code: Option<Secret>,
    client_id: Option<String>,
    client_secret: Option<String>,
    device_code: Option<String>,
    state: Option<Secret>,
    credential: Option<CredentialJson>,
}

/// A method of authentication with its credentials.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(tag = "method", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the body")]
enum StepUpRequest {
    /// The password of the user.
    Password {
        /// Password. White space is significant.
        #[schemars(length(min = 1))]
        password: String,
    },
    /// A passkey of the user.
    Passkey {
        /// `state` of the response from `/step-up/options`.
        #[schemars(length(min = 1))]
        state: String,
        /// What `navigator.credentials.get()` has returned, as its `toJSON()` writes it.
        credential: CredentialJson,
    },
    /// A one-time code of the user's authenticator app.
    Totp {
        /// Six digits. Spaces are ignored.
        #[schemars(length(min = 1, max = 64))]
        code: String,
    },
    /// One of the user's recovery codes.
    RecoveryCode {
        /// Recovery code. Case, hyphens and spaces are ignored.
        #[schemars(length(min = 1, max = 64))]
        code: String,
    },
    /// A device flow that the same user approves in AWS IAM Identity Center.
    AwsDevice {
        /// `client_id` of the response from `/register-client`.
        client_id: String,
        /// `client_secret` of the response from `/register-client`.
        client_secret: String,
        /// `device_code` of the response from `/device-authorization`.
        device_code: String,
    },
}

/// Confirmation of a step-up.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct StepUpResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Time of this authentication.
    pub authenticated_at: Timestamp,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let wait = Wait::preferred_by(&context, &request);
    let device = DeviceCookie::of(&request);
    let cookie = session_cookie::verified(&context, &request);
    let generation = match &cookie {
        Some(cookie) if session.kind == SessionKind::Cookie => cookie.claims.session.generation,
        _ => session.generation,
    };
    let session = SentSession {
        record: session,
        generation,
    };
    let body: Fields = body::json(request, INVALID_BODY).await?;
    let context = Rc::new(context);
    let method = body.method;
    let is_factor = matches!(
        method,
        StepUpMethod::Passkey | StepUpMethod::Totp | StepUpMethod::RecoveryCode
    );
    if session.record.has_factor && !is_factor {
        return Err(ErrorCode::FactorRequiredForStepUp.into());
    }
    // No user is present in a session of a program, so it cannot be stepped up. A code would count as an attempt of the user.
    let is_of_a_program = session
        .record
        .method
        .is_some_and(SignInMethod::is_of_a_program);
    let can_use_factor = session.record.has_factor && !is_of_a_program;
    let stepped_up = match method {
        StepUpMethod::Passkey => {
            let sent = sent_passkey(body.state, body.credential)?;
            if !can_use_factor {
                return Err(ErrorCode::InvalidPasskey.into());
            }
            let attempted = passkeys::step_up::with_passkey(&context, &client, &session, &sent);
            match attempted.await? {
                CodeStepUp::Wrong => return Err(ErrorCode::InvalidPasskey.into()),
                attempted => by_code(attempted)?,
            }
        }
        StepUpMethod::Totp | StepUpMethod::RecoveryCode => {
            let code = typed_code(method == StepUpMethod::Totp, body.code)?;
            if !can_use_factor {
                return Err(ErrorCode::InvalidCode.into());
            }
            let user = session.record.user.id;
            let is_recognised = device.open(&context).is_some_and(|known| known.is_of(user));
            let attempted = step_up::with_code(&context, &client, &session, &code, is_recognised);
            by_code(attempted.await?)?
        }
        StepUpMethod::Password => {
            let password = required(body.password)?;
            with_password(Rc::clone(&context), client, session, password).await?
        }
        StepUpMethod::AwsDevice => {
            let handles = Handles {
                client_id: &required(body.client_id)?,
                client_secret: &required(body.client_secret)?,
                device_code: &required(body.device_code)?,
            };
            let step_up = StepUp(session);
            let stepped_up = approval::wait(Rc::clone(&context), client, &handles, wait, step_up);
            stepped_up.await?.ok_or(ErrorCode::InvalidToken)?
        }
    };
    let response = Response::ok(&StepUpResponse {
        success: true,
        authenticated_at: stepped_up.authenticated_at,
    });
    let rotated = (stepped_up.kind == SessionKind::Cookie).then_some(&stepped_up);
    let response = session_cookie::rotate_sent(&context, response, cookie.as_deref(), rotated)?;
    Ok(match method {
        StepUpMethod::AwsDevice => wait.applied(response),
        _ => response,
    })
}

fn by_code(attempted: CodeStepUp) -> Result<SessionRecord, ApiError> {
    match attempted {
        CodeStepUp::Done(session) => Ok(*session),
        CodeStepUp::Wrong => Err(ErrorCode::InvalidCode.into()),
        CodeStepUp::TooMany => Err(ErrorCode::TooManyCodes.into()),
        CodeStepUp::BackOff(seconds) => Err(ApiError::back_off(seconds)),
        CodeStepUp::SessionEnded => Err(ErrorCode::InvalidToken.into()),
    }
}

async fn with_password(
    context: Rc<RequestContext>,
    client: ClientInfo,
    session: SentSession,
    password: String,
) -> Result<SessionRecord, ApiError> {
    let attempted = step_up::with_password(context, client, session, password).await?;
    match attempted {
        Attempted::Evaluated(PasswordStepUp::Done(session)) => Ok(*session),
        Attempted::Evaluated(PasswordStepUp::WrongPassword) => {
            Err(ErrorCode::InvalidCurrentPassword.into())
        }
        Attempted::Evaluated(PasswordStepUp::SessionEnded) => Err(ErrorCode::InvalidToken.into()),
        Attempted::BackOff(seconds) => Err(ApiError::back_off(seconds)),
        Attempted::Overloaded => Err(ErrorCode::Overloaded.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("stepUp", "Sessions", "Authenticate again")
        .describe(
            "Authenticates the user of the session again. For 5 minutes, the session may call the routes that require \
             step-up. The session cookie of a cookie session is replaced; a token stays as it is. The method \
             `aws_device` waits for the user as /token does, with the same errors. A user who has a second factor must use it: \
             /step-up/options lists the methods. After five wrong codes, the session accepts no further ones.",
        )
        .parameter(crate::http::device_cookie::parameter())
        .parameter(approval::prefer_parameter())
        .takes::<StepUpRequest>(
            schemas,
            INVALID_BODY,
            json!({"method": "password", "password": "securePassword123"}),
        )
        .returns::<StepUpResponse>(
            schemas,
            json!({"success": true, "authenticated_at": "2024-01-10T12:00:00Z"}),
        )
        .header("set-cookie", false)
        .header("preference-applied", false)
        .errors(approval::errors())
        .errors([
            ErrorCode::InvalidCurrentPassword.into(),
            ErrorCode::InvalidCode.into(),
            ErrorCode::InvalidPasskey.into(),
            ErrorCode::FactorRequiredForStepUp.into(),
            ErrorCode::TooManyCodes.into(),
            ApiError::back_off(1),
        ])
}
