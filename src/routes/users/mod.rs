//! `/api/auth/users`: administration of users.

pub mod erase;

pub use crate::domain::user::AdminUser;
