//! Authorization codes and refresh tokens.

use super::{decoded, encoded};
use crate::{Target, choose, seed};
use edge_auth::crypto::grant_tokens::{GrantKeys, GrantToken};
use edge_auth::crypto::secret::Secret;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "grant_token",
    run,
    seeds,
    words: &["A", "=", "AAAA", "\0\0\0\0", "\u{1}", "-_"],
};

const SECRETS: [&str; 2] = [
    "the current secret of the fuzzer",
    "the previous secret of the fuzzer",
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let secret = SECRETS[usize::from(choice) % 2];
    match choice / 2 % 4 {
        0 => check(&String::from_utf8_lossy(input)),
        // The issued text with other bytes in its place, and with bits that are changed.
        1 => {
            let mut bytes = issued(secret, [7; 16], 1);
            let length = bytes.len();
            for (at, bits) in input.iter().enumerate().take(length) {
                bytes[at] ^= bits;
            }
            check(&encoded(&bytes));
            check(&encoded([&bytes[..], input].concat()));
            check(&encoded(&bytes[..length - input.len().min(length)]));
        }
        2 => {
            let (id, rest) = input.split_at(input.len().min(16));
            let id = <[u8; 16]>::try_from(id).unwrap_or([3; 16]);
            let generation = rest
                .first_chunk()
                .map_or(0, |bytes| u32::from_be_bytes(*bytes));
            let text = encoded(issued(secret, id, generation));
            check(&text);
            // Other spellings in base64. A text without these characters stays valid.
            for (character, other) in [("-", "+"), ("_", "/"), ("A", "a"), ("z", "Z")] {
                check(&text.replace(character, other));
            }
            for end in ["=", "==", "\n", "A"] {
                check(&format!("{text}{end}"));
            }
            check(&encoded(issued("another secret", id, generation)));
        }
        _ => {
            let text = encoded(issued(secret, [7; 16], 0));
            let added = String::from_utf8_lossy(input);
            let middle = usize::from(choice) % text.len();
            let (start, end) = text.split_at(middle);
            for text in [
                format!("{added}{text}"),
                format!("{text}{added}"),
                format!("{start}{added}{end}"),
                format!("{start}{added}{}", end.get(1..).unwrap_or_default()),
            ] {
                check(&text);
            }
        }
    }
}

/// Grant, generation and MAC, written without the code under test.
fn issued(secret: &str, id: [u8; 16], generation: u32) -> Vec<u8> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret.as_bytes())
        .expand(b"Edge Auth grant 1: code and refresh token", &mut key)
        .expect("a key");
    let message = [&id[..], &generation.to_be_bytes()].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(&message);
    [&message[..], &mac.finalize().into_bytes()].concat()
}

/// A text is accepted if it is, byte for byte, what was issued with one of the secrets.
fn check(text: &str) {
    let secrets = SECRETS.map(Secret::new);
    let expected = decoded(text).and_then(|bytes| {
        let id = *bytes.first_chunk::<16>()?;
        let generation = u32::from_be_bytes(*bytes.get(16..)?.first_chunk()?);
        let mut secrets = SECRETS.into_iter();
        let found = secrets.find(|secret| issued(secret, id, generation) == bytes);
        let token = GrantToken {
            grant: Uuid::from_bytes(id),
            generation,
        };
        found.map(|secret| (secret, token))
    });
    let both = GrantKeys::new(&secrets[0], Some(&secrets[1])).verify(text);
    assert_eq!(both, expected.map(|(_, token)| token), "{text:?}");
    let current = GrantKeys::new(&secrets[0], None);
    let is_current = expected.filter(|(secret, _)| *secret == SECRETS[0]);
    assert_eq!(current.verify(text), is_current.map(|(_, token)| token));
    if let Some((_, token)) = is_current {
        assert_eq!(current.issue(token), text);
        assert_eq!(token.is_code(), token.generation == 0);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let id = [9; 16];
    vec![
        seed(0, encoded(issued(SECRETS[0], id, 0))),
        seed(1, encoded(issued(SECRETS[1], id, 5))),
        seed(2, [0; 52]),
        seed(3, [0, 1]),
        seed(4, [&id[..], &[0, 0, 0, 0]].concat()),
        seed(5, [&id[..], &[255; 4]].concat()),
        seed(6, "="),
        seed(6 + 8 * 8, "A"),
    ]
}
