//! `POST /api/auth/set-password`: a one-time link sets its holder's password. All sessions of that person end, and all
//! other links.

use super::user_json::Done;
use crate::account::audit::Kind;
use crate::account::fingerprint::fingerprint;
use crate::account::names;
use crate::account::password::{self, Password};
use crate::account::policy::{self, OwnNames};
use crate::app::admission::{self, Claim, Slot};
use crate::app::{Call, Retries, random};
use crate::failure::{Failure, INVALID_BODY};
use crate::json::{FromJson, Malformed, Object};
use crate::store::links::{Holder, PasswordSet};
use crate::web::body;
use crate::web::device_cookie::{DeviceCookie, Names};
use crate::web::origin::Origin;
use crate::web::reply::Reply;
use crate::web::request::Request;
use base64ct::{Base64UrlUnpadded, Encoding};
use std::rc::Rc;

/// The secret of a one-time link, and the new password.
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SetPasswordRequest {
    /// Secret of the one-time link. Surrounding white space is ignored.
    token: String,
    /// New password.
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
    let cookie = DeviceCookie::of(&request);
    let body: SetPasswordRequest = body::json(request, INVALID_BODY).await?;
    let asked = Rc::new(Asked {
        body,
        origin,
        cookie,
    });
    let call = Rc::new(call);
    let mut retries = Retries::new();
    loop {
        let claimed = claim(&call, &asked.body).await?;
        // A link may take the reserved slot, one request at a time: the first request to finish uses the link, and the
        // requests that waited find it used.
        let key = format!("link:{}", claimed.id);
        let holder = admission::Holder {
            id: key.clone(),
            user: claimed.holder.id,
        };
        let claim = Claim {
            key,
            holder: Some(holder),
        };
        if let Ok(slot) = call.slot(claim) {
            let work = set(Rc::clone(&call), Rc::clone(&asked), claimed, slot);
            return call.hashing(work).await;
        }
        if !retries.wait().await {
            return Err(Failure::Busy);
        }
    }
}

/// The password that a request asks to set.
struct Asked {
    body: SetPasswordRequest,
    origin: Origin,
    cookie: DeviceCookie,
}

/// A new password that the policy accepts, and the link that sets it.
struct Claimed {
    id: String,
    holder: Holder,
    password: Password,
}

/// Finds the link and applies the password policy.
async fn claim(call: &Call, body: &SetPasswordRequest) -> Result<Claimed, Failure> {
    // White space is often copied along with the secret of a link.
    let id = fingerprint(names::trimmed(&body.token));
    let holder = call.app.links.holder(&id, call.now).await?;
    let holder = holder.ok_or(Failure::InvalidLink)?;
    let own = OwnNames {
        username: &holder.username,
        email: holder.email.as_deref(),
        name: &holder.name,
        organization: holder.organization.as_deref(),
    };
    let password = policy::check(&body.password, call.app.config.password_min_length, &own)
        .map_err(Failure::PasswordRefused)?;
    Ok(Claimed {
        id,
        holder,
        password,
    })
}

/// Hashes the password and sets it, unless the link was used in the meantime. From then on the device is recognised for the
/// user: it presented the link, and guessing on other devices must not prevent the user from signing in with the new
/// password.
async fn set(
    call: Rc<Call>,
    asked: Rc<Asked>,
    claimed: Claimed,
    slot: Slot,
) -> Result<Reply, Failure> {
    let Claimed {
        id,
        holder,
        password,
    } = claimed;
    call.let_others_go_on().await;
    let hash =
        password::hash(&password, random()?, &call.app.peppers).map_err(|_| Failure::Platform)?;
    drop(slot);
    let mark = Base64UrlUnpadded::encode_string(&random::<16>()?);
    let entry = |kind| {
        let entry = asked.origin.entry(&call, kind);
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
    let names = Names {
        id: holder.id,
        username: &holder.username,
        email: holder.email.as_deref(),
    };
    let device = asked.cookie.open(&call);
    let cookie = asked.cookie.recognise(&call, device.as_ref(), &names)?;
    let reply = Reply::ok(&Done::new("Password set"));
    Ok(match cookie {
        Some(cookie) => reply.with("set-cookie", cookie),
        None => reply,
    })
}
