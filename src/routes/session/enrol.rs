//! `POST /api/auth/sign-in/enrol`: creates the first factor of a user in a pending sign-in, if `MFA_POLICY` demands one.

use super::sign_in::required;
use super::verify::{Sender, respond};
use crate::app::RequestContext;
use crate::app::passkeys::second_factor::{self, Prepared};
use crate::app::second_factor::enrol::{self, PreparedInSignIn};
use crate::http::body::{self, INVALID_BODY};
use crate::http::device_cookie::DeviceCookie;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::routes::factors::totp::create::TotpSecretResponse;
use crate::routes::passkeys::options::CreationOptionsResponse;
use crate::runtime::rate_limiter::Bucket;
use serde::Deserialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/sign-in/enrol",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A factor that can be added in a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum EnrolMethod {
    /// A passkey.
    Passkey,
    /// One-time codes of an authenticator app.
    Totp,
}

/// The factor to add.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct EnrolRequest {
    /// The factor.
    method: EnrolMethod,
    /// `pending` of the response from `/sign-in`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1)))]
    pending: String,
}

/// How to create the factor.
#[cfg(not(target_arch = "wasm32"))]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "describes the body")]
enum EnrolResponse {
    /// The secret of one-time codes.
    Totp(TotpSecretResponse),
    /// The options for a passkey.
    Passkey(CreationOptionsResponse),
}

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
    let device = DeviceCookie::of(&request);
    let sender = Sender::of(&context, &request, &device);
    let body: EnrolRequest = body::json(request, INVALID_BODY).await?;
    let sender = sender.with(required(Some(body.pending))?);
    match body.method {
        EnrolMethod::Passkey => match second_factor::creation_options(&context, &sender).await? {
            Prepared::Yes(options) => Ok(Response::ok(&CreationOptionsResponse::from(*options))),
            Prepared::HasFactor => Err(ErrorCode::FactorExists.into()),
            Prepared::No(refused) => {
                let wrong = ErrorCode::InvalidSecondFactor.into();
                respond(&context, &device, refused, wrong)
            }
        },
        EnrolMethod::Totp => match enrol::in_sign_in(&context, &sender).await? {
            PreparedInSignIn::Yes(new) => Ok(TotpSecretResponse::response(&new)),
            PreparedInSignIn::HasFactor => Err(ErrorCode::FactorExists.into()),
            PreparedInSignIn::Unavailable => Err(ErrorCode::TotpUnavailable.into()),
            PreparedInSignIn::No(refused) => {
                let wrong = ErrorCode::InvalidSecondFactor.into();
                respond(&context, &device, refused, wrong)
            }
        },
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use crate::routes::factors::totp::create::example;
    use serde_json::json;
    Operation::new("enrolFactor", "Sessions", "Add the first factor in a sign-in")
        .describe(
            "For a sign-in whose response lists factors in `enrol`, because the service demands a second factor and the user has none. \
             Creates the secret of one-time codes, or the options with which a browser creates a passkey. /sign-in/verify with a code or with the \
             passkey completes the sign-in.",
        )
        .takes::<EnrolRequest>(
            schemas,
            INVALID_BODY,
            json!({"method": "totp", "pending": "jqcLxxXGQXiF9yTzDvCbbXzYdTS1Fq6Ss6iCQYcZ1Ks"}),
        )
        .returns::<EnrolResponse>(schemas, example())
        .errors([
            ErrorCode::PendingSignInExpired,
            ErrorCode::CrossSiteRequest,
            ErrorCode::FactorExists,
            ErrorCode::TotpUnavailable,
            ErrorCode::StorageUnavailable,
        ])
}
