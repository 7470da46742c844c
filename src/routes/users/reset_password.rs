//! `POST /api/auth/users/{id}/reset-password`: creates a link that sets the password of a user.

use super::{LinkDelivery, ShownLink, user_id};
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users/{id}/reset-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::AdminOrClient(
        AdministrationScope::UsersWrite,
        |context, request, administrator| Box::pin(handle(context, request, administrator)),
    ),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The link that sets the password.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ResetPasswordResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// How the user gets the link.
    pub delivery: LinkDelivery,
    /// The link, if it was not sent. It is a secret.
    pub link: Option<String>,
    /// Time at which the link expires.
    pub link_expires_at: Timestamp,
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let (id, client) = (user_id(&request)?, request.client_info());
    let administration = Administration::new(&context, &client, &administrator);
    let link = ShownLink::from(administration.reset_password(id).await?);
    Ok(Response::ok(&ResetPasswordResponse {
        success: true,
        delivery: link.delivery,
        link: link.link,
        link_expires_at: link.expires_at,
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use super::id_parameter;
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("resetUserPassword", "Users", "Reset password of user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Sends the user a message with a one-time \
             link that sets the password and is valid for one hour. The current password stays valid until the link is used. If the service \
             sends no e-mail, the message cannot be sent, or three messages were requested for the address within an hour, the response \
             contains the link, and the administrator sends it to the user. \
             Administrators change their own password with `/change-password`.",
        )
        .parameter(id_parameter())
        .returns::<ResetPasswordResponse>(
            schemas,
            json!({
                "success": true,
                "delivery": "sent",
                "link": null,
                "link_expires_at": "2024-01-10T13:00:00Z"
            }),
        )
        .errors([
            ErrorCode::NotPermitted,
            ErrorCode::UserNotFound,
            ErrorCode::ManagedByIdentitySource,
            ErrorCode::UserDisabled,
        ])
}
