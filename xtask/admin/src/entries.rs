//! Entries of the audit log that the command line writes: signed where the key is at hand, which is the local database's
//! only. The Worker's cron signs the others, and says so.

use crate::arguments::Place;
use crate::place;
use base64ct::{Base64, Encoding};
use edge_auth::domain::audit::{AuditKeys, Entry, Kind};
use edge_auth::timestamp::Timestamp;
use uuid::Uuid;

/// An entry, and its signature if there is a key.
#[derive(Debug)]
pub struct Written {
    pub entry: Entry,
    pub mac: Option<String>,
}

/// Writes the entries of one command.
pub struct Entries {
    keys: Option<AuditKeys>,
    now: Timestamp,
    /// Stands in for the request id: all entries of a command have the same.
    command: String,
}

impl Entries {
    /// Entries of a command in this place.
    ///
    /// # Errors
    /// An `AUDIT_KEY` in `.dev.vars` that cannot be read or used.
    pub fn new(place: &Place, now: Timestamp) -> Result<Self, String> {
        let key = match place {
            Place::Local { .. } => place::secret("AUDIT_KEY")?,
            Place::Remote { .. } => None,
        };
        let keys = key.map(|text| keys(text.reveal())).transpose()?;
        Ok(Self {
            keys,
            now,
            command: place::uuid()?,
        })
    }

    /// An entry about this person.
    ///
    /// # Errors
    /// No random bytes, or an id that is none.
    pub fn entry(
        &self,
        kind: Kind,
        about: &str,
        detail: Option<String>,
    ) -> Result<Written, String> {
        let id = uuid::Builder::from_random_bytes(place::random()?).into_uuid();
        let about = Uuid::try_parse(about).map_err(|_| format!("{about} is no id of a person."))?;
        let entry = Entry::new(id, self.now, kind, &self.command);
        let entry = entry.by_command_line().about(about);
        let entry = match detail {
            Some(words) => entry.detail(words),
            None => entry,
        };
        Ok(match &self.keys {
            Some(keys) => {
                let signed = keys.sign(entry);
                Written {
                    entry: signed.entry,
                    mac: Some(signed.mac),
                }
            }
            None => Written { entry, mac: None },
        })
    }
}

fn keys(text: &str) -> Result<AuditKeys, String> {
    let mut key = [0; 32];
    let length = Base64::decode(text, &mut key).map(<[u8]>::len);
    if length == Ok(key.len()) {
        Ok(AuditKeys::new(&key, &[]))
    } else {
        Err("AUDIT_KEY in .dev.vars is not the base64 of 32 bytes.".into())
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
    fn with_the_key_entries_are_signed_and_without_it_not() {
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

    #[test]
    fn a_key_is_32_bytes() {
        assert!(keys("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").is_ok());
        for text in ["", "AAECAwQ=", "not base64"] {
            assert!(keys(text).unwrap_err().contains("AUDIT_KEY"));
        }
    }
}
