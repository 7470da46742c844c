//! `/audit` and `/audit/verify`.

mod export;
mod search;
mod verify;
