//! A change of a user that revokes sessions.

use super::found::FoundUser;
use super::{column, last};
use crate::entries::{Entries, NewEntry};
use crate::target::{Revoked, execute, overwrite_cached_sessions};
use crate::{settings, sql};
use anyhow::{Context as _, Result};
use cli::Target;
use edge_auth::domain::audit::Kind;
use edge_auth::timestamp::Timestamp;
use serde_json::Value;

/// The change, and its entries in the audit log.
pub struct Change<'t> {
    target: &'t Target,
    entry: NewEntry,
    revoked: NewEntry,
    now: Timestamp,
    cached_since: Timestamp,
}

impl<'t> Change<'t> {
    /// A change of this kind.
    ///
    /// # Errors
    /// An invalid configuration.
    pub fn new(
        target: &'t Target,
        now: Timestamp,
        user: &FoundUser,
        kind: Kind,
        detail: Option<String>,
    ) -> Result<Self> {
        let entries = Entries::new(target, now)?;
        let cause = Some(kind.as_str().to_owned());
        Ok(Self {
            target,
            entry: entries.entry(kind, &user.id, detail)?,
            revoked: entries.entry(Kind::SessionRevoked, &user.id, cause)?,
            now,
            cached_since: now.plus(-settings::cached_session_lifetime(target)?),
        })
    }

    /// The entries, as the statements take them.
    pub fn entries(&self) -> sql::Change<'_> {
        sql::Change {
            entry: &self.entry,
            revoked: &self.revoked,
            now: self.now,
            cached_since: self.cached_since,
        }
    }

    /// Runs statements whose last result lists the revoked sessions, and overwrites their cached sessions. Returns the
    /// text to print.
    ///
    /// # Errors
    /// The error of wrangler.
    pub fn run(&self, statements: &str) -> Result<&'static str> {
        self.overwrite(&last(execute(self.target, statements)?))
    }

    /// Overwrites the cached sessions of revoked sessions. Returns the text to print.
    ///
    /// # Errors
    /// The error of wrangler.
    pub fn overwrite(&self, sessions: &[Value]) -> Result<&'static str> {
        let generation = |row: &Value, name: &str| u32::try_from(row[name].as_u64()?).ok();
        let revoked = |row: &Value| Revoked {
            id: column(row, "id"),
            generation: generation(row, "generation").unwrap_or_default(),
            oldest: generation(row, "oldest"),
        };
        let sessions: Vec<_> = sessions.iter().map(revoked).collect();
        overwrite_cached_sessions(self.target, &sessions).context(
            "the change is done and all sessions are revoked, but their cached sessions in KV could not be overwritten: \
             /validate and /me may accept them for up to SESSION_CACHE_TTL more seconds. Run the same command again to retry",
        )?;
        Ok("all sessions revoked")
    }
}
