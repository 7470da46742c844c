//! Public keys.

use super::attestation::with_member;
use super::cbor;
use crate::Target;
use edge_auth::domain::webauthn::cose::PublicKey;

pub const TARGET: Target = Target {
    name: "webauthn_key",
    run,
    seeds,
    // Labels of COSE with their values, the heads of short bytes, and short members.
    words: &[
        "\u{1}\u{2}",
        "\u{3}&",
        "!X ",
        "\"X ",
        "!X!",
        "!@",
        "!A\u{1}",
        "!A\u{3}",
        " \u{6}",
        " @",
        "ax\u{0}",
    ],
};

fn run(input: &[u8]) {
    check(input);
    for key in keys() {
        check(&with_member(&key, input));
        check(&[&key, input].concat());
    }
    if input.len() < 256 {
        check(&ed25519(input));
        check(&es256(input, &[8; 32]));
        check(&es256(&[9; 32], input));
    }
    // A modulus of up to 765 bytes, because libFuzzer seldom makes long inputs.
    if let [long, short, first, last, e @ ..] = input
        && e.len() < 24
    {
        let mut n = vec![*first; usize::from(*long) * 2 + usize::from(*short)];
        n.push(*last);
        check(&rs256(&n, e));
    }
}

fn check(bytes: &[u8]) {
    if let Ok(key) = PublicKey::read(bytes) {
        let (_, rest) = cbor::map(bytes);
        assert!(rest.is_empty());
        assert_eq!(key, read(bytes));
    }
}

/// The key in these bytes. Panics if the service must refuse it.
pub fn read(bytes: &[u8]) -> PublicKey {
    let (members, _) = cbor::map(bytes);
    let number = |label| cbor::numbered(&members, label).and_then(cbor::number);
    let bytes = |label| {
        let value = cbor::numbered(&members, label).expect("a member");
        cbor::bytes(value).expect("bytes")
    };
    let coordinate = |label| bytes(label).try_into().expect("32 bytes");
    // Key type, algorithm and curve.
    match (number(1), number(3), number(-1)) {
        (Some(2), Some(-7), Some(1)) => PublicKey::Es256 {
            x: coordinate(-2),
            y: coordinate(-3),
        },
        (Some(1), Some(-8), Some(6)) => PublicKey::Ed25519(coordinate(-2)),
        (Some(3), Some(-257), None) => {
            let (n, e) = (bytes(-1), bytes(-2));
            // 2,048 to 4,096 bits.
            assert!((256..=512).contains(&n.len()));
            assert!(n[0] > 0 && (n.len() > 256 || n[0] > 0x7f));
            assert!(e[0] > 0 && e.len() <= 4 && e != [1]);
            assert_eq!(n[n.len() - 1] & e[e.len() - 1] & 1, 1);
            PublicKey::Rs256 {
                n: n.to_vec(),
                e: e.to_vec(),
            }
        }
        other => panic!("a key with {other:?}"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    // The longest modulus and the longest exponent.
    [keys(), vec![vec![128, 255, 0xfe, 0xfd, 0xf1, 2, 3, 5]]].concat()
}

/// A key of each kind, and the longest.
pub fn keys() -> Vec<Vec<u8>> {
    vec![
        ed25519(&[9; 32]),
        es256(&[9; 32], &[8; 32]),
        rs256(&[0xff; 256], &[1, 0, 1]),
        rs256(&[0xff; 512], &[3]),
    ]
}

/// An Ed25519 key with this point.
fn ed25519(x: &[u8]) -> Vec<u8> {
    [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, length(x)], x].concat()
}

/// A P-256 key with these coordinates.
fn es256(x: &[u8], y: &[u8]) -> Vec<u8> {
    let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, length(x)];
    [&head, x, &[0x22, 0x58, length(y)], y].concat()
}

/// An RSA key with this modulus and exponent.
fn rs256(n: &[u8], e: &[u8]) -> Vec<u8> {
    let length_of_n = u16::try_from(n.len()).expect("a short modulus");
    let head = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59];
    let exponent = 0x40 | length(e);
    [
        &head,
        &length_of_n.to_be_bytes()[..],
        n,
        &[0x21, exponent],
        e,
    ]
    .concat()
}

fn length(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).expect("short bytes")
}
