//! The errors of requests of OAuth clients for tokens.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use crate::app::access_tokens::IssueError;
use crate::app::client_authentication::AuthenticationError;
use crate::app::grant_error::GrantError;

impl From<GrantError> for ApiError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::App(error) => error.into(),
            GrantError::Authentication => ErrorCode::ClientAuthenticationFailed.into(),
            GrantError::UnauthorizedClient => ErrorCode::UnauthorizedClient.into(),
            GrantError::InvalidTarget => ErrorCode::InvalidTarget.into(),
            GrantError::InvalidScope => ErrorCode::InvalidScope.into(),
            GrantError::InvalidGrant => ErrorCode::InvalidGrant.into(),
            GrantError::Issue(error) => error.into(),
        }
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::App(error) => error.into(),
            AuthenticationError::Refused => ErrorCode::ClientAuthenticationFailed.into(),
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        let cause = match error {
            IssueError::Key(_) => "unusable_signing_key",
            IssueError::TooLong => "access_token_too_long",
        };
        Self::new(ErrorCode::SigningFailed).with_cause(cause)
    }
}
