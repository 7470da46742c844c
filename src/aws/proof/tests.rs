//! Proofs are rebuilt as they were signed, and malformed or old proofs are refused.

use super::*;
use crate::aws::endpoint::Service;
use crate::aws::region::Region;

const KEY: &str = "AKIDEXAMPLE000000000";
const DATE: &str = "20240110T120000Z";
const NOON: i64 = 1_704_888_000;

fn endpoint() -> Endpoint {
    Endpoint::of(Service::Sts, Region::parse("eu-west-1").unwrap())
}

fn credentials(token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: Secret::new(KEY),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        session_token: token.map(Secret::new),
    }
}

fn signed(server_id: &str, token: Option<&str>) -> Proof {
    let now = Timestamp::from_seconds(NOON);
    Proof::sign(
        &endpoint(),
        "eu-west-1",
        server_id,
        &credentials(token),
        now,
    )
    .unwrap()
}

#[test]
fn rebuilt_request_equals_the_signed_request() {
    let nonce = Some("0123456789abcdef-_AZ");
    for (token, nonce) in [
        (None, None),
        (Some("dG9rZW4+/="), None),
        (None, nonce),
        (Some("dG9rZW4+/="), nonce),
    ] {
        let proof = Proof::sign_with_nonce(
            &endpoint(),
            "eu-west-1",
            "https://auth.example",
            nonce,
            &credentials(token),
            Timestamp::from_seconds(NOON),
        )
        .unwrap();
        let rebuilt = proof.request(&endpoint(), "eu-west-1", "https://auth.example");
        let original = sigv4::sign(
            unsigned(&endpoint(), "https://auth.example", nonce),
            &credentials(token),
            scope("eu-west-1"),
            Timestamp::from_seconds(NOON),
        )
        .unwrap();
        assert_eq!(rebuilt.url(), original.url());
        assert_eq!(rebuilt.body, original.body);
        for (name, value) in &original.headers {
            assert_eq!(rebuilt.header(name), Some(value.reveal()), "{name}");
        }
        // `accept` is the only additional header.
        assert_eq!(rebuilt.headers.len(), original.headers.len() + 1);
        let (key, date, signature, session_token) = proof.values();
        let parsed = Proof::parse(key, date, signature, session_token).unwrap();
        let parsed = match proof.nonce() {
            Some(nonce) => parsed.with_nonce(nonce).unwrap(),
            None => parsed,
        };
        assert_eq!(parsed, proof);
        let signed_headers = rebuilt.header("authorization").unwrap();
        assert_eq!(signed_headers.contains(NONCE_HEADER), nonce.is_some());
    }
}

#[test]
fn signature_depends_on_every_signed_value() {
    let proof = signed("https://auth.example", None);
    for other in [
        signed("https://auth.example.evil", None),
        signed("https://auth.example", Some("t")),
        Proof::sign(
            &endpoint(),
            "us-east-1",
            "https://auth.example",
            &credentials(None),
            Timestamp::from_seconds(NOON),
        )
        .unwrap(),
        Proof::sign(
            &endpoint(),
            "eu-west-1",
            "https://auth.example",
            &credentials(None),
            Timestamp::from_seconds(NOON + 1),
        )
        .unwrap(),
        Proof::sign(
            &Endpoint::of(Service::Sts, Region::parse("us-east-1").unwrap()),
            "eu-west-1",
            "https://auth.example",
            &credentials(None),
            Timestamp::from_seconds(NOON),
        )
        .unwrap(),
    ] {
        assert_ne!(other.signature, proof.signature);
        assert_ne!(other.used_key(), proof.used_key());
    }
}

#[test]
fn proofs_of_one_second_differ_by_nonce() {
    let proof = |nonce| {
        let (endpoint, credentials) = (endpoint(), credentials(None));
        let now = Timestamp::from_seconds(NOON);
        Proof::sign_with_nonce(&endpoint, "eu-west-1", "s", nonce, &credentials, now)
    };
    let (one, other) = (
        proof(Some("aaaaaaaaaaaaaaaa")),
        proof(Some("aaaaaaaaaaaaaaab")),
    );
    assert_ne!(one.unwrap().used_key(), other.unwrap().used_key());
    for nonce in [
        "",
        "fifteen-letters",
        "sixteen letters!",
        "a\r\nhost: evil----",
        "é".repeat(16).as_str(),
        &"n".repeat(65),
    ] {
        assert!(proof(Some(nonce)).is_err(), "{nonce:?}");
    }
}

#[test]
fn proof_is_fresh_for_15_minutes() {
    let proof = signed("s", None);
    for (offset, is_fresh) in [
        (-301, false),
        (-300, true),
        (0, true),
        (899, true),
        (900, false),
        (960, false),
    ] {
        assert_eq!(
            proof.is_fresh(Timestamp::from_seconds(NOON + offset)),
            is_fresh,
            "{offset}"
        );
    }
    assert_eq!(proof.ends_at(), Timestamp::from_seconds(NOON + 900));
}

#[test]
fn malformed_value_is_not_a_proof() {
    let signature = "0123456789abcdef".repeat(4);
    assert!(Proof::parse(KEY, DATE, &signature, None).is_some());
    for key in [
        "AKID",
        "AKIDEXAMPLE00000/20240110/us-east-1/iam/aws4_request",
        "AKIDEXAMPLE0000000 0",
        "AKIDEXAMPLE00000000,",
        "AKIDEXAMPLE0000000\r\n",
        "AKIDEXAMPLE00000000é",
        &"A".repeat(129),
    ] {
        assert_eq!(Proof::parse(key, DATE, &signature, None), None, "{key}");
    }
    for date in [
        "20240110",
        "20240110T120000",
        "2024-01-10T12:00:00Z",
        "20240110t120000Z",
        "20240110T120000z",
        "20241310T120000Z",
        "20230229T120000Z",
        "20240110T240000Z",
        "20240110T126000Z",
        "+0240110T120000Z",
        "20240110T12000éZ",
        "20240110T120000Z\n",
        "20240110 120000Z",
    ] {
        assert_eq!(Proof::parse(KEY, date, &signature, None), None, "{date}");
    }
    for wrong in [
        "",
        &signature[1..],
        &signature.to_uppercase(),
        &format!("{signature}0"),
        &signature.replace('f', " "),
    ] {
        assert_eq!(Proof::parse(KEY, DATE, wrong, None), None, "{wrong}");
    }
    for token in [
        "",
        " ",
        "a b",
        "a\r\nx: y",
        "é",
        "a,b",
        &"t".repeat(MAX_SESSION_TOKEN_BYTES + 1),
    ] {
        assert_eq!(
            Proof::parse(KEY, DATE, &signature, Some(token)),
            None,
            "{token:?}"
        );
    }
}

#[test]
fn debug_shows_no_key_and_no_signature() {
    let proof = signed("s", Some("canary"));
    let shown = format!("{proof:?}");
    let (key, _, signature, _) = proof.values();
    for secret in [key, signature, "canary"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
