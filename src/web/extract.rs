//! Who is calling. A handler that needs to know asks here, and there are four answers: [`viewer`] for routes that show a
//! person what they know already, [`authority`] for routes that grant or show something, [`administrator`] and
//! [`super_administrator`] for theirs.

use crate::account::address::network;
use crate::account::role::Role;
use crate::account::session::{GRACE, SessionRecord, Standing};
use crate::account::timestamp::Timestamp;
use crate::account::token::{Claims, Rejection};
use crate::account::user::User;
use crate::app::{App, Call};
use crate::config::Consistency;
use crate::failure::{Failure, Outage};
use crate::store::StoreError;
use crate::store::copies::{Found, SessionCopy};
use crate::store::limits::Group;
use crate::web::request::Request;
use serde_json::value::RawValue;
use std::rc::Rc;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::StorageOut(Outage::D1),
            StoreError::CorruptRow(column) => Self::StorageOut(Outage::CorruptRow(column)),
        }
    }
}

/// A session as D1 has it, and the token that showed it.
#[derive(Debug)]
pub struct Authority {
    /// The token.
    pub claims: Claims,
    /// The record.
    pub record: SessionRecord,
}

/// A caller who is only shown to himself.
#[derive(Debug)]
pub struct Viewer {
    /// Who it is.
    pub user: Rc<User>,
    /// The same as JSON.
    pub json: Rc<RawValue>,
}

impl Viewer {
    fn of(user: User) -> Result<Self, Failure> {
        // Cannot fail: strings, numbers and booleans.
        let json = serde_json::value::to_raw_value(&user).map_err(|_| Failure::Platform)?;
        Ok(Self {
            user: Rc::new(user),
            json: json.into(),
        })
    }
}

impl From<SessionCopy> for Viewer {
    fn from(copy: SessionCopy) -> Self {
        Self {
            user: copy.user,
            json: copy.json,
        }
    }
}

/// The token in an `Authorization` header (RFC 6750 §2.1); the scheme's case does not matter (RFC 9110 §11.1).
fn bearer(header: Option<&str>) -> Option<&str> {
    let (scheme, token) = header?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The claims of the request's token, if it is ours and in time.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`.
pub async fn claims(call: &Call, request: &Request) -> Result<Claims, Failure> {
    match token(call, request).await?? {
        Ok(claims) => Ok(claims),
        Err(_) => Err(Failure::InvalidToken),
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
    Ok(match token(call, request).await? {
        Ok(Ok(claims) | Err(Rejection::Expired(claims))) => Some(claims),
        Ok(Err(Rejection::Invalid)) | Err(_) => None,
    })
}

/// A token, or why there is none.
type Verified = Result<Result<Claims, Rejection>, Failure>;

/// The request's token, after the coarse shield: by the session of a good one, else by the client's network.
async fn token(call: &Call, request: &Request) -> Result<Verified, Failure> {
    let verified = verify(call, request);
    if let Ok(Ok(claims)) = &verified {
        let session = claims.session.sid.record_id();
        call.limit(Group::Session, &session).await?;
    } else {
        let network = network(request.address().as_deref());
        call.limit(Group::Session, &network).await?;
    }
    Ok(verified)
}

fn verify(call: &Call, request: &Request) -> Verified {
    let token = bearer(request.authorization.as_deref()).ok_or(Failure::NoToken)?;
    let verified = call.app.keys.verify(token, call.now);
    let is_before_epoch = |claims: &Claims| {
        call.app
            .config
            .session_epoch
            .is_some_and(|epoch| claims.issued_at < epoch)
    };
    Ok(verified.and_then(|claims| {
        if is_before_epoch(&claims) {
            Err(Rejection::Invalid)
        } else {
            Ok(claims)
        }
    }))
}

/// The caller, for routes that grant nothing: from KV's copy, or what the isolate has just seen of it, while that is to be believed, else from D1.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`; `StorageOut` if neither store can tell.
pub async fn viewer(call: &Call, request: &Request) -> Result<Viewer, Failure> {
    let claims = claims(call, request).await?;
    let mut last_word = None;
    if call.app.config.session_consistency == Consistency::Edge {
        match call
            .app
            .copies
            .find(
                &claims.session.sid.record_id(),
                claims.session.generation,
                call.now,
            )
            .await
        {
            Ok(Found::Copy(copy)) if copy.user.id == claims.session.user => {
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
    match judge(call, &claims).await {
        Ok(record) => {
            put_back(call, &record, claims.session.generation);
            Viewer::of(record.user)
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
pub async fn authority(call: &Call, request: &Request) -> Result<Authority, Failure> {
    let claims = claims(call, request).await?;
    let record = judge(call, &claims).await?;
    Ok(Authority { claims, record })
}

/// The caller, for routes of administrators: role and activity as D1's primary has them at this moment.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `AdminRequired`, `StorageOut`.
pub async fn administrator(call: &Call, request: &Request) -> Result<Authority, Failure> {
    let authority = authority(call, request).await?;
    if authority.record.user.role.is_admin() {
        Ok(authority)
    } else {
        Err(Failure::AdminRequired)
    }
}

/// The caller, for routes of super administrators.
///
/// # Errors
/// `TooManyRequests`, `NoToken`, `InvalidToken`, `SuperAdminRequired`, `StorageOut`.
pub async fn super_administrator(call: &Call, request: &Request) -> Result<Authority, Failure> {
    let authority = authority(call, request).await?;
    if authority.record.user.role == Role::SuperAdmin {
        Ok(authority)
    } else {
        Err(Failure::SuperAdminRequired)
    }
}

async fn judge(call: &Call, claims: &Claims) -> Result<SessionRecord, Failure> {
    let found = call
        .app
        .sessions
        .find(&claims.session.sid.record_id())
        .await?;
    let record = found
        .filter(|record| record.user.id == claims.session.user)
        .ok_or(Failure::InvalidToken)?;
    match record.standing(claims.session.generation, call.now) {
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
