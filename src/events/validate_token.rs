//! The method `validateToken` of the service binding. The result is JSON, which `entry.mjs` parses.

use super::app::{app, assets};
use crate::app::RequestContext;
use crate::app::token_validation::{self, ValidationError};
use crate::domain::user::User;
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::response::json;
use crate::runtime::executor::result_or_promise;
use crate::runtime::{clock, log};
use crate::timestamp::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Context, Env};

/// A valid session token.
#[derive(Serialize)]
struct ValidSession<'a> {
    valid: bool,
    kind: &'static str,
    user: &'a User,
}

/// A valid access token.
#[derive(Serialize)]
struct ValidAccessToken<'a> {
    valid: bool,
    kind: &'static str,
    client_id: &'a str,
    subject: &'a str,
    audience: &'a str,
    scopes: Vec<&'a str>,
    expires_at: Timestamp,
}

/// A token that is not accepted, with the response that the other Worker sends to its client.
#[derive(Serialize)]
struct Refused {
    valid: bool,
    status: u16,
    code: &'static str,
    message: Cow<'static, str>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<String>,
    /// The value of `Retry-After`.
    retry_after: Option<u32>,
}

impl Refused {
    fn new(error: &ApiError) -> Self {
        let headers = error.response(ErrorFormat::Message).headers;
        let header = |name: &str| {
            let found = headers.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| value.to_string())
        };
        Self {
            valid: false,
            status: error.code().status(),
            code: error.code().as_str(),
            message: error.text(ErrorFormat::Message),
            challenge: header("www-authenticate"),
            retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        }
    }
}

/// Validates a token: without an audience a session token, otherwise an access token for it with these scopes, which are separated
/// by spaces. Returns JSON, or a promise of it.
#[wasm_bindgen(js_name = validateToken)]
pub fn validate_token(
    token: String,
    audience: Option<String>,
    scopes: String,
    env: &Env,
    context: JsValue,
) -> Result<JsValue, JsValue> {
    let (app, assets, received_at) = (app(env), assets(env), clock::now());
    let execution = Context::new(context.unchecked_into());
    result_or_promise(async move {
        let result = match app {
            None => Err(ApiError::new(ErrorCode::Misconfigured)),
            Some(app) => {
                let context = RequestContext::new(app, assets, received_at, execution);
                validated(&context, &token, audience.as_deref(), &scopes).await
            }
        };
        let text = result.unwrap_or_else(|error| {
            if let Some(cause) = error.cause() {
                log::failure("validateToken", cause);
            }
            json(&Refused::new(&error))
        });
        Ok(JsValue::from_str(&text))
    })
}

async fn validated(
    context: &RequestContext,
    token: &str,
    audience: Option<&str>,
    scopes: &str,
) -> Result<String, ApiError> {
    let Some(audience) = audience else {
        let found = token_validation::session_token(context, token).await;
        let caller = found.map_err(|error| api_error(error, scopes))?;
        return Ok(json(&ValidSession {
            valid: true,
            kind: "session",
            user: &caller.user,
        }));
    };
    let required: Vec<&str> = scopes
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .collect();
    let found = token_validation::access_token(context, token, audience, &required).await;
    let claims = found.map_err(|error| api_error(error, scopes))?;
    Ok(json(&ValidAccessToken {
        valid: true,
        kind: "access_token",
        client_id: &claims.client,
        subject: &claims.subject,
        audience: &claims.audience,
        scopes: claims
            .scope
            .split(' ')
            .filter(|scope| !scope.is_empty())
            .collect(),
        expires_at: claims.expires_at,
    }))
}

fn api_error(error: ValidationError, scopes: &str) -> ApiError {
    match error {
        ValidationError::App(error) => error.into(),
        ValidationError::Expired => ErrorCode::TokenExpired.into(),
        ValidationError::Invalid => ErrorCode::InvalidToken.into(),
        ValidationError::InsufficientScope => ApiError::insufficient_scope(scopes),
    }
}
