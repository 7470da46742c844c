//! `/api/auth/users`: administration of users.

pub mod erase;
pub mod export;
pub mod import;

pub use crate::domain::user::AdminUser;
