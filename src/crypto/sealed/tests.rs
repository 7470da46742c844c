//! A handle opens with its purpose, its associated data and one of the secrets until it expires, and in no other case.

mod properties;

use super::*;
use serde::Deserialize;
use serde_json::json;

const SECRET: &str = "a handle secret of the tests, long enough";
const OTHER: &str = "a secret of another time, also long enough";
const CLIENT: &[u8] = b"client-1";
const END: i64 = 1_704_888_600;
const NONCE: [u8; NONCE_BYTES] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
];
const PURPOSES: [Purpose; 5] = [
    Purpose::ClientSecret,
    Purpose::DeviceCode,
    Purpose::ClientRegistration,
    Purpose::RecognisedDevice,
    Purpose::Session,
];

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Device {
    code: String,
    number: u32,
}

fn device() -> Device {
    Device {
        code: "abc".into(),
        number: 7,
    }
}

fn sealer(current: &str, previous: Option<&str>) -> Sealer {
    let previous = previous.map(Secret::new);
    Sealer::new(&Secret::new(current), previous.as_ref()).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn seal(sealer: &Sealer) -> String {
    sealer
        .seal(Purpose::DeviceCode, CLIENT, at(END), &device(), NONCE)
        .unwrap()
}

fn open(sealer: &Sealer, handle: &str) -> Result<Device, OpenError> {
    sealer.open(Purpose::DeviceCode, CLIENT, handle, at(END - 1))
}

#[test]
fn handle_is_what_another_implementation_writes() {
    // Computed with a separate implementation of RFC 5869, RFC 8439 and draft-irtf-cfrg-xchacha, which passes the vector
    // A.3.1 of the draft.
    let expected = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWF1U6uQCRjqjmJzVwEDblLCLd_OgkRoWbxdvK07bbA-v7D5GucqTeHy6xmk4_1TRzlBc";
    let sealer = sealer(SECRET, None);
    assert_eq!(seal(&sealer), expected);
    assert_eq!(open(&sealer, expected), Ok(device()));
}

#[test]
fn handle_expires_at_its_time() {
    let sealer = sealer(SECRET, None);
    let handle = seal(&sealer);
    for (now, expected) in [
        (0, Ok(device())),
        (END - 1, Ok(device())),
        (END, Err(OpenError::Expired)),
        (i64::MAX, Err(OpenError::Expired)),
    ] {
        let opened = sealer.open(Purpose::DeviceCode, CLIENT, &handle, at(now));
        assert_eq!(opened, expected, "{now}");
    }
    // With other associated data, an expired handle is invalid.
    let opened = sealer.open::<Device>(Purpose::DeviceCode, b"client-2", &handle, at(END));
    assert_eq!(opened, Err(OpenError::Invalid));
}

#[test]
fn handle_for_another_client_or_purpose_is_invalid() {
    let sealer = sealer(SECRET, None);
    let handle = seal(&sealer);
    for client in [
        &b""[..],
        b"client-2",
        b"client-",
        b"client-11",
        b"client-1\0",
        b"CLIENT-1",
        b"\x01client-1",
    ] {
        let opened = sealer.open::<Device>(Purpose::DeviceCode, client, &handle, at(0));
        assert_eq!(opened, Err(OpenError::Invalid), "{client:?}");
    }
    for sealed_for in PURPOSES {
        let handle = sealer
            .seal(sealed_for, CLIENT, at(END), &device(), NONCE)
            .unwrap();
        for purpose in PURPOSES {
            let opened = sealer.open::<Device>(purpose, CLIENT, &handle, at(0));
            assert_eq!(opened.is_ok(), purpose == sealed_for, "{purpose:?}");
        }
    }
}

#[test]
fn handle_of_the_previous_secret_opens_during_a_rotation() {
    let handle = seal(&sealer(OTHER, None));
    let rotating = sealer(SECRET, Some(OTHER));
    assert_eq!(open(&rotating, &handle), Ok(device()));
    assert_eq!(
        open(&sealer(SECRET, None), &handle),
        Err(OpenError::Invalid)
    );
    // During a rotation, handles are sealed with the new secret.
    let handle = seal(&rotating);
    assert_eq!(open(&sealer(SECRET, None), &handle), Ok(device()));
    assert_eq!(open(&sealer(OTHER, None), &handle), Err(OpenError::Invalid));
    // Handles of the previous secret expire as well.
    let opened = rotating.open::<Device>(
        Purpose::DeviceCode,
        CLIENT,
        &seal(&sealer(OTHER, None)),
        at(END),
    );
    assert_eq!(opened, Err(OpenError::Expired));
}

#[test]
fn handle_with_a_changed_bit_or_missing_byte_is_invalid() {
    let sealer = sealer(SECRET, Some(OTHER));
    let handle = seal(&sealer);
    let bytes = Base64UrlUnpadded::decode_vec(&handle).unwrap();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            let changed = Base64UrlUnpadded::encode_string(&changed);
            let opened = open(&sealer, &changed);
            assert_eq!(opened, Err(OpenError::Invalid), "bit {bit} of byte {place}");
        }
        let cut = Base64UrlUnpadded::encode_string(&bytes[..place]);
        assert_eq!(open(&sealer, &cut), Err(OpenError::Invalid), "{place}");
        let cut = Base64UrlUnpadded::encode_string(&bytes[place + 1..]);
        assert_eq!(open(&sealer, &cut), Err(OpenError::Invalid), "{place}");
    }
}

