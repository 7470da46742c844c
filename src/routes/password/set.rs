//! `POST /api/auth/set-password`: sets the password of the user whose one-time link is presented. Revokes all sessions of
//! the user and all their other links.

use crate::app::RequestContext;
use crate::app::password_reset::{self, PasswordReset};
use crate::http::body::{self, INVALID_BODY};
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/set-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The secret of a one-time link, and the new password.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SetPasswordRequest {
    /// Secret of the one-time link. Surrounding white space is ignored.
    token: String,
    /// New password.
    password: String,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let cookie = DeviceCookie::of(&request);
    let body: SetPasswordRequest = body::json(request, INVALID_BODY).await?;
    let context = Rc::new(context);
    let outcome = password_reset::run(Rc::clone(&context), client, &body.token, &body.password);
    let user = match outcome.await? {
        PasswordReset::Set(user) => user,
        PasswordReset::InvalidLink => return Err(ErrorCode::InvalidLink.into()),
        PasswordReset::PasswordRefused(error) => return Err(error.into()),
        PasswordReset::Overloaded => return Err(ErrorCode::Overloaded.into()),
    };
    // The device that presented the link is recognised from now on, so that guesses on other devices do not prevent the user
    // from signing in with the new password.
    let names = Names {
        id: user.id,
        username: Some(&user.username),
        email: user.email.as_deref(),
    };
    let device = cookie.open(&context);
    let cookie = cookie.recognise(&context, device.as_ref(), &names)?;
    let response = Response::ok(&MessageResponse::new("Password set"));
    Ok(match cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::password_policy::PolicyError;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("setPassword", "Passwords", "Set password with a one-time link")
        .describe("Revokes all sessions and all other one-time links of the user.")
        .parameter(crate::http::device_cookie::parameter())
        .takes::<SetPasswordRequest>(
            schemas,
            INVALID_BODY,
            json!({"token": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80", "password": "correct horse battery staple"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Password set"}))
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidLink,
            ErrorCode::Overloaded,
            ErrorCode::StorageUnavailable,
        ])
        .errors(PolicyError::ALL)
}
