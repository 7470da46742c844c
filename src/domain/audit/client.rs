//! The client of an entry. It is personal data, so it is stored in a row of its own that can be erased; the entry holds only
//! a hash of it. The salt is erased with the row: without it, the hash cannot be matched against a list of addresses.

use super::entry::push;
use super::keys::is_equal;
use crate::crypto::fingerprint::hex;
use sha2::{Digest, Sha256};

/// Address and device of a request, as stored in their columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// 16 random bytes in hex.
    pub salt: String,
    /// Client address.
    pub address: Option<String>,
    /// Shortened `User-Agent`.
    pub device: Option<String>,
}

impl Client {
    /// A client with this random salt.
    #[must_use]
    pub fn new(salt: [u8; 16], address: Option<&str>, device: Option<&str>) -> Self {
        Self {
            salt: hex(&salt),
            address: address.map(str::to_owned),
            device: device.map(str::to_owned),
        }
    }

    /// Hex SHA-256 of salt, address and device, each with its length, so that no two clients have the same input.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut bytes = Vec::with_capacity(256);
        push(&mut bytes, Some(&self.salt));
        push(&mut bytes, self.address.as_deref());
        push(&mut bytes, self.device.as_deref());
        hex(&Sha256::digest(&bytes))
    }

    /// Whether this client has the hash of an entry.
    #[must_use]
    pub fn is(&self, hash: Option<&str>) -> bool {
        hash.is_some_and(|hash| is_equal(&self.hash(), hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: Option<&str>, device: Option<&str>) -> Client {
        Client::new([0xab; 16], address, device)
    }

    #[test]
    fn client_hash_is_sha_256_of_salt_address_and_device_with_lengths() {
        // Computed with Python's hashlib.
        let expected = "2d9757a3061cf70911e089ef9a7c20d02ee218bfc74d4e0b979402789708f768";
        assert_eq!(client(Some("192.0.2.1"), None).hash(), expected);
    }

    #[test]
    fn client_hash_of_another_split_salt_or_absent_value_differs() {
        let texts = [
            client(Some("ab"), Some("c")),
            client(Some("a"), Some("bc")),
            client(Some("abc"), None),
            client(None, Some("abc")),
            client(Some("abc"), Some("")),
            Client::new([0; 16], Some("ab"), Some("c")),
        ];
        for (index, one) in texts.iter().enumerate() {
            assert!(one.is(Some(&one.hash())) && !one.is(None) && !one.is(Some("")));
            for other in &texts[..index] {
                assert_ne!(one.hash(), other.hash());
                assert!(!one.is(Some(&other.hash())));
            }
        }
    }
}
