//! `/set-password` and `/change-password`.

mod change;
mod forgot;
mod set;
