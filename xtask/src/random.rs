//! Random bytes of the operating system.

use anyhow::{Result, anyhow};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// 32 random bytes.
pub fn bytes() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("cannot read random bytes from the operating system: {error}"))?;
    Ok(bytes)
}

/// 32 random bytes in base64.
pub fn base64() -> Result<String> {
    Ok(Base64::encode_string(&bytes()?))
}

/// 32 random bytes in base64url without padding: no character has a meaning in a shell or a URL.
pub fn base64url() -> Result<String> {
    Ok(Base64UrlUnpadded::encode_string(&bytes()?))
}

#[cfg(test)]
mod tests {
    use super::{base64, base64url};

    #[test]
    fn secrets_differ_and_are_encoded() {
        let (one, other) = (base64().expect("random"), base64().expect("random"));
        assert!(one != other && one.len() == 44 && one.ends_with('='));
        let url = base64url().expect("random");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(url.len() == 43 && url.bytes().all(is_plain));
    }
}
