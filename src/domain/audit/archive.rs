//! Archived ranges of the audit log: the record of an object in R2, and of the role and status of users whose entries
//! have been archived.

use super::accounts::{is_about_role, is_about_status};
use super::chain::ChainedRow;
use super::entry::{Entry, push};
use super::keys::{AuditKeys, KeySet, digest, is_equal};
use super::kind::Outcome;
use super::lines::Line;
use crate::crypto::fingerprint::{fingerprint, hex};
use crate::timestamp::Timestamp;
use std::collections::BTreeMap;

/// Maximum number of rows in one object: about 1.2 MB, of which a search reads two.
pub const MAX_ARCHIVE_ROWS: u32 = 2_000;

/// A range of rows that was moved to R2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// 1, 2, 3, …
    pub number: u32,
    /// Number of its first row.
    pub first: u32,
    /// Number of its last row.
    pub last: u32,
    /// The earliest time of its entries.
    pub earliest: String,
    /// The latest one.
    pub latest: String,
    /// Key of the object.
    pub object: String,
    /// Hex SHA-256 of the object.
    pub sha256: String,
    /// When it was archived.
    pub at: String,
    /// Id of the key that signed it.
    pub key: String,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

/// The role and status of a user as the archived entries state them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedAccount {
    /// Id of the user.
    pub subject: String,
    /// Detail of the last archived entry that states a role.
    pub role_detail: Option<String>,
    /// Kind of the last archived entry that states a status.
    pub status_kind: Option<String>,
    /// Number of the last of these entries.
    pub number: u32,
    /// Hex HMAC-SHA-256.
    pub mac: String,
}

impl AuditKeys {
    /// Describes the object with this text, which contains these rows. `None` if there are no rows.
    #[must_use]
    pub fn archive(
        &self,
        number: u32,
        rows: &[(ChainedRow, Entry)],
        text: &str,
        now: Timestamp,
    ) -> Option<Archive> {
        let (first, last) = (rows.first()?.0.number, rows.last()?.0.number);
        let times = || rows.iter().map(|(_, entry)| &entry.at);
        let current = self.current();
        let mut archive = Archive {
            number,
            first,
            last,
            earliest: times().min()?.clone(),
            latest: times().max()?.clone(),
            // An event that repeats an interrupted one writes the same object.
            object: format!("audit/{first:010}-{last:010}.jsonl"),
            sha256: fingerprint(text),
            at: now.to_string(),
            key: current.id.clone(),
            mac: String::new(),
        };
        archive.mac = current.archive_mac(&archive);
        Some(archive)
    }

    /// Whether one of the keys has signed this description.
    #[must_use]
    pub fn has_signed_archive(&self, archive: &Archive) -> bool {
        let keys = self.with_id(&archive.key);
        keys.is_some_and(|(_, keys)| is_equal(&keys.archive_mac(archive), &archive.mac))
    }

    /// The role and status of the users that these rows are about, given what is known from earlier ones.
    #[must_use]
    pub fn archived_accounts(
        &self,
        known: Vec<ArchivedAccount>,
        rows: &[(ChainedRow, Entry)],
    ) -> Vec<ArchivedAccount> {
        let with_id = |account: ArchivedAccount| (account.subject.clone(), account);
        let mut known: BTreeMap<String, ArchivedAccount> = known.into_iter().map(with_id).collect();
        let mut changed: BTreeMap<String, ArchivedAccount> = BTreeMap::new();
        for (row, entry) in rows {
            let Some(subject) = stated_account(entry) else {
                continue;
            };
            let account = changed.entry(subject.clone()).or_insert_with(|| {
                // An altered row would be signed again here.
                let before = known
                    .remove(subject)
                    .filter(|known| self.has_signed_account(known));
                before.unwrap_or_else(|| ArchivedAccount {
                    subject: subject.clone(),
                    role_detail: None,
                    status_kind: None,
                    number: 0,
                    mac: String::new(),
                })
            });
            if is_about_role(&entry.kind) {
                account.role_detail.clone_from(&entry.detail);
            }
            if is_about_status(&entry.kind) {
                account.status_kind = Some(entry.kind.clone());
            }
            account.number = row.number;
        }
        let sign = |mut account: ArchivedAccount| {
            account.mac = self.current().account_mac(&account);
            account
        };
        changed.into_values().map(sign).collect()
    }

    /// Whether one of the keys has signed this role and status.
    #[must_use]
    pub fn has_signed_account(&self, account: &ArchivedAccount) -> bool {
        self.all()
            .any(|keys| is_equal(&keys.account_mac(account), &account.mac))
    }
}

/// The user whose role or status an entry states.
#[must_use]
pub fn stated_account(entry: &Entry) -> Option<&String> {
    let is_success = entry.outcome == Outcome::Success.as_str();
    let states = is_about_role(&entry.kind) || is_about_status(&entry.kind);
    entry.subject.as_ref().filter(|_| is_success && states)
}

