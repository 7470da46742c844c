//! Signatures in DER.

use crate::Target;
use edge_auth::domain::webauthn::signature;

pub const TARGET: Target = Target {
    name: "webauthn_signature",
    run,
    seeds,
    // The heads of a sequence and of numbers.
    words: &["0\u{6}", "\u{2}\u{1}", "\u{2} ", "\u{2}!\0"],
};

/// A signature has one spelling in DER, and each pair of positive numbers has one.
fn run(bytes: &[u8]) {
    if let Ok(p1363) = signature::p1363(bytes) {
        assert_eq!(der(&p1363).as_deref(), Some(bytes));
    }
    if let Ok(p1363) = bytes.try_into()
        && let Some(der) = der(&p1363)
    {
        assert_eq!(signature::p1363(&der), Ok(p1363));
    }
}

/// The signature in DER; `None` if a number is zero.
fn der(p1363: &[u8; 64]) -> Option<Vec<u8>> {
    let number = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let mut digits = number[zeros..].to_vec();
        if *digits.first()? >= 0x80 {
            digits.insert(0, 0);
        }
        let length = u8::try_from(digits.len()).expect("a short number");
        Some([&[2, length], &digits[..]].concat())
    };
    let numbers = [number(&p1363[..32])?, number(&p1363[32..])?].concat();
    let length = u8::try_from(numbers.len()).expect("short numbers");
    Some([&[0x30, length], &numbers[..]].concat())
}

fn seeds() -> Vec<Vec<u8>> {
    let short = [&[0x30, 68, 2, 32], &[1; 32][..], &[2, 32], &[2; 32]].concat();
    let long = [
        &[0x30, 70, 2, 33, 0],
        &[0xff; 32][..],
        &[2, 33, 0],
        &[0xfe; 32],
    ]
    .concat();
    let numbers = [[0xff; 32], [1; 32]].concat();
    vec![short, long, vec![0x30, 6, 2, 1, 1, 2, 1, 1], numbers]
}
