//! The list of all routes. Finds the route of a request, checks access and calls the handler.

use crate::app::administrator::Administrator;
use crate::app::denied_access::KnownCaller;
use crate::app::{App, RequestContext};
use crate::domain::session::SessionRecord;
use crate::http::administrator;
use crate::http::caller::{self, Check};
use crate::http::cors;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::route::{Access, Route};
use crate::routes::{
    audit, aws, bootstrap, clients, device, email, factors, grants, nvidia, oauth, pages, passkeys,
    password, session, system, users,
};
use crate::runtime::assets::Assets;
use crate::runtime::log;
use uuid::Uuid;

/// All endpoints. The ones that are called most often come first.
pub const ROUTES: &[Route] = &[
    session::validate::ROUTE,
    session::me::ROUTE,
    session::login::ROUTE,
    session::sign_in::ROUTE,
    session::current::ROUTE,
    session::sign_in_options::ROUTE,
    session::step_up::ROUTE,
    session::step_up_options::ROUTE,
    session::verify::ROUTE,
    session::enrol::ROUTE,
    session::passkey_options::ROUTE,
    passkeys::list::ROUTE,
    passkeys::options::ROUTE,
    passkeys::register::ROUTE,
    passkeys::rename::ROUTE,
    passkeys::delete::ROUTE,
    factors::list::ROUTE,
    factors::totp::create::ROUTE,
    factors::totp::confirm::ROUTE,
    factors::totp::remove::ROUTE,
    factors::recovery_codes::ROUTE,
    session::refresh::ROUTE,
    session::logout::ROUTE,
    session::logout_all::ROUTE,
    session::list::ROUTE,
    session::revoke::ROUTE,
    grants::list::ROUTE,
    grants::remove::ROUTE,
    password::set::ROUTE,
    password::change::ROUTE,
    password::forgot::ROUTE,
    password::remove::ROUTE,
    email::change::ROUTE,
    email::confirm::ROUTE,
    email::revert::ROUTE,
    device::register_client::ROUTE,
    device::authorize::ROUTE,
    device::token::ROUTE,
    aws::login::ROUTE,
    aws::credentials::ROUTE,
    nvidia::credentials::ROUTE,
    users::search::ROUTE,
    users::import::ROUTE,
    users::export::ROUTE,
    users::create::ROUTE,
    users::read::ROUTE,
    users::update::ROUTE,
    users::reset_password::ROUTE,
    users::unlock::ROUTE,
    users::factors::list::ROUTE,
    users::factors::reset::ROUTE,
    users::sessions::list::ROUTE,
    users::sessions::revoke::ROUTE,
    users::sessions::revoke_all::ROUTE,
    users::grants::list::ROUTE,
    users::grants::remove::ROUTE,
    clients::list::ROUTE,
    clients::create::ROUTE,
    clients::read::ROUTE,
    clients::update::ROUTE,
    clients::delete::ROUTE,
    clients::new_secret::ROUTE,
    clients::revoke_grants::ROUTE,
    audit::search::ROUTE,
    audit::export::ROUTE,
    audit::verify::ROUTE,
    bootstrap::ROUTE,
    users::erase::ROUTE,
    users::personal_export::ROUTE,
    system::health::ROUTE,
    system::status::ROUTE,
    system::openapi::ROUTE,
    oauth::token::ROUTE,
    oauth::authorize::ROUTE,
    oauth::authorize::FORM_ROUTE,
    oauth::consent_request::ROUTE,
    oauth::consent::ROUTE,
    oauth::logout::ROUTE,
    oauth::logout::FORM_ROUTE,
    oauth::sign_out_request::ROUTE,
    oauth::introspect::ROUTE,
    oauth::revoke::ROUTE,
    oauth::jwks::ROUTE,
    oauth::metadata::ROUTE,
    oauth::metadata::OPENID_ROUTE,
    oauth::userinfo::ROUTE,
    oauth::userinfo::POST_ROUTE,
];

