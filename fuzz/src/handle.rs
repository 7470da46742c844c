//! Sealed handles: any text, and any content that is sealed with the right key.

use crate::anything::{Anything, plain};
use crate::{NOW, Target, choose, seed};
use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use edge_auth::app::cookie_verifier::CookieVerifier;
use edge_auth::crypto::sealed::{NONCE_BYTES, OpenError, Purpose, Sealer};
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::names::LoginName;
use edge_auth::domain::recognised_device::RecognisedDevice;
use edge_auth::domain::token::{Session, SessionId};
use edge_auth::timestamp::Timestamp;
use hkdf::Hkdf;
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::sync::LazyLock;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "handle",
    run,
    seeds,
    words: &[
        "\0\0\0\0\0\0\0\0",
        r#""users":[]"#,
        r#""id":"""#,
        "{}",
        "null",
    ],
};

const SECRET: &str = "a handle secret for the fuzzer, long enough";

pub static SEALER: LazyLock<Sealer> =
    LazyLock::new(|| Sealer::new(&Secret::new(SECRET), None).expect("a sealer"));

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    if choice % 2 == 0 {
        any_text(&String::from_utf8_lossy(input));
    } else {
        any_content(input);
    }
}

/// A handle opens only for the purpose and the associated data for which it was sealed.
fn any_text(text: &str) {
    let opened = SEALER.open::<Anything>(Purpose::RecognisedDevice, b"", text, now());
    if opened != Err(OpenError::Invalid) {
        let bytes = Base64UrlUnpadded::decode_vec(text).expect("base64url");
        assert!(bytes.len() >= 1 + NONCE_BYTES + 16 + 8);
        assert_eq!(Base64UrlUnpadded::encode_string(&bytes), text);
        for (purpose, associated) in [
            (Purpose::RecognisedDevice, &b"x"[..]),
            (Purpose::DeviceCode, b""),
            (Purpose::ClientSecret, b""),
            (Purpose::ClientRegistration, b""),
            (Purpose::Session, b""),
        ] {
            let other = SEALER.open::<Anything>(purpose, associated, text, now());
            assert_eq!(other, Err(OpenError::Invalid));
        }
    }
}

/// The content begins with the time at which the handle expires.
fn any_content(content: &[u8]) {
    let end = content.first_chunk().map(|end| i64::from_be_bytes(*end));
    let json = content.get(8..).unwrap_or_default();
    let handle = sealed(content);
    match SEALER.open::<Anything>(Purpose::RecognisedDevice, b"", &handle, now()) {
        Ok(value) => {
            assert!(end.is_some_and(|end| end > NOW));
            assert_eq!(content_of(json), Some(value));
        }
        Err(OpenError::Expired) => assert!(end.is_some_and(|end| end <= NOW)),
        Err(OpenError::Invalid) => {
            assert!(end.is_none() || content_of(json).is_none());
        }
    }
    if let Ok(device) =
        SEALER.open::<RecognisedDevice>(Purpose::RecognisedDevice, b"", &handle, now())
    {
        let moved = device
            .clone()
            .after_sign_in(Uuid::from_u128(1), Some("ada"), None);
        let ada = LoginName::Username("ada".into());
        assert!(moved.recognises(&ada).is_some() && moved.id() == device.id());
        let end = now().plus(60);
        let again = SEALER.seal(
            Purpose::RecognisedDevice,
            b"",
            end,
            &moved,
            [1; NONCE_BYTES],
        );
        if let Ok(again) = again {
            assert_eq!(
                SEALER.open(Purpose::RecognisedDevice, b"", &again, now()),
                Ok(moved)
            );
        }
    }
}

/// Like [`plain`], except that `null` counts as absent: serde reads it as a map without members.
fn content_of(json: &[u8]) -> Option<Anything> {
    match serde_json::from_slice(json) {
        Ok(Value::Null) => Some(Anything(Map::new())),
        _ => plain(json),
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A handle, made without the code under test.
fn sealed(content: &[u8]) -> String {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, SECRET.as_bytes())
        .expand(b"Edge Auth handle 1: recognised device", &mut key)
        .expect("a key");
    let message = Payload {
        msg: content,
        aad: &[1],
    };
    let nonce = [9; NONCE_BYTES];
    let sealed = XChaCha20Poly1305::new(&key.into())
        .encrypt(&XNonce::from(nonce), message)
        .expect("sealed");
    Base64UrlUnpadded::encode_string(&[&[1], &nonce[..], &sealed].concat())
}

/// The cookie of a device.
pub fn device() -> String {
    let device = RecognisedDevice::new([7; 16]).after_sign_in(
        Uuid::from_u128(5),
        Some("ada"),
        Some("ada@example.com"),
    );
    let end = now().plus(86_400);
    SEALER
        .seal(
            Purpose::RecognisedDevice,
            b"",
            end,
            &device,
            [3; NONCE_BYTES],
        )
        .expect("a handle")
}

/// The cookie of a session.
pub fn session() -> String {
    let session = Session {
        user: Uuid::from_u128(5),
        sid: SessionId::from_bytes([4; 16]),
        generation: 1,
    };
    let (issued_at, ends_at) = (now(), now().plus(86_400));
    let cookies = CookieVerifier::new(None);
    let issued = cookies.issue(&SEALER, &session, issued_at, ends_at, [2; NONCE_BYTES]);
    issued.expect("a cookie").text
}

fn seeds() -> Vec<Vec<u8>> {
    let content = |end: i64| {
        let device = RecognisedDevice::new([7; 16]).after_sign_in(
            Uuid::from_u128(5),
            Some("ada"),
            Some("ada@example.com"),
        );
        [&end.to_be_bytes()[..], json!(device).to_string().as_bytes()].concat()
    };
    vec![
        seed(0, device()),
        seed(1, content(NOW + 60)),
        seed(1, content(NOW - 60)),
    ]
}
