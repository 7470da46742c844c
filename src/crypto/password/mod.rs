//! Passwords: what one is, how it is hashed, and whether one fits a stored hash.
//!
//! Argon2id at OWASP's parameters over a peppered password. Nothing here knows a user: whoever is unknown, disabled or
//! without a password is verified against nothing, and costs the same.

mod pepper;
mod phc;

pub use pepper::Peppers;

use super::secret::Secret;
use crate::unicode::nfc;
use argon2id::{Block, Input, Params, Version};
use phc::Stored;
use std::cell::Cell;
use subtle::ConstantTimeEq;

/// The longest password in bytes, as sent and after normalization: room for 128 code points of any script in any form,
/// and little for who would make us normalize megabytes.
const MAX_BYTES: usize = 1024;

/// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const PARAMS: Params = Params {
    version: Version::V0x13,
    memory_kib: 19 * 1024,
    passes: 2,
    lanes: 1,
};
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// A password as it is compared: in Unicode's form NFC, so that the same password typed on another system fits. Never
/// trimmed, and no rule of [`crate::domain::password_policy`] is applied: a sign-in takes what was accepted once.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Takes the text as it came.
    ///
    /// # Errors
    /// [`PasswordTooLong`] if it has more than 1,024 bytes, as sent or in NFC.
    pub fn parse(text: &str) -> Result<Self, PasswordTooLong> {
        if text.len() > MAX_BYTES {
            return Err(PasswordTooLong);
        }
        let normal = nfc(text);
        if normal.len() > MAX_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self(Secret::new(normal)))
    }

    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// More than 1,024 bytes: not hashed, and never anybody's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than 1024 bytes")]
pub struct PasswordTooLong;

/// Why no hash was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The memory that Argon2 needs cannot be had.
    #[error("not enough memory to hash a password")]
    OutOfMemory,
}

/// Whether a password fits a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not fit, or there is nothing to fit.
    Wrong,
    /// It does. With `needs_rehash`, [`hash`] it anew now that it is at hand, and store that.
    Right {
        /// The stored hash is cheaper than ours, of an older version, or not under the current pepper.
        needs_rehash: bool,
    },
    /// Nothing can fit this hash. To the client the same as [`Verdict::Wrong`]; the log should say why.
    Unusable(Unusable),
}

/// What is the matter with a stored hash, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// No PHC string of Argon2id within bounds.
    #[error("the stored password hash is not readable")]
    Unreadable,
    /// Made under a pepper that is neither the current nor the previous one.
    #[error("the stored password hash is under an unknown pepper")]
    UnknownPepper,
    /// The memory for one run could not be had.
    #[error("not enough memory to verify a password")]
    OutOfMemory,
}

/// Hashes a new password, or an old one anew, to a PHC string. `salt` is 16 random bytes.
///
/// # Errors
/// [`HashError::OutOfMemory`].
pub fn hash(
    password: &Password,
    salt: [u8; SALT_BYTES],
    peppers: &Peppers,
) -> Result<String, HashError> {
    let pepper = peppers.current();
    let seasoned = pepper.season(password.reveal().as_bytes());
    let mut output = [0; OUTPUT_BYTES];
    derive(PARAMS, seasoned.as_bytes(), &salt, &mut output)?;
    let stored = Stored {
        params: PARAMS,
        key_id: Some(pepper.key_id().to_owned()),
        salt: salt.to_vec(),
        output: output.to_vec(),
    };
    Ok(stored.write())
}

/// Whether the password fits the stored PHC string; `None` where there is no user, or none that may sign in with a
/// password.
///
/// Runs Argon2 exactly once in all cases: with the stored parameters, or with ours if there is no stored hash to go by. A hash
/// without `keyid` was made elsewhere, without a pepper; it is taken, once.
#[must_use]
pub fn verify(password: &Password, stored: Option<&str>, peppers: &Peppers) -> Verdict {
    let read = stored.map(|text| Stored::parse(text).ok_or(Unusable::Unreadable));
    let (standard, fault) = match read {
        Some(Ok(stored)) => return verify_stored(password, &stored, peppers),
        Some(Err(fault)) => (nothing(peppers), Verdict::Unusable(fault)),
        None => (nothing(peppers), Verdict::Wrong),
    };
    match verify_stored(password, &standard, peppers) {
        Verdict::Unusable(Unusable::OutOfMemory) => Verdict::Unusable(Unusable::OutOfMemory),
        _ => fault,
    }
}

