//! `POST /api/auth/sign-out-request`: returns the next step of a sealed sign-out request to the page `/sign-out`. The page signs the
//! user out with `POST /api/auth/logout`, as all pages do.

use super::consent_request::{AskedUser, ShownClient};
use crate::app::RequestContext;
use crate::app::client_sign_out;
use crate::http::body;
use crate::http::caller::{self, PresentedCredential};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::origin::RequestOrigin;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/sign-out-request",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Optional(|context, request, credential| {
        Box::pin(handle(context, request, credential))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The page for users who do not return to a client.
const SIGNED_OUT: &str = "/signed-out";

/// A sealed sign-out request.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SignOutRequestRequest {
    /// `request` of the address of the page; empty if it has none.
    request: String,
}

/// The next step of the page.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignOutStep {
    /// The page asks the user.
    Ask,
    /// The page signs the user out without a question.
    SignOut,
    /// There is no session, so the page opens `location`.
    Redirect,
}

/// The request of a client to sign the user out, and the next step of the page.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SignOutRequestResponse {
    /// The next step of the page.
    next: SignOutStep,
    /// Address that the page opens after the sign-out: that of the client, or a page of this service.
    location: String,
    /// The client; null if it is unknown.
    client: Option<ShownClient>,
    /// The user of the session; null without one.
    user: Option<AskedUser>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    credential: PresentedCredential,
) -> Result<Response, ApiError> {
    // Required even without a session, because the response contains parameters of the client.
    if request.authorization.is_none() {
        RequestOrigin::of(&context.app.config, &request).require(Guard::OwnOrigin)?;
    }
    let session = match credential {
        // Also with a cookie that was rotated out: `logout` accepts it too.
        PresentedCredential::Valid(verified) => {
            caller::find_session(&context, &request, &verified).await?
        }
        _ => None,
    };
    let body: SignOutRequestRequest = body::json(request, body::INVALID_BODY).await?;
    let open = client_sign_out::open(&context, &body.request).await?;
    let next = match &session {
        None => SignOutStep::Redirect,
        Some(session) if open.must_ask(session.user.id) => SignOutStep::Ask,
        Some(_) => SignOutStep::SignOut,
    };
    let location = open.location;
    Ok(Response::ok(&SignOutRequestResponse {
        next,
        location: location.unwrap_or_else(|| SIGNED_OUT.to_owned()),
        client: open.client.map(ShownClient::from),
        user: session.map(|session| session.user.into()),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("readSignOutRequest", "OAuth", "Read a sign-out request")
        .describe(
            "Returns the OAuth client that asks to sign the user out, and the next step of the page `/sign-out`. The call changes \
             nothing. The page signs the user out with `POST /logout`. The service treats an expired request as a request without \
             parameters. The call must come from the service's own origin.",
        )
        .takes::<SignOutRequestRequest>(
            schemas,
            body::INVALID_BODY,
            json!({"request": "AXs0dGVzdA"}),
        )
        .returns::<SignOutRequestResponse>(
            schemas,
            json!({
                "next": "ask",
                "location": "https://app.example.com/signed-out?state=xyz",
                "client": {"client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10", "name": "Reports"},
                "user": {"id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "username": "john", "name": "John Doe"}
            }),
        )
        .errors([ErrorCode::StorageUnavailable])
}
