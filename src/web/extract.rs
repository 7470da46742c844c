//! Who is calling. A handler that needs to know asks here, and there are four answers: [`viewer`] for routes that show a
//! person what they know already, [`authority`] for routes that grant or show something, [`administrator`] and
//! [`super_administrator`] for theirs.

use crate::account::address::site;
use crate::account::role::Role;
use crate::account::session::{LAST_USED_STEP_SECONDS, SessionRecord, Standing};
use crate::account::timestamp::Timestamp;
use crate::account::token::Claims;
use crate::account::user::User;
use crate::app::tokens::{Refusal, Verified};
use crate::app::{App, Call};
use crate::config::Consistency;
use crate::failure::{Failure, Outage};
use crate::store::StoreError;
use crate::store::copies::{self, Found, SessionCopy};
use crate::store::limits::Group;
use crate::text::Text;
use crate::web::request::Request;
use std::cell::OnceCell;
use std::rc::Rc;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::StorageOut(Outage::D1),
            StoreError::CorruptRow(column) => Self::StorageOut(Outage::CorruptRow(column)),
        }
    }
}

/// A caller who is only shown to himself.
#[derive(Debug)]
pub struct Viewer {
    /// Who it is.
    pub user: Rc<User>,
    /// What `/validate` says of it, once it was asked.
    pub reply: Rc<OnceCell<Text>>,
}

impl Viewer {
    fn of(user: User) -> Self {
        Self {
            user: Rc::new(user),
            reply: Rc::default(),
        }
    }
}

impl From<SessionCopy> for Viewer {
    fn from(copy: SessionCopy) -> Self {
        Self {
            user: copy.user,
            reply: copy.reply,
        }
    }
}

/// The token in an `Authorization` header (RFC 6750 §2.1); the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The request's token, if it is authentic and has not expired.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `TokenExpired`.
pub async fn token(call: &Call, request: &Request) -> Result<Rc<Verified>, Failure> {
    match verify(call, request).await?? {
        Ok(verified) => Ok(verified),
        Err(Refusal::Expired(_)) => Err(Failure::TokenExpired),
        Err(Refusal::TooOld(_) | Refusal::Invalid) => Err(Failure::InvalidToken),
    }
}

/// The state of an authentic token, before its session is looked up.
#[derive(Debug)]
pub enum Authentic {
    /// It has not expired.
    Valid(Rc<Verified>),
    /// It has expired. It may only be used to revoke its session.
    Expired(Claims),
    /// It was issued before `TOKENS_NOT_BEFORE`. It may only be used to revoke its session.
    TooOld(Claims),
}

impl Authentic {
    /// What it says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        match self {
            Self::Valid(verified) => &verified.claims,
            Self::Expired(claims) | Self::TooOld(claims) => claims,
        }
    }
}

/// The request's token if this service issued it, whether or not it has expired.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`.
pub async fn authentic(call: &Call, request: &Request) -> Result<Authentic, Failure> {
    match verify(call, request).await?? {
        Ok(verified) => Ok(Authentic::Valid(verified)),
        Err(Refusal::Expired(claims)) => Ok(Authentic::Expired(claims)),
        Err(Refusal::TooOld(claims)) => Ok(Authentic::TooOld(claims)),
        Err(Refusal::Invalid) => Err(Failure::InvalidToken),
    }
}

/// A token, or why there is none.
type Outcome = Result<Result<Rc<Verified>, Refusal>, Failure>;

/// The request's token, after the check of the rate limit: per session if the token is valid, else per client site.
async fn verify(call: &Call, request: &Request) -> Result<Outcome, Failure> {
    let token = bearer(request.authorization.as_deref()).ok_or(Failure::NoToken);
    let outcome = token.map(|token| call.app.tokens.verify(token, call.now));
    if let Ok(Ok(verified)) = &outcome {
        call.limit(Group::Session, &verified.session).await?;
    } else {
        let site = site(request.address().as_deref());
        call.limit(Group::Session, &site).await?;
    }
    Ok(outcome)
}

/// The caller, for `/validate` and `/me`: from the cached session while it is fresh, else from D1.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`; `StorageOut` if neither store can tell.
pub async fn viewer(call: &Call, request: &Request) -> Result<Viewer, Failure> {
    let verified = token(call, request).await?;
    let shown = &verified.claims.session;
    let mut stale = None;
    if call.app.config.session_consistency == Consistency::Edge {
        match call.app.copies.find(&verified.copy, call.now).await {
            Ok(Found::Copy(copy)) if copy.user.id == shown.user => {
                if call.now < copy.fresh_until {
                    return Ok(Viewer::from(copy));
                }
                stale = Some(copy);
            }
            Ok(Found::Revoked) => return Err(Failure::InvalidToken),
            // KV is unavailable or has no entry of this user: query D1.
            Ok(Found::Nothing | Found::Copy(_)) | Err(_) => {}
        }
    }
    match judge(call, &verified).await {
        Ok(record) => {
            put_back(call, &record, shown.generation);
            Ok(Viewer::of(record.user))
        }
        Err(Failure::StorageOut(outage)) => match stale {
            Some(copy) if call.now < copy.usable_until => Ok(Viewer::from(copy)),
            _ => Err(Failure::StorageOut(outage)),
        },
        Err(failure) => Err(failure),
    }
}

