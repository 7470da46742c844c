//! The endpoints that set and change passwords.

pub mod change;
pub mod forgot;
pub mod remove;
pub mod set;
