//! bcrypt, as `$2b$12$` with 22 characters of salt and 31 of output. `$2a$` and `$2y$` are the same algorithm; `$2x$` marks hashes of
//! a faulty implementation.

use super::NotImportable;
use base64ct::{Base64Bcrypt, Encoding};

/// Each cost takes twice as long as the one before: 300 ms at 12.
const MAX_COST: u32 = 12;
const MIN_COST: u32 = 4;
/// The algorithm reads this many bytes, including a final zero byte.
const MAX_KEY_BYTES: usize = 72;
const OUTPUT_BYTES: usize = 23;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    pub(super) output: [u8; OUTPUT_BYTES],
}

impl BcryptHash {
    pub(super) fn parse(text: &str) -> Result<Self, NotImportable> {
        let fields: Vec<&str> = text.split('$').collect();
        let ["", "2a" | "2b" | "2y", cost, rest] = fields.as_slice() else {
            return Err(NotImportable::Unsupported);
        };
        let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost: u32 = is_number
            .then(|| cost.parse().ok())
            .flatten()
            .ok_or(NotImportable::Unsupported)?;
        let (salt, output) = rest
            .split_at_checked(22)
            .ok_or(NotImportable::Unsupported)?;
        let hash = Self {
            cost,
            salt: decode(salt)?,
            output: decode(output)?,
        };
        match cost {
            MIN_COST..=MAX_COST => Ok(hash),
            13..=31 => Err(NotImportable::TooExpensive),
            _ => Err(NotImportable::Unsupported),
        }
    }

    /// A longer password is cut off, as all implementations do.
    pub(super) fn compute(&self, password: &[u8]) -> Vec<u8> {
        let mut key: Vec<u8> = password.iter().copied().take(MAX_KEY_BYTES).collect();
        if key.len() < MAX_KEY_BYTES {
            key.push(0);
        }
        let output = bcrypt::bcrypt(self.cost, self.salt, &key);
        output.into_iter().take(OUTPUT_BYTES).collect()
    }
}

/// Implementations write any value into the unused bits of the last character, and the decoder accepts only zero, so they are
/// cleared first.
fn decode<const N: usize>(text: &str) -> Result<[u8; N], NotImportable> {
    const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // 16 bytes leave four unused bits, and 23 bytes leave two.
    let unused_bits = if N % 3 == 1 { 4 } else { 2 };
    let mut characters = text.as_bytes().to_vec();
    let last = characters.last_mut().ok_or(NotImportable::Unsupported)?;
    let value = ALPHABET.iter().position(|character| character == last);
    let cleared = value.and_then(|value| ALPHABET.get(value >> unused_bits << unused_bits));
    *last = *cleared.ok_or(NotImportable::Unsupported)?;
    let mut bytes = [0; N];
    match Base64Bcrypt::decode(&characters, &mut bytes) {
        Ok(decoded) if decoded.len() == N => Ok(bytes),
        _ => Err(NotImportable::Unsupported),
    }
}
