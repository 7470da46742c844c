//! The endpoints that set and change passwords.

pub mod change;
pub mod set;
