//! Administration of users.

mod erase;
