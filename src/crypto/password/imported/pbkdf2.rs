//! PBKDF2 with HMAC-SHA-256 (RFC 8018), in three spellings:
//!
//! - passlib: `$pbkdf2-sha256$29000$salt$output`, in base64 with `.` in place of `+`;
//! - PHC string: `$pbkdf2-sha256$i=29000,l=32$salt$output`, in base64;
//! - Django: `pbkdf2_sha256$600000$salt$output`, where the salt is text and the output is base64 with padding.

use super::{NotImportable, number};
use base64ct::{Base64, Base64Unpadded, Encoding};
use sha2::Sha256;

/// 345 ms: 58 ms for 100,000 rounds in WebAssembly. The Web Crypto API takes 12 ms, but refuses more than 100,000 rounds in production.
const MAX_ROUNDS: u32 = 600_000;
const MAX_SALT_BYTES: usize = 128;
/// One output of HMAC-SHA-256. The rest of a longer output is not compared, because each further part takes the same time again.
const COMPARED_BYTES: usize = 32;
const MIN_OUTPUT_BYTES: usize = 16;
const MAX_OUTPUT_BYTES: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pbkdf2Hash {
    rounds: u32,
    salt: Vec<u8>,
    /// The first 32 bytes at most.
    pub(super) output: Vec<u8>,
}

impl Pbkdf2Hash {
    pub(super) fn parse(text: &str) -> Result<Self, NotImportable> {
        let fields: Vec<&str> = text.split('$').collect();
        let (rounds, salt, output) = match fields.as_slice() {
            ["", "pbkdf2-sha256", parameters, salt, output] if parameters.starts_with("i=") => {
                let output = unpadded(output)?;
                (
                    phc_rounds(parameters, output.len())?,
                    unpadded(salt)?,
                    output,
                )
            }
            ["", "pbkdf2-sha256", rounds, salt, output] => {
                let [salt, output] = [salt, output].map(|text| text.replace('.', "+"));
                (*rounds, unpadded(&salt)?, unpadded(&output)?)
            }
            ["pbkdf2_sha256", rounds, salt, output] => {
                let output = Base64::decode_vec(output).map_err(|_| NotImportable::Unsupported)?;
                (*rounds, salt.as_bytes().to_vec(), output)
            }
            _ => return Err(NotImportable::Unsupported),
        };
        let is_valid = (1..=MAX_SALT_BYTES).contains(&salt.len())
            && (MIN_OUTPUT_BYTES..=MAX_OUTPUT_BYTES).contains(&output.len());
        if !is_valid {
            return Err(NotImportable::Unsupported);
        }
        let rounds = number(rounds)?;
        if rounds > MAX_ROUNDS {
            return Err(NotImportable::TooExpensive);
        }
        Ok(Self {
            rounds,
            salt,
            output: output.into_iter().take(COMPARED_BYTES).collect(),
        })
    }

    pub(super) fn compute(&self, password: &[u8]) -> Vec<u8> {
        let mut output = vec![0; self.output.len()];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, self.rounds, &mut output);
        output
    }
}

/// The rounds in the parameters of a PHC string. The length of the output is optional.
fn phc_rounds(parameters: &str, output_bytes: usize) -> Result<&str, NotImportable> {
    let parameters = parameters
        .strip_prefix("i=")
        .ok_or(NotImportable::Unsupported)?;
    let Some((rounds, length)) = parameters.split_once(",l=") else {
        return Ok(parameters);
    };
    let length = usize::try_from(number(length)?);
    let is_same = length == Ok(output_bytes);
    is_same.then_some(rounds).ok_or(NotImportable::Unsupported)
}

fn unpadded(text: &str) -> Result<Vec<u8>, NotImportable> {
    Base64Unpadded::decode_vec(text).map_err(|_| NotImportable::Unsupported)
}
