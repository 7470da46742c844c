//! What every way of signing in ends with: a session in D1, its copy in KV, and a token; or an entry that says why not.

use crate::account::address::network;
use crate::account::audit::{Kind, Signed};
use crate::account::role::Role;
use crate::account::session::longest;
use crate::account::token::{LEEWAY, Session, SessionId};
use crate::account::user::User;
use crate::app::tokens::Issued;
use crate::app::{Call, random};
use crate::aws::identity::{Person, PersonEmail};
use crate::config::Consistency;
use crate::failure::{Failure, Outage};
use crate::store::people::{self, Arrival, Known, RoleChanged, Updated};
use crate::store::sessions::{MOST_LIVE, NewSession};
use crate::store::throttle::Reservation;
use crate::web::origin::Origin;
use uuid::Uuid;

/// How somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a password.
    Password,
    /// By a device flow of Identity Center.
    AwsDevice,
    /// By the service's own keys.
    AwsApp,
    /// By a proof of an AWS identity.
    AwsProof,
}

impl Method {
    /// The word for it in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AwsDevice => "aws_device",
            Self::AwsApp => "aws_app",
            Self::AwsProof => "aws_proof",
        }
    }
}

/// What is particular about one sign-in.
#[derive(Debug)]
pub struct Terms<'a> {
    /// How.
    pub method: Method,
    /// The session's `sid` where it was drawn before; else it is drawn now.
    pub sid: Option<SessionId>,
    /// The hash that a password was checked against; if it has changed meanwhile nobody is signed in.
    pub checked: Option<&'a str>,
    /// The same password under today's parameters.
    pub renewed: Option<&'a str>,
    /// The attempt that succeeded, where attempts are counted.
    pub attempt: Option<&'a Reservation>,
    /// Seconds after which the session ends where that is sooner than its role's end.
    pub longest: Option<i64>,
}

impl Terms<'_> {
    /// Nothing particular.
    #[must_use]
    pub fn of(method: Method) -> Self {
        Self {
            method,
            sid: None,
            checked: None,
            renewed: None,
            attempt: None,
            longest: None,
        }
    }
}

/// Who was not signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A person in the record.
    User(Uuid),
    /// A name that belongs to nobody, as its keyed hash.
    Nobody(String),
    /// It is unknown who it was.
    Unknown,
}

/// The entry for a refused sign-in, with the reason in fixed words.
///
/// # Errors
/// `Platform`.
pub fn refusal(
    call: &Call,
    origin: &Origin,
    method: Method,
    whom: Whom,
    why: &str,
) -> Result<Signed, Failure> {
    let entry = origin.entry(call, Kind::SignInFailed)?;
    let entry = match whom {
        Whom::User(id) => entry.about(id),
        Whom::Nobody(name_key) => entry.about_name(name_key),
        Whom::Unknown => entry,
    };
    Ok(call.sign(entry.detail(format!("{}: {why}", method.as_str()))))
}

/// Records that the sign-in of a user with a valid AWS identity was refused, as often per network as it may have failures.
///
/// # Errors
/// `StorageOut`, `Platform`.
pub async fn refuse(
    call: &Call,
    origin: &Origin,
    method: Method,
    whom: Whom,
    why: &str,
) -> Result<(), Failure> {
    let entry = refusal(call, origin, method, whom, why)?;
    let network = network(origin.address.as_deref());
    let throttle = &call.app.throttle;
    throttle
        .record_refused(&network, call.clock(), &entry)
        .await?;
    Ok(())
}

/// So many times the record is looked at again because somebody else changed it meanwhile.
const ATTEMPTS: usize = 3;

/// Why a person in the record was not signed in.
pub const DISABLED: &str = "disabled";
/// The record was changed between the check and the session.
pub const CHANGED: &str = "changed meanwhile";

