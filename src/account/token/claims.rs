//! What stands between the dots: the claims as text, written in one order and read strictly.

use super::{Claims, LONGEST_LIFE, Session, SessionId};
use crate::account::timestamp::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use uuid::Uuid;

/// The claims as RFC 7519 names them. Unknown and repeated keys, fractions, exponents and signs are errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'t> {
    #[serde(borrow)]
    iss: Cow<'t, str>,
    #[serde(borrow)]
    aud: Cow<'t, str>,
    #[serde(borrow)]
    sub: Cow<'t, str>,
    #[serde(borrow)]
    sid: Cow<'t, str>,
    #[serde(rename = "gen")]
    generation: u32,
    iat: i64,
    exp: i64,
}

/// The beginning that all claims of one issuer and audience share, up to the quote before the user.
pub(super) fn opening(issuer: &str, audience: &str) -> String {
    // Cannot fail: texts are JSON.
    let [issuer, audience] =
        [issuer, audience].map(|text| serde_json::to_string(text).unwrap_or_default());
    format!(r#"{{"iss":{issuer},"aud":{audience},"sub":""#)
}

/// The claims as text: the same input gives the same bytes.
pub(super) fn write(
    opening: &str,
    session: &Session,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> String {
    let mut sid = SessionId::BUFFER;
    format!(
        r#"{opening}{}","sid":"{}","gen":{},"iat":{},"exp":{}}}"#,
        session.user.hyphenated(),
        session.sid.write(&mut sid),
        session.generation,
        issued_at.seconds(),
        expires_at.seconds()
    )
}

/// Reads claims of this issuer for this audience; None if they are not of the one shape that [`write`] gives. The clock
/// is not asked here.
pub(super) fn read(json: &[u8], issuer: &str, audience: &str) -> Option<Claims> {
    // A derived struct also takes a JSON array of its fields, and JSON lets white space stand around it.
    if json.first() != Some(&b'{') || json.last() != Some(&b'}') {
        return None;
    }
    let wire: Wire = serde_json::from_str(std::str::from_utf8(json).ok()?).ok()?;
    if wire.iss != issuer || wire.aud != audience {
        return None;
    }
    let life = wire.exp.checked_sub(wire.iat)?;
    if !(1..=LONGEST_LIFE).contains(&life) {
        return None;
    }
    Some(Claims {
        session: Session {
            user: user(&wire.sub)?,
            sid: SessionId::parse(&wire.sid)?,
            generation: wire.generation,
        },
        issued_at: moment(wire.iat)?,
        expires_at: moment(wire.exp)?,
    })
}

/// A user's id in the one spelling that we write: 36 characters, lower case, hyphens.
fn user(text: &str) -> Option<Uuid> {
    let user = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (user.hyphenated().encode_lower(&mut buffer) == text).then_some(user)
}

/// Whole seconds from 1970 to 9999.
fn moment(seconds: i64) -> Option<Timestamp> {
    let moment = Timestamp::from_seconds(seconds);
    (seconds >= 0 && moment.seconds() == seconds).then_some(moment)
}
