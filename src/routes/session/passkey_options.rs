//! `POST /api/auth/sign-in/passkey-options`: begins a sign-in with a passkey.

use super::sign_in::required;
use super::verify::{Sender, respond};
use crate::app::RequestContext;
use crate::app::passkeys::ceremony::Use;
use crate::app::passkeys::options::{self, RequestOptions, With};
use crate::app::passkeys::second_factor::{self, Prepared};
use crate::http::body::{self, INVALID_BODY};
use crate::http::browser_cookie::BrowserCookie;
use crate::http::device_cookie::DeviceCookie;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::{Deserialize, Serialize};

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/sign-in/passkey-options",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// The sign-in that the passkey is for.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct PasskeyOptionsRequest {
    /// `pending` of the response from `/sign-in`, if the passkey completes that sign-in; absent for a sign-in with a passkey alone.
    pending: Option<String>,
}

/// The options of an authentication.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct RequestOptionsResponse {
    /// The options for `PublicKeyCredential.parseRequestOptionsFromJSON()`.
    pub options: RequestOptions,
    /// The sealed challenge, which the client sends with the response of the authenticator, once and within 5 minutes.
    pub state: String,
}

impl From<With<RequestOptions>> for RequestOptionsResponse {
    fn from(with: With<RequestOptions>) -> Self {
        Self {
            options: with.options,
            state: with.state,
        }
    }
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let device = DeviceCookie::of(&request);
    let browser = BrowserCookie::of(&context, &request);
    let sender = Sender::of(&context, &request, &device);
    let body: PasskeyOptionsRequest = body::json(request, INVALID_BODY).await?;
    if body.pending.is_some() {
        let sender = sender.with(required(body.pending)?);
        return match second_factor::request_options(&context, &sender).await? {
            Prepared::Yes(options) => Ok(Response::ok(&RequestOptionsResponse::from(*options))),
            Prepared::HasFactor => Err(ErrorCode::FactorExists.into()),
            Prepared::No(refused) => {
                let wrong = ErrorCode::InvalidSecondFactor.into();
                respond(&context, &device, refused, wrong)
            }
        };
    }
    let binding = browser.bind(&context, true)?;
    let options = options::request(&context, None, Use::SignIn(&binding.text)).await?;
    let response = Response::ok(&RequestOptionsResponse::from(options));
    Ok(match binding.set_cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::passkeys::examples;
    use serde_json::json;
    Operation::new(
        "beginPasskeySignIn",
        "Sessions",
        "Begin a sign-in with a passkey",
    )
    .describe(
        "Returns the options for `navigator.credentials.get()`, for any passkey of the service or, with `pending`, for those of the user \
         who completes a sign-in. The response of the authenticator is sent to /sign-in or /sign-in/verify. The response sets a cookie: \
         only the same browser can use the challenge.",
    )
    .takes::<PasskeyOptionsRequest>(schemas, INVALID_BODY, json!({}))
    .returns::<RequestOptionsResponse>(
        schemas,
        json!({"options": examples::request_options(), "state": examples::STATE}),
    )
    // Over plain http, only loopback addresses get the cookies.
    .header("set-cookie", false)
    .errors([
        ErrorCode::PendingSignInExpired,
        ErrorCode::CrossSiteRequest,
        ErrorCode::StorageUnavailable,
    ])
}
