//! The numbers of ES256 (FIPS 186-5): which private keys exist, and the one form of a signature that tokens have.

/// Bytes of a coordinate, of a private key, and of each of the two numbers of a signature.
pub const NUMBER_BYTES: usize = 32;

/// Bytes of a signature: the numbers r and s side by side (RFC 7518 section 3.4).
pub const SIGNATURE_BYTES: usize = 64;

/// A signature: r and s.
pub type Signature = [u8; SIGNATURE_BYTES];

/// The order of the group, n (SP 800-186 section 3.2.1.3).
const ORDER: [u8; NUMBER_BYTES] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Half of the order, rounded down.
const HALF_ORDER: [u8; NUMBER_BYTES] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Whether the number is a private key: 1 to n - 1.
#[must_use]
pub fn is_private_key(number: &[u8; NUMBER_BYTES]) -> bool {
    *number < ORDER && *number != [0; NUMBER_BYTES]
}

/// Whether s is at most n / 2. From a signature with r and s, every client can compute the one with r and n - s, which is valid for
/// the same message. If only one of the two is accepted, a token has a single text.
#[must_use]
pub fn has_low_s(signature: &Signature) -> bool {
    signature
        .last_chunk()
        .is_some_and(|s: &[u8; NUMBER_BYTES]| *s <= HALF_ORDER)
}

/// The signature for the same message whose s is at most n / 2.
#[must_use]
pub fn with_low_s(mut signature: Signature) -> Signature {
    if !has_low_s(&signature)
        && let Some(s) = signature.last_chunk_mut()
    {
        *s = negated(s);
    }
    signature
}

/// n - s, for s of 0 to n.
fn negated(s: &[u8; NUMBER_BYTES]) -> [u8; NUMBER_BYTES] {
    let mut result = [0; NUMBER_BYTES];
    let mut borrow = 0;
    for ((result, minuend), subtrahend) in result.iter_mut().zip(ORDER).zip(s).rev() {
        let (difference, is_below) = minuend.overflowing_sub(*subtrahend);
        let (difference, is_below_borrow) = difference.overflowing_sub(borrow);
        borrow = u8::from(is_below || is_below_borrow);
        *result = difference;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(s: [u8; 32]) -> Signature {
        let mut signature = [7; 64];
        signature[32..].copy_from_slice(&s);
        signature
    }

    /// The number with this added to its last byte.
    fn plus(mut number: [u8; 32], difference: u8) -> [u8; 32] {
        number[31] += difference;
        number
    }

    #[test]
    fn private_key_is_between_zero_and_the_order() {
        let mut one = [0; 32];
        assert!(!is_private_key(&one));
        one[31] = 1;
        assert!(is_private_key(&one));
        let mut greatest = ORDER;
        greatest[31] -= 1;
        assert!(is_private_key(&greatest));
        for number in [ORDER, plus(ORDER, 1), [0xff; 32]] {
            assert!(!is_private_key(&number));
        }
    }

    #[test]
    fn high_s_becomes_its_negation_and_low_s_stays() {
        let low = signature(HALF_ORDER);
        assert!(has_low_s(&low));
        assert_eq!(with_low_s(low), low);
        // The order is odd, so the two halves are neighbours.
        let high = signature(plus(HALF_ORDER, 1));
        assert!(!has_low_s(&high));
        assert_eq!(with_low_s(high), low);
        let mut one = [0; 32];
        one[31] = 1;
        let mut greatest = ORDER;
        greatest[31] -= 1;
        assert_eq!(with_low_s(signature(greatest)), signature(one));
    }

    #[test]
    fn negation_borrows_across_bytes() {
        let mut s = [0; 32];
        s[31] = 0x52;
        let mut expected = ORDER;
        expected[31] = 0xff;
        expected[30] -= 1;
        assert_eq!(negated(&s), expected);
        assert_eq!(negated(&expected), s);
    }
}
