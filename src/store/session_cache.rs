//! Cached sessions: the state of live sessions in D1, kept in KV for a few minutes so that `/validate` and `/me` do not need to
//! query D1.
//!
//! KV is eventually consistent: an overwrite can take 60 seconds or more to become visible in other locations. So each entry is
//! fresh only for a TTL after D1 confirmed the session. A revocation takes effect within that time on `/validate` and `/me`,
//! and at once on all other routes, which query D1.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `session:{SHA-256 of sid, hex}:{generation}` | MAC, `.`, `{"read_at": seconds, "fresh_until": seconds, "expires_at": seconds, "user": {the eleven fields}}` | TTL and 15 minutes for an outage |
//! | the same, once revoked | MAC, `.`, `{"revoked": true}` | as long as a late entry could be fresh |
//! | the same, once outdated | `{}` | the same |
//!
//! The key holds the session's id in D1 and not the token's `sid`, so that a row is enough to find its entries; and the
//! generation, so that a new token has a key of its own. Everything without a valid MAC ([`CacheKeys`]) is a miss.

mod entry;

pub use entry::{CacheLookup, CachedSession, OUTAGE_SECONDS, key};

use super::sessions::RevokedSession;
use crate::crypto::cache_mac::CacheKeys;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::kv::{KV_TIMEOUT_MS, Kv};
use crate::runtime::timeout::sleep;
use crate::runtime::ttl_cache::TtlCache;
use crate::timestamp::Timestamp;
use entry::{OUTDATED, REVOKED, Written, read};
use futures_util::future::join_all;
use std::cell::LazyCell;
use std::fmt;

/// Seconds for which KV keeps an entry after it can no longer be used.
pub const MARGIN_SECONDS: i64 = 60;

/// Delay before a failed write is repeated. KV accepts one write per second and key.
const RETRY_DELAY_MS: u32 = 1_100;

/// Maximum time that overwriting entries takes, however many there are: they are written concurrently, each at most twice.
pub const MAX_OVERWRITE_MS: u32 = 2 * KV_TIMEOUT_MS + RETRY_DELAY_MS;

/// Timeout of a write after the response. It is longer because no client waits, and because the writer must query D1 again
/// after a late write. It fits into the 30 seconds that the platform allows for work after a response.
const BACKGROUND_WRITE_TIMEOUT_MS: u32 = 15_000;

/// Maximum number of sessions whose entries are overwritten; KV allows 1,000 operations per request. The entries of further
/// sessions expire at the TTL.
const MAX_SESSIONS: usize = 200;

/// Maximum number of tokens of a session, rotated out within the replay window, whose entries are overwritten along with that
/// of the current one. A client that refreshes in a tight loop has more; those entries expire with the window.
pub const MAX_ROTATED_OUT: u32 = 8;

/// Maximum number of entries that are overwritten at the same time.
const MAX_WRITES: usize = 500;

/// Maximum number of cached sessions that an isolate keeps in memory.
const MAX_LOCAL_ENTRIES: usize = 1_000;

/// The keys, derived when they are first used.
pub type LazyKeys = LazyCell<CacheKeys, Box<dyn FnOnce() -> CacheKeys>>;

/// The lifetimes of cached sessions.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Seconds for which an entry is fresh: `SESSION_CACHE_TTL`.
    pub ttl: i64,
    /// Seconds for which an isolate keeps an entry in memory, without reading it from KV again: `SESSION_LOCAL_CACHE_TTL`.
    pub local_ttl: i64,
    /// `REFRESH_REPLAY_WINDOW`.
    pub replay_window: i64,
}

/// The cached sessions.
pub struct SessionCache {
    kv: &'static Kv,
    keys: LazyKeys,
    local: TtlCache<CachedSession>,
    lifetimes: Lifetimes,
}

impl fmt::Debug for SessionCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionCache")
    }
}

impl SessionCache {
    /// Uses this namespace for cached sessions.
    #[must_use]
    pub fn new(kv: &'static Kv, keys: LazyKeys, lifetimes: Lifetimes) -> Self {
        Self {
            kv,
            keys,
            local: TtlCache::new(MAX_LOCAL_ENTRIES),
            lifetimes,
        }
    }

