//! Client assertions that must be refused.

use super::authentication::{assert_failed, reasons, tokens};
use super::token::{app, claims};
use crate::support::SIGNING_KEYS;
use crate::support::access_tokens::RESOURCE;
use crate::support::services::{GRANT, Service, ServiceKey, TOKEN};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// Header and claims of assertions that the key of the service has signed and that must be refused, with what is wrong.
fn forged(service: &Service) -> Vec<(&'static str, String, String)> {
    let app = service.app();
    let now = app.unix_time();
    let issuer = app.page_origin();
    let header = |name: &str, value: Value| {
        let mut header = json!({ "alg": "ES256", "typ": "JWT" });
        header[name] = value;
        header.to_string()
    };
    let good = header("typ", json!("JWT"));
    let claims = |name: &str, value: Value| {
        let mut claims = service.claims();
        claims[name] = value;
        claims.to_string()
    };
    let without = |name: &str| {
        let mut claims = service.claims();
        claims.as_object_mut().expect("an object").remove(name);
        claims.to_string()
    };
    let plain = service.claims().to_string();
    let twice = plain.replacen('{', "{\"jti\":\"x\",", 1);
    let mut found = vec![
        ("a repeated claim", good.clone(), twice),
        ("no claims", good.clone(), "{}".to_owned()),
        ("a list", good.clone(), format!("[{plain}]")),
        ("no JSON", good.clone(), "x".to_owned()),
        ("no header", "{}".to_owned(), plain.clone()),
    ];
    for (what, name, value) in [
        ("another issuer", "iss", json!("other")),
        (
            "another client as issuer",
            "iss",
            json!(crate::support::unique_id()),
        ),
        ("another subject", "sub", json!(crate::support::unique_id())),
        ("another audience", "aud", json!("https://other.example")),
        (
            "the issuer with a slash",
            "aud",
            json!(format!("{issuer}/")),
        ),
        ("the resource as audience", "aud", json!(RESOURCE)),
        ("the client as audience", "aud", json!(service.id)),
        (
            "two audiences",
            "aud",
            json!([issuer, "https://other.example"]),
        ),
        ("the same audience twice", "aud", json!([issuer, issuer])),
        ("no audience in a list", "aud", json!([])),
        ("an audience in two lists", "aud", json!([[issuer]])),
        ("an object as audience", "aud", json!({ "0": issuer })),
        ("an expired assertion", "exp", json!(now - 60)),
        ("the far future", "exp", json!(now + 3_600)),
        ("more than five minutes", "exp", json!(now + 400)),
        ("the end of time", "exp", json!(i64::MAX)),
        ("a negative time", "exp", json!(-1)),
        ("a fraction", "exp", json!(f64::from(i32::MAX) + 0.5)),
        ("a text as time", "exp", json!((now + 60).to_string())),
        ("a future iat", "iat", json!(now + 120)),
        ("a text as iat", "iat", json!("now")),
        ("a future nbf", "nbf", json!(now + 120)),
        ("an empty jti", "jti", json!("")),
        ("a number as jti", "jti", json!(1)),
        ("null as jti", "jti", Value::Null),
    ] {
        found.push((what, good.clone(), claims(name, value)));
    }
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        found.push((name, good.clone(), without(name)));
    }
    for (what, name, value) in [
        ("none", "alg", json!("none")),
        ("None", "alg", json!("None")),
        ("no algorithm", "alg", json!("")),
        ("HS256", "alg", json!("HS256")),
        ("RS256 for a P-256 key", "alg", json!("RS256")),
        ("ES384", "alg", json!("ES384")),
        ("EdDSA for a P-256 key", "alg", json!("EdDSA")),
        ("a list as algorithm", "alg", json!(["ES256"])),
        ("the id of another key", "kid", json!("other")),
        ("a path as key id", "kid", json!("../../dev/null")),
        ("a number as key id", "kid", json!(0)),
        ("an access token", "typ", json!("at+jwt")),
        ("a security event", "typ", json!("secevent+jwt")),
        ("an unknown extension", "crit", json!(["exp"])),
        ("no extension", "crit", json!([])),
        ("an unencoded payload", "b64", json!(false)),
    ] {
        found.push((what, header(name, value), plain.clone()));
    }
    found
}

