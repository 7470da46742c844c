//! Random bytes of the operating system.

use anyhow::{Result, anyhow};

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("cannot read random bytes from the operating system: {error}"))?;
    Ok(bytes)
}
