//! `cargo xtask user …`, as a client of the API.

pub mod find;
pub mod shown;
