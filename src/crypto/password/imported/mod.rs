//! Hashes of other systems: Argon2, bcrypt, scrypt and PBKDF2-SHA-256, over the password itself.
//!
//! They are stored sealed (`sealed_hash.rs`), and the first correct password replaces them by a hash of this service. The bounds
//! keep one verification below 400 to 500 ms of CPU. Times are of the release build in workerd on the machine of
//! `docs/development/benchmarks.md`; the limit of a request is 1,000 ms (`cpu_ms` of `wrangler.toml`).
//!
//! | algorithm | bound | ms at the bound |
//! |---|---|---|
//! | Argon2id, Argon2i, Argon2d | 64 MiB, 10 passes | 450 |
//! | bcrypt | cost 12 | 300 |
//! | scrypt | 32 MiB, 64 MiB over all lanes | 260 |
//! | PBKDF2-SHA-256 | 600,000 rounds | 345 |

mod bcrypt;
mod pbkdf2;
mod scrypt;

use super::phc::PhcHash;
use super::{HashError, memory};
use bcrypt::BcryptHash;
use pbkdf2::Pbkdf2Hash;
use scrypt::ScryptHash;
use subtle::ConstantTimeEq;

/// Maximum length of a text that is read. The longest text within the bounds is one of Argon2, of 250 bytes.
const MAX_BYTES: usize = 300;

/// A parsed hash of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ImportedHash {
    Argon2(PhcHash),
    Bcrypt(BcryptHash),
    Scrypt(ScryptHash),
    Pbkdf2(Pbkdf2Hash),
}

/// Why a hash is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotImportable {
    /// It is not a hash of a supported algorithm in a supported format.
    #[error("the password hash is not supported")]
    Unsupported,
    /// Its verification would take too much memory or time.
    #[error("the password hash takes too much memory or time to verify")]
    TooExpensive,
}

impl ImportedHash {
    /// Parses the text of a hash.
    pub(super) fn parse(text: &str) -> Result<Self, NotImportable> {
        if text.len() > MAX_BYTES {
            return Err(NotImportable::Unsupported);
        }
        if text.starts_with("$argon2") {
            return argon2(text).map(Self::Argon2);
        }
        if text.starts_with("$2") {
            return BcryptHash::parse(text).map(Self::Bcrypt);
        }
        if text.starts_with("$scrypt$") {
            return ScryptHash::parse(text).map(Self::Scrypt);
        }
        Pbkdf2Hash::parse(text).map(Self::Pbkdf2)
    }

    /// Whether the hash is of this password.
    pub(super) fn is_of(&self, password: &[u8]) -> Result<bool, HashError> {
        let (computed, expected) = match self {
            Self::Argon2(hash) => {
                let mut output = vec![0; hash.output.len()];
                memory::argon2(hash.params, password, &hash.salt, &mut output)?;
                (output, hash.output.as_slice())
            }
            Self::Bcrypt(hash) => (hash.compute(password), hash.output.as_slice()),
            Self::Scrypt(hash) => (hash.compute(password)?, hash.output.as_slice()),
            Self::Pbkdf2(hash) => (hash.compute(password), hash.output.as_slice()),
        };
        Ok(computed.ct_eq(expected).into())
    }
}

/// A hash with a key id was made with a secret of another system, which is unknown here.
fn argon2(text: &str) -> Result<PhcHash, NotImportable> {
    match PhcHash::parse_any(text) {
        Some(hash) if hash.key_id.is_none() => Ok(hash),
        None if PhcHash::is_expensive(text) => Err(NotImportable::TooExpensive),
        _ => Err(NotImportable::Unsupported),
    }
}

/// A decimal number without sign and leading zeros.
fn number(text: &str) -> Result<u32, NotImportable> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let value = is_plain.then(|| text.parse().ok()).flatten();
    value.ok_or(NotImportable::Unsupported)
}

#[cfg(test)]
mod tests;
