//! The configuration of passwords: the peppers and the rules.

use super::branding::https_url;
use super::keys::{EXPECTED_KEY, Key, key, previous};
use super::variable::{Default, Reader, Variable, number};

/// The configuration of password hashing and of new passwords.
#[derive(Debug)]
pub struct PasswordsConfig {
    /// `PASSWORD_PEPPER`: 32 bytes.
    pub pepper: Key,
    /// `PASSWORD_PEPPER_PREVIOUS`: verifies older hashes during a rotation.
    pub pepper_previous: Option<Key>,
    /// `PASSWORD_MIN_LENGTH`: code points of a new password, 8 to 64.
    pub min_length: usize,
    /// `PASSWORD_LINK_URL`: the page that links of administrators lead to, if it is not that of this service.
    pub link_url: Option<String>,
}

pub(super) const PASSWORD_PEPPER: Variable = Variable::secret(
    "PASSWORD_PEPPER",
    Default::Required,
    EXPECTED_KEY,
    "base64 of 32 random bytes; HMAC key that is applied to every password before Argon2id",
);
pub(super) const PASSWORD_PEPPER_PREVIOUS: Variable = previous(
    "PASSWORD_PEPPER_PREVIOUS",
    EXPECTED_KEY,
    "verifies older hashes during a rotation",
);
const PASSWORD_MIN_LENGTH: Variable = Variable::new(
    "PASSWORD_MIN_LENGTH",
    Default::Text("15"),
    "a whole number from 8 to 64",
    "minimum length of a new password in characters, 8 to 64",
);
const PASSWORD_LINK_URL: Variable = Variable::new(
    "PASSWORD_LINK_URL",
    Default::None,
    "an https URL",
    "page of your own that takes the one-time links that administrators create as `#token=…`, in place of `/set-password`",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &PASSWORD_PEPPER,
    &PASSWORD_PEPPER_PREVIOUS,
    &PASSWORD_MIN_LENGTH,
    &PASSWORD_LINK_URL,
];

impl PasswordsConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        Self {
            pepper: read.or_default(&PASSWORD_PEPPER, key),
            pepper_previous: read.optional(&PASSWORD_PEPPER_PREVIOUS, key),
            min_length: read.or_default(&PASSWORD_MIN_LENGTH, number(8, 64)),
            link_url: read.optional(&PASSWORD_LINK_URL, https_url),
        }
    }
}
