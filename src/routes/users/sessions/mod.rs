//! `/api/auth/users/{id}/sessions`: the sessions of a user, for administrators.

pub mod list;
pub mod revoke;
pub mod revoke_all;
