//! What every way of signing in ends with: a session in D1, its copy in KV, and a token.

use crate::account::role::Role;
use crate::account::session::longest;
use crate::account::token::{Session, SessionId};
use crate::account::user::User;
use crate::app::{Call, random};
use crate::aws::identity::Person;
use crate::config::Consistency;
use crate::failure::Failure;
use crate::store::people::{self, Arrival};
use crate::store::sessions::NewSession;
use crate::web::request::Request;

/// Characters of a `User-Agent` that are kept: enough to tell devices apart in a list.
const DEVICE_LENGTH: usize = 200;

/// What is particular about one way of signing in.
#[derive(Debug, Default)]
pub struct Terms<'a> {
    /// The session's `sid` where it was drawn before; else it is drawn now.
    pub sid: Option<SessionId>,
    /// The hash that a password was checked against; if it has changed meanwhile nobody is signed in.
    pub checked: Option<&'a str>,
    /// The same password under today's parameters.
    pub renewed: Option<&'a str>,
    /// Seconds after which the session ends where that is sooner than its role's end.
    pub longest: Option<i64>,
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

/// Signs in a person whom AWS vouches for: bound to a record at first sight, with this role if the sign-in decides one.
/// `None` if an administrator has disabled the person.
///
/// # Errors
/// `StorageOut`, `Platform`.
pub async fn arrive(
    call: &Call,
    origin: &Origin,
    person: &Person,
    role: Option<Role>,
    terms: Terms<'_>,
) -> Result<Option<(String, User)>, Failure> {
    let arrival = Arrival {
        source: &person.source,
        subject: &person.subject,
        username: &person.username,
        email: person.email.as_deref(),
        name: &person.full_name,
        role,
    };
    let new_id = uuid::Builder::from_random_bytes(random()?).into_uuid();
    let arrived = people::arrive(call.app.database, &arrival, new_id, call.moment()).await?;
    let mut user = arrived.user;
    call.end_copies(arrived.ended).await;
    call.app.copies.forget(&arrived.stale).await;
    if !user.is_active {
        return Ok(None);
    }
    Ok(begin(call, origin, &mut user, terms)
        .await?
        .map(|token| (token, user)))
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
    terms: Terms<'_>,
) -> Result<Option<String>, Failure> {
    let now = call.moment();
    let sid = match terms.sid {
        Some(sid) => sid,
        None => SessionId::from_bytes(random()?),
    };
    let session = Session {
        user: user.id,
        sid,
        generation: 0,
    };
    let id = session.sid.record_id();
    let lifetime = terms.longest.unwrap_or(i64::MAX).min(longest(user.role));
    let ends_at = now.plus(lifetime);
    let token_expires_at = now.plus(call.app.config.token_lifetime).min(ends_at);
    let new = NewSession {
        id: &id,
        user_id: user.id,
        role: user.role,
        created_at: now,
        token_expires_at,
        ends_at,
        device: origin.device.as_deref(),
        address: origin.address.as_deref(),
        password_hash: terms.checked,
        new_password_hash: terms.renewed,
    };
    if !call.app.sessions.begin(&new).await? {
        return Ok(None);
    }
    user.last_login = Some(now);
    if call.app.config.session_consistency == Consistency::Edge {
        let (copies, user) = (call.app.copies, user.clone());
        // If it fails, the first request at the edge asks D1 and puts a copy back.
        call.after_reply(async move {
            let _ = copies.put(&id, 0, &user, now, ends_at).await;
        });
    }
    // Of the record's moment, not the request's: who reads the record later makes the same token, byte for byte.
    Ok(Some(call.app.keys.issue(&session, now, token_expires_at)))
}
