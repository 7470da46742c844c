//! The errors of requests about OAuth clients.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use crate::app::oauth_clients::Failure;
use crate::domain::oauth_client::Misfit;

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::App(error) => error.into(),
            Failure::NotFound => ErrorCode::ClientNotFound.into(),
            Failure::NotPermitted => ErrorCode::SuperAdminRequired.into(),
            Failure::VersionMismatch => version_mismatch(),
            Failure::TooMany => ErrorCode::TooManyClients.into(),
            Failure::UnusableKey => ErrorCode::InvalidJwks.into(),
            Failure::Misfit(misfit) => misfit.into(),
            Failure::NoSecret => ErrorCode::ClientHasNoSecret.into(),
        }
    }
}

impl From<Misfit> for ApiError {
    fn from(misfit: Misfit) -> Self {
        Self::new(ErrorCode::InvalidClientMetadata).with_text(misfit.text())
    }
}

/// The error if the client does not have the version that the request requires.
#[must_use]
pub fn version_mismatch() -> ApiError {
    ApiError::new(ErrorCode::VersionMismatch).with_text("The client was changed meanwhile")
}
