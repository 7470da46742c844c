//! Secrets, MACs, sealed values and password hashes. Random bytes are arguments.

pub mod cache_mac;
pub mod es256;
pub mod factor_keys;
pub mod fingerprint;
pub mod grant_tokens;
pub mod password;
pub mod sealed;
pub mod secret;
pub mod signing_keys;
