//! `POST /api/auth/change-email`: sends a link to a new e-mail address. The address changes when the user opens the link in the
//! session of the request.

use crate::app::RequestContext;
use crate::app::email::change::{self, EmailChange};
use crate::domain::names;
use crate::domain::session::SessionRecord;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/change-email",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The text of a 200 response. It is the same for an address that another user has.
const REQUESTED: &str = "A link was sent to the new e-mail address";

/// The new e-mail address.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ChangeEmailRequest {
    /// New e-mail address. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    email: String,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: ChangeEmailRequest = body::json(request, INVALID_BODY).await?;
    let email = names::email(&body.email).map_err(|_| ErrorCode::InvalidEmail)?;
    match change::run(&context, &client, &session, &email).await? {
        EmailChange::Requested => Ok(Response::ok(&MessageResponse::new(REQUESTED))),
        EmailChange::OfIdentitySource => Err(ErrorCode::EmailOfIdentitySource.into()),
        EmailChange::NoEmail => Err(ErrorCode::EmailDisabled.into()),
        EmailChange::SessionEnded => Err(ErrorCode::InvalidToken.into()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("changeEmail", "E-mail", "Change e-mail address")
        .describe("Sends a link, valid for one hour, to the new address. The address is changed by `/confirm-email` in the same session. \
             Users of an identity source cannot change their address here. A user can request 3 changes per hour.")
        .takes::<ChangeEmailRequest>(
            schemas,
            INVALID_BODY,
            json!({"email": "john.doe@example.com"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": REQUESTED}))
        .errors([
            ErrorCode::InvalidEmail,
            ErrorCode::EmailOfIdentitySource,
            ErrorCode::EmailDisabled,
        ])
}
