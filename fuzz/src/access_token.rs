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
        r#","auth_time":1704888001"#,
        "-9223372036854775808",
        "9223372036854775807",
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
    if let [a, b, c, d, e, f] = *input {
        check_times(&claims_of([[a, b], [c, d], [e, f]]));
    }
    if let [limit, distance] = *input {
        let limit = [0, NOW, i64::MIN, i64::MAX][usize::from(limit) % 4];
        check_numbers(&limit.wrapping_add(distance.into()).to_string());
    }
    if choice.is_multiple_of(4) {
        let text = String::from_utf8_lossy(input);
        check(&text);
        check_segments(&text);
        check_numbers(&text);
        for audience in [
            text.to_string(),
            format!("{text}{AUDIENCE}"),
            format!("{AUDIENCE}{text}"),
        ] {
            check_times(&AccessClaims {
                audience,
                ..claims()
            });
        }
    } else if choice % 4 == 3 {
        let text = String::from_utf8_lossy(input);
        // Up to 64 times, because libFuzzer seldom makes long inputs.
        check_issued(&text.repeat(usize::from(choice / 4) + 1));
    } else {
        check_payload(KIDS[usize::from(choice) % KIDS.len()], input);
    }
}

/// A token with this payload.
fn check_payload(kid: &str, payload: &[u8]) {
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#);
    let url = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let (header, payload) = (url(header.as_bytes()), url(payload));
    check(&format!("{header}.{payload}.{}", url(&[7; 64])));
}

/// Claims with the text in the place of each time.
fn check_numbers(text: &str) {
    let payload = String::from_utf8(payload(&claims())).expect("JSON");
    for claim in ["exp", "iat", "auth_time"] {
        let (before, after) = payload
            .split_once(&format!(r#""{claim}":"#))
            .expect("a time");
        let after = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let payload = format!(r#"{before}"{claim}":{text}{after}"#);
        check_payload(KIDS[0], payload.as_bytes());
    }
}

/// The payload of a token with these claims.
fn payload(claims: &AccessClaims) -> Vec<u8> {
    let message = message(ISSUER, KIDS[0], claims);
    let payload = message.split('.').nth(1).expect("claims");
    Base64UrlUnpadded::decode_vec(payload).expect("base64url")
}

/// A token with the text before, after and in the place of each segment.
fn check_segments(text: &str) {
    let token = signed(message(ISSUER, KIDS[1], &claims()), &[7; 64]).expect("a token");
    let segments: Vec<_> = token.split('.').collect();
    for (place, segment) in segments.iter().enumerate() {
        for other in [
            text,
            &format!("{text}{segment}"),
            &format!("{segment}{text}"),
        ] {
            let mut segments = segments.clone();
            segments[place] = other;
            check(&segments.join("."));
        }
    }
}

/// What is issued is read again, with any text in its claims, unless it is too long.
fn check_issued(scope: &str) {
    let claims = AccessClaims {
        scope: scope.to_owned(),
        ..claims()
    };
    let message = message(ISSUER, KIDS[0], &claims);
    let token = format!("{message}.{}", Base64UrlUnpadded::encode_string(&[7; 64]));
    assert_eq!(
        signed(message, &[7; 64]),
        (token.len() <= MAX_ACCESS_TOKEN_BYTES).then(|| token.clone())
    );
    let read = read(&token, ISSUER, KIDS).map(|token| token.claims);
    assert_eq!(
        read,
        (token.len() <= MAX_ACCESS_TOKEN_BYTES).then_some(claims)
    );
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

/// Claims with times up to nine hours from now: `iat`, `exp` and `auth_time`.
fn claims_of(times: [[u8; 2]; 3]) -> AccessClaims {
    let [iat, exp, auth_time] =
        times.map(|bytes| Timestamp::from_seconds(NOW + i64::from(i16::from_be_bytes(bytes))));
    AccessClaims {
        issued_at: iat,
        expires_at: exp,
        authenticated_at: Some(auth_time),
        ..claims()
    }
}

/// The verdict is that of the rules, each written in the simplest way.
fn check_times(claims: &AccessClaims) {
    let (from, to) = (claims.issued_at.seconds(), claims.expires_at.seconds());
    let authenticated_at = claims.authenticated_at.map_or(from, Timestamp::seconds);
    let is_valid = claims.audience == AUDIENCE
        && from >= 0
        && from < to
        && to <= from + ACCESS_TOKEN_SECONDS
        && from <= NOW + LEEWAY_SECONDS
        && authenticated_at >= 0
        && authenticated_at <= from;
    let expected = match (is_valid, to > NOW) {
        (false, _) => Err(AccessTokenRejection::Invalid),
        (true, false) => Err(AccessTokenRejection::Expired),
        (true, true) => Ok(()),
    };
    let now = Timestamp::from_seconds(NOW);
    assert_eq!(claims.check(AUDIENCE, now), expected);
}

fn claims() -> AccessClaims {
    AccessClaims {
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
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = claims();
    let of_client = AccessClaims {
        scope: String::new(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
        ..claims.clone()
    };
    let mut seeds = vec![
        seed(0, [0, 0, 2, 88, 0, 0]),
        seed(0, [0, 30, 2, 89, 0, 29]),
        seed(0, [1, 255]),
        seed(3, "reports:read"),
        seed(
            63 * 4 + 3,
            "reports:read reports:write users:read users:write ",
        ),
    ];
    for claims in [claims, of_client] {
        let message = message(ISSUER, KIDS[0], &claims);
        seeds.push(seed(1, payload(&claims)));
        seeds.push(seed(0, signed(message, &[7; 64]).expect("a token")));
    }
    seeds
}
