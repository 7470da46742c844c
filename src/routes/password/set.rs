//! `POST /api/auth/set-password`: a one-time link sets its holder's password. All sessions of that person end, and all
//! other links.

use crate::app::client_info::ClientInfo;
use crate::app::failure::{Failure, INVALID_BODY};
use crate::app::hash_slots::{self, Claim, Slot};
use crate::app::{RequestContext, Retries, random};
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::password::{self, Password};
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::domain::password_policy::{self, OwnNames};
use crate::http::body;
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::json::{FromJson, Malformed, Object};
use crate::routes::responses::MessageResponse;
use crate::store::password_links::{Holder, PasswordSet};
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
/// `InvalidLink`, `PasswordRefused`, `Busy`, `StoreUnavailable`, and what reading the body gives.
pub async fn handle(context: RequestContext, request: Request) -> Result<Response, Failure> {
    let client = request.client_info();
    let cookie = DeviceCookie::of(&request);
    let body: SetPasswordRequest = body::json(request, INVALID_BODY).await?;
    let asked = Rc::new(Asked {
        body,
        client,
        cookie,
    });
    let context = Rc::new(context);
    let mut retries = Retries::new();
    loop {
        let claimed = claim(&context, &asked.body).await?;
        // A link may take the reserved slot, one request at a time: the first request to finish uses the link, and the
        // requests that waited find it used.
        let key = format!("link:{}", claimed.id);
        let holder = hash_slots::Holder {
            id: key.clone(),
            user: claimed.holder.id,
        };
        let claim = Claim {
            key,
            holder: Some(holder),
        };
        if let Ok(slot) = context.slot(claim) {
            let work = set(Rc::clone(&context), Rc::clone(&asked), claimed, slot);
            return context.hashing(work).await;
        }
        if !retries.wait().await {
            return Err(Failure::Busy);
        }
    }
}

/// The password that a request asks to set.
struct Asked {
    body: SetPasswordRequest,
    client: ClientInfo,
    cookie: DeviceCookie,
}

/// A new password that the policy accepts, and the link that sets it.
struct Claimed {
    id: String,
    holder: Holder,
    password: Password,
}

/// Finds the link and applies the password policy.
async fn claim(context: &RequestContext, body: &SetPasswordRequest) -> Result<Claimed, Failure> {
    // White space is often copied along with the secret of a link.
    let id = fingerprint(names::trimmed(&body.token));
    let holder = context.app.password_links.holder(&id, context.now).await?;
    let holder = holder.ok_or(Failure::InvalidLink)?;
    let own = OwnNames {
        username: &holder.username,
        email: holder.email.as_deref(),
        name: &holder.name,
        organization: holder.organization.as_deref(),
    };
    let password =
        password_policy::check(&body.password, context.app.config.password_min_length, &own)
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
    context: Rc<RequestContext>,
    asked: Rc<Asked>,
    claimed: Claimed,
    slot: Slot,
) -> Result<Response, Failure> {
    let Claimed {
        id,
        holder,
        password,
    } = claimed;
    context.yield_to_event_loop().await;
    let hash = password::hash(&password, random()?, &context.app.peppers)
        .map_err(|_| Failure::Platform)?;
    drop(slot);
    let mark = Base64UrlUnpadded::encode_string(&random::<16>()?);
    let entry = |kind| {
        let entry = asked.client.entry(&context, kind);
        entry.map(|entry| entry.by(holder.id).about(holder.id))
    };
    let entries = PasswordSet {
        password_set: context.sign(entry(Kind::PasswordSet)?.detail("link")),
        sessions_revoked: context.sign(entry(Kind::SessionRevoked)?.detail("password_set")),
    };
    let ended = context
        .app
        .password_links
        .set_password(&id, holder.id, &mark, &hash, context.now, &entries)
        .await?
        .ok_or(Failure::InvalidLink)?;
    context.app.throttle.restored(holder.id);
    context.revoke_cached_sessions(ended).await;
    let names = Names {
        id: holder.id,
        username: &holder.username,
        email: holder.email.as_deref(),
    };
    let device = asked.cookie.open(&context);
    let cookie = asked.cookie.recognise(&context, device.as_ref(), &names)?;
    let response = Response::ok(&MessageResponse::new("Password set"));
    Ok(match cookie {
        Some(cookie) => response.with("set-cookie", cookie),
        None => response,
    })
}
