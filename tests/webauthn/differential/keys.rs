//! Registrations with other public keys.

use super::{CHALLENGE, Case, ORIGIN, RP_ID};
use crate::authenticator::{
    Authenticator, HAS_CREDENTIAL, attestation_object, authenticator_data, cbor, client_data, text,
};
use serde_json::json;

pub fn cases(passkey: &Authenticator) -> Vec<Case> {
    let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let case = |(family, key): (&'static str, Vec<u8>)| {
        let data = authenticator_data(
            RP_ID,
            passkey.flags | HAS_CREDENTIAL,
            0,
            &passkey.credential(&key),
        );
        Case {
            family,
            detail: format!("{key:02x?}"),
            credential: passkey.attestation(&page, &attestation_object(&data)),
            stored: None,
        }
    };
    let keys = match passkey.algorithm() {
        -7 => es256(&passkey.cose()),
        -8 => ed25519(&passkey.cose()),
        _ => rs256(),
    };
    keys.into_iter().map(case).collect()
}

type Members = Vec<(Vec<u8>, Vec<u8>)>;

fn numbered(members: &[(i64, Vec<u8>)]) -> Members {
    members
        .iter()
        .map(|(label, value)| (cbor::number(*label), value.clone()))
        .collect()
}

/// Variants of a key with the algorithm, curve and coordinates.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn es256(cose: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (x, y) = (
        &cose[cose.len() - 67..cose.len() - 35],
        &cose[cose.len() - 32..],
    );
    let key = |key_type: i64, algorithm: i64, curve: i64, x: Vec<u8>, y: Vec<u8>| {
        cbor::map(&numbered(&[
            (1, cbor::number(key_type)),
            (3, cbor::number(algorithm)),
            (-1, cbor::number(curve)),
            (-2, x),
            (-3, y),
        ]))
    };
    let (x_bytes, y_bytes) = (cbor::bytes(x), cbor::bytes(y));
    let plain = || {
        numbered(&[
            (1, cbor::number(2)),
            (3, cbor::number(-7)),
            (-1, cbor::number(1)),
            (-2, x_bytes.clone()),
            (-3, y_bytes.clone()),
        ])
    };
    let with = |label: Vec<u8>, value: Vec<u8>| {
        let mut members = plain();
        members.push((label, value));
        cbor::map(&members)
    };
    let without = |index: usize| {
        let mut members = plain();
        members.remove(index);
        cbor::map(&members)
    };
    let mut keys = vec![
        ("unchanged", cbor::map(&plain())),
        (
            "key: another order",
            cbor::map(&plain().into_iter().rev().collect::<Vec<_>>()),
        ),
        (
            "key: unknown label",
            with(cbor::number(2), cbor::bytes(&[1])),
        ),
        (
            "key: unknown label",
            with(cbor::number(99), cbor::number(1)),
        ),
        (
            "key: unknown text label",
            with(cbor::text("x"), cbor::number(1)),
        ),
        ("key: operations", with(cbor::number(4), vec![0x81, 2])),
        ("key: label twice", with(cbor::number(3), cbor::number(-7))),
        ("key: label twice", with(cbor::number(-3), y_bytes.clone())),
        (
            "key: zero as a coordinate",
            key(2, -7, 1, cbor::bytes(&[0; 32]), cbor::bytes(&[0; 32])),
        ),
        (
            "key: point is not on the curve",
            key(2, -7, 1, x_bytes.clone(), x_bytes.clone()),
        ),
        (
            "key: point is not on the curve",
            key(2, -7, 1, cbor::bytes(&[0xff; 32]), cbor::bytes(&[0xff; 32])),
        ),
        (
            "key: length of a coordinate",
            key(2, -7, 1, cbor::bytes(&x[..31]), y_bytes.clone()),
        ),
        (
            "key: length of a coordinate",
            key(2, -7, 1, cbor::bytes(&[&[0], x].concat()), y_bytes.clone()),
        ),
        (
            "key: length of a coordinate",
            key(2, -7, 1, x_bytes.clone(), cbor::bytes(&[])),
        ),
        (
            "key: compressed point",
            key(2, -7, 1, x_bytes.clone(), vec![0xf4 + (y[31] & 1)]),
        ),
        (
            "key: uncompressed point as x",
            key(
                2,
                -7,
                1,
                cbor::bytes(&[&[4], x, y].concat()),
                y_bytes.clone(),
            ),
        ),
        (
            "key: coordinate of another type",
            key(2, -7, 1, cbor::text(&"x".repeat(32)), y_bytes.clone()),
        ),
        ("key: no map", cbor::bytes(x)),
        ("key: empty map", cbor::map(&[])),
    ];
    for key_type in [0, 1, 3, 4] {
        keys.push((
            "key: type does not fit",
            key(key_type, -7, 1, x_bytes.clone(), y_bytes.clone()),
        ));
    }
    for algorithm in [-35, -36, -47, -37, -257, -8, 0, 7, -65_535] {
        keys.push((
            "key: algorithm does not fit or is not offered",
            key(2, algorithm, 1, x_bytes.clone(), y_bytes.clone()),
        ));
    }
    for curve in [0, 2, 3, 6, 8] {
        keys.push((
            "key: curve does not fit",
            key(2, -7, curve, x_bytes.clone(), y_bytes.clone()),
        ));
    }
    for index in 0..5 {
        keys.push(("key: missing label", without(index)));
    }
    let mut long = plain();
    long[1].1 = vec![0x38, 6];
    keys.push(("key: long form of a number", cbor::map(&long)));
    let mut indefinite = vec![0xbf];
    indefinite.extend(&cbor::map(&plain())[1..]);
    indefinite.push(0xff);
    keys.push(("key: map of indefinite length", indefinite));
    keys
}

