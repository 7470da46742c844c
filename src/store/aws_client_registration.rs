//! This service's registration as a client of AWS, encrypted, in KV.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `aws-client:{region}` | a sealed handle (`crypto/sealed.rs`), which expires with the registration | 90 days |
//!
//! In other locations, KV may still return an older registration. It works until it expires, and two registrations at the same
//! time do no harm.

use crate::runtime::StoreError;
use crate::runtime::kv::{KV_TIMEOUT_MS, Kv};

/// Seconds for which KV keeps a registration: about as long as it is valid at AWS.
const LIFETIME_SECONDS: i64 = 90 * 86_400;

/// The sealed registration for a region, if there is one.
///
/// # Errors
/// `Unavailable`.
pub async fn find(kv: &Kv, region: &str) -> Result<Option<String>, StoreError> {
    kv.get(&key(region)).await
}

/// Stores a sealed registration.
///
/// # Errors
/// `Unavailable`.
pub async fn keep(kv: &Kv, region: &str, sealed: &str) -> Result<(), StoreError> {
    kv.put(&key(region), sealed, LIFETIME_SECONDS, KV_TIMEOUT_MS)
        .await
}

/// Overwrites the registration with an empty text, which is not a valid one. KV propagates a deletion no faster than a write.
///
/// # Errors
/// `Unavailable`.
pub async fn forget(kv: &Kv, region: &str) -> Result<(), StoreError> {
    kv.put(&key(region), "", 0, KV_TIMEOUT_MS).await
}

fn key(region: &str) -> String {
    format!("aws-client:{region}")
}
