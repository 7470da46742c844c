//! The description of an endpoint: method, path, error format, rate limit and access. The router lists these constants, and
//! `openapi.rs` folds them into the OpenAPI document.

use super::caller::{CachedCaller, PresentedCredential};
use super::error::{ApiError, ErrorFormat};
use super::request::{Method, Request};
use super::response::Response;
use crate::app::RequestContext;
use crate::app::administrator::Administrator;
use crate::domain::administration_scope::AdministrationScope;
use crate::domain::session::SessionRecord;
use crate::runtime::rate_limiter::Bucket;
use std::future::Future;
use std::pin::Pin;

/// The future of a handler. It is boxed because a future that could hold the state of any handler would be as large as the
/// largest one.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Response, ApiError>>>>;

/// An endpoint.
pub struct Route {
    /// The method. A GET route also accepts HEAD.
    pub method: Method,
    /// The path, matched byte by byte. A segment `{name}` matches any segment that is not empty;
    /// [`Request::parameter`] returns it.
    pub path: &'static str,
    /// The shape of error responses.
    pub error_format: ErrorFormat,
    /// The rate limit: per session if the request has a valid token and the access is not public, otherwise per client site.
    pub rate_limit: Bucket,
    /// The access level and the handler.
    pub access: Access,
    /// What a request needs besides the access level.
    pub guard: Guard,
    /// The description for the OpenAPI document.
    #[cfg(not(target_arch = "wasm32"))]
    pub operation: fn(&mut super::operation::Schemas) -> super::operation::Operation,
}

/// A handler for administrators and OAuth clients.
pub type AdministratorHandler = fn(RequestContext, Request, Administrator) -> HandlerFuture;

/// The access level of an endpoint, with its handler. The handler receives the result of the access check, so it cannot be
/// called without the check.
#[derive(Clone, Copy)]
pub enum Access {
    /// No access check. Neither the `Authorization` header nor the session cookie is read.
    Public(fn(RequestContext, Request) -> HandlerFuture),
    /// Like `Public`, and web applications of any origin may read the responses: what they contain is meant for everyone.
    AnyOrigin(fn(RequestContext, Request) -> HandlerFuture),
    /// No access check. The handler receives the bearer token, valid or not, and decides. The session cookie is not read.
    Token(fn(RequestContext, Request, PresentedCredential) -> HandlerFuture),
    /// No access check. The handler receives the bearer token or session cookie, valid or not, and decides.
    Optional(fn(RequestContext, Request, PresentedCredential) -> HandlerFuture),
    /// A session, which may come from the cache. For endpoints that grant nothing and reveal only the user's own profile.
    CachedSession(fn(RequestContext, Request, CachedCaller) -> HandlerFuture),
    /// A session that D1's primary confirms. For endpoints that grant or reveal something.
    Session(fn(RequestContext, Request, SessionRecord) -> HandlerFuture),
    /// A session of an administrator or super administrator, which D1's primary confirms.
    Admin(fn(RequestContext, Request, SessionRecord) -> HandlerFuture),
    /// A session of a super administrator, which D1's primary confirms.
    SuperAdmin(fn(RequestContext, Request, SessionRecord) -> HandlerFuture),
    /// Like `Admin`, or an access token of an OAuth client with this scope, which D1's primary confirms.
    AdminOrClient(AdministrationScope, AdministratorHandler),
    /// Like `SuperAdmin`, or an access token of an OAuth client with this scope, which D1's primary confirms.
    SuperAdminOrClient(AdministrationScope, AdministratorHandler),
}

/// What a request needs in addition to the access level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing. A request that the session cookie authenticates may come from the service's own origin and from the origins of
    /// `ALLOWED_ORIGINS` that may use cookies.
    None,
    /// A request that the session cookie authenticates must come from the service's own origin.
    OwnOrigin,
    /// Like `OwnOrigin`, and the token or cookie must not have been rotated out, not even within the replay window. For routes with the
    /// access level `Session`, `Admin` or `SuperAdmin`, and those that also take clients.
    Current,
    /// Like `Current`, and the user must have authenticated within the last
    /// [`STEP_UP_SECONDS`](crate::domain::session::STEP_UP_SECONDS). For routes with the access level `Session`, `Admin` or
    /// `SuperAdmin`, and for routes that also accept OAuth clients, which need no step-up.
    StepUp,
    /// If the user has a factor, a recent authentication as for `StepUp`; otherwise nothing. For routes that ask for the password
    /// themselves, so that the password alone does not suffice.
    StepUpWithFactor,
}

impl Route {
    /// Whether the path of a request is the path of the endpoint.
    #[must_use]
    pub fn has_path(&self, path: &str) -> bool {
        if !self.path.contains('{') {
            return self.path == path;
        }
        let mut given = path.split('/');
        let mut expected = self.path.split('/');
        loop {
            match (expected.next(), given.next()) {
                (None, None) => return true,
                (Some(expected), Some(given))
                    if expected == given || (name(expected).is_some() && !given.is_empty()) => {}
                _ => return false,
            }
        }
    }

    /// The parameters in a path that [`Route::has_path`] accepts.
    #[must_use]
    pub fn parameters(&self, path: &str) -> Vec<(&'static str, String)> {
        if !self.path.contains('{') {
            return Vec::new();
        }
        let segments = self.path.split('/').zip(path.split('/'));
        segments
            .filter_map(|(expected, given)| Some((name(expected)?, given.to_owned())))
            .collect()
    }

    /// Whether web applications of any origin may read the responses.
    #[must_use]
    pub fn is_for_any_origin(&self) -> bool {
        matches!(self.access, Access::AnyOrigin(_))
    }

    /// Whether the endpoint accepts this method.
    #[must_use]
    pub fn accepts(&self, method: Method) -> bool {
        method == self.method || (method == Method::Head && self.method == Method::Get)
    }
}

/// The name in a segment `{name}` of a route's path.
fn name(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::operation::{Operation, Schemas};

    fn route(path: &'static str) -> Route {
        fn operation(_: &mut Schemas) -> Operation {
            Operation::new("id", "Tag", "Summary")
        }
        Route {
            method: Method::Get,
            path,
            error_format: ErrorFormat::Message,
            rate_limit: Bucket::Session,
            access: Access::Public(|_, _| Box::pin(async { Ok(Response::empty()) })),
            guard: Guard::None,
            operation,
        }
    }

    #[test]
    fn parameter_matches_one_segment_at_any_place() {
        let route = route("/users/{id}/sessions/{session}");
        let path = "/users/7/sessions/a%2Fb";
        assert!(route.has_path(path));
        let expected = [("id", "7".to_owned()), ("session", "a%2Fb".to_owned())];
        assert_eq!(route.parameters(path), expected);
        for path in [
            "/users/7/sessions",
            "/users/7/sessions/",
            "/users//sessions/1",
            "/users/7/sessions/1/",
            "/users/7/8/sessions/1",
            "/Users/7/sessions/1",
        ] {
            assert!(!route.has_path(path), "{path}");
        }
    }

    #[test]
    fn path_without_parameters_matches_only_itself() {
        let route = route("/users");
        assert!(route.has_path("/users") && route.parameters("/users").is_empty());
        for path in ["/users/", "/user", "/users?", "", "/"] {
            assert!(!route.has_path(path), "{path}");
        }
    }

    #[test]
    fn get_accepts_head_and_no_other_method() {
        let route = route("/users");
        assert!(route.accepts(Method::Get) && route.accepts(Method::Head));
        assert!(!route.accepts(Method::Post) && !route.accepts(Method::Options));
    }
}