fn ed25519(cose: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let x = &cose[cose.len() - 32..];
    let key = |key_type: i64, algorithm: i64, curve: i64, x: &[u8]| {
        cbor::map(&numbered(&[
            (1, cbor::number(key_type)),
            (3, cbor::number(algorithm)),
            (-1, cbor::number(curve)),
            (-2, cbor::bytes(x)),
        ]))
    };
    let mut firefox = cbor::map(&[
        (cbor::number(1), cbor::text("OKP")),
        (cbor::number(3), cbor::number(-8)),
        (cbor::number(-1), cbor::text("Ed25519")),
        (cbor::number(-2), cbor::bytes(x)),
    ]);
    firefox[0] = 0xa3;
    vec![
        ("unchanged", key(1, -8, 6, x)),
        ("key: type does not fit", key(2, -8, 6, x)),
        ("key: type does not fit", key(3, -8, 6, x)),
        ("key: curve does not fit", key(1, -8, 7, x)),
        ("key: curve does not fit", key(1, -8, 1, x)),
        ("key: curve does not fit", key(1, -8, 4, x)),
        (
            "key: algorithm does not fit or is not offered",
            key(1, -7, 6, x),
        ),
        (
            "key: algorithm does not fit or is not offered",
            key(1, -19, 6, x),
        ),
        ("key: length of an Ed25519 point", key(1, -8, 6, &x[..31])),
        (
            "key: length of an Ed25519 point",
            key(1, -8, 6, &[x, &[0]].concat()),
        ),
        ("key: length of an Ed25519 point", key(1, -8, 6, &[])),
        ("key: unusual point of Ed25519", key(1, -8, 6, &[0; 32])),
        ("key: unusual point of Ed25519", key(1, -8, 6, &[0xff; 32])),
        ("key: as Firefox 117 wrote it", firefox),
        (
            "key: missing label",
            cbor::map(&numbered(&[
                (1, cbor::number(1)),
                (3, cbor::number(-8)),
                (-1, cbor::number(6)),
            ])),
        ),
        (
            "key: missing label",
            cbor::map(&numbered(&[
                (1, cbor::number(1)),
                (3, cbor::number(-8)),
                (-2, cbor::bytes(x)),
            ])),
        ),
        (
            "key: missing label",
            cbor::map(&numbered(&[
                (3, cbor::number(-8)),
                (-1, cbor::number(6)),
                (-2, cbor::bytes(x)),
            ])),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn rs256() -> Vec<(&'static str, Vec<u8>)> {
    let key = |key_type: i64, algorithm: i64, n: &[u8], e: &[u8]| {
        cbor::map(&numbered(&[
            (1, cbor::number(key_type)),
            (3, cbor::number(algorithm)),
            (-1, cbor::bytes(n)),
            (-2, cbor::bytes(e)),
        ]))
    };
    let modulus = |bytes: usize, first: u8| {
        let mut modulus = vec![0x5b; bytes];
        modulus[0] = first;
        modulus
    };
    let n = modulus(256, 0xc1);
    let mut even = n.clone();
    *even.last_mut().unwrap() = 0x5a;
    vec![
        ("key: modulus", key(3, -257, &n, &[1, 0, 1])),
        (
            "key: modulus",
            key(3, -257, &modulus(384, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: modulus",
            key(3, -257, &modulus(512, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: short modulus",
            key(3, -257, &modulus(255, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: short modulus",
            key(3, -257, &modulus(256, 0x7f), &[1, 0, 1]),
        ),
        (
            "key: short modulus",
            key(3, -257, &modulus(128, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: long modulus",
            key(3, -257, &modulus(513, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: long modulus",
            key(3, -257, &modulus(1_024, 0xc1), &[1, 0, 1]),
        ),
        (
            "key: leading zero of the modulus",
            key(3, -257, &[&[0], &n[..]].concat(), &[1, 0, 1]),
        ),
        ("key: even modulus", key(3, -257, &even, &[1, 0, 1])),
        ("key: no modulus", key(3, -257, &[], &[1, 0, 1])),
        ("key: small exponent", key(3, -257, &n, &[3])),
        (
            "key: exponent of four bytes",
            key(3, -257, &n, &[1, 0, 0, 1]),
        ),
        ("key: long exponent", key(3, -257, &n, &[1, 0, 0, 0, 1])),
        (
            "key: leading zero of the exponent",
            key(3, -257, &n, &[0, 1, 0, 1]),
        ),
        (
            "key: exponent that is even, 1 or empty",
            key(3, -257, &n, &[1, 0, 0]),
        ),
        (
            "key: exponent that is even, 1 or empty",
            key(3, -257, &n, &[1]),
        ),
        (
            "key: exponent that is even, 1 or empty",
            key(3, -257, &n, &[]),
        ),
        ("key: type does not fit", key(2, -257, &n, &[1, 0, 1])),
        ("key: type does not fit", key(1, -257, &n, &[1, 0, 1])),
        (
            "key: algorithm does not fit or is not offered",
            key(3, -7, &n, &[1, 0, 1]),
        ),
        (
            "key: algorithm does not fit or is not offered",
            key(3, -258, &n, &[1, 0, 1]),
        ),
        (
            "key: algorithm does not fit or is not offered",
            key(3, -37, &n, &[1, 0, 1]),
        ),
        (
            "key: algorithm does not fit or is not offered",
            key(3, -65_535, &n, &[1, 0, 1]),
        ),
        (
            "key: missing label",
            cbor::map(&numbered(&[
                (1, cbor::number(3)),
                (3, cbor::number(-257)),
                (-1, cbor::bytes(&n)),
            ])),
        ),
        (
            "key: missing label",
            cbor::map(&numbered(&[
                (1, cbor::number(3)),
                (3, cbor::number(-257)),
                (-2, cbor::bytes(&[1, 0, 1])),
            ])),
        ),
    ]
}
