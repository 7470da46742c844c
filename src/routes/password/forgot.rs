//! `POST /api/auth/forgot-password`: sends a one-time link to the e-mail address of a user. The response is the same whether or not
//! a user has the typed name.

use crate::app::RequestContext;
use crate::app::email::forgotten;
use crate::domain::address::site;
use crate::http::body::{self, INVALID_BODY};
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
    path: "/api/auth/forgot-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of every 200 response.
const SENT: &str = "If the account exists, a link was sent to its e-mail address";

/// A user name or e-mail address.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ForgotPasswordRequest {
    /// User name or e-mail address. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    username: String,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let site = site(request.address().as_deref());
    let body: ForgotPasswordRequest = body::json(request, INVALID_BODY).await?;
    if body.username.is_empty() {
        return Err(ErrorCode::MissingField.into());
    }
    forgotten::run(Rc::new(context), client, &site, body.username).await?;
    Ok(Response::ok(&MessageResponse::new(SENT)))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("forgotPassword", "Passwords", "Send a link for a forgotten password")
        .describe("If an active user has the name, sends a one-time link, valid for one hour, to the e-mail address of the user. The \
             response is the same for every name. A client site can send 10 requests per hour, and an address gets at most 3 requested \
             messages per hour. If the service sends no e-mail, the response is the same and no link is sent.")
        .takes::<ForgotPasswordRequest>(
            schemas,
            INVALID_BODY,
            json!({"username": "john@example.com"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": SENT}))
        .errors([ErrorCode::StorageUnavailable])
}
