//! `POST /api/auth/set-password`: a one-time link sets its holder's password. All sessions of that person end, and all
//! other links.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::account::fingerprint::fingerprint;
use crate::account::password;
use crate::account::policy::{self, OwnNames};
use crate::app::{Call, random};
use crate::failure::{Failure, INVALID_BODY};
use crate::json::{FromJson, Malformed, Object};
use crate::store::links::PasswordSet;
use crate::web::body;
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The body.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SetPasswordRequest {
    /// The secret of the link.
    token: String,
    /// The new password.
    password: String,
}

impl FromJson for SetPasswordRequest {
    fn from_json(object: &mut Object<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            token: object.text("token")?,
            password: object.text("password")?,
        })
    }
}

/// Answers the route.
///
/// # Errors
/// `InvalidLink`, `PasswordRefused`, `Busy`, `StorageOut`, and what reading the body gives.
pub async fn handle(call: Call, request: Request) -> Result<Reply, Failure> {
    let origin = Origin::of(&request);
    let body: SetPasswordRequest = body::json(request, INVALID_BODY).await?;
    let id = fingerprint(&body.token);
    let holder = call
        .app
        .links
        .holder(&id, call.now)
        .await?
        .ok_or(Failure::InvalidLink)?;
    let own = OwnNames {
        username: &holder.username,
        email: holder.email.as_deref(),
        name: &holder.name,
        organization: holder.organization.as_deref(),
    };
    let password = policy::check(&body.password, call.app.config.password_min_length, &own)
        .map_err(Failure::PasswordRefused)?;
    // Who holds a living link is nobody's guess.
    call.hashing(true, |call, place| async move {
        call.let_others_go_on().await;
        let hash = password::hash(&password, random()?, &call.app.peppers)
            .map_err(|_| Failure::Platform)?;
        drop(place);
        let mark = Base64UrlUnpadded::encode_string(&random::<16>()?);
        let entry = |kind| {
            let entry = origin.entry(&call, kind);
            entry.map(|entry| entry.by(holder.id).about(holder.id))
        };
        let entries = PasswordSet {
            password_set: call.sign(entry(Kind::PasswordSet)?.detail("link")),
            sessions_revoked: call.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
        };
        let ended = call
            .app
            .links
            .set_password(&id, holder.id, &mark, &hash, call.now, &entries)
            .await?
            .ok_or(Failure::InvalidLink)?;
        call.app.throttle.restored(holder.id);
        call.end_copies(ended).await;
        Ok(Reply::ok(&Done::new("Password set")))
    })
    .await
}