/// A stored hash that [`verify`] would go by, read and written again; `None` if it is no PHC string of Argon2id within
/// bounds.
#[must_use]
pub fn respelled(stored: &str) -> Option<String> {
    Stored::parse(stored).map(|stored| stored.write())
}

/// A hash in our form that stands for none: whatever verifying finds, the answer is no.
fn nothing(peppers: &Peppers) -> Stored {
    Stored {
        params: PARAMS,
        key_id: Some(peppers.current().key_id().to_owned()),
        salt: vec![0; SALT_BYTES],
        output: vec![0; OUTPUT_BYTES],
    }
}

fn verify_stored(password: &Password, stored: &Stored, peppers: &Peppers) -> Verdict {
    let raw = password.reveal().as_bytes();
    let pepper = stored.key_id.as_deref().map(|id| peppers.by_key_id(id));
    let input = match pepper {
        None => raw.to_vec(),
        Some(known) => known.unwrap_or(peppers.current()).season(raw).into_bytes(),
    };
    let mut output = vec![0; stored.output.len()];
    if derive(stored.params, &input, &stored.salt, &mut output).is_err() {
        return Verdict::Unusable(Unusable::OutOfMemory);
    }
    let fits: bool = output.ct_eq(&stored.output).into();
    match (pepper, fits) {
        (Some(None), _) => Verdict::Unusable(Unusable::UnknownPepper),
        (_, false) => Verdict::Wrong,
        (_, true) => Verdict::Right {
            needs_rehash: needs_rehash(stored, peppers),
        },
    }
}

fn needs_rehash(stored: &Stored, peppers: &Peppers) -> bool {
    let params = stored.params;
    params.version < PARAMS.version
        || params.memory_kib < PARAMS.memory_kib
        || params.passes < PARAMS.passes
        || params.lanes < PARAMS.lanes
        || stored.salt.len() < SALT_BYTES
        || stored.output.len() < OUTPUT_BYTES
        || stored.key_id.as_deref() != Some(peppers.current().key_id())
}

thread_local! {
    /// The memory of one run with our parameters, kept: in WASM memory never shrinks, and a fresh 19 MiB for each sign-in would
    /// soon be two lots, or three.
    static MEMORY: Cell<Vec<Block>> = const { Cell::new(Vec::new()) };
}

/// The only call of Argon2id.
fn derive(params: Params, input: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), HashError> {
    let mut memory = take_memory(params.block_count())?;
    let input = Input {
        password: input,
        salt,
        ..Input::default()
    };
    // The bounds of `phc` lie within those of the package.
    let result = argon2id::hash(&params, &input, &mut memory, output);
    keep_memory(memory);
    result.map_err(|_| HashError::OutOfMemory)
}

/// At least so many blocks. A run that needs more than ours gives the kept memory back first and keeps none: 64 MiB, the
/// most that [`phc`] lets through, is then also the most that is ever held.
fn take_memory(needed: usize) -> Result<Vec<Block>, HashError> {
    let mut memory = MEMORY.take();
    if needed > memory.len() {
        drop(memory);
        memory = Vec::new();
        let size = needed.max(kept());
        memory
            .try_reserve_exact(size)
            .map_err(|_| HashError::OutOfMemory)?;
        memory.resize(size, Block::ZERO);
    }
    Ok(memory)
}

fn keep_memory(memory: Vec<Block>) {
    if memory.len() == kept() {
        MEMORY.set(memory);
    }
}

/// Blocks of a run with our parameters.
fn kept() -> usize {
    usize::try_from(PARAMS.memory_kib).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
