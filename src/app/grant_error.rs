//! The failures of requests for tokens, for all grant types.

use super::access_tokens::IssueError;
use super::client_authentication::AuthenticationError;
use super::error::AppError;
use crate::runtime::StoreError;
use crate::runtime::random::RandomUnavailable;

/// The reason why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// A store failed.
    App(AppError),
    /// The client has not authenticated.
    Authentication,
    /// The client may not use this grant type.
    UnauthorizedClient,
    /// The resource is absent or unknown, or is not that of the grant.
    InvalidTarget,
    /// The client may not have the scopes, has none at the resource, or asks for scopes that the grant does not have.
    InvalidScope,
    /// The code or refresh token is not valid, or its grant has ended.
    InvalidGrant,
    /// The token could not be signed.
    Issue(IssueError),
}

impl From<AuthenticationError> for GrantError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::App(error) => Self::App(error),
            AuthenticationError::Refused => Self::Authentication,
        }
    }
}

impl From<RandomUnavailable> for GrantError {
    fn from(error: RandomUnavailable) -> Self {
        Self::App(error.into())
    }
}

impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl From<AppError> for GrantError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<IssueError> for GrantError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}
