//! Rules about people, passwords, tokens and secrets. Pure: no clock, no randomness, no network, no storage; time and
//! random bytes are arguments.

pub mod address;
pub mod audit;
pub mod cache_mac;
pub mod device;
pub mod fingerprint;
pub mod mask;
pub mod names;
pub mod password;
pub mod policy;
pub mod role;
pub mod sealed;
pub mod secret;
pub mod session;
pub mod timestamp;
pub mod token;
mod unicode;
pub mod user;
