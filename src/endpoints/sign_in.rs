//! What every way of signing in ends with: a session in D1, its copy in KV, and a token.

use crate::account::session::longest;
use crate::account::token::{Session, SessionId};
use crate::account::user::User;
use crate::app::{Call, random};
use crate::config::Consistency;
use crate::failure::Failure;
use crate::store::sessions::NewSession;
use crate::web::request::Request;

/// Characters of a `User-Agent` that are kept: enough to tell devices apart in a list.
const DEVICE_LENGTH: usize = 200;

/// How a password sign-in guards against a password that changes while it is being checked.
#[derive(Debug, Default)]
pub struct PasswordGuard<'a> {
    /// The hash that was checked.
    pub checked: Option<&'a str>,
    /// The same password under today's parameters.
    pub renewed: Option<&'a str>,
}

/// Where and on what somebody signs in.
#[derive(Debug)]
pub struct Origin {
    /// The start of `User-Agent`.
    pub device: Option<String>,
    /// The client's address as Cloudflare saw it.
    pub address: Option<String>,
}

impl Origin {
    /// What the request says.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let device = request
            .header("user-agent")
            .map(|agent| agent.chars().take(DEVICE_LENGTH).collect());
        Self {
            device,
            address: request.header("cf-connecting-ip"),
        }
    }
}

/// Begins a session; gives the token, or `None` if the person was changed while signing in. `user.last_login` becomes
/// this sign-in.
///
/// # Errors
/// `StorageOut`, `Platform`.
pub async fn begin(
    call: &Call,
    origin: &Origin,
    user: &mut User,
    guard: PasswordGuard<'_>,
) -> Result<Option<String>, Failure> {
    let session = Session {
        user: user.id,
        sid: SessionId::from_bytes(random()?),
        generation: 0,
    };
    let id = session.sid.record_id();
    let ends_at = call.now.plus(longest(user.role));
    let token_expires_at = call.now.plus(call.app.config.token_lifetime).min(ends_at);
    let new = NewSession {
        id: &id,
        user_id: user.id,
        role: user.role,
        created_at: call.now,
        token_expires_at,
        ends_at,
        device: origin.device.as_deref(),
        address: origin.address.as_deref(),
        password_hash: guard.checked,
        new_password_hash: guard.renewed,
    };
    if !call.app.sessions.begin(&new).await? {
        return Ok(None);
    }
    user.last_login = Some(call.now);
    if call.app.config.session_consistency == Consistency::Edge {
        let (copies, user, now) = (call.app.copies, user.clone(), call.now);
        // If it fails, the first request at the edge asks D1 and puts a copy back.
        call.after_reply(async move {
            let _ = copies.put(&id, 0, &user, now, ends_at).await;
        });
    }
    Ok(Some(call.app.keys.issue(
        &session,
        call.now,
        token_expires_at,
    )))
}
