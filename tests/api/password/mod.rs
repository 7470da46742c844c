//! `/set-password` and `/change-password`.

mod change;
mod set;
