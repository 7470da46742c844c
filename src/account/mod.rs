//! Rules about people, passwords, tokens and secrets. Pure: no clock, no randomness, no network, no storage; time and
//! random bytes are arguments.

pub mod names;
pub mod password;
pub mod role;
pub mod secret;
pub mod timestamp;
pub mod token;
