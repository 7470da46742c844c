//! Access tokens of OAuth clients: any text, and any claims in the place of those of a token. The signature is not verified here,
//! so that the reader sees the claims.

use crate::{NOW, Target, choose, seed};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::domain::role::Role;
use edge_auth::domain::token::LEEWAY_SECONDS;
use edge_auth::domain::token::access_token::{
    ACCESS_TOKEN_SECONDS, AccessClaims, AccessTokenRejection, MAX_ACCESS_TOKEN_BYTES, message,
    read, signed,
};
use edge_auth::timestamp::Timestamp;
use serde_json::Value;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "access_token",
    run,
    seeds,
    words: &[
        r#""iss":"#,
        r#""aud":"#,
        r#""sub":"#,
        r#""client_id":"#,
        r#""exp":"#,
        r#""iat":"#,
        r#""jti":"#,
        r#""scope":"""#,
        r#""gid":null"#,
        r#""auth_time":-1"#,
        r#""roles":["user"]"#,
        r#","x":1"#,
        "1e9",
        ".0",
        ".",
        r"\u0061",
    ],
};

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com/v1";
const KIDS: [&str; 2] = [
    "XSUFQvnBVbplSbs2Yl6NjaS0skQAxNUuqgxKFuBWIwU",
    "LLsvcC17NJOhZktzY0qsYoDcIb5NUGKQ1k_YYVpMyDE",
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    if choice.is_multiple_of(4) {
        check(&String::from_utf8_lossy(input));
    } else {
        let kid = KIDS[usize::from(choice) % KIDS.len()];
        let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#);
        let url = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let (header, payload) = (url(header.as_bytes()), url(input));
        check(&format!("{header}.{payload}.{}", url(&[7; 64])));
    }
}

/// A token is read only if it is, byte for byte, the one that is written for its claims.
fn check(text: &str) {
    let Some(token) = read(text, ISSUER, KIDS) else {
        return;
    };
    assert!(text.len() <= MAX_ACCESS_TOKEN_BYTES && KIDS.contains(&token.kid));
    let written = message(ISSUER, token.kid, &token.claims);
    assert_eq!(written.as_bytes(), token.message);
    let written = signed(written, &token.signature);
    assert_eq!(written.as_deref(), Some(text));
    let payload = text.split('.').nth(1).expect("claims");
    let payload = Base64UrlUnpadded::decode_vec(payload).expect("base64url");
    let json: Value = serde_json::from_slice(&payload).expect("what was read is JSON");
    assert_eq!(json["iss"], ISSUER);
    assert_eq!(json["aud"], token.claims.audience);
    assert_eq!(json["sub"], token.claims.subject);
    check_times(&token.claims);
}

fn check_times(claims: &AccessClaims) {
    let (from, to) = (claims.issued_at.seconds(), claims.expires_at.seconds());
    let is_expired = match claims.check(AUDIENCE, Timestamp::from_seconds(NOW)) {
        Ok(()) => false,
        Err(AccessTokenRejection::Expired) => true,
        Err(AccessTokenRejection::Invalid) => return,
    };
    assert_eq!(claims.audience, AUDIENCE);
    assert!(from >= 0 && from < to && to - from <= ACCESS_TOKEN_SECONDS);
    assert!(from <= NOW + LEEWAY_SECONDS);
    assert_eq!(is_expired, to <= NOW);
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = AccessClaims {
        subject: "f47ac10b-58cc-4372-a567-0e02b2c3d479".to_owned(),
        audience: AUDIENCE.to_owned(),
        client: "client".to_owned(),
        issued_at: Timestamp::from_seconds(NOW),
        expires_at: Timestamp::from_seconds(NOW + ACCESS_TOKEN_SECONDS),
        id: Uuid::from_u128(0x1b4e_28ba_2fa1_41d2_883f_0016_d3cc_a427),
        scope: "reports:read".to_owned(),
        grant: Some("grant".to_owned()),
        authenticated_at: Some(Timestamp::from_seconds(NOW)),
        roles: vec![Role::User],
    };
    let of_client = AccessClaims {
        scope: String::new(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
        ..claims.clone()
    };
    let mut seeds = Vec::new();
    for claims in [claims, of_client] {
        let message = message(ISSUER, KIDS[0], &claims);
        let payload = message.split('.').nth(1).expect("claims");
        seeds.push(seed(
            1,
            Base64UrlUnpadded::decode_vec(payload).expect("base64url"),
        ));
        seeds.push(seed(0, signed(message, &[7; 64]).expect("a token")));
    }
    seeds
}
