//! The one-time secret, and the SQL that stores its hash. The Worker creates the user.

use crate::random;
use anyhow::Result;
use sha2::{Digest as _, Sha256};

/// 256 random bits.
pub struct Secret(String);

impl Secret {
    /// A new secret.
    pub fn new() -> Result<Self> {
        Ok(Self(random::base64url()?))
    }

    #[cfg(test)]
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, which the user or the Worker gets.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash, which the database stores.
    pub fn hash(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(&self.0))
    }

    /// Adds the secret unless there is an active super administrator. The last statement returns whether it was added.
    pub fn unless_there_is_a_super_admin(&self) -> String {
        self.sql("SELECT 1 FROM users WHERE role = 'super_admin' AND is_active = 1")
    }

    /// Adds the secret unless there is any user. The last statement returns whether it was added.
    pub fn unless_there_is_a_user(&self) -> String {
        self.sql("SELECT 1 FROM users")
    }

    fn sql(&self, unless: &str) -> String {
        let hash = self.hash();
        format!(
            "INSERT INTO bootstrap_secrets (id, created_at, expires_at) \
             SELECT '{hash}', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour') \
             WHERE NOT EXISTS ({unless}); \
             SELECT count(*) AS is_added FROM bootstrap_secrets WHERE id = '{hash}';"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn database_gets_the_hash_and_not_the_secret() {
        let secret = Secret::of("abc");
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(secret.hash(), hash);
        for sql in [
            secret.unless_there_is_a_super_admin(),
            secret.unless_there_is_a_user(),
        ] {
            assert!(sql.contains(hash) && !sql.contains("'abc'"));
        }
        assert_eq!(Secret::new().expect("random").reveal().len(), 43);
    }
}
