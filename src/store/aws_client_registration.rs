//! This service's one registration as a client of AWS, sealed, in KV.
//!
//! | key | value | lifetime |
//! |---|---|---|
//! | `aws-client:{region}` | a sealed handle, see `account/sealed.rs` | 90 days; the seal ends with the registration |
//!
//! KV may still give an older one elsewhere: it works until its own end, and two registrations harm nobody.

use crate::runtime::StoreError;
use crate::runtime::kv::{Kv, TIMEOUT_MS};

/// Seconds that KV keeps it; AWS's registrations live about as long.
const LIFETIME: i64 = 90 * 86_400;

/// The sealed registration for a region, if there is one.
///
/// # Errors
/// `Unavailable`.
pub async fn find(kv: &Kv, region: &str) -> Result<Option<String>, StoreError> {
    let sealed = kv.get(&key(region).into()).await?;
    Ok(sealed.map(String::from))
}

/// Keeps a sealed registration.
///
/// # Errors
/// `Unavailable`.
pub async fn keep(kv: &Kv, region: &str, sealed: &str) -> Result<(), StoreError> {
    kv.put(&key(region), sealed, LIFETIME, TIMEOUT_MS).await
}

/// Keeps it no longer. KV's deletion may be seen as late as a write; an empty text, which opens as nothing, is the same and
/// needs no other call.
///
/// # Errors
/// `Unavailable`.
pub async fn forget(kv: &Kv, region: &str) -> Result<(), StoreError> {
    kv.put(&key(region), "", 0, TIMEOUT_MS).await
}

fn key(region: &str) -> String {
    format!("aws-client:{region}")
}
