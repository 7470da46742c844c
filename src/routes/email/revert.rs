//! `POST /api/auth/revert-email`: restores the earlier e-mail address of a user with the link that was sent to it.

use crate::app::RequestContext;
use crate::app::email::revert;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/revert-email",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The secret of a link in a message.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LinkRequest {
    /// Secret of the link: its fragment, without `#`. Surrounding white space is ignored.
    pub(super) secret: String,
}

/// Confirmation.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RevertEmailResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    success: bool,
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: LinkRequest = body::json(request, INVALID_BODY).await?;
    if revert::run(&context, &client, &body.secret).await? {
        Ok(Response::ok(&RevertEmailResponse { success: true }))
    } else {
        Err(ErrorCode::InvalidLink.into())
    }
}

/// An example of a request.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn example() -> serde_json::Value {
    serde_json::json!({"secret": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80"})
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("revertEmail", "E-mail", "Restore the earlier e-mail address")
        .describe("Restores the address that the link was sent to, revokes all sessions of the user, removes the password, and sends the restored \
             address a link that sets a new one.")
        .takes::<LinkRequest>(schemas, INVALID_BODY, example())
        .returns::<RevertEmailResponse>(schemas, json!({"success": true}))
        .errors([ErrorCode::InvalidLink, ErrorCode::StorageUnavailable])
}
