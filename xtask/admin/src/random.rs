//! Random bytes of the operating system.

use anyhow::{Result, anyhow};
use uuid::Uuid;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("cannot read random bytes from the operating system: {error}"))?;
    Ok(bytes)
}

/// A random UUID.
pub fn uuid() -> Result<Uuid> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid())
}
