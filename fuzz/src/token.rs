//! Session tokens: any text, and any claims under a valid signature.

use crate::{NOW, Target, choose, seed};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::token::{
    Claims, Keys, LEEWAY_SECONDS, MAX_TOKEN_SECONDS, Rejection, Session, SessionId,
};
use edge_auth::timestamp::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::sync::LazyLock;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "token",
    run,
    seeds,
    words: &[
        r#""aud":"""#,
        r#""iss":"#,
        r#""exp":"#,
        r#""iat":"#,
        r#""gen":"#,
        r#","x":1"#,
        "null",
        "1e9",
        ".0",
        ".",
        r"\u0061",
        "eyJhbGciOiJub25lIn0.",
    ],
};

const SECRET: &str = "a secret for the fuzzer, long enough";
const ISSUER: &str = "edge-auth";
const AUDIENCE: &str = "llm-workflow-platform";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

static KEYS: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(&Secret::new(SECRET), None, ISSUER, AUDIENCE).expect("keys"));

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    match choice % 8 {
        0 => any_text(&String::from_utf8_lossy(input)),
        1 => any_claims(input),
        _ => any_claims(&edited(input)),
    }
}

/// Valid claims in which the input replaces one value, which the first byte selects, or is added at the end.
fn edited(input: &[u8]) -> Vec<u8> {
    let (choice, words) = choose(input);
    let sub = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
    let mut members = [
        ("exp", (NOW + 60).to_string()),
        ("iat", NOW.to_string()),
        ("iss", format!("\"{ISSUER}\"")),
        ("aud", format!("\"{AUDIENCE}\"")),
        ("sub", format!("\"{sub}\"")),
        ("sid", "\"BwcHBwcHBwcHBwcHBwcHBw\"".to_owned()),
        ("gen", "1".to_owned()),
    ]
    .map(|(name, value)| (name, value.into_bytes()));
    let mut more = &b""[..];
    match members.get_mut(usize::from(choice) % 9) {
        Some((_, value)) => *value = words.to_vec(),
        None => more = words,
    }
    let members = members.map(|(name, value)| [format!("\"{name}\":").as_bytes(), &value].concat());
    [b"{", &members.join(&b","[..])[..], more, b"}"].concat()
}

/// A token is accepted only with a valid signature under the header of this service.
fn any_text(text: &str) {
    if let Some(claims) = opened(text) {
        let (signed, _) = text.rsplit_once('.').expect("a signature");
        let (_, payload) = signed.split_once('.').expect("a header");
        let payload = Base64UrlUnpadded::decode_vec(payload).expect("base64url");
        assert_eq!(token(&payload), text, "a token in another spelling");
        any_claims(&payload);
        reissued(&claims);
    }
}

/// Accepted claims are the claims of the payload, and issuing them again results in the same payload.
fn any_claims(payload: &[u8]) {
    let signed = token(payload);
    let Some(claims) = opened(&signed) else {
        return;
    };
    let issued = KEYS.issue(&claims.session, claims.issued_at, claims.expires_at);
    assert_eq!(issued, signed);
    let json: Value = serde_json::from_slice(payload).expect("what was read is JSON");
    assert_eq!(json.as_object().expect("an object").len(), 7);
    assert_eq!(
        (&json["iss"], &json["aud"]),
        (&ISSUER.into(), &AUDIENCE.into())
    );
    assert_eq!(json["sub"], claims.session.user.to_string());
    assert_eq!(json["gen"], claims.session.generation);
    assert_eq!(json["iat"], claims.issued_at.seconds());
    assert_eq!(json["exp"], claims.expires_at.seconds());
    reissued(&claims);
}

fn opened(token: &str) -> Option<Claims> {
    let (claims, is_expired) = match KEYS.verify(token, Timestamp::from_seconds(NOW)) {
        Ok(claims) => (claims, false),
        Err(Rejection::Expired(claims)) => (claims, true),
        Err(Rejection::Invalid) => return None,
    };
    let (from, to) = (claims.issued_at.seconds(), claims.expires_at.seconds());
    assert!(from >= 0 && from < to && to - from <= MAX_TOKEN_SECONDS);
    assert!(from <= NOW + LEEWAY_SECONDS);
    assert_eq!(is_expired, to + LEEWAY_SECONDS <= NOW);
    Some(claims)
}

fn reissued(claims: &Claims) {
    let again = KEYS.issue(&claims.session, claims.issued_at, claims.expires_at);
    assert_eq!(opened(&again).as_ref(), Some(claims));
}

/// A signed token, made without the code under test.
fn token(payload: &[u8]) -> String {
    let url = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let signed = format!("{}.{}", url(HEADER.as_bytes()), url(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", url(&mac.finalize().into_bytes()))
}

fn seeds() -> Vec<Vec<u8>> {
    let issue = |from, to| {
        let session = Session {
            user: Uuid::from_u128(0x1b4e_28ba_2fa1_41d2_883f_0016_d3cc_a427),
            sid: SessionId::from_bytes([7; 16]),
            generation: 1,
        };
        let [from, to] = [from, to].map(Timestamp::from_seconds);
        KEYS.issue(&session, from, to)
    };
    let edits = [(3, "\"edge-auth\""), (0, "1704888060"), (8, ", \"gen\": 1")]
        .map(|(place, words)| seed(2, seed(place, words)));
    [(NOW, NOW + 86_400), (NOW - 86_400, NOW - 60)]
        .into_iter()
        .flat_map(|(from, to)| {
            let token = issue(from, to);
            let payload = token.split('.').nth(1).expect("claims").to_owned();
            let payload = Base64UrlUnpadded::decode_vec(&payload).expect("base64url");
            [seed(0, token), seed(1, payload)]
        })
        .chain(edits)
        .collect()
}
