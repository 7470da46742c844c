//! Random bytes from the runtime's cryptographic source.

use uuid::Uuid;

/// The runtime provided no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes")]
pub struct RandomUnavailable;

/// Random bytes.
///
/// # Errors
/// [`RandomUnavailable`].
pub fn bytes<const N: usize>() -> Result<[u8; N], RandomUnavailable> {
    let mut bytes = [0; N];
    #[cfg_attr(
        not(test),
        expect(clippy::disallowed_methods, reason = "the only source of random bytes")
    )]
    getrandom::fill(&mut bytes).map_err(|_| RandomUnavailable)?;
    Ok(bytes)
}

/// A random UUID (version 4).
///
/// # Errors
/// [`RandomUnavailable`].
pub fn uuid() -> Result<Uuid, RandomUnavailable> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid())
}
