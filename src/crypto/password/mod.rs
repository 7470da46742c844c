//! Hashes passwords and verifies them: Argon2id over an HMAC of user id and password, see [`Peppers`].
//!
//! A hash is bound to its user, so that a hash that is copied to another row does not verify there. If there is no hash, a
//! dummy hash is computed at the same cost.
//!
//! Hashes that were imported from other systems are stored sealed until the user signs in, see [`import`].

mod imported;
mod memory;
mod pepper;
mod phc;
mod sealed_hash;

pub use imported::NotImportable;
pub use pepper::Peppers;

use super::secret::Secret;
use crate::unicode::nfc;
use argon2id::{Params, Variant, Version};
use imported::ImportedHash;
use pepper::Pepper;
use phc::PhcHash;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Maximum length of a password, as sent and after normalization: enough for 128 code points of any script, and a bound on
/// the work of normalization.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Parameters of new hashes, from OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const CURRENT_PARAMS: Params = Params {
    variant: Variant::Argon2id,
    version: Version::V0x13,
    memory_kib: 19 * 1024,
    passes: 2,
    lanes: 1,
};
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// Random bytes that [`import`] needs.
pub const NONCE_BYTES: usize = sealed_hash::NONCE_BYTES;

/// A password in NFC, so that it is the same whichever system it is typed on. It is never trimmed. The rules of
/// [`crate::domain::password_policy`] are for new passwords and not applied here.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Takes the text as it was sent.
    ///
    /// # Errors
    /// [`PasswordTooLong`] if it has more than 1,024 bytes, as sent or in NFC.
    pub fn parse(text: &str) -> Result<Self, PasswordTooLong> {
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordTooLong);
        }
        let normal = nfc(text);
        if normal.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self(Secret::new(normal)))
    }

    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// A password of more than 1,024 bytes. It is not hashed; no user has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than 1024 bytes")]
pub struct PasswordTooLong;

/// Why no hash was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Argon2 could not allocate its memory.
    #[error("not enough memory to hash a password")]
    OutOfMemory,
}

/// A stored hash and the user whose row contains it.
#[derive(Clone, Copy, Debug)]
pub struct StoredHash<'a> {
    /// The user.
    pub user: Uuid,
    /// PHC string, or a sealed hash of another system.
    pub phc: &'a str,
}

/// The result of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there is no hash.
    Wrong,
    /// The password is correct. If `needs_rehash` is set, the caller should [`hash`] it again and store the new hash.
    Right {
        /// The stored hash has weaker parameters than new hashes, was made with the previous pepper, or was imported.
        needs_rehash: bool,
    },
    /// The hash cannot be verified. The client gets the same response as for [`Verdict::Wrong`]; the log says why.
    Unusable(Unusable),
}

/// Why a stored hash cannot be verified, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is not a PHC string of Argon2id within the bounds, nor a hash that was sealed for the user.
    #[error("the stored password hash is not readable")]
    Unreadable,
    /// It was made without a pepper, or with one that is neither the current nor the previous one.
    #[error("the stored password hash was made without a known pepper")]
    UnknownPepper,
    /// Argon2 could not allocate its memory.
    #[error("not enough memory to verify a password")]
    OutOfMemory,
}

/// Hashes the password of this user to a PHC string. `salt` is random.
///
/// # Errors
/// [`HashError::OutOfMemory`].
pub fn hash(
    password: &Password,
    user: Uuid,
    salt: [u8; SALT_BYTES],
    peppers: &Peppers,
) -> Result<String, HashError> {
    let pepper = peppers.current();
    let input = pepper.apply(user, password.reveal());
    let mut output = [0; OUTPUT_BYTES];
    memory::argon2(CURRENT_PARAMS, input.as_bytes(), &salt, &mut output)?;
    let hash = PhcHash {
        params: CURRENT_PARAMS,
        key_id: Some(pepper.key_id().to_owned()),
        salt: salt.to_vec(),
        output: output.to_vec(),
    };
    Ok(hash.write())
}

/// Seals a hash of another system for this user, to be stored in place of a PHC string. `nonce` is random.
///
/// # Errors
/// [`NotImportable`].
pub fn import(
    hash: &str,
    user: Uuid,
    nonce: [u8; NONCE_BYTES],
    peppers: &Peppers,
) -> Result<String, NotImportable> {
    ImportedHash::parse(hash)?;
    sealed_hash::seal(hash, user, nonce, peppers.current()).ok_or(NotImportable::Unsupported)
}

