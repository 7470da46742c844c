//! `/audit` and `/audit/verify`.

mod search;
mod verify;
