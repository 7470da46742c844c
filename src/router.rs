//! Every URL, method and error dialect on one screen, and the way from a request to a reply.

use crate::account::address::site;
use crate::app::{App, Call};
use crate::endpoints::{
    audit, audit_verify, aws_credentials, aws_login, change_password, device_authorization,
    end_session, health, login, logout, logout_all, me, nvidia_credentials, openapi, refresh,
    register_client, sessions, set_password, token, validate,
};
use crate::failure::Failure;
use crate::store::limits::Group;
use crate::web::envelope::{self, Dialect};
use crate::web::request::{Method, Request};
use crate::web::{cors, reply::Reply};
use std::pin::Pin;

/// What an endpoint gives.
type Answer = Pin<Box<dyn Future<Output = Result<Reply, Failure>>>>;

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
    pub dialect: Dialect,
    /// Who answers.
    pub endpoint: Endpoint,
}

const fn get(path: &'static str, dialect: Dialect, endpoint: Endpoint) -> Route {
    Route {
        path,
        method: Method::Get,
        dialect,
        endpoint,
    }
}

const fn post(path: &'static str, dialect: Dialect, endpoint: Endpoint) -> Route {
    Route {
        path,
        method: Method::Post,
        dialect,
        endpoint,
    }
}

/// The API. The most asked come first.
pub const ROUTES: &[Route] = &[
    get("/api/auth/validate", Dialect::Message, Endpoint::Validate),
    get("/api/auth/me", Dialect::Detail, Endpoint::Me),
    post("/api/auth/login", Dialect::Message, Endpoint::Login),
    post("/api/auth/refresh", Dialect::Detail, Endpoint::Refresh),
    post("/api/auth/logout", Dialect::Message, Endpoint::Logout),
    post(
        "/api/auth/set-password",
        Dialect::Message,
        Endpoint::SetPassword,
    ),
    post("/api/auth/token", Dialect::Detail, Endpoint::Token),
    post(
        "/api/auth/device-authorization",
        Dialect::Detail,
        Endpoint::DeviceAuthorization,
    ),
    post(
        "/api/auth/register-client",
        Dialect::Detail,
        Endpoint::RegisterClient,
    ),
    post("/api/auth/aws-login", Dialect::Detail, Endpoint::AwsLogin),
    get(
        "/api/auth/aws-credentials",
        Dialect::Message,
        Endpoint::AwsCredentials,
    ),
    get(
        "/api/auth/nvidia-credentials",
        Dialect::Message,
        Endpoint::NvidiaCredentials,
    ),
    get("/api/auth/sessions", Dialect::Message, Endpoint::Sessions),
    Route {
        path: "/api/auth/sessions/{id}",
        method: Method::Delete,
        dialect: Dialect::Message,
        endpoint: Endpoint::EndSession,
    },
    post(
        "/api/auth/logout-all",
        Dialect::Message,
        Endpoint::LogoutAll,
    ),
    post(
        "/api/auth/change-password",
        Dialect::Message,
        Endpoint::ChangePassword,
    ),
    get("/api/auth/audit", Dialect::Message, Endpoint::Audit),
    get(
        "/api/auth/audit/verify",
        Dialect::Message,
        Endpoint::AuditVerify,
    ),
    get("/api/auth/health", Dialect::Message, Endpoint::Health),
    get(
        "/api/auth/openapi.json",
        Dialect::Message,
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

/// Answers a request. `enter` gives this request's [`Call`], or nothing if the service is not configured.
pub async fn answer(
    app: Option<&'static App>,
    enter: impl FnOnce(&'static App) -> Call,
    request: Request,
) -> Reply {
    let origin = app.and_then(|app| cors::allowed_origin(&app.config.allowed_origins, &request));
    let path = request.path();
    let route = ROUTES.iter().find(|route| route.has(path));
    let dialect = route.map_or(Dialect::Message, |route| route.dialect);
    let result = match route {
        _ if origin.is_some() && cors::is_preflight(&request) => Ok(cors::preflight()),
        None => Err(Failure::NotFound),
        Some(_) if cors::is_preflight(&request) => Err(Failure::OriginNotAllowed),
        Some(route) if !route.accepts(request.method) => {
            Err(Failure::MethodNotAllowed(route.allow()))
        }
        Some(route) => match app {
            Some(app) => {
                let call = enter(app);
                match limit(route.endpoint, &call, &request).await {
                    Ok(()) => dispatch(route.endpoint, call, request).await,
                    Err(failure) => Err(failure),
                }
            }
            None => Err(Failure::Misconfigured),
        },
    };
    let reply = result.unwrap_or_else(|failure| {
        if let (Some(code), Some(route)) = (envelope::log_code(&failure), route) {
            crate::log::failure(route.path, code);
        }
        envelope::reply(&failure, dialect)
    });
    match origin {
        Some(origin) => cors::permit(reply, origin),
        None => reply,
    }
}

/// The rate limit of the routes that work without a session, per client site: an IPv4 address, or the /48 of an IPv6
/// address, since a subscriber may have up to 65,536 of the /64s for which back-off is counted. The other routes are limited
/// once their caller is known (`web/extract.rs`).
async fn limit(endpoint: Endpoint, call: &Call, request: &Request) -> Result<(), Failure> {
    let group = match endpoint {
        Endpoint::AwsLogin
        | Endpoint::DeviceAuthorization
        | Endpoint::Login
        | Endpoint::RegisterClient
        | Endpoint::SetPassword => Group::SignIn,
        // Device flows poll it, for each user of a network.
        Endpoint::Health | Endpoint::OpenApi | Endpoint::Token => Group::Session,
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
    call.limit(group, &site(request.address().as_deref())).await
}

/// Each endpoint's future is boxed by itself: one that held them all would be as large as the largest, on every request.
fn dispatch(endpoint: Endpoint, call: Call, request: Request) -> Answer {
    match endpoint {
        Endpoint::AwsCredentials => Box::pin(aws_credentials::handle(call, request)),
        Endpoint::Audit => Box::pin(audit::handle(call, request)),
        Endpoint::AuditVerify => Box::pin(audit_verify::handle(call, request)),
        Endpoint::AwsLogin => Box::pin(aws_login::handle(call, request)),
        Endpoint::ChangePassword => Box::pin(change_password::handle(call, request)),
        Endpoint::DeviceAuthorization => Box::pin(device_authorization::handle(call, request)),
        Endpoint::EndSession => Box::pin(end_session::handle(call, request)),
        Endpoint::Health => Box::pin(health::handle(call, request)),
        Endpoint::Login => Box::pin(login::handle(call, request)),
        Endpoint::Logout => Box::pin(logout::handle(call, request)),
        Endpoint::LogoutAll => Box::pin(logout_all::handle(call, request)),
        Endpoint::Me => Box::pin(me::handle(call, request)),
        Endpoint::NvidiaCredentials => Box::pin(nvidia_credentials::handle(call, request)),
        Endpoint::OpenApi => Box::pin(std::future::ready(Ok(openapi::handle()))),
        Endpoint::Refresh => Box::pin(refresh::handle(call, request)),
        Endpoint::RegisterClient => Box::pin(register_client::handle(call, request)),
        Endpoint::Sessions => Box::pin(sessions::handle(call, request)),
        Endpoint::SetPassword => Box::pin(set_password::handle(call, request)),
        Endpoint::Token => Box::pin(token::handle(call, request)),
        Endpoint::Validate => Box::pin(validate::handle(call, request)),
    }
}
