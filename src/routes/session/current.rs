//! `GET /api/auth/session`: the session of the request, if it has one. A page calls it first, so a client without a session gets
//! 200.

use crate::app::RequestContext;
use crate::domain::session::{SessionKind, SessionRecord};
use crate::domain::sign_in_method::SignInMethod;
use crate::domain::user::User;
use crate::http::caller::{self, PresentedCredential};
use crate::http::device_cookie::DeviceCookie;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::session_cookie;
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/session",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Optional(|context, request, credential| {
        Box::pin(handle(context, request, credential))
    }),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The session of the request. All fields are null if it has none.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionResponse {
    /// The user who is signed in.
    pub user: Option<User>,
    /// The method of the sign-in; also null for a session of a release that did not store it.
    pub method: Option<SignInMethod>,
    /// Time at which the user last authenticated: the sign-in, the last step-up or the last change of password.
    pub authenticated_at: Option<Timestamp>,
    /// Time at which the session reaches its maximum age, or at which the token expires. A cookie session that is not used expires
    /// earlier.
    pub expires_at: Option<Timestamp>,
    /// Whether the device is recognised for the user.
    pub is_recognised_device: Option<bool>,
    /// Id of the session in `GET /sessions`.
    pub session_id: Option<String>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    credential: PresentedCredential,
) -> Result<Response, ApiError> {
    let is_cookie = request.authorization.is_none();
    let error = match credential {
        PresentedCredential::Valid(verified) => {
            let found = caller::find_session(&context, &request, &verified).await?;
            if let Some(session) = found {
                let expires_at = match session.kind {
                    SessionKind::Token => verified.claims.expires_at,
                    SessionKind::Cookie => session.ends_at,
                };
                return Ok(of(&context, &request, session, expires_at));
            }
            ErrorCode::InvalidToken
        }
        PresentedCredential::Missing => return Ok(no_session()),
        PresentedCredential::Invalid if is_cookie => {
            return Ok(session_cookie::clear_sent(&context, &request, no_session()));
        }
        PresentedCredential::Expired(_) => ErrorCode::TokenExpired,
        PresentedCredential::Invalid | PresentedCredential::TooOld(_) => ErrorCode::InvalidToken,
    };
    if is_cookie {
        // A cookie is deleted by its name. An authentic one may have been replaced by that of a sign-in in another tab meanwhile.
        Ok(no_session())
    } else {
        Err(error.into())
    }
}

fn of(
    context: &RequestContext,
    request: &Request,
    session: SessionRecord,
    expires_at: Timestamp,
) -> Response {
    let device = DeviceCookie::of(request).open(context);
    let user = session.user.id;
    Response::ok(&SessionResponse {
        user: Some(session.user),
        method: session.method,
        authenticated_at: Some(session.authenticated_at),
        expires_at: Some(expires_at),
        is_recognised_device: Some(device.is_some_and(|device| device.is_of(user))),
        session_id: Some(session.id),
    })
}

fn no_session() -> Response {
    Response::ok(&SessionResponse {
        user: None,
        method: None,
        authenticated_at: None,
        expires_at: None,
        is_recognised_device: None,
        session_id: None,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("getSession", "Sessions", "Get the current session")
        .describe(
            "Returns the session of the bearer token or session cookie. Without either of them, or if the cookie is not valid any \
             more, all fields are null. A cookie that this service did not issue, or whose session has reached its maximum age, is \
             deleted. A token that is not valid gets 401.",
        )
        .returns::<SessionResponse>(
            schemas,
            json!({
                "user": examples::user(),
                "method": "password",
                "authenticated_at": "2024-01-10T12:00:00Z",
                "expires_at": "2024-02-09T12:00:00Z",
                "is_recognised_device": true,
                "session_id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96"
            }),
        )
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidToken,
            ErrorCode::TokenExpired,
            ErrorCode::StorageUnavailable,
        ])
}
