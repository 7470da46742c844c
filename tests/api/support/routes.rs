//! The routes of the service, as its router lists them.

use super::caller::Caller;
use super::contract::DOCUMENT;
use super::internals::{Access, Guard, Method, ROUTES, RouterRoute};
use super::request::Request;

pub use super::internals::ErrorFormat;

#[derive(Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    /// With `{id}` or `{session}` for a parameter.
    pub template: &'static str,
    pub error_format: ErrorFormat,
    access: Access,
    guard: Guard,
}

impl Route {
    /// A path of this route. A parameter has the form of an id that does not exist.
    pub fn path(&self) -> String {
        let id = "0".repeat(64);
        let path = self.template.replace("{id}", &id);
        path.replace("{session}", &id).replace("{grant}", &id)
    }

    /// The role that the route declares; `None` if it needs no session. The tests of each endpoint assert its role as well.
    pub fn required_role(&self) -> Option<&'static str> {
        match self.access {
            Access::Public(_) | Access::AnyOrigin(_) | Access::Optional(_) => None,
            Access::Token(_) | Access::CachedSession(_) | Access::Session(_) => Some("user"),
            Access::Admin(_) | Access::AdminOrClient(..) => Some("admin"),
            Access::SuperAdmin(_) | Access::SuperAdminOrClient(..) => Some("super_admin"),
        }
    }

    /// The scope with which OAuth clients may use the route; `None` if they may not.
    pub fn scope(&self) -> Option<&'static str> {
        match self.access {
            Access::AdminOrClient(scope, _) | Access::SuperAdminOrClient(scope, _) => {
                Some(scope.as_str())
            }
            _ => None,
        }
    }

    /// Whether a session cookie authenticates requests to the route.
    pub fn takes_cookie(&self) -> bool {
        !matches!(
            self.access,
            Access::Public(_) | Access::AnyOrigin(_) | Access::Token(_)
        )
    }

    /// Whether web applications of any origin may read the responses.
    pub fn is_for_any_origin(&self) -> bool {
        matches!(self.access, Access::AnyOrigin(_))
    }

    /// Whether the route accepts the session cookie from the service's own origin only.
    pub fn is_of_own_origin(&self) -> bool {
        !matches!(self.guard, Guard::None | Guard::StepUpWithFactor)
    }

    /// Whether the route requires step-up.
    pub fn requires_step_up(&self) -> bool {
        self.guard == Guard::StepUp
    }

    /// Whether the route uses cached sessions.
    pub fn uses_cached_session(&self) -> bool {
        matches!(self.access, Access::CachedSession(_))
    }

    /// Whether the OpenAPI document describes a request body in JSON.
    pub fn takes_body(&self) -> bool {
        let operation = &DOCUMENT["paths"][self.template][self.method.to_lowercase()];
        !operation["requestBody"]["content"]["application/json"].is_null()
    }

    /// Whether the OpenAPI document describes a request body that is a form.
    pub fn takes_form(&self) -> bool {
        let operation = &DOCUMENT["paths"][self.template][self.method.to_lowercase()];
        !operation["requestBody"]["content"]["application/x-www-form-urlencoded"].is_null()
    }

    /// A request by this caller, without a body.
    pub fn request(&self, caller: &Caller) -> Request {
        caller.request(self.method, &self.path())
    }

    /// The name for tables and messages: method and path below `/api/auth/`.
    pub fn name(&self) -> String {
        let path = self.template.strip_prefix("/api/auth/");
        format!("{} {}", self.method, path.unwrap_or(self.template))
    }
}

/// All routes.
pub fn all() -> Vec<Route> {
    let route = |route: &RouterRoute| Route {
        method: match route.method {
            Method::Get => "GET",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            _ => "POST",
        },
        template: route.path,
        error_format: route.error_format,
        access: route.access,
        guard: route.guard,
    };
    ROUTES.iter().map(route).collect()
}

/// The path as the router and the OpenAPI document spell it: with `{id}` for a parameter.
pub fn template(path: &str) -> String {
    // A path without a parameter may also have the form of one with a parameter.
    let exact = ROUTES.iter().find(|route| route.path == path);
    let found = exact.or_else(|| ROUTES.iter().find(|route| route.has_path(path)));
    found.map_or_else(|| path.to_owned(), |route| route.path.to_owned())
}

/// The format of the errors of a path. Paths without a route use the message format below `/api`, otherwise the OAuth format.
pub fn error_format(path: &str) -> ErrorFormat {
    let path = template(path.split(['?', '#']).next().unwrap_or(path));
    let routes = all();
    let route = routes.iter().find(|route| route.template == path);
    let is_below_api = path == "/api" || path.starts_with("/api/");
    match route {
        Some(route) => route.error_format,
        None if is_below_api => ErrorFormat::Message,
        None => ErrorFormat::Oauth,
    }
}
