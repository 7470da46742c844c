//! Random bytes from the operating system, and the ways in which they are written.

use crate::{cache, failed::Failed};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failed> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failed::because(format!("The system has no random bytes: {error}.")))?;
    Ok(bytes)
}

/// 32 random bytes in base64, 44 characters.
pub fn secret() -> Result<String, Failed> {
    Ok(Base64::encode_string(&bytes::<32>()?))
}

/// 32 random bytes in base64url without padding, 43 characters that no shell and no URL changes.
pub fn plain_secret() -> Result<String, Failed> {
    Ok(Base64UrlUnpadded::encode_string(&bytes::<32>()?))
}

/// A random UUID (RFC 9562, section 5.4).
pub fn uuid() -> Result<String, Failed> {
    let mut bytes = bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = cache::hex(&bytes);
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}

#[cfg(test)]
mod tests {
    use super::{plain_secret, secret, uuid};

    #[test]
    fn nothing_comes_twice_and_everything_has_its_form() {
        let (one, other) = (secret().expect("random"), secret().expect("random"));
        assert!(one != other && one.len() == 44 && one.ends_with('='));
        let plain = plain_secret().expect("random");
        assert!(
            plain.len() == 43
                && plain
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        let uuid = uuid().expect("random");
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
    }
}
