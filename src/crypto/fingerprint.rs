//! The names under which secrets are kept: a hash, never the secret.

pub use encoding::hex;
use sha2::{Digest, Sha256};

/// Lower-case hex SHA-256 of a text, 64 characters.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn as_fips_180_has_it() {
        assert_eq!(
            fingerprint("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
