//! `POST /api/auth/bootstrap`: creates the first super administrator with a one-time secret of `cargo xtask bootstrap`.

use crate::app::RequestContext;
use crate::app::bootstrap::{self, Bootstrap, BootstrapRequest as Attempt};
use crate::domain::names::{self, NameError};
use crate::domain::user::User;
use crate::http::body::{self, INVALID_BODY};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use crate::store::bootstrap::{Names, State};
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/bootstrap",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The secret of `cargo xtask bootstrap`, and the first super administrator.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BootstrapRequest {
    /// One-time secret. Surrounding white space is ignored.
    secret: String,
    /// User name: 1 to 64 letters, digits and marks, without spaces and `@`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    username: String,
    /// E-mail address.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    email: String,
    /// Full name; derived from the user name if it is absent or null.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 1024)))]
    name: Option<String>,
    /// Password.
    password: String,
}

/// The first super administrator.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BootstrapResponse<'a> {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Human-readable text.
    pub message: &'static str,
    /// The super administrator.
    pub user: &'a User,
}

const CREATED: &str = "Super administrator created";

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let client = request.client_info();
    let body: BootstrapRequest = body::json(request, INVALID_BODY).await?;
    let names = names_of(&body).map_err(refused_name)?;
    let attempt = Attempt {
        client: &client,
        secret: &body.secret,
        names: &names,
        password: &body.password,
    };
    match bootstrap::run(&context, &attempt).await? {
        Bootstrap::Created(user) => Ok(Response::ok(&BootstrapResponse {
            success: true,
            message: CREATED,
            user: &user,
        })),
        Bootstrap::Refused(State::Bootstrapped) => Err(ErrorCode::AlreadyBootstrapped.into()),
        Bootstrap::Refused(State::UsernameTaken) => Err(ErrorCode::UsernameTaken.into()),
        Bootstrap::Refused(State::EmailTaken) => Err(ErrorCode::EmailTaken.into()),
        Bootstrap::Refused(State::InvalidSecret | State::Open) => {
            Err(ErrorCode::InvalidLink.into())
        }
        Bootstrap::PasswordRefused(error) => Err(error.into()),
        Bootstrap::Overloaded => Err(ErrorCode::Overloaded.into()),
    }
}

fn names_of(body: &BootstrapRequest) -> Result<Names, NameError> {
    let username = names::canonical(&body.username)?;
    let name = match &body.name {
        Some(name) => names::text(name)?,
        None => names::full_name_from(username.as_str()),
    };
    Ok(Names {
        username,
        email: names::email(&body.email)?,
        name,
    })
}

fn refused_name(error: NameError) -> ApiError {
    match error {
        NameError::Email => ErrorCode::InvalidEmail.into(),
        NameError::Username => ErrorCode::InvalidUsername.into(),
        NameError::Text => ApiError::new(ErrorCode::InvalidField).with_text(error.to_string()),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::password_policy::PolicyError;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("bootstrap", "Users", "Create the first super administrator")
        .describe(
            "Takes the one-time secret of `cargo xtask bootstrap`, which is valid for one hour. Creates no user while the service has an \
             active super administrator.",
        )
        .takes::<BootstrapRequest>(
            schemas,
            INVALID_BODY,
            json!({
                "secret": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80",
                "username": "john.doe",
                "email": "john.doe@example.com",
                "name": "John Doe",
                "password": "correct horse battery staple",
            }),
        )
        .returns::<BootstrapResponse>(
            schemas,
            json!({
                "success": true,
                "message": CREATED,
                "user": {
                    "id": "9e107d9d-372b-46d8-83c6-1b0a4e2b8f3a",
                    "username": "john.doe",
                    "email": "john.doe@example.com",
                    "name": "John Doe",
                    "organization": null,
                    "aws_region": null,
                    "role": "super_admin",
                    "is_active": true,
                    "created_at": "2026-01-10T12:00:00Z",
                    "updated_at": "2026-01-10T12:00:00Z",
                    "last_login": null,
                },
            }),
        )
        .errors([
            ErrorCode::InvalidLink,
            ErrorCode::InvalidEmail,
            ErrorCode::InvalidUsername,
            ErrorCode::AlreadyBootstrapped,
            ErrorCode::UsernameTaken,
            ErrorCode::EmailTaken,
            ErrorCode::Overloaded,
            ErrorCode::StorageUnavailable,
        ])
        .errors(PolicyError::ALL)
}