/// Assertions that have the right form and the wrong signature.
fn signed_otherwise(service: &Service) -> Vec<(&'static str, String)> {
    let text = Base64UrlUnpadded::encode_string;
    let claims = service.claims().to_string();
    let key = ServiceKey::new_es256();
    let (plain, jwk) = (json!({ "alg": "ES256" }), key.jwk());
    let with = |name: &str, value: Value| {
        let mut header = plain.clone();
        header[name] = value;
        key.jwt(&header.to_string(), &claims)
    };
    let genuine = service.key().jwt(&plain.to_string(), &claims);
    let (message, signature) = genuine.rsplit_once('.').expect("a signature");
    let signed = |signature: &[u8]| format!("{message}.{}", text(signature));
    let signature = Base64UrlUnpadded::decode_vec(signature).expect("a signature");
    let point = |name: &str| {
        let jwk = service.key().jwk();
        Base64UrlUnpadded::decode_vec(jwk[name].as_str().expect("a text")).expect("a number")
    };
    // The public key as the secret of an HMAC.
    let hmac = |secret: &[u8], alg: &str| {
        let header = json!({ "alg": alg }).to_string();
        let message = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key");
        mac.update(message.as_bytes());
        format!("{message}.{}", text(&mac.finalize().into_bytes()))
    };
    let uncompressed = [&[4], point("x").as_slice(), &point("y")].concat();
    let none = format!(
        "{}.{}.",
        text(br#"{"alg":"none"}"#),
        text(claims.as_bytes())
    );
    let other_claims = text(service.claims().to_string().as_bytes());
    let (first, _) = message.split_once('.').expect("two parts");
    let transplanted = format!("{first}.{other_claims}.{}", text(&signature));
    vec![
        ("alg none without a signature", none.clone()),
        (
            "alg none with a signature",
            format!("{none}{}", text(&signature)),
        ),
        ("HS256 with the public point", hmac(&uncompressed, "HS256")),
        ("HS256 with x", hmac(&point("x"), "HS256")),
        (
            "HS256 with the JWK",
            hmac(service.key().jwk().to_string().as_bytes(), "HS256"),
        ),
        ("an HMAC that says ES256", hmac(&uncompressed, "ES256")),
        ("another key", with("alg", json!("ES256"))),
        ("another key in the header", with("jwk", jwk.clone())),
        (
            "another key by URL",
            with("jku", json!("https://other.example/jwks.json")),
        ),
        ("another certificate", with("x5c", json!(["MIIB"]))),
        ("no signature", signed(&[])),
        ("zeros", signed(&[0; 64])),
        ("half a signature", signed(&signature[..32])),
        (
            "a longer signature",
            signed(&[&signature[..], &[0]].concat()),
        ),
        ("a changed signature", {
            let mut changed = signature.clone();
            changed[0] ^= 1;
            signed(&changed)
        }),
        ("the signature of other claims", transplanted),
        ("padding", format!("{genuine}=")),
        ("a fourth part", format!("{genuine}.x")),
        ("white space", format!(" {genuine}")),
        ("standard base64", genuine.replace('.', "+.")),
        ("two parts", message.to_owned()),
        ("no JWT", "x".to_owned()),
        ("an encrypted token", "a.b.c.d.e".to_owned()),
    ]
}

#[tokio::test]
#[ignore = "slow"]
async fn forged_assertion_is_refused() {
    let app = app();
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let mut count = 0;
    let form = [&GRANT[..], &[("client_id", service.id.as_str())]].concat();
    let forged = forged(&service).into_iter();
    let forged = forged.map(|(what, header, claims)| (what, service.key().jwt(&header, &claims)));
    for (what, assertion) in forged.chain(signed_otherwise(&service)) {
        // Each has its own network, because the number of entries per network is limited.
        let service = service.in_view(&app.another_view());
        let response = service.post_assertion(TOKEN, &form, &assertion).await;
        assert_failed(&response, what);
        count += 1;
    }
    assert!(count > 70, "{count}");
    assert_eq!(reasons(&service).await, vec!["invalid assertion"; count]);
    assert_eq!(tokens(&service).await, 0);
    // The same service with a genuine assertion.
    service.token().await;
}

#[tokio::test]
async fn session_token_and_access_token_are_no_assertions() {
    let app = app();
    let service = app.service("private_key_jwt ES256", "reports:read").await;
    let session = app.user("ada").await.sign_in().await;
    let access = service.token().await;
    // The service's own signing key is not a key of a client.
    let claims = claims(&access);
    assert_eq!(claims["sub"], json!(service.id));
    let form = [&GRANT[..], &[("client_id", service.id.as_str())]].concat();
    for text in [session.token(), &access, SIGNING_KEYS[0]] {
        let service = service.in_view(&app.another_view());
        let response = service.post_assertion(TOKEN, &form, text).await;
        assert_failed(&response, text);
    }
}
