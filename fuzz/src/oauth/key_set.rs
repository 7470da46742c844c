//! The public keys of OAuth clients.

use super::{decoded, encoded, every_pair};
use crate::anything::plain;
use crate::{Target, choose, seed};
use edge_auth::domain::oauth_client::{GivenKeySet, KeySet};
use edge_auth::json;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

pub const TARGET: Target = Target {
    name: "key_set",
    run,
    seeds,
    words: &[
        "\"keys\":[",
        "\"kty\":\"OKP\"",
        "\"kty\":\"EC\"",
        "\"kty\":\"RSA\"",
        "\"crv\":\"P-256\"",
        "\"crv\":\"P-384\"",
        "\"crv\":\"Ed25519\"",
        "\"crv\":\"X25519\"",
        "\"kid\":\"\"",
        "\"kid\":\"1\"",
        "\"kid\":\" \"",
        "\"kid\":null",
        "\"use\":\"sig\"",
        "\"use\":\"enc\"",
        "\"alg\":\"ES256\"",
        "\"alg\":\"EdDSA\"",
        "\"alg\":\"Ed25519\"",
        "\"alg\":\"RS256\"",
        "\"d\":\"\"",
        "\"d\":null",
        "\"p\":1",
        "\"q\":1",
        "\"dp\":1",
        "\"dq\":1",
        "\"qi\":1",
        "\"oth\":[]",
        "\"k\":\"\"",
        "\"e\":\"AQAB\"",
        "\"e\":\"AQ\"",
        "\"e\":\"Ag\"",
        "\"e\":\"AAAD\"",
        "\"e\":\"AQAAAAE\"",
        "=",
    ],
};

/// The members of keys, and one that has no meaning.
const NAMES: [&str; 18] = [
    "kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "d", "p", "q", "dp", "dq", "qi", "oth",
    "k", "key_ops",
];

/// Values that one of the members may have, and others.
const VALUES: [&str; 27] = [
    "null",
    "true",
    "1",
    "[]",
    "{}",
    "\"\"",
    "\"EC\"",
    "\"OKP\"",
    "\"RSA\"",
    "\"oct\"",
    "\"P-256\"",
    "\"P-384\"",
    "\"Ed25519\"",
    "\"X25519\"",
    "\"sig\"",
    "\"enc\"",
    "\"ES256\"",
    "\"EdDSA\"",
    "\"RS256\"",
    "\"HS256\"",
    "\"none\"",
    "\"AQAB\"",
    "\"AQ\"",
    "\"Ag\"",
    "\"AAAD\"",
    "\"AQAAAAE\"",
    "\"AA\"",
];

const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;
const OKP: &str =
    r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

/// Members of RSA with a modulus of this length, which begins and ends with these bytes.
fn rsa(length: usize, first: u8, last: u8) -> String {
    let mut modulus = vec![0x55; length];
    if let [start, .., end] = &mut modulus[..] {
        (*start, *end) = (first, last);
    }
    format!(r#""kty":"RSA","e":"AQAB","n":"{}""#, encoded(modulus))
}

/// The input is the whole set, or a member of a key in the place of the one with the same name.
fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let text = String::from_utf8_lossy(input);
    match choice % 5 {
        0 => check(&text),
        1 => {
            for key in [EC, OKP, &rsa(256, 0x80, 1)] {
                check(&set(&[changed(key, &text)]));
                check(&set(&[format!("{key}{text}")]));
            }
        }
        2 => {
            let of_input = |at: usize| input.get(at).copied().unwrap_or_default();
            let length = 250 + usize::from(of_input(0)) + usize::from(of_input(1));
            check(&set(&[rsa(length, of_input(2), of_input(3))]));
        }
        // Each pair of bytes selects a member and its value, because libFuzzer seldom makes both.
        3 => {
            for key in [EC, OKP, &rsa(256, 0x80, 1)] {
                let pairs = input.chunks_exact(2).take(2);
                let key = pairs.fold(key.to_owned(), |key, pair| {
                    let name = NAMES[usize::from(pair[0]) % NAMES.len()];
                    let value = VALUES[usize::from(pair[1]) % VALUES.len()];
                    changed(&key, &format!("\"{name}\":{value}"))
                });
                check(&set(&[key]));
            }
        }
        // Several keys, each with the next line as its id.
        _ => {
            let ids = text.split('\n').take(7);
            let keys: Vec<String> = ids
                .enumerate()
                .map(|(index, id)| {
                    let key = [EC, OKP][(index + usize::from(choice)) % 2];
                    if id.is_empty() {
                        key.to_owned()
                    } else {
                        // Up to 43 times, because libFuzzer seldom makes a long one.
                        let id = id.repeat(usize::from(choice / 6) + 1);
                        format!("{key},\"kid\":{}", json!(id))
                    }
                })
                .collect();
            check(&set(&keys));
        }
    }
}

