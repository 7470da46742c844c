//! `GET /api/auth/sessions`: lists the live sessions of the caller.

use crate::app::RequestContext;
use crate::domain::factor::Factor;
use crate::domain::session::{SessionKind, SessionRecord};
use crate::domain::sign_in_method::SignInMethod;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::sessions::SessionSummary;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/api/auth/sessions",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, _, session| Box::pin(handle(context, session))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The caller's live sessions.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionsResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The live sessions, most recent sign-in first; 200 at most. A session is live until it is revoked, it reaches its maximum
    /// age, its token can no longer be refreshed, or its cookie was not used for `SESSION_IDLE` seconds.
    pub sessions: Vec<SessionEntry>,
}

/// A live session of the caller.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionEntry {
    /// The session.
    #[serde(flatten)]
    pub details: SessionDetails,
    /// Whether this is the session of the request.
    pub is_current: bool,
}

/// A live session.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SessionDetails {
    /// Id with which the session can be revoked. It is not a secret.
    pub id: String,
    /// Time of the sign-in.
    pub created_at: Timestamp,
    /// Time of the last refresh or step-up, or of the sign-in if there was none.
    pub refreshed_at: Timestamp,
    /// Time of the last use, to within one hour.
    pub last_used_at: Timestamp,
    /// Time at which the session reaches its maximum age.
    pub ends_at: Timestamp,
    /// Whether the session is used with a cookie or with a token.
    pub session: SessionKind,
    /// The method of the sign-in; null for a session of a release that did not store it.
    pub method: Option<SignInMethod>,
    /// The second factor of the sign-in; null if there was none.
    pub factor: Option<Factor>,
    /// Time at which the user last authenticated: the sign-in, the last step-up or the last change of password.
    pub authenticated_at: Timestamp,
    /// The beginning of the `User-Agent` header of the sign-in.
    pub device: Option<String>,
    /// The client address of the sign-in.
    pub address: Option<String>,
    /// The country of that address as Cloudflare reports it: a code of ISO 3166-1, or `T1` for the Tor network; null if it is
    /// unknown.
    pub country: Option<String>,
    /// The beginning of the `User-Agent` header of the last refresh or step-up; null if there was none.
    pub refresh_device: Option<String>,
    /// The client address of the last refresh or step-up; null if there was none.
    pub refresh_address: Option<String>,
    /// The country of the client at the last refresh or step-up, like `country`; null if there was none.
    pub refresh_country: Option<String>,
}

impl From<SessionSummary> for SessionDetails {
    fn from(live: SessionSummary) -> Self {
        Self {
            id: live.id,
            created_at: live.created_at,
            refreshed_at: live.rotated_at,
            last_used_at: live.last_used_at,
            ends_at: live.ends_at,
            session: live.kind,
            method: live.method,
            factor: live.factor,
            authenticated_at: live.authenticated_at,
            device: live.device,
            address: live.address,
            country: live.country,
            refresh_device: live.refresh_device,
            refresh_address: live.refresh_address,
            refresh_country: live.refresh_country,
        }
    }
}

async fn handle(context: RequestContext, session: SessionRecord) -> Result<Response, ApiError> {
    let live = context
        .app
        .sessions
        .live_of(session.user.id, context.received_at)
        .await?;
    let entry = |live: SessionSummary| SessionEntry {
        is_current: live.id == session.id,
        details: live.into(),
    };
    Ok(Response::ok(&SessionsResponse {
        success: true,
        sessions: live.into_iter().map(entry).collect(),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("listSessions", "Sessions", "List sessions")
        .describe("Returns the live sessions of the caller, most recent sign-in first. If a user has more than 100, a sign-in revokes the least \
             recently used ones.")
        .returns::<SessionsResponse>(
            schemas,
            json!({
                "success": true,
                "sessions": [{
                    "id": "3e0d962904b8fedc86e5872eacd26369665db2042fcbad5ff0edcc368aaa1f96",
                    "created_at": "2024-01-10T12:00:00Z",
                    "refreshed_at": "2024-01-10T18:00:00Z",
                    "last_used_at": "2024-01-10T18:00:00Z",
                    "ends_at": "2024-02-09T12:00:00Z",
                    "session": "cookie",
                    "method": "password",
                    "factor": "totp",
                    "authenticated_at": "2024-01-10T12:00:00Z",
                    "device": "curl/8.5.0",
                    "address": "192.0.2.7",
                    "country": "DE",
                    "refresh_device": "curl/8.5.0",
                    "refresh_address": "192.0.2.7",
                    "refresh_country": "DE",
                    "is_current": true
                }]
            }),
        )
}
