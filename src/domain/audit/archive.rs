//! Archived ranges of the audit log: the record of an object in R2.

use super::chain::ChainedRow;
use super::entry::{Entry, push};
use super::keys::{AuditKeys, KeySet, digest, is_equal};
use super::lines::Line;
use crate::crypto::fingerprint::{fingerprint, hex};
use crate::timestamp::Timestamp;

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
                rows.push((ChainedRow { number, mac }, entry));
            }
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
}
