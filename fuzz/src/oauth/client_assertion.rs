//! Client assertions: JWTs with any header and claims. Signatures are not verified here.

use super::{decoded, encoded, every_pair, parts};
use crate::anything::plain;
use crate::{NOW, Target, choose, seed};
use edge_auth::domain::oauth_client::{Assertion, GivenKeySet, KeySet};
use edge_auth::json;
use edge_auth::timestamp::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "client_assertion",
    run,
    seeds,
    words: &[
        "\"alg\":\"ES256\"",
        "\"alg\":\"none\"",
        "\"alg\":\"RS256\"",
        "\"alg\":\"Ed25519\"",
        "\"typ\":\"at+jwt\"",
        "\"typ\":\"client-authentication+jwt\"",
        "\"typ\":null",
        "\"crit\":[]",
        "\"crit\":null",
        "\"b64\":true",
        "\"b64\":false",
        "\"kid\":\"1\"",
        "\"kid\":\"2\"",
        "\"iss\":\"x\"",
        "\"sub\":\"x\"",
        "\"aud\":[",
        "\"https://auth.example.com\",",
        "https://auth.example.com/oauth/token",
        "\"exp\":1704888030",
        "\"nbf\":1704888030",
        "\"nbf\":1704888031",
        "\"iat\":1704888031",
        "\"iat\":null",
        "\"jti\":\"\"",
        "1704887970",
        "1704888331",
        "9223372036854775807",
        ".0",
        "e0",
        ".",
        "=",
    ],
};

const CLIENT: Uuid = Uuid::from_u128(0x7d0c_6f0e_7d3f_4a5b_9e55_6f4f_2f7f_6f10);
const AUDIENCES: [&str; 2] = [
    "https://auth.example.com",
    "https://auth.example.com/oauth/token",
];
/// Keys of each type, each with its id and the names of its algorithms.
const KEYS: [(&str, &str, &[&str]); 3] = [
    (
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"1"}"#,
        "1",
        &["EdDSA", "Ed25519"],
    ),
    (
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"2"}"#,
        "2",
        &["ES256"],
    ),
    (
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"3"}"#,
        "3",
        &["EdDSA", "Ed25519"],
    ),
];

/// Newlines separate the JSON of header and claims.
fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let text = String::from_utf8_lossy(input);
    match choice % 5 {
        0 => check(&text),
        1 => {
            let [header, claims] = parts(&text);
            check(&jwt(header, claims));
        }
        // One member of header or claims is replaced.
        2 => {
            check(&jwt(&changed(HEADER, &text), &claims()));
            check(&jwt(HEADER, &changed(&claims(), &text)));
        }
        // Each pair of bytes selects a member and its value, because libFuzzer seldom makes both.
        3 => {
            let (mut header, mut claims) = (HEADER.to_owned(), claims());
            for pair in input.chunks_exact(2).take(3) {
                let place = usize::from(pair[0]) % NAMES.len();
                let value = VALUES[usize::from(pair[1]) % VALUES.len()];
                let object = if place < HEADER_NAMES {
                    &mut header
                } else {
                    &mut claims
                };
                *object = changed(object, &format!("\"{}\":{value}", NAMES[place]));
            }
            check(&jwt(&header, &claims));
        }
        // One segment is replaced, or has more bytes.
        _ => {
            let jwt = jwt(HEADER, &claims());
            let segments: Vec<&str> = jwt.split('.').collect();
            for place in 0..segments.len() {
                for other in [
                    text.to_string(),
                    format!("{}{text}", segments[place]),
                    format!("{text}{}", segments[place]),
                ] {
                    let mut segments = segments.clone();
                    segments[place] = &other;
                    check(&segments.join("."));
                }
            }
        }
    }
    if let [a, b, which, ..] = *input {
        check_time(i16::from_be_bytes([a, b]), which);
    }
}

/// The members of the header, followed by those of the claims.
const NAMES: [&str; 12] = [
    "alg", "typ", "kid", "crit", "b64", "iss", "sub", "aud", "exp", "iat", "nbf", "jti",
];
const HEADER_NAMES: usize = 5;

