//! `POST /api/auth/set-password`: sets the password of the user whose one-time link is presented. Revokes all sessions of
//! the user and all their other links.

use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::hash_slots::{self, Claim, Slot};
use crate::app::sessions::revoke_cached;
use crate::app::{RequestContext, Retries, random};
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::password::{self, Password};
use crate::domain::audit::Kind;
use crate::domain::names;
use crate::domain::password_policy::{self, OwnNames};
use crate::http::body::{self, INVALID_BODY};
use crate::http::device_cookie::{DeviceCookie, Names};
use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::http::route::{Access, Route};
use crate::json::{FromJson, Malformed, Object};
use crate::routes::responses::MessageResponse;
use crate::runtime::rate_limiter::Bucket;
use crate::store::password_links::{Holder, PasswordSet};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::rc::Rc;

/// The endpoint.
pub const ROUTE: Route = Route {
    method: Method::Post,
    path: "/api/auth/set-password",
    error_format: ErrorFormat::Message,
    rate_limit: Bucket::SignIn,
    access: Access::Public(|context, request| Box::pin(handle(context, request))),
    #[cfg(not(target_arch = "wasm32"))]
    operation,
};

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

async fn handle(context: RequestContext, request: Request) -> Result<Response, ApiError> {
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
            return Err(ErrorCode::Overloaded.into());
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
async fn claim(context: &RequestContext, body: &SetPasswordRequest) -> Result<Claimed, ApiError> {
    // White space is often copied along with the secret of a link.
    let id = fingerprint(names::trimmed(&body.token));
    let holder = context.app.password_links.holder(&id, context.now).await?;
    let holder = holder.ok_or(ErrorCode::InvalidLink)?;
    let own = OwnNames {
        username: &holder.username,
        email: holder.email.as_deref(),
        name: &holder.name,
        organization: holder.organization.as_deref(),
    };
    let password =
        password_policy::check(&body.password, context.app.config.password_min_length, &own)?;
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
) -> Result<Response, ApiError> {
    let Claimed {
        id,
        holder,
        password,
    } = claimed;
    context.yield_to_event_loop().await;
    let hash = password::hash(&password, random()?, &context.app.peppers)
        .map_err(|_| AppError::Runtime)?;
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
        .ok_or(ErrorCode::InvalidLink)?;
    context.app.throttle.restored(holder.id);
    revoke_cached(&context, &ended).await;
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

#[cfg(not(target_arch = "wasm32"))]
fn operation(schemas: &mut crate::http::operation::Schemas) -> crate::http::operation::Operation {
    use crate::domain::password_policy::PolicyError;
    use crate::http::operation::Operation;
    use serde_json::json;
    Operation::new("setPassword", "Passwords", "Set password with a one-time link")
        .describe("Revokes all sessions and all other one-time links of the user.")
        .parameter(crate::http::device_cookie::parameter())
        .takes::<SetPasswordRequest>(
            schemas,
            INVALID_BODY,
            json!({"token": "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80", "password": "correct horse battery staple"}),
        )
        .returns::<MessageResponse>(schemas, json!({"success": true, "message": "Password set"}))
        .header("set-cookie", false)
        .errors([
            ErrorCode::InvalidLink,
            ErrorCode::Overloaded,
            ErrorCode::StorageUnavailable,
        ])
        .errors(PolicyError::ALL)
}