#[test]
fn handle_in_another_spelling_is_invalid() {
    let sealer = sealer(SECRET, None);
    let handle = seal(&sealer);
    // 75 bytes fill whole base64 groups; one more byte leaves unused bits.
    let longer = Device {
        code: "abcd".into(),
        number: 7,
    };
    let uneven = sealer
        .seal(Purpose::DeviceCode, CLIENT, at(END), &longer, NONCE)
        .unwrap();
    assert_eq!(open(&sealer, &uneven), Ok(longer));
    let (rest, last) = uneven.split_at(uneven.len() - 1);
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
        if last != other.to_string() {
            let respelt = format!("{rest}{other}");
            assert_eq!(open(&sealer, &respelt), Err(OpenError::Invalid), "{other}");
        }
    }
    for text in [
        String::new(),
        "AQ".into(),
        format!("{handle}="),
        format!("{handle}\n"),
        format!(" {handle}"),
        format!("{handle}A"),
        format!("{handle}{handle}"),
        handle.replace('_', "/"),
        "é".repeat(60),
        "A".repeat(MAX_HANDLE_BYTES),
        "A".repeat(MAX_HANDLE_BYTES + 4),
        "A".repeat(1_000_000),
    ] {
        let opened = open(&sealer, &text);
        assert_eq!(opened, Err(OpenError::Invalid), "{}", text.len());
    }
    assert!(handle.contains('_'));
}

#[test]
fn payload_of_another_type_is_invalid() {
    let sealer = sealer(SECRET, None);
    let seal = |payload: serde_json::Value| {
        sealer
            .seal(Purpose::DeviceCode, CLIENT, at(END), &payload, NONCE)
            .unwrap()
    };
    for payload in [
        json!("text"),
        json!(["abc", 7]),
        json!({"code": "abc"}),
        json!({"code": "abc", "number": "7"}),
        json!({"code": null, "number": 7}),
        json!({"code": "abc", "number": -7}),
    ] {
        let handle = seal(payload.clone());
        assert_eq!(open(&sealer, &handle), Err(OpenError::Invalid), "{payload}");
    }
    let handle = seal(json!({"number": 7, "code": "abc", "unknown": {}}));
    assert_eq!(open(&sealer, &handle), Ok(device()));
}

#[test]
fn payload_over_the_limit_is_not_sealed() {
    let sealer = sealer(SECRET, None);
    let seal = |payload: &str| {
        let device = Device {
            code: payload.into(),
            number: 7,
        };
        let handle = sealer.seal(Purpose::DeviceCode, CLIENT, at(END), &device, NONCE);
        if let Ok(handle) = &handle {
            assert!(handle.len() <= MAX_HANDLE_BYTES);
            assert_eq!(open(&sealer, handle), Ok(device));
        }
        handle.map(|handle| handle.len())
    };
    // 6144 bytes without version, nonce, tag, expiry and the JSON around the text.
    let around = r#"{"code":"","number":7}"#.len();
    let most = MAX_HANDLE_BYTES / 4 * 3 - 1 - NONCE_BYTES - 16 - 8 - around;
    assert_eq!(seal(&"x".repeat(most)), Ok(MAX_HANDLE_BYTES));
    assert_eq!(seal(&"x".repeat(most + 1)), Err(SealError::TooLong));
    assert_eq!(seal(&"x".repeat(1_000_000)), Err(SealError::TooLong));

    let unwritable = std::collections::BTreeMap::from([(vec![1], 1)]);
    let handle = sealer.seal(Purpose::DeviceCode, CLIENT, at(END), &unwritable, NONCE);
    assert_eq!(handle, Err(SealError::NotJson));
}

#[test]
fn handle_over_the_limit_is_invalid() {
    let sealer = sealer(SECRET, None);
    // Sealed with the right key and valid except for its length.
    let json = [&" ".repeat(7_000), r#"{"code":"abc","number":7}"#].concat();
    let text = [&END.to_be_bytes()[..], json.as_bytes()].concat();
    let message = Payload {
        msg: &text,
        aad: &authenticated(CLIENT),
    };
    let text = cipher(&sealer.current, Purpose::DeviceCode)
        .and_then(|cipher| cipher.encrypt(&XNonce::from(NONCE), message).ok())
        .unwrap();
    let handle = Base64UrlUnpadded::encode_string(&[&[VERSION], &NONCE[..], &text].concat());
    assert_eq!(open(&sealer, &handle), Err(OpenError::Invalid));
}

#[test]
fn short_secret_is_refused() {
    let (short, long) = (Secret::new("x".repeat(31)), Secret::new("x".repeat(32)));
    let new = |current, previous| Sealer::new(current, previous).map(|_| ());
    assert_eq!(new(&short, None), Err(SealerError::CurrentTooShort));
    assert_eq!(new(&long, Some(&short)), Err(SealerError::PreviousTooShort));
    assert_eq!(new(&long, Some(&long)), Ok(()));
}
