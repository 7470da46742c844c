//! The tokens that are accepted and refused, and rotations of the secret.

mod rotation;

use super::*;
use jwt_attacks::{HEADER, attacks, controls};
use proptest::prelude::*;

#[path = "../../../tests/vectors/jwt_attacks/mod.rs"]
mod jwt_attacks;

const SECRET: &str = "correct horse battery staple, twice over";
const OTHER: &str = "a secret of another time, also long enough";
const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "workflows";
const ISSUED: i64 = 1_704_888_000;
const EXPIRES: i64 = ISSUED + 86_400;

fn keys(current: &str, previous: Option<&str>) -> Keys {
    let previous = previous.map(Secret::new);
    Keys::new(&Secret::new(current), previous.as_ref(), ISSUER, AUDIENCE).unwrap()
}

fn mac(secret: &str, message: &str) -> Vec<u8> {
    let key = Hs256Key::new(secret);
    Hs256.sign(&key, message.as_bytes()).as_bytes().into_owned()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn session() -> Session {
    Session {
        user: Uuid::from_u128(0xf47a_c10b_58cc_4372_a567_0e02_b2c3_d479),
        sid: SessionId::from_bytes(*b"0123456789abcdef"),
        generation: 7,
    }
}

fn issue(keys: &Keys) -> String {
    keys.issue(&session(), at(ISSUED), at(EXPIRES))
}

fn header_of(token: &str) -> String {
    let segment = token.split('.').next().unwrap();
    String::from_utf8(Base64UrlUnpadded::decode_vec(segment).unwrap()).unwrap()
}

#[test]
fn token_has_the_documented_header_and_claims() {
    let keys = keys(SECRET, None);
    let token = issue(&keys);
    assert_eq!(token, issue(&keys), "the same input gives the same bytes");
    assert_eq!(header_of(&token), HEADER);
    let claims = token.split('.').nth(1).unwrap();
    assert_eq!(
        String::from_utf8(Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap(),
        r#"{"exp":1704974400,"iat":1704888000,"iss":"https://auth.example.com","aud":"workflows","sub":"f47ac10b-58cc-4372-a567-0e02b2c3d479","sid":"MDEyMzQ1Njc4OWFiY2RlZg","gen":7}"#
    );
    assert_eq!(
        keys.verify(&token, at(ISSUED)),
        Ok(Claims {
            session: session(),
            issued_at: at(ISSUED),
            expires_at: at(EXPIRES),
        })
    );
}

#[test]
fn token_is_accepted_within_thirty_seconds_of_its_times() {
    let keys = keys(SECRET, None);
    let token = issue(&keys);
    let claims = keys.verify(&token, at(ISSUED)).unwrap();
    for (now, expected) in [
        (ISSUED - 31, Err(Rejection::Invalid)),
        (ISSUED - 30, Ok(claims.clone())),
        (EXPIRES, Ok(claims.clone())),
        (EXPIRES + 29, Ok(claims.clone())),
        (EXPIRES + 30, Err(Rejection::Expired(claims.clone()))),
        (i64::MAX, Err(Rejection::Expired(claims))),
        (i64::MIN, Err(Rejection::Invalid)),
    ] {
        assert_eq!(keys.verify(&token, at(now)), expected, "{now}");
    }
}

#[test]
fn forged_or_respelled_token_is_invalid() {
    let keys = keys(SECRET, None);
    let token = issue(&keys);
    for (name, token) in controls(SECRET, &token) {
        assert!(keys.verify(&token, at(ISSUED)).is_ok(), "{name}: {token}");
    }
    let attacks = attacks(SECRET, &token);
    for (name, attack) in &attacks {
        assert_ne!(*attack, token, "{name} changes nothing");
        let verdict = keys.verify(attack, at(ISSUED));
        assert_eq!(verdict, Err(Rejection::Invalid), "{name}: {attack}");
        // After the expiry, a forgery must still be invalid, because an expired token may revoke a session. The exception is the
        // token whose `iat` was in the future: its time has come and passed, so it has expired.
        let verdict = keys.verify(attack, at(EXPIRES + 86_400));
        let invalid = verdict == Err(Rejection::Invalid);
        assert_eq!(invalid, name != "iat in the future", "{name}: {attack}");
    }
    // Texts that HTTP trims or cannot transport.
    for attack in [
        String::new(),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}\r\n"),
        format!("\t{token}"),
        format!("{token}\0"),
        format!("\u{feff}{token}"),
        token.replace('.', "\u{ff0e}"),
        token.replace('.', ".\n"),
        "é".repeat(200),
    ] {
        let verdict = keys.verify(&attack, at(ISSUED));
        assert_eq!(verdict, Err(Rejection::Invalid), "{attack:?}");
    }
}

#[test]
fn payload_in_the_other_base64_alphabet_is_invalid() {
    // The base64 of these characters contains the characters in which the two alphabets differ.
    let keys = Keys::new(&Secret::new(SECRET), None, ISSUER, "~~~???>>>").unwrap();
    let token = issue(&keys);
    assert!(keys.verify(&token, at(ISSUED)).is_ok());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let respelt = signed.replace('-', "+").replace('_', "/");
    assert_ne!(respelt, signed);
    let tag = Base64UrlUnpadded::encode_string(&mac(SECRET, &respelt));
    let verdict = keys.verify(&format!("{respelt}.{tag}"), at(ISSUED));
    assert_eq!(verdict, Err(Rejection::Invalid));
}

#[test]
fn token_with_a_flipped_bit_is_invalid() {
    let keys = keys(SECRET, None);
    let token = issue(&keys);
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            assert_eq!(
                keys.verify(&flipped, at(ISSUED)),
                Err(Rejection::Invalid),
                "bit {bit} of byte {place}"
            );
        }
    }
}