/// Signs in a person whom AWS vouches for: bound to a record at first sight, with this role if the sign-in decides one.
/// `None` if the person is disabled, which is written down.
///
/// # Errors
/// `StorageOut`, `Platform`.
pub async fn arrive(
    call: &Call,
    origin: &Origin,
    person: &Person,
    role: Option<Role>,
    terms: Terms<'_>,
) -> Result<Option<(Issued, User)>, Failure> {
    let arrival = Arrival {
        source: &person.source,
        subject: &person.subject,
        username: &person.username,
        email: person.email.as_ref().map(PersonEmail::as_str),
        made_email_key: person.email.as_ref().and_then(PersonEmail::made_key),
        name: &person.full_name,
        role,
    };
    let mut known = find_or_add(call, origin, &arrival).await?;
    for _ in 0..ATTEMPTS {
        if !known.user.is_active || arrival.is_recorded_in(&known) {
            break;
        }
        known = match update(call, origin, &arrival, &known.user).await? {
            Some(known) => known,
            None => find_or_add(call, origin, &arrival).await?,
        };
    }
    let mut user = known.user;
    if user.is_active && arrival.has_other_role(&user) {
        return Err(Failure::StorageOut(Outage::D1));
    }
    let (id, method) = (user.id, terms.method);
    let why = if user.is_active {
        if let Some(issued) = begin(call, origin, &mut user, terms).await? {
            return Ok(Some((issued, user)));
        }
        CHANGED
    } else {
        DISABLED
    };
    refuse(call, origin, method, Whom::User(id), why).await?;
    Ok(None)
}

/// The person's row, made if there is none.
async fn find_or_add(
    call: &Call,
    origin: &Origin,
    arrival: &Arrival<'_>,
) -> Result<Known, Failure> {
    if let Some(known) = people::find(call.app.database, arrival).await? {
        return Ok(known);
    }
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
    let role = arrival.role.unwrap_or(Role::User);
    let entry = origin.entry(call, Kind::UserAdded)?.by(id).about(id);
    let added = call.sign(entry.detail(format!("role {}", role.as_str())));
    Ok(people::bind(call.app.database, arrival, id, call.moment(), &added).await?)
}

/// The person's row, brought up to date; `None` if somebody else changed it meanwhile.
async fn update(
    call: &Call,
    origin: &Origin,
    arrival: &Arrival<'_>,
    user: &User,
) -> Result<Option<Known>, Failure> {
    let entries = match arrival.role.filter(|role| *role != user.role) {
        None => None,
        Some(role) => {
            let entry = |kind| {
                let entry = origin.entry(call, kind);
                entry.map(|entry| entry.by(user.id).about(user.id))
            };
            let change = format!("role {} -> {}", user.role.as_str(), role.as_str());
            Some(RoleChanged {
                role_changed: call.sign(entry(Kind::RoleChanged)?.detail(change)),
                sessions_revoked: call.sign(entry(Kind::SessionRevoked)?.detail("role_changed")),
            })
        }
    };
    let now = call.moment();
    let Updated {
        known,
        ended,
        stale,
    } = people::update(call.app.database, arrival, user, now, entries.as_ref()).await?;
    call.end_copies(ended).await;
    call.app.copies.forget(&stale, now).await;
    Ok(known)
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
) -> Result<Option<Issued>, Failure> {
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
        // The application's own can be asked for by anybody, who must not end those of others; each lasts an hour.
        evicts: terms.method != Method::AwsApp,
        attempt: terms.attempt,
    };
    let signed = |kind, detail: String| {
        let entry = origin.entry(call, kind)?;
        let entry = entry.by(user.id).about(user.id).of_session(&id);
        Ok::<_, Failure>(call.sign(entry.detail(detail)))
    };
    let signed_in = signed(Kind::SignIn, terms.method.as_str().to_owned())?;
    let revoked = signed(Kind::SessionRevoked, format!("more than {MOST_LIVE}"))?;
    let begun = call.app.sessions.begin(&new, &signed_in, &revoked).await?;
    let Some(ended) = begun else {
        return Ok(None);
    };
    if let Some(attempt) = terms.attempt {
        call.app.throttle.succeeded(attempt);
    }
    user.last_login = Some(now);
    if !ended.is_empty() {
        // Nobody asked for it, so nobody waits for it; everything that grants something knows already.
        let app = call.app;
        call.after_reply(async move { app.copies.end(&ended, now).await });
    }
    if call.app.config.session_consistency == Consistency::Edge {
        let (copies, user) = (&call.app.copies, user.clone());
        // If it fails, the first request queries D1 and caches the session.
        call.after_reply(async move {
            let until = token_expires_at.plus(LEEWAY).min(ends_at);
            let _ = copies.put(&id, 0, &user, now, until).await;
        });
    }
    // Of the record's moment, not the request's: who reads the record later makes the same token, byte for byte.
    Ok(Some(call.app.tokens.issue(&session, now, token_expires_at)))
}
