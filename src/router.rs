//! Every URL, method and error dialect on one screen, and the way from a request to a response.

use crate::app::failure::Failure;
use crate::app::{App, RequestContext};
use crate::domain::address::site;
use crate::http::error_response::{self, ErrorFormat};
use crate::http::request::{Method, Request};
use crate::http::{cors, response::Response};
use crate::routes::audit::{search as audit, verify as audit_verify};
use crate::routes::aws::{credentials as aws_credentials, login as aws_login};
use crate::routes::device::{authorize as device_authorization, register_client, token};
use crate::routes::nvidia::credentials as nvidia_credentials;
use crate::routes::password::{change as change_password, set as set_password};
use crate::routes::session::{
    list as sessions, login, logout, logout_all, me, refresh, revoke as end_session, validate,
};
use crate::routes::system::{health, openapi};
use crate::runtime::rate_limiter::Bucket;
use std::pin::Pin;

/// What an endpoint gives.
type Answer = Pin<Box<dyn Future<Output = Result<Response, Failure>>>>;

/// What a path and a method lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "named like the files in endpoints/, which document themselves"
)]
pub enum Endpoint {
    AwsCredentials,
    Audit,
    AuditVerify,
    AwsLogin,
    ChangePassword,
    DeviceAuthorization,
    EndSession,
    Health,
    Login,
    Logout,
    LogoutAll,
    Me,
    NvidiaCredentials,
    OpenApi,
    Refresh,
    RegisterClient,
    Sessions,
    SetPassword,
    Token,
    Validate,
}

/// A path of the API.
#[derive(Debug)]
pub struct Route {
    /// The path, matched byte by byte; a last segment `{id}` stands for any one that is not empty.
    pub path: &'static str,
    /// Its one method; GET answers HEAD as well.
    pub method: Method,
    /// The shape of its errors.
    pub dialect: ErrorFormat,
    /// Who answers.
    pub endpoint: Endpoint,
}

const fn get(path: &'static str, dialect: ErrorFormat, endpoint: Endpoint) -> Route {
    Route {
        path,
        method: Method::Get,
        dialect,
        endpoint,
    }
}

const fn post(path: &'static str, dialect: ErrorFormat, endpoint: Endpoint) -> Route {
    Route {
        path,
        method: Method::Post,
        dialect,
        endpoint,
    }
}

/// The API. The most asked come first.
pub const ROUTES: &[Route] = &[
    get(
        "/api/auth/validate",
        ErrorFormat::Message,
        Endpoint::Validate,
    ),
    get("/api/auth/me", ErrorFormat::Detail, Endpoint::Me),
    post("/api/auth/login", ErrorFormat::Message, Endpoint::Login),
    post("/api/auth/refresh", ErrorFormat::Detail, Endpoint::Refresh),
    post("/api/auth/logout", ErrorFormat::Message, Endpoint::Logout),
    post(
        "/api/auth/set-password",
        ErrorFormat::Message,
        Endpoint::SetPassword,
    ),
    post("/api/auth/token", ErrorFormat::Detail, Endpoint::Token),
    post(
        "/api/auth/device-authorization",
        ErrorFormat::Detail,
        Endpoint::DeviceAuthorization,
    ),
    post(
        "/api/auth/register-client",
        ErrorFormat::Detail,
        Endpoint::RegisterClient,
    ),
    post(
        "/api/auth/aws-login",
        ErrorFormat::Detail,
        Endpoint::AwsLogin,
    ),
    get(
        "/api/auth/aws-credentials",
        ErrorFormat::Message,
        Endpoint::AwsCredentials,
    ),
    get(
        "/api/auth/nvidia-credentials",
        ErrorFormat::Message,
        Endpoint::NvidiaCredentials,
    ),
    get(
        "/api/auth/sessions",
        ErrorFormat::Message,
        Endpoint::Sessions,
    ),
    Route {
        path: "/api/auth/sessions/{id}",
        method: Method::Delete,
        dialect: ErrorFormat::Message,
        endpoint: Endpoint::EndSession,
    },
    post(
        "/api/auth/logout-all",
        ErrorFormat::Message,
        Endpoint::LogoutAll,
    ),
    post(
        "/api/auth/change-password",
        ErrorFormat::Message,
        Endpoint::ChangePassword,
    ),
    get("/api/auth/audit", ErrorFormat::Message, Endpoint::Audit),
    get(
        "/api/auth/audit/verify",
        ErrorFormat::Message,
        Endpoint::AuditVerify,
    ),
    get("/api/auth/health", ErrorFormat::Message, Endpoint::Health),
    get(
        "/api/auth/openapi.json",
        ErrorFormat::Message,
        Endpoint::OpenApi,
    ),
];

