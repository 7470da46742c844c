//! Passwords.

pub mod change;
pub mod set;
