//! One-time links that set a password.

use crate::{random, settings};
use anyhow::Result;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use cli::Target;
use edge_auth::crypto::fingerprint::fingerprint;
use edge_auth::crypto::secret::Secret;

/// 256 random bits. The database stores their hash only.
pub struct OneTimeLink(Secret);

impl OneTimeLink {
    /// A new link.
    ///
    /// # Errors
    /// No random bytes.
    pub fn new() -> Result<Self> {
        let bytes = random::bytes::<32>()?;
        Ok(Self(Secret::new(Base64UrlUnpadded::encode_string(&bytes))))
    }

    /// The hash that the database stores.
    pub fn hash(&self) -> String {
        fingerprint(self.0.reveal())
    }

    /// The link, and how to use it.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn instructions(&self, target: &Target) -> Result<String> {
        let token = self.0.reveal();
        let link = match settings::variable(target, "PASSWORD_LINK_URL")? {
            Some(page) => format!("{page}#token={token}"),
            None => format!("{}/set-password#{token}", settings::address(target)?),
        };
        Ok(format!(
            "This link sets the password. It can be used once, within one hour:\n\n  {link}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{OneTimeLink, Secret};
    use cli::Target;

    #[test]
    fn instructions_show_the_secret_and_not_the_hash() {
        let link = OneTimeLink(Secret::new("abc"));
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            link.hash(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let local = Target {
            local: true,
            ..Target::default()
        };
        let text = link.instructions(&local).unwrap();
        assert!(text.ends_with("/set-password#abc"), "{text}");
        assert!(!text.contains(&link.hash()));
        assert_eq!(OneTimeLink::new().unwrap().0.reveal().len(), 43);
    }
}
