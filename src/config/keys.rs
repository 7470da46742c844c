//! Parses secret keys, and checks the rules that apply to all secrets of the service.

use super::variable::{Default, Reader, Variable};
use super::{audit, factors, handles, passwords, tokens};
use crate::crypto::secret::Secret;
use base64ct::{Base64, Encoding};
use std::fmt;

/// The form of a key.
pub(super) const EXPECTED_KEY: &str = "base64 of exactly 32 random bytes";

/// 32 secret bytes that cannot be printed.
#[derive(std::default::Default)]
pub struct Key([u8; 32]);

impl Key {
    /// The bytes. The caller must not store or log them.
    #[must_use]
    pub fn reveal(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(redacted)")
    }
}

/// Minimum number of different bytes in a secret. Fewer occur in one of 10^37 texts of 32 random bytes, and in one of 10^12
/// texts of 32 random letters. This catches placeholders such as zeros, not weak secrets in general.
const MIN_DISTINCT_BYTES: usize = 8;

/// Whether these bytes have enough different values to be random.
pub(super) fn is_varied(bytes: &[u8]) -> bool {
    let is_first =
        |(index, byte): &(usize, &u8)| !bytes.iter().take(*index).any(|earlier| earlier == *byte);
    bytes.iter().enumerate().filter(is_first).count() >= MIN_DISTINCT_BYTES
}

/// Parses a key from base64.
pub(super) fn key(text: &str) -> Option<Key> {
    let mut bytes = [0; 32];
    let is_whole = Base64::decode(text, &mut bytes).ok()?.len() == bytes.len();
    (is_whole && is_varied(&bytes)).then_some(Key(bytes))
}

/// Parses several keys from base64, separated by commas.
pub(super) fn keys(text: &str) -> Option<Vec<Key>> {
    text.split(',').map(str::trim).map(key).collect()
}

/// Checks a key, and returns its base64 text.
pub(super) fn key_text(text: &str) -> Option<Secret> {
    key(text).map(|_| Secret::new(text))
}

/// Parses a secret of another service, which is sent in a header. A text with a line break or a space is refused, because it
/// was not copied correctly.
pub(super) fn header_text(text: &str) -> Option<Secret> {
    let is_plain = text.len() <= 4_096 && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain.then(|| Secret::new(text))
}

/// The secrets that must differ from each other.
pub(super) const DISTINCT: [&Variable; 10] = [
    &tokens::JWT_SECRET,
    &tokens::JWT_SECRET_PREVIOUS,
    &passwords::PASSWORD_PEPPER,
    &passwords::PASSWORD_PEPPER_PREVIOUS,
    &handles::HANDLE_KEY,
    &handles::HANDLE_KEY_PREVIOUS,
    &factors::FACTOR_KEY,
    &factors::FACTOR_KEY_PREVIOUS,
    &audit::AUDIT_KEY,
    &audit::AUDIT_KEY_PREVIOUS,
];

/// Adds an error for each secret that is equal to an earlier one. An attacker who learns one of them could otherwise use it
/// for what the other protects.
pub(super) fn check_that_secrets_are_distinct(read: &mut Reader<'_>) {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for variable in DISTINCT {
        let text = read.text(variable.name).unwrap_or_default();
        // Only this variable holds several keys; a comma may be part of `JWT_SECRET`.
        let texts: Vec<&str> = if variable.name == audit::AUDIT_KEY_PREVIOUS.name {
            text.split(',').map(str::trim).collect()
        } else {
            vec![&text]
        };
        // `JWT_SECRET` may be the base64 text of a key.
        let value = |text: &str| key(text).map_or_else(|| text.into(), |key| key.0.to_vec());
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        let values: Vec<Vec<u8>> = texts.map(value).collect();
        if values.iter().any(|value| seen.contains(value)) {
            read.must_be(variable, "a value different from all other secrets");
        }
        seen.extend(values);
    }
}

/// Declares the variable of a previous key.
pub(super) const fn previous(
    name: &'static str,
    expected: &'static str,
    meaning: &'static str,
) -> Variable {
    Variable::secret(name, Default::None, expected, meaning)
}