/// The rows in the text of an object; the number of the first line that does not have this format.
///
/// # Errors
/// The number of the last row before the first line that cannot be read.
pub fn archived_rows(text: &str) -> Result<Vec<(ChainedRow, Entry)>, u32> {
    let mut rows: Vec<(ChainedRow, Entry)> = Vec::new();
    for text in text.lines() {
        let before = rows.last().map_or(0, |(row, _)| row.number);
        match Line::read(text).ok_or(before)? {
            Line::Entry { number, entry, mac } => {
                let row = ChainedRow {
                    number,
                    mac,
                    late_mac: None,
                    signed_at: None,
                };
                rows.push((row, entry));
            }
            Line::Signature {
                number,
                mac,
                signed_at,
            } => match rows.last_mut() {
                Some((row, _)) if row.number == number => {
                    row.late_mac = Some(mac);
                    row.signed_at = Some(signed_at);
                }
                _ => return Err(before),
            },
            Line::Checkpoint { .. } => {}
        }
    }
    Ok(rows)
}

impl KeySet {
    fn archive_mac(&self, archive: &Archive) -> String {
        let mut bytes = Vec::with_capacity(512);
        for number in [archive.number, archive.first, archive.last] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        for text in [
            &archive.earliest,
            &archive.latest,
            &archive.object,
            &archive.sha256,
            &archive.at,
            &archive.key,
        ] {
            push(&mut bytes, Some(text));
        }
        hex(&digest(&self.archives, &[b"archive\0", &bytes]))
    }

    fn account_mac(&self, account: &ArchivedAccount) -> String {
        let mut bytes = account.number.to_be_bytes().to_vec();
        push(&mut bytes, Some(&account.subject));
        push(&mut bytes, account.role_detail.as_deref());
        push(&mut bytes, account.status_kind.as_deref());
        hex(&digest(&self.archives, &[b"account\0", &bytes]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::{Kind, write_lines};
    use uuid::Uuid;

    fn row(keys: &AuditKeys, number: u32, kind: Kind, detail: &'static str) -> (ChainedRow, Entry) {
        let at = Timestamp::from_seconds(i64::from(number));
        let entry = Entry::new(Uuid::from_u128(number.into()), at, kind, "r");
        let signed = keys.sign(entry.about(Uuid::nil()).detail(detail));
        let row = ChainedRow {
            number,
            mac: Some(signed.mac),
            late_mac: None,
            signed_at: None,
        };
        (row, signed.entry)
    }

    #[test]
    fn object_is_described_and_read_back() {
        let keys = AuditKeys::new(&[1; 32], &[]);
        let rows = [
            row(&keys, 5, Kind::SignOut, "a"),
            row(&keys, 6, Kind::SignOut, "b"),
        ];
        let text = write_lines(&rows, &[], None);
        let now = Timestamp::from_seconds(100);
        let archive = keys.archive(3, &rows, &text, now).expect("an archive");
        assert_eq!(archive.object, "audit/0000000005-0000000006.jsonl");
        assert_eq!(
            (archive.earliest.as_str(), archive.latest.as_str()),
            ("1970-01-01T00:00:05Z", "1970-01-01T00:00:06Z")
        );
        assert!(keys.has_signed_archive(&archive));
        for change in [
            |archive: &mut Archive| archive.number = 4,
            |archive: &mut Archive| archive.last = 7,
            |archive: &mut Archive| archive.latest = "1970-01-01T00:00:05Z".into(),
            |archive: &mut Archive| archive.object = "x".into(),
            |archive: &mut Archive| archive.sha256 = "x".into(),
            |archive: &mut Archive| archive.key = "x".into(),
        ] {
            let mut other = archive.clone();
            change(&mut other);
            assert!(!keys.has_signed_archive(&other), "{other:?}");
        }
        let read = archived_rows(&text).expect("rows");
        let entries: Vec<_> = read
            .into_iter()
            .map(|(row, entry)| (row.number, row.mac, entry))
            .collect();
        let expected: Vec<_> = rows
            .into_iter()
            .map(|(row, entry)| (row.number, row.mac, entry))
            .collect();
        assert_eq!(entries, expected);
        assert_eq!(archived_rows(&format!("{text}x")).err(), Some(6));
        assert!(keys.archive(1, &[], "", now).is_none());
    }

    #[test]
    fn role_and_status_are_those_of_the_last_archived_entries() {
        let keys = AuditKeys::new(&[1; 32], &[]);
        let rows = [
            row(&keys, 1, Kind::UserAdded, "role user"),
            row(&keys, 2, Kind::SignIn, "password"),
        ];
        let first = keys.archived_accounts(Vec::new(), &rows);
        let [account] = &first[..] else {
            panic!("{first:?}")
        };
        assert_eq!(
            (
                account.role_detail.as_deref(),
                account.status_kind.as_deref(),
                account.number
            ),
            (Some("role user"), Some("user_added"), 1)
        );
        let rows = [row(&keys, 3, Kind::RoleChanged, "role user -> admin")];
        let second = keys.archived_accounts(first.clone(), &rows);
        assert_eq!(
            (
                second[0].role_detail.as_deref(),
                second[0].status_kind.as_deref(),
                second[0].number
            ),
            (Some("role user -> admin"), Some("user_added"), 3)
        );
        assert!(keys.has_signed_account(&second[0]));
        let mut forged = first;
        forged[0].status_kind = Some("user_enabled".into());
        assert!(!keys.has_signed_account(&forged[0]));
        let rows = [row(&keys, 4, Kind::RoleChanged, "role admin -> user")];
        assert_eq!(keys.archived_accounts(forged, &rows)[0].status_kind, None);
    }
}
