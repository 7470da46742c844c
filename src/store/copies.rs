//! Copies of live sessions in KV, so that `/validate` and `/me` are answered at the edge.
//!
//! KV is eventually consistent: an overwrite is seen elsewhere after up to 60 seconds or more, so a copy is never the
//! judge. Each carries `believe_until`, a short time after D1 last vouched for it; what a sign-out costs is at most that
//! time on routes that grant nothing, and nothing on the others, which ask D1.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `session:{SHA-256 of sid, hex}:{generation}` | `{"believe_until": seconds, "never_after": seconds, "user": {the eleven fields}}` | the trust bound and the outage's 15 minutes |
//! | the same, once ended | `{"ended": true}` | as long as a late copy could be believed |
//! | the same, once outdated | `{}` | the same |
//!
//! The key holds the session's id in D1 and not the token's `sid`, so whoever ends a session from its row can end its
//! copies; and the generation, so that a new token has a key of its own.

use super::StoreError;
use super::deadline::all;
use super::kv::{Kv, PATIENCE};
use super::recent::Recent;
use super::sessions::Ended;
use crate::account::timestamp::Timestamp;
use crate::account::user::User;
use crate::json::{FromJson, Json, Malformed, Object};
use crate::text::Text;
use crate::wait::pause;
use js_sys::JsString;
use serde::Serialize;
use std::cell::OnceCell;
use std::rc::Rc;

/// Seconds that a copy is believed longer while D1 is out.
pub const OUTAGE_TRUST: i64 = 15 * 60;

/// A tombstone, and any copy, outlives the last moment at which a copy is believed by this many seconds.
const MARGIN: i64 = 60;

/// KV takes one write a second and key; a write that met another is made again after this many milliseconds.
const WRITE_AGAIN: u32 = 1_100;

/// Milliseconds that overwriting copies takes at most while a client waits, however many there are: they are written side
/// by side, each twice at most.
pub const OVERWRITING: u32 = 2 * PATIENCE + WRITE_AGAIN;

/// A copy is written after the reply, so nobody waits; its writer waits longer, in milliseconds, because it must look
/// at D1 again after a late write. Within the 30 seconds that the platform gives to work after a reply.
const LATE_WRITE: u32 = 15_000;

/// So many sessions of one person have their copies overwritten at once; KV takes 1,000 writes from one request. The
/// copies of any more end at their bound.
const MOST: usize = 200;

/// Reads as no copy.
const NOTHING: &str = "{}";

const TOMBSTONE: &str = r#"{"ended":true}"#;

/// What KV says of a token.
#[derive(Debug)]
pub enum Found {
    /// D1 vouched for the session.
    Copy(SessionCopy),
    /// The session was ended.
    Ended,
    /// No copy, or one that cannot be read.
    Nothing,
}

/// A person's live session, as D1 had it.
#[derive(Debug, Clone)]
pub struct SessionCopy {
    /// The person.
    pub user: Rc<User>,
    /// The reply that was made of it.
    pub reply: Rc<OnceCell<Text>>,
    /// The end of belief.
    pub believe_until: Timestamp,
    /// The end of belief while D1 is out: [`OUTAGE_TRUST`] later, but never after the token itself has ended.
    pub believe_in_outage_until: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    believe_until: i64,
    never_after: i64,
    user: &'a User,
}

/// Seconds for which an isolate knows a text of KV again, so that it does not read it anew.
const REMEMBERED: i64 = 60;

/// What KV gave, and when.
#[derive(Debug)]
struct Seen {
    /// Stays in JavaScript, where it is compared.
    text: JsString,
    copy: SessionCopy,
    at: Timestamp,
}

/// The copies.
#[derive(Debug)]
pub struct Copies {
    kv: &'static Kv,
    recent: Recent<Rc<Seen>>,
    trust: i64,
    isolate_trust: i64,
}

impl Copies {
    /// Copies in this namespace, each believed for `trust` seconds; this isolate asks for one that it has seen again
    /// after `isolate_trust` seconds.
    #[must_use]
    pub fn new(kv: &'static Kv, trust: i64, isolate_trust: i64) -> Self {
        Self {
            kv,
            recent: Recent::new(isolate_trust.max(REMEMBERED)),
            trust,
            isolate_trust,
        }
    }

