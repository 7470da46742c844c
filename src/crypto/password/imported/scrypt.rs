//! scrypt (RFC 7914), as the PHC string `$scrypt$ln=14,r=8,p=1$salt$output`.

use super::super::HashError;
use super::super::memory;
use super::{NotImportable, number};
use base64ct::{Base64Unpadded, Encoding};
use scrypt::Params;

/// Maximum memory, which is also the default of better-auth.
const MAX_MEMORY_BYTES: u64 = 32 << 20;
/// Maximum memory times lanes: 260 ms.
const MAX_WORK_BYTES: u64 = 64 << 20;
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
        let bytes = hash.memory_bytes().ok_or(NotImportable::TooExpensive)?;
        let work = bytes.saturating_mul(u64::from(hash.lanes));
        if bytes > MAX_MEMORY_BYTES || work > MAX_WORK_BYTES {
            return Err(NotImportable::TooExpensive);
        }
        hash.params()
            .map(|_| hash)
            .ok_or(NotImportable::Unsupported)
    }

    /// `128 * N * r`; `None` if it does not fit.
    fn memory_bytes(&self) -> Option<u64> {
        let n = 1_u64.checked_shl(u32::from(self.log_n))?;
        n.checked_mul(u64::from(self.block_size))?.checked_mul(128)
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
