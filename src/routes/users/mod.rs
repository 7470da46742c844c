//! `/api/auth/users`: administration of users.

pub use crate::domain::user::AdminUser;
