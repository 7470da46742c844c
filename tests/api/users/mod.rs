//! Administration of users.

mod erase;
mod export;
mod import;
mod personal_export;
