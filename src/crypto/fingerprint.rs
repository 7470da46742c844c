//! SHA-256 and hex. Secrets that act as keys, such as the `sid` of a session, are stored as their SHA-256 only.

use sha2::{Digest, Sha256};

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Lower-case hex SHA-256 of a text, 64 characters.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, hex};

    #[test]
    fn hex_of_each_byte_has_two_lower_case_digits() {
        for byte in 0..=255 {
            assert_eq!(hex(&[byte]), format!("{byte:02x}"));
        }
        assert_eq!(hex(&[0x01, 0xab]), "01ab");
    }

    #[test]
    fn fingerprint_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            fingerprint("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
