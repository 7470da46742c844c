//! `GET /oauth/jwks.json`: returns the public halves of the keys that sign access tokens.
//!
//! The media type is `application/json`, as at most providers: every verifier accepts it, whereas not every one knows
//! `application/jwk-set+json` (RFC 7517 section 8.5.2).

use crate::app::RequestContext;
use crate::crypto::signing_keys::PublicJwk;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::http::route::{Access, Guard, Route};
use crate::runtime::rate_limiter::Bucket;
use serde::Serialize;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Get,
    path: "/oauth/jwks.json",
    error_format: ErrorFormat::Oauth,
    rate_limit: Bucket::Session,
    access: Access::AnyOrigin(|context, _| Box::pin(async move { handle(&context) })),
    guard: Guard::None,
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

/// A rotation publishes a key and waits this long before the key signs (docs/operations/oauth-keys.md).
pub(super) const CACHE_CONTROL: &str = "public, max-age=300";

/// Public keys (RFC 7517).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct JwkSet {
    /// The keys: the one that signs, then the others whose tokens are accepted.
    pub keys: Vec<PublicJwk>,
}

fn handle(context: &RequestContext) -> Result<Response, ApiError> {
    let tokens = context.app.access_tokens.as_ref();
    let tokens = tokens.ok_or(ErrorCode::OauthDisabled)?;
    let set = JwkSet {
        keys: tokens.public_keys(),
    };
    Ok(Response::ok(&set).with("cache-control", CACHE_CONTROL))
}

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("getJwkSet", "OAuth", "Get public keys")
        .describe(
            "Returns the public keys that verify access tokens and ID tokens, as a JWK Set (RFC 7517). If a token has a `kid` that \
             is not in your cached keys, get the keys again. Web applications of any origin may read the response.",
        )
        .returns::<JwkSet>(
            schemas,
            json!({
                "keys": [{
                    "kty": "EC",
                    "crv": "P-256",
                    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                    "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
                    "alg": "ES256",
                    "use": "sig"
                }]
            }),
        )
        .header("cache-control", true)
        .errors([ErrorCode::OauthDisabled])
}
