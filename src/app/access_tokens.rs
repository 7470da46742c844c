//! Issues and verifies access tokens with the signing keys of the configuration.

use crate::crypto::signing_keys::{PublicJwk, SigningKey, SigningKeys};
use crate::domain::token::access_token::{
    self, AccessClaims, AccessTokenRejection, UnverifiedAccessToken,
};
use crate::domain::token::id_token::{self, IdClaims};
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
        let key = self.keys.iter().find(|key| key.key().kid() == kid);
        let key = key.ok_or(AccessTokenRejection::Invalid)?;
        let is_authentic = key.verify(message, &signature).await;
        let is_too_old = self
            .not_before
            .is_some_and(|not_before| claims.issued_at < not_before);
        if !is_authentic || is_too_old {
            return Err(AccessTokenRejection::Invalid);
        }
        Ok(claims)
    }

    fn signing_keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(KeyPair::key)
    }
}

#[cfg(test)]
mod tests;
