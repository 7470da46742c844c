//! base64url and hex of tokens. A package of its own because generic code is compiled where it is used, and `edge-auth` is
//! compiled for size: there these few loops would be a fifth of what a token costs that the isolate has not seen before.

use base64ct::{Base64UrlUnpadded, Encoding};

/// The bytes of base64url without padding (RFC 4648 section 5), written into `buffer`; `None` for another alphabet,
/// another spelling of the same bytes, or more bytes than the buffer takes. Its time tells nothing of the text but its
/// length.
#[must_use]
pub fn from_base64url<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    Base64UrlUnpadded::decode(text, buffer).ok()
}

/// Bytes as base64url without padding, written into `buffer`; `None` if that is too small.
#[must_use]
pub fn to_base64url<'b>(bytes: &[u8], buffer: &'b mut [u8]) -> Option<&'b str> {
    Base64UrlUnpadded::encode(bytes, buffer).ok()
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| {
        let zero = if nibble < 10 { b'0' } else { b'a' - 10 };
        char::from(zero.wrapping_add(nibble))
    };
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        for byte in 0..=255 {
            assert_eq!(hex(&[byte]), format!("{byte:02x}"));
        }
        assert_eq!(hex(&[0x01, 0xab]), "01ab");
    }

    #[test]
    fn base64url_has_one_spelling() {
        let mut buffer = [0; 4];
        assert_eq!(to_base64url(&[0xfb, 0xff], &mut buffer), Some("-_8"));
        assert_eq!(from_base64url("-_8", &mut buffer), Some(&[0xfb, 0xff][..]));
        for text in ["-_9", "-_8=", "+/8", "-_8-_8-_", "-_ 8"] {
            assert_eq!(from_base64url(text, &mut buffer), None, "{text}");
        }
        assert_eq!(to_base64url(&[0; 4], &mut buffer), None);
    }
}