    /// Looks a token up by the [`key`] of its entry.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn find(&self, key: &str, now: Timestamp) -> Result<CacheLookup, StoreError> {
        if let Some(session) = self.local.get(key, now) {
            return Ok(CacheLookup::Hit(session));
        }
        let epoch = self.local.epoch();
        let Some(text) = self.kv.get(key).await? else {
            return Ok(CacheLookup::Miss);
        };
        let found = self.read(key, &text, now);
        if let CacheLookup::Hit(session) = &found {
            let expires_at = now.plus(self.lifetimes.local_ttl).min(session.fresh_until);
            self.local
                .insert(epoch, key.to_owned(), session.clone(), now, expires_at);
        }
        Ok(found)
    }

    /// Reads a value under this key.
    fn read(&self, key: &str, text: &str, now: Timestamp) -> CacheLookup {
        let verified = self.keys.verify(key, text);
        verified
            .and_then(|json| read(json, now, self.lifetimes.ttl).ok())
            .unwrap_or(CacheLookup::Miss)
    }

    /// Caches the state that D1 had at `read_at`. It is not used after `expires_at`, whether D1 is available or not.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn put(
        &self,
        id: &str,
        generation: u32,
        user: &User,
        read_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        // Cannot fail: the value consists of strings, numbers and booleans.
        let text = serde_json::to_string(&Written {
            read_at: read_at.seconds(),
            fresh_until: read_at.plus(self.lifetimes.ttl).min(expires_at).seconds(),
            expires_at: expires_at.seconds(),
            user,
        })
        .unwrap_or_default();
        let key = key(id, generation);
        self.local.remove(&key);
        self.write(
            &key,
            &self.keys.protect(&key, &text),
            BACKGROUND_WRITE_TIMEOUT_MS,
        )
        .await
    }

    /// Overwrites the entries of sessions that were just revoked: those of the current token, of the one before it, and of
    /// those rotated out within the replay window. If a write fails twice, KV is unavailable; then the entry expires at the
    /// TTL.
    pub async fn mark_revoked(&self, sessions: &[RevokedSession], now: Timestamp) {
        let keys = self.keys_of(sessions, now);
        self.overwrite(keys, |key| self.keys.protect(key, REVOKED))
            .await;
    }

    /// Like [`SessionCache::mark_revoked`], for sessions that had already been revoked: only entries that still exist are
    /// overwritten, so that a repeated request writes nothing.
    pub async fn mark_revoked_again(&self, sessions: &[RevokedSession], now: Timestamp) {
        let overwrite = |key: String| async move {
            let Ok(Some(text)) = self.kv.get(&key).await else {
                return;
            };
            if matches!(self.read(&key, &text, now), CacheLookup::Hit(_)) {
                let value = self.keys.protect(&key, REVOKED);
                let _ = self.write(&key, &value, KV_TIMEOUT_MS).await;
            }
        };
        join_all(self.keys_of(sessions, now).into_iter().map(overwrite)).await;
    }

    /// Overwrites the entries of sessions of an erased user, also those of tokens that were rotated out earlier: they are not accepted
    /// any more, but contain the user.
    pub async fn erase(&self, sessions: &[RevokedSession]) {
        let tokens = |session: &RevokedSession| {
            let oldest = session.generation.saturating_sub(MAX_ROTATED_OUT);
            let id = session.id.clone();
            (oldest..=session.generation)
                .rev()
                .map(move |generation| key(&id, generation))
        };
        let keys = self.limited(sessions, tokens);
        self.overwrite(keys, |key| self.keys.protect(key, REVOKED))
            .await;
    }

    /// Overwrites outdated entries of sessions that stay live, so that D1 is queried.
    pub async fn forget(&self, sessions: &[RevokedSession], now: Timestamp) {
        let keys = self.keys_of(sessions, now);
        self.overwrite(keys, |_| OUTDATED.to_owned()).await;
    }

    /// Returns the keys of the tokens that may still be accepted, the current ones first, and removes their entries from the
    /// memory of the isolate.
    fn keys_of(&self, sessions: &[RevokedSession], now: Timestamp) -> Vec<String> {
        let opened = now.minus(self.lifetimes.replay_window);
        let tokens = |session: &RevokedSession| {
            let current = session.generation;
            let oldest = current.saturating_sub(MAX_ROTATED_OUT);
            let before = current.saturating_sub(1);
            let first = session.rotations.first_after(opened).unwrap_or(before);
            let id = session.id.clone();
            (first.clamp(oldest, before)..=current)
                .rev()
                .map(move |generation| key(&id, generation))
        };
        self.limited(sessions, tokens)
    }

    /// Removes the entries of these tokens from the memory of the isolate, and returns as many of their keys as can be overwritten.
    fn limited<T: Iterator<Item = String>>(
        &self,
        sessions: &[RevokedSession],
        tokens: impl Fn(&RevokedSession) -> T,
    ) -> Vec<String> {
        for key in sessions.iter().flat_map(&tokens) {
            self.local.remove(&key);
        }
        let kept = sessions.iter().take(MAX_SESSIONS).flat_map(tokens);
        kept.take(MAX_WRITES).collect()
    }

    async fn overwrite(&self, keys: Vec<String>, value: impl Fn(&str) -> String) {
        let write = |key: String| {
            let value = value(&key);
            async move {
                let _ = self.write(&key, &value, KV_TIMEOUT_MS).await;
            }
        };
        join_all(keys.into_iter().map(write)).await;
    }

    /// Marks the entry of one token as revoked.
    pub async fn mark_one_revoked(&self, id: &str, generation: u32) {
        let key = key(id, generation);
        self.local.remove(&key);
        let value = self.keys.protect(&key, REVOKED);
        let _ = self.write(&key, &value, KV_TIMEOUT_MS).await;
    }

    async fn write(&self, key: &str, value: &str, timeout_ms: u32) -> Result<(), StoreError> {
        let lifetime = self.lifetime_seconds();
        if self.kv.put(key, value, lifetime, timeout_ms).await.is_ok() {
            return Ok(());
        }
        sleep(RETRY_DELAY_MS).await;
        self.kv.put(key, value, lifetime, KV_TIMEOUT_MS).await
    }

    /// How long an entry exists at most.
    pub fn lifetime_seconds(&self) -> i64 {
        self.lifetimes
            .ttl
            .saturating_add(OUTAGE_SECONDS)
            .saturating_add(MARGIN_SECONDS)
    }
}
