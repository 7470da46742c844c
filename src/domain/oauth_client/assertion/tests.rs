//! Unit tests of the assertions.

use super::*;
use crate::domain::oauth_client::GivenKeySet;
use serde_json::{Value, json};

const CLIENT: Uuid = Uuid::from_u128(0x7d0c_6f0e_7d3f_4a5b_9e55_6f4f_2f7f_6f10);
const AUDIENCES: [&str; 2] = [
    "https://auth.example.com",
    "https://auth.example.com/oauth/token",
];
fn now() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

fn claims() -> Value {
    json!({
        "iss": CLIENT, "sub": CLIENT, "aud": AUDIENCES[0], "exp": now().seconds() + 60, "iat": now().seconds(), "jti": "1"
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn text(header: &str, claims: &str) -> String {
    let segment = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    format!("{}.{}.AAAA", segment(header), segment(claims))
}

fn is_accepted(claims: &Value) -> bool {
    let text = text(r#"{"alg":"ES256"}"#, &claims.to_string());
    Assertion::read(&text).is_some_and(|assertion| assertion.is_for(CLIENT, &AUDIENCES, now()))
}

#[test]
fn claims_of_rfc_7523_are_accepted() {
    let now = now().seconds();
    for claims in [
        claims(),
        without("iat"),
        with("aud", json!(AUDIENCES[1])),
        with("aud", json!([AUDIENCES[1]])),
        with("nbf", json!(now)),
        with("nbf", json!(now + 30)),
        with("iat", json!(now + 30)),
        with("exp", json!(now - 29)),
        with("exp", json!(now + 330)),
        with("more", json!({ "x": [1] })),
    ] {
        assert!(is_accepted(&claims), "{claims}");
    }
}

#[test]
fn other_claims_are_refused() {
    let now = now().seconds();
    for claims in [
        without("iss"),
        without("sub"),
        without("aud"),
        without("exp"),
        without("jti"),
        with("iss", json!("other")),
        with("sub", json!(Uuid::nil())),
        with("sub", json!(CLIENT.to_string().to_uppercase())),
        with("aud", json!("https://auth.example.com/")),
        with("aud", json!("https://AUTH.example.com")),
        with("aud", json!(AUDIENCES)),
        with("aud", json!([])),
        with("aud", json!([[AUDIENCES[0]]])),
        with("exp", json!(now - 30)),
        with("exp", json!(now + 331)),
        with("exp", json!(i64::MAX)),
        with("exp", json!(i64::MIN)),
        with("exp", json!(1e12)),
        with("exp", json!((now + 60).to_string())),
        with("iat", json!(now + 31)),
        with("iat", json!("x")),
        with("nbf", json!(now + 31)),
        with("nbf", json!(i64::MAX)),
        with("jti", json!("")),
        with("jti", json!(1)),
        json!([claims()]),
    ] {
        assert!(!is_accepted(&claims), "{claims}");
    }
}

#[test]
fn header_has_an_algorithm_and_no_extension() {
    let claims = claims().to_string();
    for header in [
        r#"{"alg":"ES256","typ":"JWT"}"#,
        r#"{"alg":"ES256","typ":"jwt"}"#,
        r#"{"alg":"ES256","typ":"client-authentication+jwt","kid":"1","jku":"https://x.example"}"#,
    ] {
        assert!(
            Assertion::read(&text(header, &claims)).is_some(),
            "{header}"
        );
    }
    for header in [
        "{}",
        "[]",
        "",
        r#"{"alg":1}"#,
        r#"{"alg":"ES256","alg":"ES256"}"#,
        r#"{"alg":"ES256","typ":"at+jwt"}"#,
        r#"{"alg":"ES256","typ":1}"#,
        r#"{"alg":"ES256","kid":1}"#,
        r#"{"alg":"ES256","crit":[]}"#,
        r#"{"alg":"ES256","crit":null}"#,
        r#"{"alg":"ES256","b64":false}"#,
    ] {
        assert!(
            Assertion::read(&text(header, &claims)).is_none(),
            "{header}"
        );
    }
}

#[test]
fn assertion_has_three_segments_in_base64url() {
    let good = text(r#"{"alg":"ES256"}"#, &claims().to_string());
    assert!(Assertion::read(&good).is_some());
    let twice = text(r#"{"alg":"ES256"}"#, r#"{"jti":"1","jti":"1"}"#);
    for bad in [
        "",
        ".",
        "..",
        "...",
        "a.b",
        &format!("{good}.AAAA"),
        &format!("{good}="),
        &format!("{good} "),
        &format!(" {good}"),
        &good.replace('.', ".="),
        &twice,
    ] {
        assert!(Assertion::read(bad).is_none(), "{bad}");
    }
}

#[test]
fn only_keys_with_its_algorithm_and_id_may_have_signed_it() {
    let coordinate = |byte: u8| Base64UrlUnpadded::encode_string(&[byte; 32]);
    let given: GivenKeySet = serde_json::from_value(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "x": coordinate(1), "y": coordinate(2), "kid": "a" },
        { "kty": "EC", "crv": "P-256", "x": coordinate(3), "y": coordinate(4), "kid": "b" },
        { "kty": "OKP", "crv": "Ed25519", "x": coordinate(5), "kid": "c" }
    ] }))
    .unwrap();
    let keys = KeySet::read(given).unwrap();
    let claims = claims().to_string();
    for (header, count) in [
        (r#"{"alg":"ES256"}"#, 2),
        (r#"{"alg":"ES256","kid":"b"}"#, 1),
        (r#"{"alg":"ES256","kid":"c"}"#, 0),
        (r#"{"alg":"ES256","kid":"d"}"#, 0),
        (r#"{"alg":"EdDSA"}"#, 1),
        (r#"{"alg":"Ed25519","kid":"c"}"#, 1),
        (r#"{"alg":"RS256"}"#, 0),
        (r#"{"alg":"none"}"#, 0),
        (r#"{"alg":"HS256","kid":"a"}"#, 0),
        (r#"{"alg":"es256"}"#, 0),
        (r#"{"alg":""}"#, 0),
    ] {
        let text = text(header, &claims);
        let assertion = Assertion::read(&text).unwrap();
        let signatures = assertion.signatures(&keys);
        assert_eq!(signatures.len(), count, "{header}");
        for signed in signatures {
            assert_eq!(signed.message, text.rsplit_once('.').unwrap().0.as_bytes());
        }
    }
}

#[test]
fn use_is_that_of_a_client_and_an_id_until_the_assertion_expires() {
    let of = |claims: &Value| {
        let text = text(r#"{"alg":"ES256"}"#, &claims.to_string());
        Assertion::read(&text).unwrap().use_once()
    };
    let (id, end) = of(&claims());
    assert_eq!((id.len(), end), (64, now().plus(90)));
    assert_eq!(of(&with("aud", json!(AUDIENCES[1]))).0, id);
    assert_ne!(of(&with("jti", json!("2"))).0, id);
    assert_ne!(of(&with("sub", json!("other"))).0, id);
}
