//! The endpoints that change the e-mail address of a user.

pub mod change;
pub mod confirm;
pub mod revert;
