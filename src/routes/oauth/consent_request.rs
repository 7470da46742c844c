//! `POST /api/auth/authorization-request`: returns the next step of a sealed authorization request to the consent page.

use crate::app::RequestContext;
use crate::app::grants::consent::{self, OpenRequest, PageStep};
use crate::domain::oauth_client::OauthClient;
use crate::domain::session::SessionRecord;
use crate::domain::user::User;
use crate::http::caller::{self, PresentedCredential};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::origin::RequestOrigin;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::{authorization_cookie, body};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/authorization-request",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Optional(|context, request, credential| {
        Box::pin(handle(context, request, credential))
    }),
    guard: Guard::OwnOrigin,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A sealed authorization request.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuthorizationRequestRequest {
    /// `request` of the address of the consent page.
    request: String,
}

/// The next step of the consent page.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// The user signs in.
    SignIn,
    /// The user authenticates again in the session.
    StepUp,
    /// The user allows or denies the request.
    Consent,
    /// The page opens `location`.
    Redirect,
}

/// An OAuth client as users see it.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ShownClient {
    /// Id of the client.
    client_id: Uuid,
    /// Name of the client.
    name: String,
}

impl From<OauthClient> for ShownClient {
    fn from(client: OauthClient) -> Self {
        Self {
            client_id: client.client_id,
            name: client.metadata.client_name,
        }
    }
}

/// A resource as users see it.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct ShownResource {
    /// URI of the resource.
    uri: &'static str,
    /// Name of the resource.
    name: &'static str,
}

/// The user of the session.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AskedUser {
    /// Id of the user.
    id: Uuid,
    /// User name.
    username: String,
    /// Full name.
    name: String,
}

impl From<User> for AskedUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            name: user.name,
        }
    }
}

/// The request of a client, and the next step of the page.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AuthorizationRequestResponse {
    /// The next step of the page.
    next: NextStep,
    /// Address that the page opens if `next` is `redirect`; otherwise null.
    location: Option<String>,
    /// The client.
    client: ShownClient,
    /// Host or private-use scheme that the user returns to.
    redirect_host: String,
    /// Whether the response goes to a program on the user's device. Another program there can imitate the client.
    is_loopback: bool,
    /// The resource; null for the user info endpoint.
    resource: Option<ShownResource>,
    /// If `next` is `consent`, the scopes that the page shows. Otherwise, the scopes that the client asks for.
    scopes: Vec<String>,
    /// Name or address of the user that the client expects.
    login_hint: Option<String>,
    /// The user of the session; null without one.
    user: Option<AskedUser>,
}

async fn handle(
    context: RequestContext,
    request: Request,
    credential: PresentedCredential,
) -> Result<Response, ApiError> {
    // Required even without a session, because other sites must not use the cookie of the request. With a token, no cookie is read.
    if request.authorization.is_none() {
        RequestOrigin::of(&context.app.config, &request).require(Guard::OwnOrigin)?;
    }
    let session = session(&context, &request, credential).await?;
    let client_info = request.client_info();
    let cookies = request.cookie.clone();
    let body: AuthorizationRequestRequest = body::json(request, body::INVALID_BODY).await?;
    let open = open(&context, cookies.as_deref(), &body.request).await?;
    let next = open.next(&context, &client_info, session.as_ref()).await?;
    let next = next.ok_or(ErrorCode::AuthorizationRequestInvalid)?;
    let asked = open.request();
    let requested = || asked.scopes().tokens().map(str::to_owned).collect();
    let (step, location, scopes) = match next {
        PageStep::SignIn => (NextStep::SignIn, None, requested()),
        PageStep::StepUp => (NextStep::StepUp, None, requested()),
        PageStep::Consent(scopes) => (NextStep::Consent, None, scopes),
        PageStep::Redirect(location) => (NextStep::Redirect, Some(location), requested()),
    };
    let is_done = location.is_some();
    let resource = open.resource(&context).map(|resource| ShownResource {
        uri: &resource.uri,
        name: &resource.name,
    });
    let response = Response::ok(&AuthorizationRequestResponse {
        next: step,
        location,
        client: open.client().clone().into(),
        redirect_host: asked.redirect_host(),
        is_loopback: asked.is_for_device(),
        resource,
        scopes,
        login_hint: asked.login_hint.clone(),
        user: session.map(|session| session.user.into()),
    });
    Ok(if is_done {
        authorization_cookie::clear(&context, response, open.id())
    } else {
        response
    })
}

/// The session of the browser. A rotated-out cookie is not accepted.
async fn session(
    context: &RequestContext,
    request: &Request,
    credential: PresentedCredential,
) -> Result<Option<SessionRecord>, ApiError> {
    let PresentedCredential::Valid(verified) = credential else {
        return Ok(None);
    };
    let found = caller::find_session(context, request, &verified).await?;
    let generation = verified.claims.session.generation;
    Ok(found.filter(|session| session.generation == generation))
}

/// Opens a sealed request with the cookies of the browser.
pub(super) async fn open(
    context: &RequestContext,
    cookies: Option<&str>,
    text: &str,
) -> Result<OpenRequest, ApiError> {
    let cookie = |id: &str| authorization_cookie::value(context, cookies, id);
    let found = consent::open(context, text, cookie).await?;
    Ok(found.ok_or(ErrorCode::AuthorizationRequestInvalid)?)
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("readAuthorizationRequest", "OAuth", "Read an authorization request")
        .describe(
            "Returns the resource and the scopes that an OAuth client asks for, and the next step of the user. If the user has \
             allowed the same scopes before, the request is granted at once. The request must come from the service's own origin, \
             with the cookie that `/oauth/authorize` has set.",
        )
        .takes::<AuthorizationRequestRequest>(
            schemas,
            body::INVALID_BODY,
            json!({"request": "AXs0dGVzdA"}),
        )
        .returns::<AuthorizationRequestResponse>(
            schemas,
            json!({
                "next": "consent",
                "location": null,
                "client": {"client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10", "name": "Reports"},
                "redirect_host": "app.example.com",
                "is_loopback": false,
                "resource": {"uri": "https://api.example.com/v1", "name": "Reports"},
                "scopes": ["reports:read", "offline_access"],
                "login_hint": null,
                "user": {"id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "username": "john", "name": "John Doe"}
            }),
        )
        .header("set-cookie", false)
        .errors([
            ErrorCode::AuthorizationRequestInvalid,
            ErrorCode::StorageUnavailable,
        ])
}
