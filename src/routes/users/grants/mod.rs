//! `/api/auth/users/{id}/grants`: the connected applications of a user, for administrators.

pub mod list;
pub mod remove;
