//! The secret of a link in a message: 256 random bits, of which D1 stores only the hash.

use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::names;
use crate::runtime::random;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The secret of a new link.
#[derive(Debug)]
pub struct OneTimeSecret(Secret);

impl OneTimeSecret {
    /// A random secret.
    ///
    /// # Errors
    /// `Runtime`.
    pub fn new() -> Result<Self, AppError> {
        let bytes = random::bytes::<32>()?;
        Ok(Self(Secret::new(Base64UrlUnpadded::encode_string(&bytes))))
    }

    /// The id of its row.
    #[must_use]
    pub fn id(&self) -> String {
        fingerprint(self.0.reveal())
    }

    /// The link to a page of this service. The secret is in the fragment, which browsers do not send, so it is in no log.
    #[must_use]
    pub fn link(&self, origin: &str, page: &str) -> Secret {
        Secret::new(format!("{origin}/{page}#{}", self.0.reveal()))
    }

    /// The link to a page of the operator, which reads the secret as a parameter of the fragment.
    #[must_use]
    pub fn link_to(&self, page: &str) -> Secret {
        Secret::new(format!("{page}#token={}", self.0.reveal()))
    }
}

/// The id of the row of a link that a client presents. White space is often copied along with the secret.
#[must_use]
pub fn id_of(secret: &str) -> String {
    fingerprint(names::trimmed(secret))
}

#[cfg(test)]
mod tests {
    use super::{OneTimeSecret, id_of};

    #[test]
    fn link_ends_with_the_secret_of_its_row() {
        let secret = OneTimeSecret::new().unwrap();
        let link = secret.link("https://auth.example.com", "set-password");
        let (page, fragment) = link.reveal().split_once('#').unwrap();
        assert_eq!(page, "https://auth.example.com/set-password");
        assert_eq!(fragment.len(), 43);
        assert_eq!(id_of(&format!(" {fragment}\n")), secret.id());
        assert_ne!(OneTimeSecret::new().unwrap().id(), secret.id());
    }
}
