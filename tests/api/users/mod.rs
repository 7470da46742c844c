//! Administration of users.

mod erase;
mod export;
mod import;