/// Responds to a request. `enter` returns the context of this request; there is no `app` if the configuration is invalid.
pub async fn handle(
    app: Option<&'static App>,
    assets: Option<&'static Assets>,
    enter: impl FnOnce(&'static App) -> RequestContext,
    request: Request,
) -> Response {
    if !is_api(request.path()) {
        return pages::respond(assets, &request).await;
    }
    let origin = app.and_then(|app| cors::allowed_origin(&app.config.allowed_origins, &request));
    let is_preflight = cors::is_preflight(&request);
    let found = find(&request);
    let is_for_any_origin = match &found {
        Ok(route) | Err(NoRoute::Method(route, _)) => route.is_for_any_origin(),
        Err(NoRoute::Path) => false,
    };
    let response = match found {
        _ if is_preflight && (origin.is_some() || is_for_any_origin) => cors::preflight(),
        Err(NoRoute::Path) => {
            ApiError::new(ErrorCode::NotFound).response(format_without_route(request.path()))
        }
        Err(NoRoute::Method(route, _)) | Ok(route) if is_preflight => {
            error_response(&ErrorCode::OriginNotAllowed.into(), route)
        }
        Err(NoRoute::Method(route, allow)) => {
            let error = ApiError::new(ErrorCode::MethodNotAllowed).with_header("allow", allow);
            error_response(&error, route)
        }
        Ok(route) => {
            let result = match app {
                Some(app) => run(route, enter(app), request).await,
                None => Err(ApiError::new(ErrorCode::Misconfigured).with_cause("misconfigured")),
            };
            result.unwrap_or_else(|error| error_response(&error, route))
        }
    };
    match origin {
        Some(origin) => cors::permit(response, origin),
        None if is_for_any_origin => cors::permit_any(response),
        None => response,
    }
}

/// Whether the path belongs to the API. All other paths are those of browser pages, whose responses are HTML.
fn is_api(path: &str) -> bool {
    ["/api", "/oauth", "/.well-known"].iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The error format of a path without a route.
fn format_without_route(path: &str) -> ErrorFormat {
    if path == "/api" || path.starts_with("/api/") {
        ErrorFormat::Message
    } else {
        ErrorFormat::Oauth
    }
}

/// Why no route matches a request.
enum NoRoute {
    /// No route has its path.
    Path,
    /// Routes have its path, but none has its method. Holds one of these routes and the value of `Allow`.
    Method(&'static Route, String),
}

fn find(request: &Request) -> Result<&'static Route, NoRoute> {
    let path = request.path();
    // A path without parameters takes precedence over one with parameters, as in OpenAPI.
    let exact = ROUTES.iter().find(|route| route.path == path);
    let found = exact.or_else(|| ROUTES.iter().find(|route| route.has_path(path)));
    let template = found.ok_or(NoRoute::Path)?.path;
    let mut at_path = ROUTES.iter().filter(|route| route.path == template);
    let first = at_path.next().ok_or(NoRoute::Path)?;
    if first.accepts(request.method) {
        return Ok(first);
    }
    let mut methods = first.method.allow().to_owned();
    for route in at_path {
        if route.accepts(request.method) {
            return Ok(route);
        }
        methods.push_str(", ");
        methods.push_str(route.method.allow());
    }
    Err(NoRoute::Method(first, methods))
}

/// Applies the rate limit and the access check of the route, and calls its handler.
async fn run(
    route: &'static Route,
    context: RequestContext,
    mut request: Request,
) -> Result<Response, ApiError> {
    request.parameters = route.parameters(request.path());
    let check = Check {
        bucket: route.rate_limit,
        guard: route.guard,
        method: route.method,
        path: route.path,
    };
    match route.access {
        Access::Public(handler) | Access::AnyOrigin(handler) => {
            caller::limit_site(&context, &request, check.bucket).await?;
            handler(context, request).await
        }
        Access::Token(handler) => {
            let token = caller::token(&context, &request, check.bucket).await?;
            handler(context, request, token).await
        }
        Access::Optional(handler) => {
            let credential = caller::credential(&context, &request, check).await?;
            handler(context, request, credential).await
        }
        Access::CachedSession(handler) => {
            let caller = caller::cached_session(&context, &request, check).await?;
            handler(context, request, caller).await
        }
        Access::Session(handler) => {
            let session = caller::session(&context, &request, check).await?;
            handler(context, request, session).await
        }
        Access::Admin(handler) => {
            let session = caller::administrator(&context, &request, check).await?;
            let refusals = Refusals::of_session(&context, route, &request, &session);
            let result = handler(context, request, session).await;
            refusals.recorded(check, result).await
        }
        Access::SuperAdmin(handler) => {
            let session = caller::super_administrator(&context, &request, check).await?;
            let refusals = Refusals::of_session(&context, route, &request, &session);
            let result = handler(context, request, session).await;
            refusals.recorded(check, result).await
        }
        Access::AdminOrClient(scope, handler) => {
            let found = administrator::administrator_or_client(&context, &request, check, scope);
            let found = found.await?;
            let refusals = Refusals::of_administrator(&context, route, &request, &found);
            let result = handler(context, request, found).await;
            refusals.recorded(check, result).await
        }
        Access::SuperAdminOrClient(scope, handler) => {
            let found =
                administrator::super_administrator_or_client(&context, &request, check, scope);
            let found = found.await?;
            let refusals = Refusals::of_administrator(&context, route, &request, &found);
            let result = handler(context, request, found).await;
            refusals.recorded(check, result).await
        }
    }
}

/// Records the refusals of a handler that needs an administrator.
struct Refusals {
    caller: KnownCaller,
    /// The user that the path names.
    subject: Option<Uuid>,
}

impl Refusals {
    fn of_session(
        context: &RequestContext,
        route: &Route,
        request: &Request,
        session: &SessionRecord,
    ) -> Self {
        let caller = KnownCaller::new(context, request.client_info(), session);
        Self::new(route, request, caller)
    }

    fn of_administrator(
        context: &RequestContext,
        route: &Route,
        request: &Request,
        administrator: &Administrator,
    ) -> Self {
        match administrator {
            Administrator::User(session) => Self::of_session(context, route, request, session),
            Administrator::Client(token) => {
                let client = request.client_info();
                let caller = KnownCaller::oauth_client(context, client, token.client);
                Self::new(route, request, caller)
            }
        }
    }

    fn new(route: &Route, request: &Request, caller: KnownCaller) -> Self {
        let is_of_user = route.path.starts_with("/api/auth/users/");
        let id = is_of_user.then(|| request.parameter("id"));
        Self {
            caller,
            subject: id.and_then(|id| Uuid::try_parse(id).ok()),
        }
    }

    /// Records the result if it is a 403.
    async fn recorded(
        self,
        check: Check,
        result: Result<Response, ApiError>,
    ) -> Result<Response, ApiError> {
        if let Err(error) = &result
            && error.code().status() == 403
        {
            let detail = check.denied(error.code());
            self.caller.record_denied(detail, self.subject).await?;
        }
        result
    }
}

/// Renders the error, and logs it if the service or one of its backends failed.
fn error_response(error: &ApiError, route: &Route) -> Response {
    if let Some(cause) = error.cause() {
        log::failure(route.path, cause);
    }
    error.response(route.error_format)
}

#[cfg(test)]
mod tests {
    use super::ROUTES;
    use crate::http::route::{Access, Guard};

    #[test]
    fn only_routes_that_read_a_session_from_d1_require_step_up() {
        for route in ROUTES {
            let reads_d1 = matches!(
                route.access,
                Access::Session(_)
                    | Access::Admin(_)
                    | Access::SuperAdmin(_)
                    | Access::AdminOrClient(..)
                    | Access::SuperAdminOrClient(..)
            );
            let needs_record = !matches!(route.guard, Guard::None | Guard::OwnOrigin);
            assert!(reads_d1 || !needs_record, "{}", route.path);
        }
    }
}
