//! `/api/auth/users`: administration of users.

pub mod create;
pub mod erase;
pub mod export;
pub mod factors;
pub mod grants;
pub mod import;
pub mod personal_export;
pub mod read;
pub mod reset_password;
pub mod search;
pub mod sessions;
pub mod unlock;
pub mod update;

pub use crate::domain::user::AdminUser;

use crate::app::RequestContext;
use crate::app::administration::link::{Delivery, IssuedLink};
use crate::app::administrator::Administrator;
use crate::aws::region::Region;
use crate::domain::names;
use crate::domain::session::SessionRecord;
use crate::http::error::ApiError;
use crate::http::error_codes::ErrorCode;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The response with a user.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct UserResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The user.
    pub user: AdminUser,
}

/// How a user gets a link that sets a password.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkDelivery {
    /// It was sent to the e-mail address.
    Sent,
    /// It is in this response, because it could not be sent.
    LinkShown,
}

/// A link that sets a password, as responses show it.
struct ShownLink {
    delivery: LinkDelivery,
    link: Option<String>,
    expires_at: Timestamp,
}

impl From<IssuedLink> for ShownLink {
    fn from(issued: IssuedLink) -> Self {
        let (delivery, link) = match issued.delivery {
            Delivery::Sent => (LinkDelivery::Sent, None),
            Delivery::Shown(link) => (LinkDelivery::LinkShown, Some(link.reveal().to_owned())),
        };
        Self {
            delivery,
            link,
            expires_at: issued.expires_at,
        }
    }
}

/// The user id in the path.
///
/// # Errors
/// `UserNotFound` if it is no id.
pub fn user_id(request: &Request) -> Result<Uuid, ApiError> {
    let text = request.parameter("id");
    // `Uuid` also accepts other forms: without hyphens, in braces and as a URN.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| ErrorCode::UserNotFound.into())
}

/// Checks the session again after the body was read. A body may take ten seconds, so a client that holds it back could otherwise
/// act after the session was revoked or its token was rotated.
///
/// # Errors
/// `InvalidToken`, `StorageUnavailable`.
pub(in crate::routes) async fn require_same_session(
    context: &RequestContext,
    session: &SessionRecord,
) -> Result<(), ApiError> {
    let found = context.app.sessions.find(&session.id).await?;
    let is_same = found
        .is_some_and(|found| found.revoked_at.is_none() && found.generation == session.generation);
    is_same
        .then_some(())
        .ok_or_else(|| ErrorCode::InvalidToken.into())
}

/// Like [`require_same_session`], for administrators and OAuth clients. An access token must not have been revoked meanwhile.
///
/// # Errors
/// `InvalidToken`, `InsufficientScope`, `StorageUnavailable`.
async fn require_same_administrator(
    context: &RequestContext,
    administrator: &Administrator,
) -> Result<(), ApiError> {
    match administrator {
        Administrator::User(session) => require_same_session(context, session).await,
        Administrator::Client(token) => Ok(token.check(context).await??),
    }
}

/// Adds the `ETag` of a user or OAuth client.
#[must_use]
pub fn with_etag(response: Response, version: u32) -> Response {
    response.with("etag", format!("\"{version}\""))
}

/// A name or an organization of a request.
fn text(given: &str) -> Result<String, ApiError> {
    names::text(given).map_err(|_| ErrorCode::InvalidField.into())
}

/// An AWS region of a request.
fn region(given: &str) -> Result<String, ApiError> {
    let region = Region::parse(&given.trim().to_ascii_lowercase());
    let region = region.map(|region| region.as_str().to_owned());
    region.ok_or_else(|| ErrorCode::InvalidField.into())
}

/// The parameter `id` of the path, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn id_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "Id of the user",
        "schema": {"type": "string", "format": "uuid"}
    })
}

/// The header `If-Match`, for the `OpenAPI` document.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn if_match_parameter() -> serde_json::Value {
    serde_json::json!({
        "name": "If-Match",
        "in": "header",
        "required": true,
        "description": "`ETag` of the user, or `*` for any version",
        "schema": {"type": "string", "examples": ["\"3\""]}
    })
}