/// Values that one of the members may have, and others.
const VALUES: [&str; 30] = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "0",
    "1704888030",
    "1704888031",
    "1704887970",
    "1704887971",
    "1704888330",
    "1704888331",
    "9223372036854775807",
    "1704888030.0",
    "\"\"",
    "\"none\"",
    "\"ES256\"",
    "\"RS256\"",
    "\"HS256\"",
    "\"Ed25519\"",
    "\"at+jwt\"",
    "\"client-authentication+JWT\"",
    "\"1\"",
    "\"2\"",
    "[\"https://auth.example.com\"]",
    "[\"https://auth.example.com\",\"https://other.example.com\"]",
    "\"https://auth.example.com/\"",
    "\"https://auth.example.com/oauth/token\"",
    "\"https://auth.example.com.evil.example\"",
    "\"8d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10\"",
];

const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT","kid":"1"}"#;

fn claims() -> String {
    let audience = AUDIENCES[0];
    let exp = NOW + 60;
    format!(
        r#"{{"iss":"{CLIENT}","sub":"{CLIENT}","aud":"{audience}","exp":{exp},"iat":{NOW},"jti":"1"}}"#
    )
}

fn jwt(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", encoded(header), encoded(claims))
}

/// The object with this member, in place of the one with the same name.
fn changed(object: &str, member: &str) -> String {
    let name = member.split(':').next().unwrap_or_default();
    let inner = object.trim_start_matches('{').trim_end_matches('}');
    let kept = inner.split(',').filter(|other| {
        let other = other.split(':').next().unwrap_or_default();
        other != name
    });
    let members: Vec<&str> = kept.chain([member]).collect();
    format!("{{{}}}", members.join(","))
}

/// Times that are up to nine hours from now.
fn check_time(distance: i16, which: u8) {
    let time = NOW + i64::from(distance);
    let name = ["exp", "iat", "nbf"][usize::from(which) % 3];
    check(&jwt(
        HEADER,
        &changed(&claims(), &format!("\"{name}\":{time}")),
    ));
}

/// What the rules say about an assertion.
struct Expected {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    audience: String,
}

fn check(text: &str) {
    let expected = read(text);
    let found = Assertion::read(text);
    assert_eq!(found.is_some(), expected.is_some(), "{text:?}");
    let Some((found, expected)) = found.zip(expected) else {
        return;
    };
    let claims = &expected.claims;
    assert_eq!(Some(found.client()), claims["sub"].as_str());
    check_keys(&found, &expected, text);
    let text_of = |name: &str| claims[name].as_str().unwrap_or_default();
    let exp = i128::from(claims["exp"].as_i64().unwrap_or_default());
    let now = i128::from(NOW);
    let begins = ["iat", "nbf"].map(|name| claims.get(name).and_then(Value::as_i64));
    let is_current =
        now - 30 < exp && exp <= now + 330 && begins.iter().flatten().all(|time| *time <= NOW + 30);
    let is_of_client = [text_of("iss"), text_of("sub")] == [CLIENT.to_string(), CLIENT.to_string()];
    for audiences in [&AUDIENCES[..], &AUDIENCES[..1], &[]] {
        let is_here = audiences.contains(&expected.audience.as_str());
        assert_eq!(
            found.is_for(CLIENT, audiences, Timestamp::from_seconds(NOW)),
            is_of_client && is_current && is_here,
            "{claims:?}"
        );
    }
    if is_current {
        let message = format!("{}\0{}", text_of("sub"), text_of("jti"));
        let hash = Sha256::digest(message.as_bytes());
        let hex: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let end = Timestamp::from_seconds(claims["exp"].as_i64().unwrap_or_default() + 30);
        assert_eq!(found.use_once(), (hex.concat(), end));
    }
}

