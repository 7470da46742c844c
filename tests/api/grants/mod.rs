//! Connected applications of the user. Those of other users are in `users/grants.rs`.

mod list;
mod remove;
