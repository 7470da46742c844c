//! `GET` and `POST /oauth/logout`: an OAuth client asks to sign the user out (`OpenID` Connect RP-Initiated Logout 1.0). The request is
//! checked here. The page `/sign-out` signs the user out.

use super::authorize::error_page;
use crate::app::RequestContext;
use crate::app::client_sign_out::{self, Answer};
use crate::domain::sign_out_request::{self, Given};
use crate::http::body;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::form::Form;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;

/// The path of both endpoints.
pub const PATH: &str = "/oauth/logout";

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
    answer(&context, given).await
}

async fn by_form(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let given = Form::with_repetitions(&body::form_bytes(request).await?);
    answer(&context, given).await
}

async fn answer(
    context: &RequestContext,
    given: Option<(Form, Vec<String>)>,
) -> Result<Response, ApiError> {
    if context.app.access_tokens.is_none() {
        return Ok(error_page("oauth_disabled"));
    }
    let Some((mut form, _)) = given.filter(|(_, repeated)| repeated.is_empty()) else {
        return Ok(error_page("invalid_request"));
    };
    let id_token = form.take("id_token_hint");
    let given = Given {
        client_id: form.take("client_id"),
        redirect_uri: form.take("post_logout_redirect_uri"),
        state: form.take("state"),
    };
    let locales = form.take("ui_locales");
    let answer = client_sign_out::begin(context, given, id_token.as_deref()).await?;
    let request = match answer {
        Answer::Error(code) => return Ok(error_page(code)),
        Answer::Page(request) => request,
    };
    let locales = locales.as_deref().and_then(sign_out_request::locales);
    let locales = locales.map(|locales| format!("&ui_locales={}", locales.replace(' ', "+")));
    let locales = locales.unwrap_or_default();
    Ok(Response::see_other(format!(
        "/sign-out?request={request}{locales}"
    )))
}

/// The parameters of the form.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(rename = "LogoutRequest")]
#[expect(dead_code, reason = "describes the form")]
struct LogoutRequest {
    /// ID token of the user, issued to the client. It may have expired.
    #[schemars(extend("type" = "string"))]
    id_token_hint: Option<String>,
    /// Id of the client.
    #[schemars(extend("type" = "string"))]
    client_id: Option<String>,
    /// Address to which the user returns.
    #[schemars(extend("type" = "string"))]
    post_logout_redirect_uri: Option<String>,
    /// Value that the redirect repeats.
    #[schemars(extend("type" = "string"))]
    state: Option<String>,
    /// Languages of the page in the order of preference, separated by spaces.
    #[schemars(extend("type" = "string"))]
    ui_locales: Option<String>,
}

#[cfg(not(target_arch = "wasm32"))]
const DESCRIPTION: &str = "An OAuth client opens this address in the browser of the user to sign the user out (OpenID Connect \
    RP-Initiated Logout 1.0). The response redirects to a page of this service. The page signs out the user of the ID token at once, and \
    asks any other user first. Then it redirects to `post_logout_redirect_uri`, which must be registered for the client. If the client \
    or this address is not valid, the response redirects to the error page, and nothing is changed. If the ID token is not valid, the \
    page asks the user first. The user does not return to the client afterwards.";

#[cfg(not(target_arch = "wasm32"))]
fn operation_of_link(_: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::error_codes::ErrorCode;
    use crate::http::operation::Operation;
    use serde_json::json;
    let text = json!({"type": "string"});
    [
        (
            "id_token_hint",
            "ID token of the user, issued to the client. It may have expired.",
        ),
        (
            "client_id",
            "Id of the client. Without an ID token, it is required with `post_logout_redirect_uri`.",
        ),
        (
            "post_logout_redirect_uri",
            "Address to which the user returns: one of `post_logout_redirect_uris` of the client. The port of a loopback host may \
             differ.",
        ),
        ("state", "Value that the redirect repeats."),
        (
            "ui_locales",
            "Languages of the page in the order of preference, separated by spaces. A language that the user has chosen comes first.",
        ),
        (
            "logout_hint",
            "Ignored: a browser has one session.",
        ),
    ]
    .into_iter()
    .fold(
        Operation::new("requestSignOut", "OAuth", "Sign a user out for a client"),
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
    Operation::new(
        "requestSignOutByForm",
        "OAuth",
        "Sign a user out for a client by a form",
    )
    .describe(DESCRIPTION)
    .takes_any_form::<LogoutRequest>(
        schemas,
        json!({
            "client_id": "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
            "post_logout_redirect_uri": "https://app.example.com/signed-out",
            "state": "xyz"
        }),
    )
    .redirects()
    .errors([ErrorCode::StorageUnavailable])
}
