//! Signatures of access tokens, made and verified by the platform's Web Cryptography: an ES256 signature takes 1 ms in WebAssembly.
//! Native builds, which only tests and tools use, call `ring`.

use crate::crypto::es256::{Signature, has_low_s, with_low_s};
use crate::crypto::signing_keys::SigningKey;

/// The platform cannot use the key, for example because its two halves do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be used")]
pub struct UnusableKey;

/// A signing key. It is imported at its first use and then kept, because importing takes longer than a signature.
pub struct KeyPair {
    key: SigningKey,
    imported: platform::Imported,
}

impl KeyPair {
    /// The key is not imported yet.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self {
            key,
            imported: platform::Imported::default(),
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs a message.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub async fn sign(&self, message: &[u8]) -> Result<Signature, UnusableKey> {
        let signature = platform::sign(&self.key, &self.imported, message).await;
        signature.map(with_low_s).ok_or(UnusableKey)
    }

    /// Whether [`KeyPair::sign`] may have made this signature of this message.
    pub async fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        has_low_s(signature)
            && platform::verify(&self.key, &self.imported, message, signature).await
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use crate::crypto::es256::Signature;
    use crate::crypto::signing_keys::{PublicJwk, SigningKey};
    use crate::runtime::web_cryptography::{self, ES256};
    use std::cell::OnceCell;
    use web_sys::CryptoKey;

    /// The halves that were imported.
    #[derive(Default)]
    pub struct Imported {
        private: OnceCell<CryptoKey>,
        public: OnceCell<CryptoKey>,
    }

    /// The message that a private half signs before its first use. It has no dot, so it is never the signed part of a token.
    const TRIAL: &[u8] = b"Edge Auth signing key 1";

    pub async fn sign(key: &SigningKey, imported: &Imported, message: &[u8]) -> Option<Signature> {
        let private = private(key, imported).await?;
        signed(&private, message).await
    }

    pub async fn verify(
        key: &SigningKey,
        imported: &Imported,
        message: &[u8],
        signature: &Signature,
    ) -> bool {
        let Some(public) = public(key, imported).await else {
            return false;
        };
        let verified = web_cryptography::verify(ES256, &public, message, signature).await;
        verified.unwrap_or_default()
    }

    /// The private half. Web Cryptography need not compare it with the public one when it imports it, and no client could verify its
    /// signatures if they did not belong together.
    async fn private(key: &SigningKey, imported: &Imported) -> Option<CryptoKey> {
        if let Some(known) = imported.private.get() {
            return Some(known.clone());
        }
        let PublicJwk { kty, crv, x, y, .. } = key.public();
        let d = key.private_number().reveal();
        let jwk = format!(r#"{{"kty":"{kty}","crv":"{crv}","x":"{x}","y":"{y}","d":"{d}"}}"#);
        let private = web_cryptography::import(&jwk, ES256, "sign").await?;
        let trial = signed(&private, TRIAL).await?;
        if !verify(key, imported, TRIAL, &trial).await {
            return None;
        }
        // Another request may have imported it meanwhile.
        Some(imported.private.get_or_init(|| private).clone())
    }

    async fn public(key: &SigningKey, imported: &Imported) -> Option<CryptoKey> {
        if let Some(known) = imported.public.get() {
            return Some(known.clone());
        }
        let PublicJwk { kty, crv, x, y, .. } = key.public();
        let jwk = format!(r#"{{"kty":"{kty}","crv":"{crv}","x":"{x}","y":"{y}"}}"#);
        let public = web_cryptography::import(&jwk, ES256, "verify").await?;
        Some(imported.public.get_or_init(|| public).clone())
    }

    async fn signed(private: &CryptoKey, message: &[u8]) -> Option<Signature> {
        let signature = web_cryptography::sign(ES256, private, message).await?;
        signature.try_into().ok()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use crate::crypto::es256::{NUMBER_BYTES, Signature};
    use crate::crypto::signing_keys::SigningKey;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey,
    };

    /// Nothing: `ring` reads the key for each signature.
    #[derive(Default)]
    pub struct Imported(());

    #[expect(
        clippy::unused_async,
        reason = "Web Cryptography, the other implementation, is asynchronous"
    )]
    pub async fn sign(key: &SigningKey, _: &Imported, message: &[u8]) -> Option<Signature> {
        let mut private = [0; NUMBER_BYTES];
        Base64UrlUnpadded::decode(key.private_number().reveal(), &mut private).ok()?;
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            algorithm,
            &private,
            &point(key),
            &random,
        );
        let signature = pair.ok()?.sign(&random, message).ok()?;
        signature.as_ref().try_into().ok()
    }

    #[expect(
        clippy::unused_async,
        reason = "Web Cryptography, the other implementation, is asynchronous"
    )]
    pub async fn verify(
        key: &SigningKey,
        _: &Imported,
        message: &[u8],
        signature: &Signature,
    ) -> bool {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(key));
        public.verify(message, signature).is_ok()
    }

    /// The uncompressed form (SEC 1 section 2.3.3).
    fn point(key: &SigningKey) -> Vec<u8> {
        let (x, y) = key.point();
        [&[4], x.as_slice(), y].concat()
    }
}