fn set(keys: &[String]) -> String {
    format!(r#"{{"keys":[{{{}}}]}}"#, keys.join("},{"))
}

fn changed(key: &str, member: &str) -> String {
    let name = member.split(':').next().unwrap_or_default();
    let kept = key
        .split(',')
        .filter(|other| other.split(':').next() != Some(name));
    kept.chain([member]).collect::<Vec<_>>().join(",")
}

fn check(text: &str) {
    let found = json::from_str::<GivenKeySet>(text).ok();
    let found = found.and_then(KeySet::read);
    let shown = found.as_ref().map(|keys| json!(keys));
    assert_eq!(shown, expected(text), "{text}");
    if let Some((shown, found)) = shown.zip(found) {
        let again = json::from_str(&shown.to_string()).expect("a set");
        assert_eq!(KeySet::read(again), Some(found));
    }
}

/// The set that is shown for this text.
fn expected(text: &str) -> Option<Value> {
    let set = plain(text.as_bytes())?.0;
    let keys = set.get("keys")?.as_array()?;
    let shown = keys.iter().map(|key| expected_key(key.as_object()?));
    let shown: Vec<Value> = shown.collect::<Option<_>>()?;
    let ids: BTreeSet<String> = shown.iter().map(|key| key["kid"].to_string()).collect();
    let is_allowed = (1..=5).contains(&shown.len()) && ids.len() == shown.len();
    is_allowed.then(|| json!({ "keys": shown }))
}

fn expected_key(key: &Map<String, Value>) -> Option<Value> {
    const TEXTS: [&str; 9] = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"];
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let given = |name: &str| key.get(name).filter(|value| !value.is_null());
    if PRIVATE.iter().any(|name| given(name).is_some())
        || TEXTS
            .iter()
            .any(|name| given(name).is_some_and(|value| !value.is_string()))
    {
        return None;
    }
    let text = |name: &str| given(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(decoded);
    let coordinate = |name: &str| bytes(name).filter(|bytes| bytes.len() == 32).map(encoded);
    // The members of the thumbprint (RFC 7638), which are in the order of their names.
    let (members, algorithms): (Value, &[&str]) = match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => (
            json!({ "crv": "P-256", "kty": "EC", "x": coordinate("x")?, "y": coordinate("y")? }),
            &["ES256"],
        ),
        ("OKP", Some("Ed25519")) => (
            json!({ "crv": "Ed25519", "kty": "OKP", "x": coordinate("x")? }),
            &["EdDSA", "Ed25519"],
        ),
        ("RSA", None) => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
            let exponent = e
                .iter()
                .fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
            let is_allowed = n[0] != 0
                && e.first() != Some(&0)
                && (2_048..=4_096).contains(&bits)
                && n[n.len() - 1] % 2 == 1
                && e.len() <= 4
                && exponent % 2 == 1
                && exponent > 1;
            if !is_allowed {
                return None;
            }
            (
                json!({ "e": encoded(e), "kty": "RSA", "n": encoded(n) }),
                &["RS256"],
            )
        }
        _ => return None,
    };
    let is_for_signatures = text("use").is_none_or(|usage| usage == "sig")
        && text("alg").is_none_or(|name| algorithms.contains(&name));
    let thumbprint = || encoded(Sha256::digest(members.to_string().as_bytes()));
    let id = text("kid").map_or_else(thumbprint, str::to_owned);
    let is_id =
        (1..=128).contains(&id.len()) && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    let mut shown = members.clone();
    shown["kid"] = json!(id);
    shown["use"] = json!("sig");
    shown["alg"] = json!(algorithms[0]);
    (is_for_signatures && is_id).then_some(shown)
}

fn seeds() -> Vec<Vec<u8>> {
    let rsa = rsa(256, 0x80, 1);
    let mut seeds = vec![
        seed(0, set(&[EC.to_owned()])),
        seed(
            0,
            set(&[
                OKP.to_owned(),
                format!(r#"{EC},"kid":"1","use":"sig","alg":"ES256""#),
            ]),
        ),
        seed(0, set(&[rsa])),
        seed(1, r#""kid":"1""#),
        seed(1, r#""d":"AA""#),
        seed(1, r#""e":"AQAB""#),
        seed(1, r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#),
        seed(1, r#","use":"enc""#),
        seed(2, [5, 0, 255, 1]),
        seed(2, [6, 0, 0x80, 1]),
        seed(2, [6, 0, 0x7f, 1]),
        seed(2, [255, 7, 255, 1]),
        seed(2, [255, 8, 255, 1]),
        seed(3, [15, 3]),
        seed(3, [5, 21, 8, 18]),
        seed(4, "1\n2\n3\n4\n5"),
        seed(4, "1\n2\n3\n4\n5\n6"),
        seed(9, "a\n\nb"),
        seed(254, "abc"),
    ];
    seeds.extend(every_pair(3, NAMES.len(), VALUES.len()));
    seeds
}
