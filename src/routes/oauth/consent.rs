//! `POST /api/auth/consent`: the user allows or denies an authorization request.

use super::consent_request::open;
use crate::app::RequestContext;
use crate::app::grants::consent::Decided;
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::{authorization_cookie, body};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/consent",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::Current,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The decision of the user.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The user allows the request.
    Allow,
    /// The user denies the request.
    Deny,
}

/// A decision about an authorization request.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConsentRequest {
    /// `request` of the address of the consent page.
    request: String,
    /// The decision.
    decision: Decision,
    /// `user.id` of the authorization request, as the page showed it.
    user: Uuid,
    /// `scopes` of the authorization request, as the page showed them.
    scopes: Vec<String>,
}

/// The next address of the page.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ConsentResponse {
    /// The redirect URI of the client, with the response.
    location: String,
}

async fn handle(
    context: RequestContext,
    request: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    let (client_info, cookies) = (request.client_info(), request.cookie.clone());
    let body: ConsentRequest = body::json(request, body::INVALID_BODY).await?;
    let open = open(&context, cookies.as_deref(), &body.request).await?;
    if body.user != session.user.id {
        return Err(ErrorCode::ConsentChanged.into());
    }
    let decided = match body.decision {
        Decision::Allow => {
            let shown = |scope: &str| body.scopes.iter().any(|other| other == scope);
            open.allow(&context, &client_info, &session, shown).await?
        }
        Decision::Deny => open.deny(&context, &client_info, &session).await?,
    };
    let location = match decided {
        Decided::Redirect(location) => location,
        Decided::Changed => return Err(ErrorCode::ConsentChanged.into()),
        Decided::StepUp => return Err(ErrorCode::StepUpRequired.into()),
        Decided::Invalid => return Err(ErrorCode::AuthorizationRequestInvalid.into()),
    };
    let response = Response::ok(&ConsentResponse { location });
    Ok(authorization_cookie::clear(&context, response, open.id()))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("decideConsent", "OAuth", "Allow or deny an authorization request")
        .describe(
            "Records the decision of the user on the consent page. An authorization request can be used once. Only the user and the \
             scopes that the page showed are accepted. The call needs the session cookie and the cookie that `/oauth/authorize` \
             has set, and must come from the service's own origin.",
        )
        .takes::<ConsentRequest>(
            schemas,
            body::INVALID_BODY,
            json!({
                "request": "AXs0dGVzdA",
                "decision": "allow",
                "user": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "scopes": ["reports:read", "offline_access"]
            }),
        )
        .returns::<ConsentResponse>(
            schemas,
            json!({
                "location": "https://app.example.com/callback?code=Zm9v&state=xyz&iss=https%3A%2F%2Fauth.example.com"
            }),
        )
        .header("set-cookie", true)
        .errors([
            ErrorCode::AuthorizationRequestInvalid,
            ErrorCode::ConsentChanged,
            ErrorCode::StepUpRequired,
        ])
}
