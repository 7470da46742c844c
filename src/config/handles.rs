//! The configuration of sealed handles and cookies: their keys.

use super::keys::{EXPECTED_KEY, key_text, previous};
use super::variable::{Default, Reader, Variable};
use crate::crypto::secret::Secret;

/// The keys of sealed handles. Their base64 text is used, not the decoded bytes.
#[derive(Debug)]
pub struct HandlesConfig {
    /// `HANDLE_KEY`: encrypts handles and cookies, and authenticates cached sessions.
    pub key: Secret,
    /// `HANDLE_KEY_PREVIOUS`: decrypts older handles and cookies, and verifies older cached sessions, during a rotation.
    pub key_previous: Option<Secret>,
}

pub(super) const HANDLE_KEY: Variable = Variable::secret(
    "HANDLE_KEY",
    Default::Required,
    EXPECTED_KEY,
    "base64 of 32 random bytes; encrypts the handles of the device flow and the cookies of recognised devices, and \
     authenticates cached sessions in KV",
);
pub(super) const HANDLE_KEY_PREVIOUS: Variable = previous(
    "HANDLE_KEY_PREVIOUS",
    EXPECTED_KEY,
    "decrypts older handles and cookies, and verifies older cached sessions, during a rotation",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[&HANDLE_KEY, &HANDLE_KEY_PREVIOUS];

impl HandlesConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            key: read.or_default(&HANDLE_KEY, key_text),
            key_previous: read.optional(&HANDLE_KEY_PREVIOUS, key_text),
        }
    }
}
