//! What administrators do with users.

pub mod erase;
