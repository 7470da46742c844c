//! Who is calling. A handler that needs to know asks here, and there are four answers: [`viewer`] for routes that show a
//! person what they know already, [`authority`] for routes that grant or show something, [`administrator`] and
//! [`super_administrator`] for theirs.

use crate::account::address::network;
use crate::account::role::Role;
use crate::account::session::{GRACE, SessionRecord, Standing};
use crate::account::timestamp::Timestamp;
use crate::account::token::{Claims, Rejection};
use crate::account::user::User;
use crate::app::tokens::Verified;
use crate::app::{App, Call};
use crate::config::Consistency;
use crate::failure::{Failure, Outage};
use crate::store::StoreError;
use crate::store::copies::{Found, SessionCopy};
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
        Err(Rejection::Expired(_)) => Err(Failure::TokenExpired),
        Err(Rejection::Invalid) => Err(Failure::InvalidToken),
    }
}

/// The claims of the request's token, if it is ours, expired or not: enough to end its session.
///
/// # Errors
/// `TooManyRequests`.
pub async fn claims_even_if_expired(
    call: &Call,
    request: &Request,
) -> Result<Option<Claims>, Failure> {
    Ok(match verify(call, request).await? {
        Ok(Ok(verified)) => Some(verified.claims.clone()),
        Ok(Err(Rejection::Expired(claims))) => Some(claims),
        Ok(Err(Rejection::Invalid)) | Err(_) => None,
    })
}

/// A token, or why there is none.
type Outcome = Result<Result<Rc<Verified>, Rejection>, Failure>;

/// The request's token, after the coarse shield: by the session of a good one, else by the client's network.
async fn verify(call: &Call, request: &Request) -> Result<Outcome, Failure> {
    let token = bearer(request.authorization.as_deref()).ok_or(Failure::NoToken);
    let outcome = token.map(|token| call.app.tokens.verify(token, call.now));
    if let Ok(Ok(verified)) = &outcome {
        call.limit(Group::Session, &verified.session).await?;
    } else {
        let network = network(request.address().as_deref());
        call.limit(Group::Session, &network).await?;
    }
    Ok(outcome)
}

/// The caller, for routes that grant nothing: from KV's copy, or what the isolate has just seen of it, while that is to be believed, else from D1.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`; `StorageOut` if neither store can tell.
pub async fn viewer(call: &Call, request: &Request) -> Result<Viewer, Failure> {
    let verified = token(call, request).await?;
    let shown = &verified.claims.session;
    let mut last_word = None;
    if call.app.config.session_consistency == Consistency::Edge {
        match call.app.copies.find(&verified.copy, call.now).await {
            Ok(Found::Copy(copy)) if copy.user.id == shown.user => {
                if call.now < copy.believe_until {
                    return Ok(Viewer::from(copy));
                }
                last_word = Some(copy);
            }
            Ok(Found::Ended) => return Err(Failure::InvalidToken),
            // KV out, empty or with somebody else's copy: D1 answers.
            Ok(Found::Nothing | Found::Copy(_)) | Err(_) => {}
        }
    }
    match judge(call, &verified).await {
        Ok(record) => {
            put_back(call, &record, shown.generation);
            Ok(Viewer::of(record.user))
        }
        Err(Failure::StorageOut(outage)) => match last_word {
            Some(copy) if call.now < copy.believe_in_outage_until => Ok(Viewer::from(copy)),
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
    match record.standing(shown.generation, call.now) {
        Standing::Current | Standing::JustSuperseded => Ok(record),
        Standing::Superseded | Standing::Ended => Err(Failure::InvalidToken),
    }
}

/// Puts a copy of what D1 just said back into KV, after the reply.
///
/// A sign-out or a refresh may come between D1's answer and this write, which would then cover what they wrote: so D1 is
/// asked once more after the write, and what it says now is written over it. Who ends or moves the session after that
/// writes later than this, as far as KV keeps to an order; where it does not, the copy's own bound ends it.
pub fn put_back(call: &Call, record: &SessionRecord, generation: u32) {
    if call.app.config.session_consistency == Consistency::Strict {
        return;
    }
    let (app, now, record) = (call.app, call.now, record.clone());
    call.after_reply(async move {
        // A write that failed may still be done, and late: whatever it says, D1 is asked again.
        let _ = put(app, &record, generation, now).await;
        // D1 out: the copy's own bound ends it.
        let Ok(again) = app.sessions.find(&record.id).await else {
            return;
        };
        match again.map(|again| (again.standing(generation, now), again)) {
            Some((Standing::Current, _)) => {}
            Some((Standing::JustSuperseded, again)) => {
                if again.generation != record.generation {
                    // Failing is as above.
                    let _ = put(app, &again, generation, now).await;
                }
            }
            Some((Standing::Superseded | Standing::Ended, _)) | None => {
                app.copies.end_one(&record.id, generation).await;
            }
        }
    });
}

/// Writes a copy that ends with the session or, for a token that is superseded, with its ten seconds.
async fn put(
    app: &App,
    record: &SessionRecord,
    generation: u32,
    read_at: Timestamp,
) -> Result<(), StoreError> {
    let never_after = if generation == record.generation {
        record.ends_at
    } else {
        record.rotated_at.plus(GRACE)
    };
    app.copies
        .put(&record.id, generation, &record.user, read_at, never_after)
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
