//! The shapes in which a person stands on the wire, beside [`User`](crate::account::user::User) itself, which is the
//! shape of `/login` and `/validate`.

use crate::account::user::User;
use crate::app::tokens::Issued;
use crate::web::reply::{EXPIRES, Reply};
use serde::Serialize;

/// What the bearer routes tell of a person.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BearerUser<'a> {
    /// User name.
    pub username: &'a str,
    /// E-mail, if known.
    pub email: Option<&'a str>,
    /// Full name.
    pub full_name: &'a str,
}

/// The reply of the bearer routes (RFC 6749 §5.1 names the first two).
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct BearerReply<'a> {
    /// The JWT.
    pub access_token: &'a str,
    /// Always `bearer`.
    pub token_type: &'static str,
    /// Who signed in.
    pub user: BearerUser<'a>,
}

impl<'a> BearerReply<'a> {
    /// A token and its person.
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
    pub fn of(issued: &Issued, user: &User) -> Reply {
        let reply = Reply::ok(&BearerReply::new(&issued.token, user));
        reply.with(EXPIRES, issued.expires_at.to_string())
    }
}

/// The reply of routes that only say that something was done.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct Done {
    /// Always true.
    pub success: bool,
    /// What was done, for a person.
    pub message: &'static str,
}

impl Done {
    /// This was done.
    #[must_use]
    pub fn new(message: &'static str) -> Self {
        Self {
            success: true,
            message,
        }
    }
}
