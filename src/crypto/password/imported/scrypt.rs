//! scrypt (RFC 7914), as the PHC string `$scrypt$ln=14,r=8,p=1$salt$output`.

use super::super::HashError;
use super::super::memory;
use super::{NotImportable, number};
use base64ct::{Base64Unpadded, Encoding};
use scrypt::Params;

/// 32 MiB for `128 * N * r`, which is also the default of better-auth, and 1 MiB for the lanes.
const MAX_MEMORY_BYTES: u64 = 33 << 20;
/// 64 MiB for `128 * N * r * p`, which take 260 ms, and 1 MiB for the lanes.
const MAX_WORK_BYTES: u64 = 65 << 20;
/// As for Argon2. The bound of the work refuses most values before.
const MAX_LANES: u32 = 16;
/// PBKDF2 fills the lanes and reads them. That takes as long as the mixing of the lanes with an N of 16.
const N_OF_PBKDF2: u64 = 16;
const SALT_BYTES: std::ops::RangeInclusive<usize> = 1..=64;
const OUTPUT_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ScryptHash {
    log_n: u8,
    block_size: u32,
    lanes: u32,
    salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl ScryptHash {
    pub(super) fn parse(text: &str) -> Result<Self, NotImportable> {
        let fields: Vec<&str> = text.split('$').collect();
        let ["", "scrypt", parameters, salt, output] = fields.as_slice() else {
            return Err(NotImportable::Unsupported);
        };
        let parameters: Vec<&str> = parameters.split(',').collect();
        let [log_n, block_size, lanes] = parameters.as_slice() else {
            return Err(NotImportable::Unsupported);
        };
        let parameter = |text: &str, name| {
            let value = text.strip_prefix(name).ok_or(NotImportable::Unsupported)?;
            number(value)
        };
        let log_n = parameter(log_n, "ln=")?;
        let hash = Self {
            log_n: u8::try_from(log_n).map_err(|_| NotImportable::Unsupported)?,
            block_size: parameter(block_size, "r=")?,
            lanes: parameter(lanes, "p=")?,
            salt: decode(salt, SALT_BYTES)?,
            output: decode(output, OUTPUT_BYTES)?,
        };
        if !hash.is_affordable().unwrap_or(false) {
            return Err(NotImportable::TooExpensive);
        }
        hash.params()
            .map(|_| hash)
            .ok_or(NotImportable::Unsupported)
    }

    /// `None` if a number does not fit.
    fn is_affordable(&self) -> Option<bool> {
        let work = self.n()?.checked_add(N_OF_PBKDF2)?;
        let work = work.checked_mul(self.lane_bytes()?)?;
        let work = work.checked_mul(u64::from(self.lanes))?;
        let bytes = self.memory_bytes()?;
        Some(self.lanes <= MAX_LANES && bytes <= MAX_MEMORY_BYTES && work <= MAX_WORK_BYTES)
    }

    fn n(&self) -> Option<u64> {
        1_u64.checked_shl(u32::from(self.log_n))
    }

    fn lane_bytes(&self) -> Option<u64> {
        u64::from(self.block_size).checked_mul(128)
    }

    /// What the package allocates: a vector of N blocks, the lanes, and a block to mix them. `None` if it does not fit.
    fn memory_bytes(&self) -> Option<u64> {
        let blocks = self.n()?.checked_add(u64::from(self.lanes))?;
        blocks.checked_add(1)?.checked_mul(self.lane_bytes()?)
    }

    fn params(&self) -> Option<Params> {
        Params::new(self.log_n, self.block_size, self.lanes).ok()
    }

    pub(super) fn compute(&self, password: &[u8]) -> Result<Vec<u8>, HashError> {
        let bytes = self.memory_bytes().and_then(|bytes| bytes.try_into().ok());
        let (bytes, params) = bytes.zip(self.params()).ok_or(HashError::OutOfMemory)?;
        let mut output = vec![0; self.output.len()];
        let computed = memory::instead_of_the_buffer(bytes, || {
            scrypt::scrypt(password, &self.salt, &params, &mut output)
        })?;
        // The length of the output is within the bounds of the package.
        computed.map_err(|_| HashError::OutOfMemory)?;
        Ok(output)
    }
}

fn decode(text: &str, bytes: std::ops::RangeInclusive<usize>) -> Result<Vec<u8>, NotImportable> {
    let decoded = Base64Unpadded::decode_vec(text).ok();
    decoded
        .filter(|decoded| bytes.contains(&decoded.len()))
        .ok_or(NotImportable::Unsupported)
}