/// Only keys with the named id and algorithm may have signed the two first segments.
fn check_keys(found: &Assertion<'_>, expected: &Expected, text: &str) {
    let set = format!(r#"{{"keys":[{}]}}"#, KEYS.map(|(key, ..)| key).join(","));
    let given: GivenKeySet = json::from_str(&set).expect("keys");
    let set = KeySet::read(given).expect("keys");
    let kid = expected.header.get("kid").and_then(Value::as_str);
    let algorithm = expected.header["alg"].as_str().unwrap_or_default();
    let is_it = |(_, id, names): &&(&str, &str, &[&str])| {
        kid.is_none_or(|kid| kid == *id) && names.contains(&algorithm)
    };
    let ids: Vec<&str> = KEYS.iter().filter(is_it).map(|(_, id, _)| *id).collect();
    let keys = set
        .keys()
        .iter()
        .filter(|key| ids.contains(&key.id.as_str()));
    let expected: Vec<_> = keys.map(|key| key.key.clone()).collect();
    let signatures = found.signatures(&set);
    let found: Vec<_> = signatures.iter().map(|signed| signed.key.clone()).collect();
    assert_eq!(found, expected, "{text:?}");
    let segments: Vec<&str> = text.split('.').collect();
    let message = format!("{}.{}", segments[0], segments[1]);
    for signed in signatures {
        assert_eq!(signed.message, message.as_bytes());
        assert_eq!(Some(signed.signature), decoded(segments[2]));
    }
}

/// RFC 7515 section 7.1, RFC 7523 section 3.
fn read(text: &str) -> Option<Expected> {
    let segments: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = segments[..] else {
        return None;
    };
    decoded(signature)?;
    let object = |segment| {
        let bytes = decoded(segment)?;
        std::str::from_utf8(&bytes).ok()?;
        Some(plain(&bytes)?.0)
    };
    let (header, claims) = (object(header)?, object(claims)?);
    let is_extended = header.contains_key("crit") || header.contains_key("b64");
    let is_text =
        |object: &Map<String, Value>, name| object.get(name).is_some_and(Value::is_string);
    let is_absent = |object: &Map<String, Value>, name| object.get(name).is_none_or(Value::is_null);
    let is_kind = match header.get("typ") {
        None | Some(Value::Null) => true,
        Some(Value::String(kind)) => {
            kind.eq_ignore_ascii_case("jwt")
                || kind.eq_ignore_ascii_case("client-authentication+jwt")
        }
        Some(_) => false,
    };
    let is_kid_text = is_text(&header, "kid") || is_absent(&header, "kid");
    let has_texts = is_text(&header, "alg")
        && ["iss", "sub", "jti"]
            .iter()
            .all(|name| is_text(&claims, name));
    let is_time = |name: &str| claims.get(name).is_some_and(Value::is_i64);
    let has_times = is_time("exp")
        && ["iat", "nbf"]
            .iter()
            .all(|name| is_time(name) || is_absent(&claims, name));
    let audience = match claims.get("aud")? {
        Value::Array(list) if list.len() == 1 => list[0].as_str()?.to_owned(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let has_id = claims.get("jti") != Some(&Value::String(String::new()));
    (!is_extended && is_kind && is_kid_text && has_texts && has_times && has_id).then_some(
        Expected {
            header,
            claims,
            audience,
        },
    )
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = claims();
    let list = claims
        .replace("\"aud\":", "\"aud\":[")
        .replace(",\"exp\"", "],\"exp\"");
    let mut seeds = vec![
        seed(0, jwt(HEADER, &claims)),
        seed(1, format!("{HEADER}\n{claims}")),
        seed(1, format!("{HEADER}\n{list}")),
        seed(1, format!("{}\n{claims}", r#"{"alg":"ES256"}"#)),
        seed(2, r#""typ":"client-authentication+jwt""#),
        seed(2, r#""kid":"2""#),
        seed(2, r#""aud":"https://auth.example.com/oauth/token""#),
        seed(2, r#""aud":["https://auth.example.com"]"#),
        seed(2, r#""exp":1704887970"#),
        seed(2, r#""nbf":1704888030"#),
        seed(3, [1, 20]),
        seed(3, [7, 24, 2, 23]),
        seed(4, "AAAA"),
        seed(4, [1, 74, 0]),
        seed(4, [0, 30, 1]),
        seed(4, [255, 226, 0]),
        seed(4, [0, 30, 2]),
    ];
    seeds.extend(every_pair(3, NAMES.len(), VALUES.len()));
    seeds
}