    /// Looks a token up by the [`key`] of its copy.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn find(&self, key: &Text, now: Timestamp) -> Result<Found, StoreError> {
        let name = key.as_str();
        let seen = self.recent.get(name, now);
        if let Some(seen) = &seen
            && seen.at <= now
            && now < seen.at.plus(self.isolate_trust)
        {
            return Ok(Found::Copy(seen.copy.clone()));
        }
        let before = self.recent.before();
        let Some(text) = self.kv.get(key.in_javascript()).await? else {
            return Ok(Found::Nothing);
        };
        let copy = match seen {
            Some(seen) if seen.text == text => seen.copy.clone(),
            _ => match read(&String::from(&text)) {
                Ok(Found::Copy(copy)) => copy,
                Ok(other) => return Ok(other),
                Err(_) => return Ok(Found::Nothing),
            },
        };
        let (length, until) = (text.length() as usize, copy.believe_until);
        let seen = Rc::new(Seen {
            text,
            copy: copy.clone(),
            at: now,
        });
        self.recent
            .keep(before, name.to_owned(), length, seen, now, until);
        Ok(Found::Copy(copy))
    }

    /// Writes a copy of what D1 said at `read_at`; it is not believed after `never_after`, D1 out or not.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn put(
        &self,
        id: &str,
        generation: u32,
        user: &User,
        read_at: Timestamp,
        never_after: Timestamp,
    ) -> Result<(), StoreError> {
        let believe_until = read_at.plus(self.trust).min(never_after).seconds();
        // Cannot fail: strings, numbers and booleans.
        let value = serde_json::to_string(&Written {
            believe_until,
            never_after: never_after.seconds(),
            user,
        })
        .unwrap_or_default();
        let key = key(id, generation);
        self.recent.forget(&key);
        self.write(&key, &value, LATE_WRITE).await
    }

    /// Overwrites the copies of ended sessions: of the last token of each and of the one before, which may still be
    /// believed. A write that fails twice is KV being out; then the trust bound ends the copy.
    pub async fn end(&self, sessions: &[Ended]) {
        self.overwrite(sessions, TOMBSTONE).await;
    }

    /// Overwrites the copies of sessions that live on, because they show what is no longer so: D1 tells.
    pub async fn forget(&self, sessions: &[Ended]) {
        self.overwrite(sessions, NOTHING).await;
    }

    async fn overwrite(&self, sessions: &[Ended], value: &str) {
        let tokens = |session: &Ended| {
            let before = session.generation.checked_sub(1);
            [Some(session.generation), before].map(|generation| Some(key(&session.id, generation?)))
        };
        for key in sessions.iter().flat_map(tokens).flatten() {
            self.recent.forget(&key);
        }
        let tokens = sessions.iter().take(MOST).flat_map(tokens).flatten();
        let write = |key: String| async move {
            let _ = self.write(&key, value, PATIENCE).await;
        };
        all(tokens.map(|key| Box::pin(write(key)) as _)).await;
    }

    /// Overwrites the copy of one token.
    pub async fn end_one(&self, id: &str, generation: u32) {
        let key = key(id, generation);
        self.recent.forget(&key);
        let _ = self.write(&key, TOMBSTONE, PATIENCE).await;
    }

    async fn write(&self, key: &str, value: &str, patience: u32) -> Result<(), StoreError> {
        let lifetime = self.lifetime();
        if self.kv.put(key, value, lifetime, patience).await.is_ok() {
            return Ok(());
        }
        pause(WRITE_AGAIN).await;
        self.kv.put(key, value, lifetime, PATIENCE).await
    }

    fn lifetime(&self) -> i64 {
        self.trust
            .saturating_add(OUTAGE_TRUST)
            .saturating_add(MARGIN)
    }
}

fn read(text: &str) -> Result<Found, Malformed> {
    let mut copy = Object::read(text)?;
    let is_ended = copy.optional("ended").map(Json::boolean).transpose()?;
    if is_ended == Some(true) {
        return Ok(Found::Ended);
    }
    let user = User::from_json(&mut copy.object("user")?)?;
    let believe_until = Timestamp::from_seconds(copy.integer("believe_until")?);
    let never_after = Timestamp::from_seconds(copy.integer("never_after")?);
    Ok(Found::Copy(SessionCopy {
        user: Rc::new(user),
        reply: Rc::default(),
        believe_until,
        believe_in_outage_until: believe_until.plus(OUTAGE_TRUST).min(never_after),
    }))
}

/// The key of a token's copy in KV: of its session's id in D1, and its generation.
#[must_use]
pub fn key(id: &str, generation: u32) -> String {
    ["session:", id, ":", &generation.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::role::Role;
    use uuid::Uuid;

    fn user() -> User {
        User {
            id: Uuid::from_u128(5),
            username: "zoë".into(),
            email: None,
            name: "Zoë".into(),
            organization: None,
            aws_region: None,
            role: Role::User,
            is_active: true,
            created_at: Timestamp::from_seconds(0),
            updated_at: Timestamp::from_seconds(0),
            last_login: None,
        }
    }

    fn written(believe_until: i64, never_after: i64) -> String {
        let copy = Written {
            believe_until,
            never_after,
            user: &user(),
        };
        serde_json::to_string(&copy).unwrap()
    }

    #[test]
    fn a_copy_reads_back_with_its_bounds() {
        for (never_after, in_outage) in [(100_000, 1_000 + OUTAGE_TRUST), (1_500, 1_500)] {
            let Ok(Found::Copy(copy)) = read(&written(1_000, never_after)) else {
                panic!("no copy")
            };
            assert_eq!(*copy.user, user());
            assert_eq!(copy.believe_until.seconds(), 1_000);
            assert_eq!(copy.believe_in_outage_until.seconds(), in_outage);
        }
    }

    #[test]
    fn what_is_no_whole_copy_is_none() {
        assert!(matches!(read(TOMBSTONE), Ok(Found::Ended)));
        let good = written(1_000, 1_500);
        for text in [
            NOTHING,
            "",
            "null",
            &good[1..],
            &good.replace("believe_until", "other"),
            &good.replace("never_after", "other"),
            &good.replace(r#""user":{"#, r#""other":{"#),
            &good.replace("1000", "1e3"),
            &good.replace("true", "1"),
            &TOMBSTONE.replace("true", "1"),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
