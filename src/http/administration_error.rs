//! The errors of requests of administrators.

use super::error::ApiError;
use super::error_codes::ErrorCode;
use crate::app::administration::Failure;

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::App(error) => error.into(),
            Failure::UserNotFound => ErrorCode::UserNotFound.into(),
            Failure::NotPermitted => ErrorCode::NotPermitted.into(),
            Failure::ManagedByIdentitySource => ErrorCode::ManagedByIdentitySource.into(),
            Failure::VersionMismatch => ErrorCode::VersionMismatch.into(),
            Failure::LastSuperAdmin => ErrorCode::LastSuperAdmin.into(),
            Failure::UsernameTaken => ErrorCode::UsernameTaken.into(),
            Failure::EmailTaken => ErrorCode::EmailTaken.into(),
            Failure::UserDisabled => ErrorCode::UserDisabled.into(),
        }
    }
}
