//! `POST /api/auth/users`: creates a user who signs in with a password.

use super::{
    AdminUser, LinkDelivery, ShownLink, region, require_same_administrator, text, with_etag,
};
use crate::app::RequestContext;
use crate::app::administration::Administration;
use crate::app::administration::create::NewUser;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::names;
use crate::domain::role::Role;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/users",
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

/// A user to be created.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CreateUserRequest {
    /// User name. It is stored in its canonical form.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    username: String,
    /// E-mail address. Surrounding white space is ignored.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    email: String,
    /// Full name; derived from the user name if it is absent or null.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    name: Option<String>,
    /// Organization.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    organization: Option<String>,
    /// AWS region in which the user works.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 64)))]
    aws_region: Option<String>,
    /// Role; the default is `user`. Only super administrators can give another role.
    role: Option<Role>,
}

/// The user who was created, and the link that sets the password.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct CreateUserResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The user.
    pub user: AdminUser,
    /// How the user gets the link that sets the password.
    pub delivery: LinkDelivery,
    /// The link, if it was not sent. It is a secret.
    pub link: Option<String>,
    /// Time at which the link expires.
    pub link_expires_at: Timestamp,
}

impl CreateUserRequest {
    fn user(&self) -> Result<NewUser, ApiError> {
        let optional = |given: &Option<String>, parse: fn(&str) -> Result<String, ApiError>| {
            given.as_deref().map(parse).transpose()
        };
        Ok(NewUser {
            username: names::canonical(&self.username).map_err(|_| ErrorCode::InvalidUsername)?,
            email: names::email(&self.email).map_err(|_| ErrorCode::InvalidEmail)?,
            name: optional(&self.name, text)?,
            organization: optional(&self.organization, text)?,
            aws_region: optional(&self.aws_region, region)?,
            role: self.role.unwrap_or(Role::User),
        })
    }
}

async fn handle(
    context: RequestContext,
    request: Request,
    administrator: Administrator,
) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: CreateUserRequest = body::json(request, INVALID_BODY).await?;
    require_same_administrator(&context, &administrator).await?;
    let administration = Administration::new(&context, &client, &administrator);
    let created = administration.create(body.user()?).await?;
    let (user, link) = (created.user, ShownLink::from(created.link));
    let version = user.version;
    let response = Response::ok(&CreateUserResponse {
        success: true,
        user,
        delivery: link.delivery,
        link: link.link,
        link_expires_at: link.expires_at,
    });
    Ok(with_etag(response, version))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::{Operation, examples};
    use serde_json::json;
    Operation::new("createUser", "Users", "Create user")
        .describe(
            "Requires the role `admin` or higher and an authentication within the last 5 minutes. Sends the user a message with a one-time link \
             that sets the password and is valid for one hour. If the service sends no e-mail, the message cannot be sent, or \
             three messages were requested for the address within an hour, the response contains the link, and the administrator sends it to the user.",
        )
        .takes::<CreateUserRequest>(
            schemas,
            INVALID_BODY,
            json!({"username": "john", "email": "john@example.com", "name": "John Doe"}),
        )
        .returns::<CreateUserResponse>(
            schemas,
            json!({
                "success": true,
                "user": examples::admin_user(),
                "delivery": "sent",
                "link": null,
                "link_expires_at": "2024-01-10T13:00:00Z"
            }),
        )
        .header("etag", true)
        .errors([
            ErrorCode::InvalidUsername,
            ErrorCode::InvalidEmail,
            ErrorCode::NotPermitted,
            ErrorCode::UsernameTaken,
            ErrorCode::EmailTaken,
        ])
}
