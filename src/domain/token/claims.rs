//! What stands between the dots: the claims as text, written in one order and read strictly.

use super::{Claims, LONGEST_LIFE, Session, SessionId};
use crate::json::Object;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The claims as RFC 7519 names them are seven; there is no other. Fractions, exponents and signs are errors.
const CLAIMS: usize = 7;

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
    // JSON lets white space stand around it.
    if json.first() != Some(&b'{') || json.last() != Some(&b'}') {
        return None;
    }
    let mut claims = Object::read(std::str::from_utf8(json).ok()?).ok()?;
    // No key stands twice: if the seven are found there are no others.
    if claims.0.len() != CLAIMS {
        return None;
    }
    if claims.borrowed("iss").ok()? != issuer || claims.borrowed("aud").ok()? != audience {
        return None;
    }
    let [issued_at, expires_at] = ["iat", "exp"].map(|name| claims.integer::<i64>(name).ok());
    let (issued_at, expires_at) = (issued_at?, expires_at?);
    let life = expires_at.checked_sub(issued_at)?;
    if !(1..=LONGEST_LIFE).contains(&life) {
        return None;
    }
    Some(Claims {
        session: Session {
            user: claims.parsed("sub", user).ok()?,
            sid: claims.parsed("sid", SessionId::parse).ok()?,
            generation: claims.integer("gen").ok()?,
        },
        issued_at: moment(issued_at)?,
        expires_at: moment(expires_at)?,
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
