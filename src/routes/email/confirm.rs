//! `POST /api/auth/confirm-email`: sets the e-mail address whose link is presented, in the session that asked for it.

use crate::app::RequestContext;
use crate::app::email::confirm;
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::email::revert::LinkRequest;
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/confirm-email",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::Current,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The new e-mail address.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConfirmEmailResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    success: bool,
    /// E-mail address of the user.
    email: String,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let cookie = DeviceCookie::of(&request);
    let body: LinkRequest = body::json(request, INVALID_BODY).await?;
    let email = confirm::run(&context, &client, &session, &body.secret).await?;
    let email = email.ok_or(ErrorCode::InvalidLink)?;
    // A device that is recognised for the earlier address stays recognised for the new one.
    let device = cookie.open(&context);
    let cookie = match device.filter(|device| device.is_of(session.user.id)) {
        Some(device) => {
            let names = Names {
                id: session.user.id,
                username: Some(&session.user.username),
                email: Some(&email),
            };
            cookie.recognise(&context, Some(&device), &names)?
        }
        None => None,
    };
    let response = Response::ok(&ConfirmEmailResponse {
        success: true,
        email,
    });
    Ok(match cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::email::revert::example;
    use serde_json::json;
    Operation::new("confirmEmail", "E-mail", "Confirm e-mail address")
        .describe("Requires the session that sent `/change-email`, with its current token or cookie. Deletes all unused links of the user that set \
             a password. The earlier address gets a link that restores it, which is valid for seven days.")
        .parameter(crate::http::device_cookie::parameter())
        .takes::<LinkRequest>(schemas, INVALID_BODY, example())
        .returns::<ConfirmEmailResponse>(
            schemas,
            json!({"success": true, "email": "john.doe@example.com"}),
        )
        .header("set-cookie", false)
        .errors([ErrorCode::InvalidLink])
}
