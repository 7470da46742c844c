//! `POST /api/auth/change-password`: replaces the password of the caller, who has to know the current one and, if they have a second
//! factor, to have used it just before. Revokes the other sessions of the caller and all their one-time links.

use crate::app::RequestContext;
use crate::app::password_attempt::Attempted;
use crate::app::password_change::{self, PasswordChange};
use crate::domain::password_policy::{self, OwnNames};
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/change-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUpWithFactor,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The current and the new password.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ChangePasswordRequest {
    /// Current password.
    current_password: String,
    /// New password.
    new_password: String,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let cookie = session_cookie::verified(&context, &request);
    let body: ChangePasswordRequest = body::json(request, INVALID_BODY).await?;
    let user = &session.user;
    let own = OwnNames {
        username: &user.username,
        email: user.email.as_deref(),
        name: &user.name,
        organization: user.organization.as_deref(),
    };
    let minimum = context.app.config.passwords.min_length;
    let new = password_policy::check(&body.new_password, minimum, &own)?;
    let current = body.current_password;
    let context = Rc::new(context);
    let attempted = password_change::run(Rc::clone(&context), client, session, current, new);
    match attempted.await? {
        Attempted::Evaluated(PasswordChange::Changed(rotated)) => {
            let response = Response::ok(&MessageResponse::new("Password changed"));
            session_cookie::rotate_sent(&context, response, cookie.as_deref(), rotated.as_deref())
        }
        Attempted::Evaluated(PasswordChange::WrongCurrentPassword) => {
            Err(ErrorCode::InvalidCurrentPassword.into())
        }
        Attempted::Evaluated(PasswordChange::SessionEnded) => Err(ErrorCode::InvalidToken.into()),
        Attempted::BackOff(seconds) => Err(ApiError::back_off(seconds)),
        Attempted::Overloaded => Err(ErrorCode::Overloaded.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::password_policy::PolicyError;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("changePassword", "Passwords", "Change password")
        .describe(
            "Requires the current password, and a recent authentication of a user who has a second factor. Revokes the other sessions and all one-time links of the user. The session cookie of a \
             cookie session is replaced.",
        )
        .takes::<ChangePasswordRequest>(
            schemas,
            INVALID_BODY,
            json!({"current_password": "securePassword123", "new_password": "correct horse battery staple"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Password changed"}))
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidCurrentPassword.into(),
            ApiError::back_off(1),
            ErrorCode::Overloaded.into(),
        ])
        .errors(PolicyError::ALL)
}
