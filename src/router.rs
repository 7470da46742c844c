//! Every URL, method and error dialect on one screen, and the way from a request to a reply.

use crate::app::{App, Call};
use crate::endpoints::{
    aws_login, device_authorization, health, login, logout, me, openapi, refresh, register_client,
    set_password, token, validate,
};
use crate::failure::Failure;
use crate::web::envelope::{self, Dialect};
use crate::web::request::{Method, Request};
use crate::web::{cors, reply::Reply};

/// What a path and a method lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "named like the files in endpoints/, which document themselves"
)]
pub enum Endpoint {
    AwsLogin,
    DeviceAuthorization,
    Health,
    Login,
    Logout,
    Me,
    OpenApi,
    Refresh,
    RegisterClient,
    SetPassword,
    Token,
    Validate,
}

/// A path of the API.
#[derive(Debug)]
pub struct Route {
    /// The path, matched byte by byte.
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
        if self.method == Method::Get {
            "GET, HEAD"
        } else {
            "POST"
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
    let route = ROUTES.iter().find(|route| route.path == request.path());
    let dialect = route.map_or(Dialect::Message, |route| route.dialect);
    let result = match route {
        None => Err(Failure::NotFound),
        Some(route) if origin.is_some() && cors::is_preflight(&request) => {
            Ok(cors::preflight(route.allow()))
        }
        Some(route) if !route.accepts(request.method) => {
            Err(Failure::MethodNotAllowed(route.allow()))
        }
        Some(route) => match app {
            Some(app) => dispatch(route.endpoint, enter(app), request).await,
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

async fn dispatch(endpoint: Endpoint, call: Call, request: Request) -> Result<Reply, Failure> {
    match endpoint {
        Endpoint::AwsLogin => aws_login::handle(call, request).await,
        Endpoint::DeviceAuthorization => device_authorization::handle(call, request).await,
        Endpoint::Health => health::handle(call, request).await,
        Endpoint::Login => login::handle(call, request).await,
        Endpoint::Logout => logout::handle(call, request).await,
        Endpoint::Me => me::handle(call, request).await,
        Endpoint::OpenApi => Ok(openapi::handle()),
        Endpoint::Refresh => refresh::handle(call, request).await,
        Endpoint::RegisterClient => register_client::handle(call, request).await,
        Endpoint::SetPassword => set_password::handle(call, request).await,
        Endpoint::Token => token::handle(call, request).await,
        Endpoint::Validate => validate::handle(call, request).await,
    }
}
