//! An entry of the session cache: its key and its value.

use crate::domain::user::User;
use crate::json::{Json, Malformed, Object};
use crate::runtime::shared_text::WithBody;
use crate::timestamp::Timestamp;
use serde::Serialize;
use std::rc::Rc;

/// Additional seconds for which a cached session is used while D1 is unavailable.
pub const OUTAGE_SECONDS: i64 = 15 * 60;

/// A value without a MAC, which is a miss.
pub(super) const OUTDATED: &str = "{}";

pub(super) const REVOKED: &str = r#"{"revoked":true}"#;

/// The result of a lookup.
#[derive(Debug)]
pub enum CacheLookup {
    /// D1 has confirmed the session.
    Hit(CachedSession),
    /// The session was revoked.
    Revoked,
    /// There is no entry, or it has no valid MAC.
    Miss,
}

/// A live session and its user, as D1 had them.
#[derive(Debug, Clone)]
pub struct CachedSession {
    /// The user, with the body of `/validate`.
    pub user: Rc<WithBody<User>>,
    /// From this time on, D1 is queried.
    pub fresh_until: Timestamp,
    /// The corresponding time while D1 is unavailable: [`OUTAGE_SECONDS`] later, but never after the token has expired.
    pub usable_until: Timestamp,
}

#[derive(Serialize)]
pub(super) struct Written<'a> {
    pub(super) read_at: i64,
    pub(super) fresh_until: i64,
    pub(super) expires_at: i64,
    pub(super) user: &'a User,
}

/// Parses a verified text. `ttl` is the configured TTL. An entry that was written with a longer TTL is fresh only for `ttl`
/// after D1 confirmed the session, so that lowering the TTL takes effect at once. A `read_at` in the future was written by a
/// clock that is ahead.
pub(super) fn read(text: &str, now: Timestamp, ttl: i64) -> Result<CacheLookup, Malformed> {
    let mut copy = Object::read(text)?;
    let is_revoked = copy.optional("revoked").map(Json::boolean).transpose()?;
    if is_revoked == Some(true) {
        return Ok(CacheLookup::Revoked);
    }
    let user: User = copy.object("user")?.deserialize()?;
    let moment = |seconds| Timestamp::from_seconds(seconds);
    let read_at = moment(copy.integer("read_at")?).min(now);
    let expires_at = moment(copy.integer("expires_at")?);
    let written_until = moment(copy.integer("fresh_until")?);
    let fresh_until = written_until.min(read_at.plus(ttl)).min(expires_at);
    Ok(CacheLookup::Hit(CachedSession {
        user: Rc::new(user.into()),
        fresh_until,
        usable_until: fresh_until.plus(OUTAGE_SECONDS).min(expires_at),
    }))
}

/// The key of a token's entry in KV. It consists of the id of the session in D1 and the generation.
#[must_use]
pub fn key(id: &str, generation: u32) -> String {
    ["session:", id, ":", &generation.to_string()].concat()
}

#[cfg(test)]
mod tests;
