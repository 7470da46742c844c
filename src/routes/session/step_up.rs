//! `POST /api/auth/step-up`: authenticates the user of a session again, which some routes require.

use crate::app::RequestContext;
use crate::app::password_attempt::Attempted;
use crate::app::step_up::{self, PasswordStepUp};
use crate::domain::session::{SessionKind, SessionRecord};
use crate::domain::sign_in_method::SignInMethod;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
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

/// The fields of all methods; [`StepUpRequest`] describes the body.
#[derive(Deserialize)]
struct Fields {
    method: SignInMethod,
    password: Option<String>,
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
    let cookie = session_cookie::verified(&context, &request);
    let body: Fields = body::json(request, INVALID_BODY).await?;
    let context = Rc::new(context);
    let stepped_up = match body.method {
        SignInMethod::Password => {
            let password = body.password.filter(|password| !password.is_empty());
            let password = password.ok_or(ErrorCode::MissingField)?;
            let attempted = step_up::with_password(Rc::clone(&context), client, session, password);
            match attempted.await? {
                Attempted::Evaluated(PasswordStepUp::Done(session)) => *session,
                Attempted::Evaluated(PasswordStepUp::WrongPassword) => {
                    return Err(ErrorCode::InvalidCurrentPassword.into());
                }
                Attempted::Evaluated(PasswordStepUp::SessionEnded) => {
                    return Err(ErrorCode::InvalidToken.into());
                }
                Attempted::BackOff(seconds) => return Err(ApiError::back_off(seconds)),
                Attempted::Overloaded => return Err(ErrorCode::Overloaded.into()),
            }
        }
        SignInMethod::AwsDevice | SignInMethod::AwsApp | SignInMethod::AwsProof => {
            return Err(ErrorCode::InvalidField.into());
        }
    };
    let response = Response::ok(&StepUpResponse {
        success: true,
        authenticated_at: stepped_up.authenticated_at,
    });
    let rotated = (stepped_up.kind == SessionKind::Cookie).then_some(&stepped_up);
    session_cookie::rotate_sent(&context, response, cookie.as_deref(), rotated)
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("stepUp", "Sessions", "Authenticate again")
        .describe(
            "Authenticates the user of the session again. For 5 minutes, the session may call the routes that respond with \
             `step_up_required`. The session cookie of a cookie session is replaced; a token stays as it is.",
        )
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
        .errors([
            ErrorCode::InvalidCurrentPassword.into(),
            ApiError::back_off(1),
            ErrorCode::Overloaded.into(),
        ])
}