/// Verifies the password against a stored hash. `stored` is `None` if there is no user or no hash.
///
/// Computes one hash in every case: with the algorithm and the parameters of the stored hash, or with the current ones if there
/// is none. The duration for an imported hash differs from that for other hashes until the user signs in. A hash without a key id
/// is refused, because an attacker who can write to D1 could store one for any user.
#[must_use]
pub fn verify(password: &Password, stored: Option<StoredHash<'_>>, peppers: &Peppers) -> Verdict {
    if let Some(stored) = stored.filter(|stored| sealed_hash::is_sealed(stored.phc)) {
        return verify_imported(password, stored, peppers);
    }
    let user = stored.map_or(Uuid::nil(), |stored| stored.user);
    let hash = stored.map(|stored| PhcHash::parse(stored.phc).ok_or(Unusable::Unreadable));
    let (hash, refused) = match hash {
        None => (dummy(), Some(Verdict::Wrong)),
        Some(Err(fault)) => (dummy(), Some(Verdict::Unusable(fault))),
        Some(Ok(hash)) => (hash, None),
    };
    let known = hash.key_id.as_deref().and_then(|id| peppers.by_key_id(id));
    let Ok(is_equal) = compare(password, user, &hash, known.unwrap_or(peppers.current())) else {
        return Verdict::Unusable(Unusable::OutOfMemory);
    };
    if let Some(refused) = refused {
        return refused;
    }
    match (known, is_equal) {
        (None, _) => Verdict::Unusable(Unusable::UnknownPepper),
        (_, false) => Verdict::Wrong,
        (_, true) => Verdict::Right {
            needs_rehash: needs_rehash(&hash, peppers),
        },
    }
}

fn verify_imported(password: &Password, stored: StoredHash<'_>, peppers: &Peppers) -> Verdict {
    let fault = match opened(stored, peppers) {
        Ok(hash) => {
            return match hash.is_of(password.reveal().as_bytes()) {
                Ok(true) => Verdict::Right { needs_rehash: true },
                Ok(false) => Verdict::Wrong,
                Err(HashError::OutOfMemory) => Verdict::Unusable(Unusable::OutOfMemory),
            };
        }
        Err(fault) => fault,
    };
    match compare(password, stored.user, &dummy(), peppers.current()) {
        Ok(_) => Verdict::Unusable(fault),
        Err(HashError::OutOfMemory) => Verdict::Unusable(Unusable::OutOfMemory),
    }
}

fn opened(stored: StoredHash<'_>, peppers: &Peppers) -> Result<ImportedHash, Unusable> {
    let (key_id, sealed) = sealed_hash::parse(stored.phc).ok_or(Unusable::Unreadable)?;
    let pepper = peppers.by_key_id(key_id).ok_or(Unusable::UnknownPepper)?;
    let hash = sealed_hash::open(&sealed, stored.user, pepper).ok_or(Unusable::Unreadable)?;
    ImportedHash::parse(&hash).map_err(|_| Unusable::Unreadable)
}

/// Parses the hash of another system as [`import`] does. Returns whether it can be imported.
///
/// # Errors
/// [`NotImportable`].
pub fn check_import(hash: &str) -> Result<(), NotImportable> {
    ImportedHash::parse(hash).map(drop)
}

/// Parses a stored hash as [`verify`] does and writes it again; `None` if it is not a PHC string of Argon2id within the
/// bounds.
#[must_use]
pub fn reencoded(phc: &str) -> Option<String> {
    PhcHash::parse(phc).map(|hash| hash.write())
}

/// A hash with the current parameters that matches no password.
fn dummy() -> PhcHash {
    PhcHash {
        params: CURRENT_PARAMS,
        key_id: None,
        salt: vec![0; SALT_BYTES],
        output: vec![0; OUTPUT_BYTES],
    }
}

fn compare(
    password: &Password,
    user: Uuid,
    hash: &PhcHash,
    pepper: &Pepper,
) -> Result<bool, HashError> {
    let input = pepper.apply(user, password.reveal());
    let mut output = vec![0; hash.output.len()];
    memory::argon2(hash.params, input.as_bytes(), &hash.salt, &mut output)?;
    Ok(output.ct_eq(&hash.output).into())
}

fn needs_rehash(hash: &PhcHash, peppers: &Peppers) -> bool {
    let params = hash.params;
    params.version < CURRENT_PARAMS.version
        || params.memory_kib < CURRENT_PARAMS.memory_kib
        || params.passes < CURRENT_PARAMS.passes
        || params.lanes < CURRENT_PARAMS.lanes
        || hash.salt.len() < SALT_BYTES
        || hash.output.len() < OUTPUT_BYTES
        || hash.key_id.as_deref() != Some(peppers.current().key_id())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
