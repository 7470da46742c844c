//! `POST /api/auth/login`: user name or e-mail, and password.
//!
//! An unknown, disabled or passwordless user costs the same hash and gets the same bytes as a wrong password.

use super::sign_in::{self, Origin, Terms};
use crate::account::names;
use crate::account::password::{self, Password, Unusable, Verdict};
use crate::account::user::User;
use crate::app::{Call, random};
use crate::failure::Failure;
use crate::log;
use crate::store::users::Registered;
use crate::web::body;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde::{Deserialize, Serialize};

/// The body.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginRequest {
    /// User name or e-mail.
    username: String,
    /// Password, never trimmed.
    password: String,
}

/// The reply.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LoginReply {
    /// Always true.
    pub success: bool,
    /// `Login successful`.
    pub message: &'static str,
    /// The JWT.
    pub token: String,
    /// Who signed in.
    pub user: User,
}

/// Answers the route.
///
/// # Errors
/// `MissingLogin`, `WrongLogin`, `StorageOut`, and what reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of(&request);
    let body: LoginRequest = body::json(request, Failure::MissingLogin).await?;
    if body.username.is_empty() || body.password.is_empty() {
        return Err(Failure::MissingLogin);
    }
    let registered = find(&call, &body.username).await?;
    let (user, hash) = match registered {
        Some(Registered {
            user,
            password_hash,
        }) if user.is_active => (Some(user), password_hash),
        _ => (None, None),
    };
    // Over the limit is never anybody's; not hashing it tells only what the client knows.
    let password = Password::parse(&body.password).map_err(|_| Failure::WrongLogin)?;
    let verdict = password::verify(&password, hash.as_deref(), &call.app.peppers);
    match verdict {
        Verdict::Unusable(Unusable::OutOfMemory) => return Err(Failure::Platform),
        Verdict::Unusable(fault) => log::unusable_hash(fault),
        Verdict::Right { .. } | Verdict::Wrong => {}
    }
    let (Verdict::Right { needs_rehash }, Some(mut user)) = (verdict, user) else {
        return Err(Failure::WrongLogin);
    };
    let renewed = if needs_rehash {
        password::hash(&password, random()?, &call.app.peppers).ok()
    } else {
        None
    };
    let terms = Terms {
        checked: hash.as_deref(),
        renewed: renewed.as_deref(),
        ..Terms::default()
    };
    let token = sign_in::begin(&call, &origin, &mut user, terms)
        .await?
        .ok_or(Failure::WrongLogin)?;
    Ok(Reply::ok(&LoginReply {
        success: true,
        message: "Login successful",
        token,
        user,
    }))
}

/// A name that no password user can have is looked up all the same, so that it takes as long.
async fn find(call: &Call, username: &str) -> Result<Option<Registered>, Failure> {
    let login = names::login_key(username).unwrap_or(names::LoginName::Username(String::new()));
    Ok(call.app.users.find(&login).await?)
}
