//! `GET` and `POST /oauth/authorize`: begins an authorization (RFC 6749 section 4.1.1, `OpenID` Connect Core section 3.1.2.1).
//!
//! A link on another site sends the session cookie and the cookies of earlier requests, because they are `SameSite=Lax`. A form on
//! another site does not, so it is redirected to the link with the same parameters. Otherwise, each form would add another cookie.

use crate::app::RequestContext;
use crate::app::grants::authorization::{self, Answer, Target};
use crate::domain::authorization_request::{Given, Hint};
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::form::Form;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::http::{authorization_cookie, body, caller, session_cookie};
use crate::runtime::rate_limiter::Bucket;

/// The path of both endpoints.
pub const PATH: &str = "/oauth/authorize";

/// Maximum length of the query that a form of another site is redirected to. Cloudflare accepts addresses of 16 KB.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// The endpoint for links.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: PATH,
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::Public(|context, request| Box::pin(by_link(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation: operation_of_link,
};

/// The endpoint for forms.
pub const FORM_ROUTE: Route = Route {
    method: Method::Post,
    path: PATH,
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::Public(|context, request| Box::pin(by_form(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation: operation_of_form,
};

async fn by_link(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let given = Form::with_repetitions(request.query().as_bytes());
    // A HEAD request must not have an effect.
    let session = match request.method {
        Method::Get => session(&context, &request).await?,
        _ => None,
    };
    let client = request.client_info();
    let cookies = request.cookie.as_deref();
    answer(&context, &client, given, session, cookies).await
}

async fn by_form(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    if request.header("sec-fetch-site").as_deref() == Some("cross-site") {
        return Ok(as_link(&body::form_bytes(request).await?));
    }
    let session = session(&context, &request).await?;
    let client = request.client_info();
    let cookies = request.cookie.clone();
    let given = Form::with_repetitions(&body::form_bytes(request).await?);
    answer(&context, &client, given, session, cookies.as_deref()).await
}

/// Redirects to the link with the parameters of a form. A form that is too long for a link is refused.
fn as_link(form: &[u8]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form_urlencoded::parse(form))
        .finish();
    if query.len() > MAX_QUERY_BYTES {
        return error_page("invalid_request");
    }
    Response::see_other(format!("{PATH}?{query}"))
}

/// The session of the browser. A rotated-out cookie is not accepted.
async fn session(
    context: &RequestContext,
    request: &Request,
) -> Result<Option<SessionRecord>, ApiError> {
    let Some(verified) = session_cookie::verified(context, request) else {
        return Ok(None);
    };
    context.limit(Bucket::Session, &verified.session).await?;
    let found = caller::find_session(context, request, &verified).await?;
    let generation = verified.claims.session.generation;
    Ok(found.filter(|session| session.generation == generation))
}

async fn answer(
    context: &RequestContext,
    client: &crate::app::client_info::ClientInfo,
    given: Option<(Form, Vec<String>)>,
    session: Option<SessionRecord>,
    cookies: Option<&str>,
) -> Result<Response, ApiError> {
    if context.app.access_tokens.is_none() {
        return Ok(error_page("oauth_disabled"));
    }
    let Some((mut form, repeated)) = given else {
        return Ok(error_page("invalid_request"));
    };
    let id_token = form.take("id_token_hint");
    let (target, mut given) = parameters(form, &repeated);
    given.id_token_hint = hint(context, id_token).await;
    let begun = authorization::begin(context, client, target, given, session.as_ref());
    Ok(match begun.await? {
        Answer::Error(code) => error_page(code),
        Answer::Respond(address) => Response::see_other(address),
        Answer::Ask {
            request,
            id,
            cookie,
        } => {
            let page = Response::see_other(format!("/consent?request={request}"));
            authorization_cookie::set(context, page, cookies, &id, &cookie)
        }
    })
}

/// The parameters of a request, without `id_token_hint`. `repeated` are the names of those that are given twice.
#[must_use]
pub fn parameters(mut form: Form, repeated: &[String]) -> (Target, Given) {
    let is_repeated = |name: &str| repeated.iter().any(|other| other == name);
    let target = Target {
        has_repetition: is_repeated("client_id") || is_repeated("redirect_uri"),
        client_id: form.take("client_id"),
        redirect_uri: form.take("redirect_uri"),
    };
    let given = Given {
        has_repetition: !repeated.is_empty(),
        has_request: form.take("request").is_some(),
        has_request_uri: form.take("request_uri").is_some(),
        response_type: form.take("response_type"),
        response_mode: form.take("response_mode"),
        scope: form.take("scope"),
        state: form.take("state").filter(|_| !is_repeated("state")),
        nonce: form.take("nonce"),
        code_challenge: form.take("code_challenge"),
        code_challenge_method: form.take("code_challenge_method"),
        resource: form.take("resource"),
        prompt: form.take("prompt"),
        max_age: form.take("max_age"),
        login_hint: form.take("login_hint"),
        id_token_hint: Hint::Absent,
    };
    (target, given)
}

async fn hint(context: &RequestContext, id_token: Option<String>) -> Hint {
    let (Some(tokens), Some(id_token)) = (&context.app.access_tokens, id_token) else {
        return Hint::Absent;
    };
    let found = tokens.hint(&id_token).await;
    found.map_or(Hint::Invalid, Hint::Of)
}

/// The page that explains an error for which no response may be sent to the client.
pub(super) fn error_page(code: &str) -> Response {
    Response::see_other(format!("/error?code={code}"))
}

/// The parameters of the form.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "AuthorizationForm")]
#[expect(dead_code, reason = "describes the form")]
struct AuthorizationForm {
    /// `code`.
    #[schemars(extend("const" = "code"))]
    response_type: String,
    /// Id of the client.
    client_id: String,
    /// A redirect URI of the client.
    redirect_uri: String,
    /// SHA-256 of the code verifier in base64url (RFC 7636).
    code_challenge: String,
    /// `S256`.
    #[schemars(extend("const" = "S256"))]
    code_challenge_method: String,
}

#[cfg(not(target_arch = "wasm32"))]
const DESCRIPTION: &str = "An OAuth client opens this address in the browser of the user to sign the user in. The response \
    redirects to the consent page. If the user need not be asked, it redirects to the redirect URI of the client with the \
    authorization code. Errors are sent to the redirect URI (RFC 6749 section 4.1.2.1). Every response to the client contains \
    `iss` (RFC 9207). If the client or its redirect URI is not valid, the error page explains the error. All clients must use PKCE \
    with `S256`.";

#[cfg(not(target_arch = "wasm32"))]
fn operation_of_link(_: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    let text = json!({"type": "string"});
    [
        ("response_type", "`code`."),
        ("client_id", "Id of the client."),
        (
            "redirect_uri",
            "A redirect URI of the client; the port of a loopback host may differ.",
        ),
        (
            "code_challenge",
            "SHA-256 of the code verifier in base64url (RFC 7636).",
        ),
        ("code_challenge_method", "`S256`."),
        (
            "scope",
            "Scopes, separated by spaces. If absent, the client asks for all scopes of the resource.",
        ),
        ("state", "Value that the response repeats."),
        (
            "resource",
            "URI of the resource (RFC 8707): one of `OAUTH_RESOURCES`.",
        ),
        ("nonce", "Value that the ID token repeats."),
        (
            "prompt",
            "`none` (no page may be shown), or one or more of `login`, `consent` and `select_account`, separated by spaces.",
        ),
        ("max_age", "Maximum age of the authentication in seconds."),
        (
            "login_hint",
            "Name or address of the user that the client expects.",
        ),
        (
            "id_token_hint",
            "ID token of the user that the client expects, issued to the same client. It may have expired. No other user can \
             complete the request.",
        ),
        ("response_mode", "`query`."),
    ]
    .into_iter()
    .fold(
        Operation::new("authorize", "OAuth", "Authorize a client"),
        |operation, (name, description)| operation.query(name, description, &text),
    )
    .describe(DESCRIPTION)
    .redirects()
    .errors([ErrorCode::StorageUnavailable])
}

#[cfg(not(target_arch = "wasm32"))]
fn operation_of_form(
    schemas: &mut crate::http::operation::Schemas,
) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("authorizeByForm", "OAuth", "Authorize a client by a form")
        .describe(
            "Does the same as the `GET`, with the parameters in a form. A form of another site is redirected (303) to the `GET`, because \
             browsers send such a form without the session cookie. A form that is too long for a link is redirected to the error page.",
        )
        .takes_any_form::<AuthorizationForm>(
            schemas,
            json!({
                "response_type": "code",
                "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
                "redirect_uri": "https://app.example.com/callback",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                "code_challenge_method": "S256"
            }),
        )
        .redirects()
        .errors([ErrorCode::StorageUnavailable])
}