#[test]
fn token_of_another_issuer_audience_or_secret_is_invalid() {
    let token = issue(&keys(SECRET, None));
    let secret = Secret::new(SECRET);
    for (issuer, audience) in [(ISSUER, "other"), ("other", AUDIENCE), (AUDIENCE, ISSUER)] {
        let keys = Keys::new(&secret, None, issuer, audience).unwrap();
        assert_eq!(keys.verify(&token, at(ISSUED)), Err(Rejection::Invalid));
    }
    assert_eq!(
        keys(OTHER, None).verify(&token, at(ISSUED)),
        Err(Rejection::Invalid)
    );
}

#[test]
fn token_with_times_out_of_bounds_is_invalid() {
    let keys = keys(SECRET, None);
    for (issued, expires) in [
        (-10, -5),
        (-10, 10),
        (ISSUED, ISSUED),
        (ISSUED, ISSUED + MAX_TOKEN_SECONDS + 1),
    ] {
        let token = keys.issue(&session(), at(issued), at(expires));
        let verdict = keys.verify(&token, at(issued));
        assert_eq!(verdict, Err(Rejection::Invalid), "{issued} to {expires}");
    }
}

#[test]
fn short_secret_or_long_name_is_refused() {
    let long = Secret::new(SECRET);
    // The last secret has 31 characters and 32 bytes.
    let (empty, short, enough, wide) = (
        Secret::new(""),
        Secret::new("x".repeat(31)),
        Secret::new("x".repeat(32)),
        Secret::new(format!("{}é", "x".repeat(30))),
    );
    let new = |current, previous| Keys::new(current, previous, ISSUER, AUDIENCE).map(|_| ());
    assert_eq!(new(&short, None), Err(KeysError::CurrentTooShort));
    assert_eq!(new(&empty, None), Err(KeysError::CurrentTooShort));
    assert_eq!(new(&long, Some(&short)), Err(KeysError::PreviousTooShort));
    assert_eq!(new(&enough, Some(&wide)), Ok(()));
    let names = Keys::new(&long, None, &"i".repeat(1000), &"a".repeat(1100)).map(|_| ());
    assert_eq!(names, Err(KeysError::NamesTooLong));
}

#[test]
fn token_with_the_longest_names_is_accepted() {
    let room = MAX_NAMES_BYTES - r#"["",""]"#.len();
    let issuer = "i".repeat(room);
    let (new, old) = (Secret::new(SECRET), Secret::new(OTHER));
    let keys = Keys::new(&new, Some(&old), &issuer, "").unwrap();
    let session = Session {
        generation: u32::MAX,
        ..session()
    };
    let end = 253_402_300_799;
    let token = keys.issue(&session, at(end - 1), at(end));
    assert!(token.len() <= MAX_TOKEN_BYTES, "{}", token.len());
    assert!(keys.verify(&token, at(end - 1)).is_ok());
}

#[test]
fn debug_of_claims_is_redacted() {
    let keys = keys(SECRET, None);
    let claims = keys.verify(&issue(&keys), at(ISSUED)).unwrap();
    let shown = format!("{claims:?} {:?}", Rejection::Expired(claims.clone()));
    assert!(!shown.contains("MDEyMzQ1"), "{shown}");
    assert!(shown.contains("SessionId(redacted)"), "{shown}");
}

proptest! {
    #[test]
    fn issued_token_is_accepted(
        user: u128, sid: [u8; 16], generation: u32, rotating: bool,
        issued in 0..=253_402_300_799_i64 - MAX_TOKEN_SECONDS, life in 1..=MAX_TOKEN_SECONDS,
        issuer in "\\PC{0,40}", audience in ".{0,40}",
    ) {
        let (new, old) = (Secret::new(SECRET), Secret::new(OTHER));
        let keys = Keys::new(&new, rotating.then_some(&old), &issuer, &audience).unwrap();
        let session = Session {
            user: Uuid::from_u128(user),
            sid: SessionId::from_bytes(sid),
            generation,
        };
        let token = keys.issue(&session, at(issued), at(issued + life));
        prop_assert!(token.len() <= MAX_TOKEN_BYTES);
        prop_assert_eq!(
            keys.verify(&token, at(issued)),
            Ok(Claims { session, issued_at: at(issued), expires_at: at(issued + life) })
        );
    }

    #[test]
    fn any_token_with_a_flipped_bit_is_invalid(
        user: u128, sid: [u8; 16], generation: u32, rotating: bool,
        place: prop::sample::Index, bit in 0..7_u32,
    ) {
        let keys = keys(SECRET, rotating.then_some(OTHER));
        let session = Session {
            user: Uuid::from_u128(user),
            sid: SessionId::from_bytes(sid),
            generation,
        };
        let mut bytes = keys.issue(&session, at(ISSUED), at(EXPIRES)).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let flipped = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(keys.verify(&flipped, at(ISSUED)), Err(Rejection::Invalid));
    }

    #[test]
    fn any_other_text_is_invalid(text in "\\PC{0,60}", dotted in "[A-Za-z0-9_.-]{0,200}") {
        let keys = keys(SECRET, Some(OTHER));
        prop_assert_eq!(keys.verify(&text, at(ISSUED)), Err(Rejection::Invalid));
        prop_assert_eq!(keys.verify(&dotted, at(ISSUED)), Err(Rejection::Invalid));
    }
}
