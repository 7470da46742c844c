//! The configuration of the audit log: its keys.

use super::keys::{EXPECTED_KEY, Key, key, keys, previous};
use super::variable::{Default, Reader, Variable};

/// The keys of the audit log.
#[derive(Debug)]
pub struct AuditConfig {
    /// `AUDIT_KEY`: 32 bytes; signs rows.
    pub key: Key,
    /// `AUDIT_KEY_PREVIOUS`: earlier keys, newest first. Rows are kept, so earlier keys are needed to verify old ones.
    pub keys_previous: Vec<Key>,
}

pub(super) const AUDIT_KEY: Variable = Variable::secret(
    "AUDIT_KEY",
    Default::Required,
    EXPECTED_KEY,
    "base64 of 32 random bytes; signs the audit log",
);
pub(super) const AUDIT_KEY_PREVIOUS: Variable = previous(
    "AUDIT_KEY_PREVIOUS",
    "base64 of exactly 32 random bytes; several, the newest first, separated by commas",
    "earlier keys, newest first, separated by commas; they verify rows from before the rotation only",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[&AUDIT_KEY, &AUDIT_KEY_PREVIOUS];

impl AuditConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            key: read.or_default(&AUDIT_KEY, key),
            keys_previous: read.optional(&AUDIT_KEY_PREVIOUS, keys).unwrap_or_default(),
        }
    }
}
