//! Audit entries for the changes that a command makes. An entry is signed if `.dev.vars` contains the key, which is
//! used for the local database only. The Worker's cron event signs all other entries and marks them as signed late.

use crate::{random, settings};
use anyhow::{Context as _, Result};
use cli::Target;
use edge_auth::domain::audit::{AuditKeys, Entry, Kind};
use edge_auth::timestamp::Timestamp;
use uuid::Uuid;

/// An entry, and its signature if there is a key.
#[derive(Debug)]
pub struct NewEntry {
    pub entry: Entry,
    pub mac: Option<String>,
}

/// Creates the entries of one command.
pub struct Entries {
    keys: Option<AuditKeys>,
    now: Timestamp,
    /// Stored in place of a request id. All entries of a command have the same value.
    command: String,
}

impl Entries {
    /// For a command on this target.
    ///
    /// # Errors
    /// An invalid `AUDIT_KEY` in `.dev.vars`.
    pub fn new(target: &Target, now: Timestamp) -> Result<Self> {
        let key = if target.local {
            settings::key("AUDIT_KEY")?
        } else {
            None
        };
        Ok(Self {
            keys: key.map(|key| AuditKeys::new(&key, &[])),
            now,
            command: random::uuid()?.to_string(),
        })
    }

    /// An entry about this user.
    ///
    /// # Errors
    /// No random bytes, or an id that is not a UUID.
    pub fn entry(&self, kind: Kind, user_id: &str, detail: Option<String>) -> Result<NewEntry> {
        let user_id = Uuid::try_parse(user_id)
            .with_context(|| format!("the id of the user is not a UUID: {user_id}"))?;
        let entry = Entry::new(random::uuid()?, self.now, kind, &self.command)
            .by_command_line()
            .about(user_id);
        let entry = match detail {
            Some(text) => entry.detail(text),
            None => entry,
        };
        Ok(match &self.keys {
            Some(keys) => {
                let signed = keys.sign(entry);
                NewEntry {
                    entry: signed.entry,
                    mac: Some(signed.mac),
                }
            }
            None => NewEntry { entry, mac: None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

    fn entries(keys: Option<AuditKeys>) -> Entries {
        Entries {
            keys,
            now: Timestamp::from_seconds(0),
            command: "a command".into(),
        }
    }

    #[test]
    fn entries_are_signed_if_there_is_a_key() {
        let key = || AuditKeys::new(&[7; 32], &[]);
        let detail = Some("role user".to_owned());
        let signed = entries(Some(key()))
            .entry(Kind::UserAdded, ID, detail.clone())
            .unwrap();
        assert!(key().has_signed(&signed.entry, signed.mac.as_deref().unwrap()));
        let unsigned = entries(None).entry(Kind::UserAdded, ID, detail).unwrap();
        assert_eq!(unsigned.mac, None);
        assert_eq!(unsigned.entry.actor.as_deref(), Some("command-line"));
        assert_eq!(unsigned.entry.subject.as_deref(), Some(ID));
        assert_eq!(unsigned.entry.detail.as_deref(), Some("role user"));
    }
}