impl Route {
    /// The methods, as `Allow` lists them.
    #[must_use]
    pub fn allow(&self) -> &'static str {
        match self.method {
            Method::Get => "GET, HEAD",
            Method::Delete => "DELETE",
            _ => "POST",
        }
    }

    fn has(&self, path: &str) -> bool {
        match self.path.strip_suffix("{id}") {
            None => self.path == path,
            Some(start) => path
                .strip_prefix(start)
                .is_some_and(|id| !id.is_empty() && !id.contains('/')),
        }
    }

    fn accepts(&self, method: Method) -> bool {
        method == self.method || (method == Method::Head && self.method == Method::Get)
    }
}

/// Answers a request. `enter` gives this request's [`RequestContext`], or nothing if the service is not configured.
pub async fn answer(
    app: Option<&'static App>,
    enter: impl FnOnce(&'static App) -> RequestContext,
    request: Request,
) -> Response {
    let origin = app.and_then(|app| cors::allowed_origin(&app.config.allowed_origins, &request));
    let path = request.path();
    let route = ROUTES.iter().find(|route| route.has(path));
    let dialect = route.map_or(ErrorFormat::Message, |route| route.dialect);
    let result = match route {
        _ if origin.is_some() && cors::is_preflight(&request) => Ok(cors::preflight()),
        None => Err(Failure::NotFound),
        Some(_) if cors::is_preflight(&request) => Err(Failure::OriginNotAllowed),
        Some(route) if !route.accepts(request.method) => {
            Err(Failure::MethodNotAllowed(route.allow()))
        }
        Some(route) => match app {
            Some(app) => {
                let context = enter(app);
                match limit(route.endpoint, &context, &request).await {
                    Ok(()) => dispatch(route.endpoint, context, request).await,
                    Err(failure) => Err(failure),
                }
            }
            None => Err(Failure::Misconfigured),
        },
    };
    let response = result.unwrap_or_else(|failure| {
        if let (Some(code), Some(route)) = (error_response::log_code(&failure), route) {
            crate::runtime::log::failure(route.path, code);
        }
        error_response::response(&failure, dialect)
    });
    match origin {
        Some(origin) => cors::permit(response, origin),
        None => response,
    }
}

/// The rate limit of the routes that work without a session, per client site: an IPv4 address, or the /48 of an IPv6
/// address, since a subscriber may have up to 65,536 of the /64s for which back-off is counted. The other routes are limited
/// once their caller is known (`http/caller.rs`).
async fn limit(
    endpoint: Endpoint,
    context: &RequestContext,
    request: &Request,
) -> Result<(), Failure> {
    let group = match endpoint {
        Endpoint::AwsLogin
        | Endpoint::DeviceAuthorization
        | Endpoint::Login
        | Endpoint::RegisterClient
        | Endpoint::SetPassword => Bucket::SignIn,
        // Device flows poll it, for each user of a network.
        Endpoint::Health | Endpoint::OpenApi | Endpoint::Token => Bucket::Session,
        Endpoint::AwsCredentials
        | Endpoint::Audit
        | Endpoint::AuditVerify
        | Endpoint::ChangePassword
        | Endpoint::EndSession
        | Endpoint::Logout
        | Endpoint::LogoutAll
        | Endpoint::Me
        | Endpoint::NvidiaCredentials
        | Endpoint::Refresh
        | Endpoint::Sessions
        | Endpoint::Validate => return Ok(()),
    };
    context
        .limit(group, &site(request.address().as_deref()))
        .await
}

/// Each endpoint's future is boxed by itself: one that held them all would be as large as the largest, on every request.
fn dispatch(endpoint: Endpoint, context: RequestContext, request: Request) -> Answer {
    match endpoint {
        Endpoint::AwsCredentials => Box::pin(aws_credentials::handle(context, request)),
        Endpoint::Audit => Box::pin(audit::handle(context, request)),
        Endpoint::AuditVerify => Box::pin(audit_verify::handle(context, request)),
        Endpoint::AwsLogin => Box::pin(aws_login::handle(context, request)),
        Endpoint::ChangePassword => Box::pin(change_password::handle(context, request)),
        Endpoint::DeviceAuthorization => Box::pin(device_authorization::handle(context, request)),
        Endpoint::EndSession => Box::pin(end_session::handle(context, request)),
        Endpoint::Health => Box::pin(health::handle(context, request)),
        Endpoint::Login => Box::pin(login::handle(context, request)),
        Endpoint::Logout => Box::pin(logout::handle(context, request)),
        Endpoint::LogoutAll => Box::pin(logout_all::handle(context, request)),
        Endpoint::Me => Box::pin(me::handle(context, request)),
        Endpoint::NvidiaCredentials => Box::pin(nvidia_credentials::handle(context, request)),
        Endpoint::OpenApi => Box::pin(std::future::ready(Ok(openapi::handle()))),
        Endpoint::Refresh => Box::pin(refresh::handle(context, request)),
        Endpoint::RegisterClient => Box::pin(register_client::handle(context, request)),
        Endpoint::Sessions => Box::pin(sessions::handle(context, request)),
        Endpoint::SetPassword => Box::pin(set_password::handle(context, request)),
        Endpoint::Token => Box::pin(token::handle(context, request)),
        Endpoint::Validate => Box::pin(validate::handle(context, request)),
    }
}
