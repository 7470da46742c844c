//! `POST /api/auth/totp`: creates the secret of one-time codes, which becomes a factor when a code has confirmed it.

use crate::app::RequestContext;
use crate::app::second_factor::enrol::{self, NewTotp, Prepared};
use crate::domain::session::SessionRecord;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/totp",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::Session,
    access: Access::Session(|context, request, session| {
        Box::pin(handle(context, request, session))
    }),
    guard: Guard::StepUp,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A secret that has to be confirmed.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct TotpSecretResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// The secret in base32, for apps that cannot read a QR code.
    pub secret: String,
    /// `otpauth` URI with the secret, for a QR code.
    pub uri: String,
}

impl TotpSecretResponse {
    /// The response with this secret.
    #[must_use]
    pub fn response(new: &NewTotp) -> Response {
        Response::ok(&Self {
            success: true,
            secret: new.secret.reveal().to_owned(),
            uri: new.uri.reveal().to_owned(),
        })
    }
}

async fn handle(
    context: RequestContext,
    _: Request,
    session: SessionRecord,
) -> Result<Response, ApiError> {
    match enrol::in_session(&context, &session.user).await? {
        Prepared::Yes(new) => Ok(TotpSecretResponse::response(&new)),
        Prepared::Exists => Err(ErrorCode::TotpExists.into()),
        Prepared::Unavailable => Err(ErrorCode::TotpUnavailable.into()),
    }
}

/// An example.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn example() -> serde_json::Value {
    serde_json::json!({
        "success": true,
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "uri": "otpauth://totp/Edge%20Auth:john%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Edge%20Auth&algorithm=SHA1&digits=6&period=30"
    })
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    Operation::new("createTotpSecret", "Second factors", "Create a secret for one-time codes")
        .describe(
            "Creates the secret of one-time codes (RFC 6238: SHA-1, six digits, 30 seconds). It is not a factor until \
             /totp/confirm has confirmed it with a code. It replaces a secret that was not confirmed. The secret is not shown again.",
        )
        .returns::<TotpSecretResponse>(schemas, example())
        .errors([ErrorCode::TotpExists, ErrorCode::TotpUnavailable])
}
