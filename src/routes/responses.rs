//! Response bodies that several endpoints have in common.

use crate::app::credential::Issued;
use crate::domain::user::User;
use crate::http::response::{EXPIRES, Response};
use serde::Serialize;

/// The user as the routes of the detail format return it.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BearerUser<'a> {
    /// User name.
    pub username: &'a str,
    /// E-mail address; null if unknown.
    pub email: Option<&'a str>,
    /// Full name.
    pub full_name: &'a str,
}

/// A session token and its user (RFC 6749 §5.1 defines the first two fields).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BearerTokenResponse<'a> {
    /// Session token (JWT).
    pub access_token: &'a str,
    /// Always `bearer`.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = "bearer")))]
    pub token_type: &'static str,
    /// The user of the token.
    pub user: BearerUser<'a>,
}

impl<'a> BearerTokenResponse<'a> {
    /// The token and its user.
    #[must_use]
    pub fn new(access_token: &'a str, user: &'a User) -> Self {
        let user = BearerUser {
            username: &user.username,
            email: user.email.as_deref(),
            full_name: &user.name,
        };
        Self {
            access_token,
            token_type: "bearer",
            user,
        }
    }

    /// The response with this token and its user.
    #[must_use]
    pub fn response(issued: &Issued, user: &User) -> Response {
        let response = Response::ok(&BearerTokenResponse::new(&issued.text, user));
        response.with(EXPIRES, issued.expires_at.to_string())
    }
}

/// Confirmation of routes that return nothing else.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct MessageResponse {
    /// Always true.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(extend("const" = true)))]
    pub success: bool,
    /// Human-readable text.
    pub message: &'static str,
}

impl MessageResponse {
    /// The confirmation with this text.
    #[must_use]
    pub fn new(message: &'static str) -> Self {
        Self {
            success: true,
            message,
        }
    }
}
