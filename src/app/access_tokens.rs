//! Issues and verifies access tokens with the signing keys of the configuration.

use crate::crypto::es256::Signature;
use crate::crypto::signing_keys::{PublicJwk, SigningKey, SigningKeys};
use crate::domain::token::access_token::{
    self, AccessClaims, AccessTokenRejection, UnverifiedAccessToken,
};
use crate::domain::token::id_token::{self, IdClaims, IdTokenHint};
use crate::runtime::es256::{KeyPair, UnusableKey};
use crate::timestamp::Timestamp;
use thiserror::Error;

/// Why no access token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IssueError {
    /// The active key cannot sign.
    #[error(transparent)]
    Key(#[from] UnusableKey),
    /// The claims are too long.
    #[error("the access token would be too long")]
    TooLong,
}

/// Issues and verifies access tokens of one issuer.
pub struct AccessTokens {
    /// The active key, then the others.
    keys: Vec<KeyPair>,
    issuer: String,
    not_before: Option<Timestamp>,
}

impl AccessTokens {
    /// Tokens issued before `not_before` are not accepted.
    #[must_use]
    pub fn new(keys: &SigningKeys, issuer: &str, not_before: Option<Timestamp>) -> Self {
        Self {
            keys: keys.all().cloned().map(KeyPair::new).collect(),
            issuer: issuer.to_owned(),
            not_before,
        }
    }

    /// The public halves of all keys: the active one, then the others.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicJwk> {
        self.signing_keys().map(SigningKey::public).collect()
    }

    /// A token with these claims, signed with the active key. It verifies only if `expires_at` is at least one second and at most
    /// [`access_token::ACCESS_TOKEN_SECONDS`] after `issued_at`, and `issued_at` is not before 1970.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue(&self, claims: &AccessClaims) -> Result<String, IssueError> {
        let active = self.keys.first().ok_or(UnusableKey)?;
        let message = access_token::message(&self.issuer, active.key().kid(), claims);
        let signature = active.sign(message.as_bytes()).await?;
        access_token::signed(message, &signature).ok_or(IssueError::TooLong)
    }

    /// An ID token with these claims, signed with the active key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn issue_id_token(&self, claims: &IdClaims<'_>) -> Result<String, IssueError> {
        let active = self.keys.first().ok_or(UnusableKey)?;
        let message = id_token::message(&self.issuer, active.key().kid(), claims);
        let signature = active.sign(message.as_bytes()).await?;
        access_token::signed(message, &signature).ok_or(IssueError::TooLong)
    }

    /// The claims of a token that this service issued for this audience.
    ///
    /// # Errors
    /// [`AccessTokenRejection`].
    pub async fn verify(
        &self,
        token: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<AccessClaims, AccessTokenRejection> {
        let claims = self.authentic(token).await?;
        claims.check(audience, now)?;
        Ok(claims)
    }

    /// The claims of a token that this service issued for any audience, which the caller must check.
    ///
    /// # Errors
    /// [`AccessTokenRejection`].
    pub async fn verify_for_any_audience(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<AccessClaims, AccessTokenRejection> {
        let claims = self.authentic(token).await?;
        claims.check(&claims.audience, now)?;
        Ok(claims)
    }

    /// The claims of a token that this service signed, whether it has expired or not.
    async fn authentic(&self, token: &str) -> Result<AccessClaims, AccessTokenRejection> {
        let kids = self.signing_keys().map(SigningKey::kid);
        let read = access_token::read(token, &self.issuer, kids);
        let UnverifiedAccessToken {
            claims,
            kid,
            message,
            signature,
        } = read.ok_or(AccessTokenRejection::Invalid)?;
        if !self.has_signed(kid, message, &signature).await || self.is_too_old(claims.issued_at) {
            return Err(AccessTokenRejection::Invalid);
        }
        Ok(claims)
    }

    /// The user and the client of an ID token that this service issued, whether it has expired or not.
    pub async fn hint(&self, id_token: &str) -> Option<IdTokenHint> {
        let kids = self.signing_keys().map(SigningKey::kid);
        let read = id_token::read(id_token, &self.issuer, kids)?;
        let is_authentic = self.has_signed(read.kid, read.message, &read.signature);
        (is_authentic.await && !self.is_too_old(read.issued_at)).then_some(read.hint)
    }

    /// Whether this is the signature of the key with this id.
    async fn has_signed(&self, kid: &str, message: &[u8], signature: &Signature) -> bool {
        let key = self.keys.iter().find(|key| key.key().kid() == kid);
        match key {
            Some(key) => key.verify(message, signature).await,
            None => false,
        }
    }

    fn is_too_old(&self, issued_at: Timestamp) -> bool {
        self.not_before
            .is_some_and(|not_before| issued_at < not_before)
    }

    fn signing_keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(KeyPair::key)
    }
}

#[cfg(test)]
mod tests;
