//! `/api/auth/users/{id}/factors`: the second factors of a user, for administrators.

pub mod list;
pub mod reset;