/// The caller, for routes that grant or show something: D1's primary alone decides.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `StorageOut`.
pub async fn authority(call: &Call, request: &Request) -> Result<SessionRecord, Failure> {
    let verified = token(call, request).await?;
    judge(call, &verified).await
}

/// The caller, for routes of administrators: role and activity as D1's primary has them at this moment.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `AdminRequired`, `StorageOut`.
pub async fn administrator(call: &Call, request: &Request) -> Result<SessionRecord, Failure> {
    let record = authority(call, request).await?;
    if record.user.role.is_admin() {
        Ok(record)
    } else {
        Err(Failure::AdminRequired)
    }
}

/// The caller, for routes of super administrators.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `SuperAdminRequired`, `StorageOut`.
pub async fn super_administrator(call: &Call, request: &Request) -> Result<SessionRecord, Failure> {
    let record = authority(call, request).await?;
    if record.user.role == Role::SuperAdmin {
        Ok(record)
    } else {
        Err(Failure::SuperAdminRequired)
    }
}

async fn judge(call: &Call, verified: &Verified) -> Result<SessionRecord, Failure> {
    let shown = &verified.claims.session;
    let found = call.app.sessions.find(&verified.session).await?;
    let record = found
        .filter(|record| record.user.id == shown.user)
        .ok_or(Failure::InvalidToken)?;
    match record.standing(shown.generation, call.now, call.replay_window()) {
        Standing::Current | Standing::Replayable => {
            record_use(call, &record);
            Ok(record)
        }
        Standing::Reused | Standing::Expired | Standing::Ended => Err(Failure::InvalidToken),
    }
}

/// Records after the response that the session is in use, at most once an hour.
fn record_use(call: &Call, record: &SessionRecord) {
    if call.now < record.last_used_at.plus(LAST_USED_STEP_SECONDS) {
        return;
    }
    let (app, now, id) = (call.app, call.now, record.id.clone());
    call.after_reply(async move {
        // If D1 is unavailable, the next request writes it.
        let _ = app.sessions.record_use(&id, now).await;
    });
}

/// Caches what D1 just said of a token of this generation, after the response.
///
/// A sign-out or a refresh may come between D1's answer and this write, which would then cover what they wrote: so D1 is
/// asked once more after the write, and what it says now is written over it. Whatever revokes or refreshes the session after
/// that writes later than this, as far as KV keeps to an order; where it does not, the entry expires at the TTL.
pub fn put_back(call: &Call, record: &SessionRecord, generation: u32) {
    if call.app.config.session_consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (call.app, call.now, call.replay_window());
    let record = record.clone();
    call.after_reply(async move {
        // A write that failed may still be done, and late: whatever it says, D1 is asked again.
        let _ = put(app, &record, generation, now).await;
        // If D1 is unavailable, the entry expires at the TTL.
        let Ok(again) = app.sessions.find(&record.id).await else {
            return;
        };
        match again.map(|again| (again.standing(generation, now, window), again)) {
            Some((Standing::Current, _)) => {}
            Some((Standing::Replayable, again)) => {
                let until = |record: &SessionRecord| record.accepted_until(generation, window);
                if until(&again) != until(&record) {
                    // Failing is as above.
                    let _ = put(app, &again, generation, now).await;
                }
            }
            Some((Standing::Reused | Standing::Expired | Standing::Ended, _)) | None => {
                app.copies.end_one(&record.id, generation).await;
            }
        }
    });
}

/// Runs after the response to a repeated refresh: makes sure that the entry of the rotated-out token expires with its
/// window. The request that rotated it may have been dropped before it wrote that; otherwise, nothing is written.
pub fn shorten(call: &Call, record: SessionRecord, generation: u32) {
    if call.app.config.session_consistency == Consistency::Strict {
        return;
    }
    let (app, now, window) = (call.app, call.now, call.replay_window());
    call.after_reply(async move {
        let until = record.accepted_until(generation, window);
        let key = Text::from(copies::key(&record.id, generation));
        if let Ok(Found::Copy(copy)) = app.copies.find(&key, now).await
            && copy.usable_until > until
        {
            // D1 has already rotated the token, so a later write contains nothing new.
            let _ = put(app, &record, generation, now).await;
        }
    });
}

/// Writes an entry that expires with the session or, for a token that was rotated out, with its replay window.
async fn put(
    app: &App,
    record: &SessionRecord,
    generation: u32,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let until = record.accepted_until(generation, app.config.refresh_replay_window);
    app.copies
        .put(&record.id, generation, &record.user, read_at, until)
        .await
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_header_with_a_token_has_one() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Bearer a b", Some("a b")),
            ("Bearer", None),
            ("Bearer ", None),
            ("", None),
            ("Basic YTpi", None),
            ("Bearerabc", None),
        ] {
            assert_eq!(bearer(Some(header)), token, "{header}");
        }
        assert_eq!(bearer(None), None);
    }
}
