//! With what OAuth clients authenticate: forms, the header `Authorization`, and client assertions.

use crate::{NOW, Target, choose, seed};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::app::client_authentication::Proof;
use edge_auth::domain::oauth_client::{Assertion, GivenKeySet, KeySet};
use edge_auth::http::client_credentials;
use edge_auth::http::form::Form;
use edge_auth::json;
use edge_auth::timestamp::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

pub const TARGET: Target = Target {
    name: "client_authentication",
    run,
    seeds,
    words: &[
        "Basic ",
        "client_id=",
        "&client_secret=",
        "&client_assertion=",
        "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "%00",
        "+",
        "\n",
        "\"iss\":",
        "\"sub\":",
        "\"aud\":[",
        "\"exp\":",
        "\"jti\":",
        "\"alg\":\"ES256\"",
        "\"crit\":",
        ".",
    ],
};

const CLIENT: Uuid = Uuid::from_u128(0x7d0c_6f0e_7d3f_4a5b_9e55_6f4f_2f7f_6f10);
const AUDIENCE: &str = "https://auth.example.com";
const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"1"}]}"#;

fn run(data: &[u8]) {
    let (choice, rest) = choose(data);
    if choice % 2 == 0 {
        credentials(rest);
    } else {
        // A newline separates the JSON of header and claims.
        let text = String::from_utf8_lossy(rest);
        let text = match text.split_once('\n') {
            Some((header, claims)) => jwt(header, claims),
            None => text.into_owned(),
        };
        assertion(&text);
    }
}

/// A newline separates the header from the form.
fn credentials(bytes: &[u8]) {
    let (header, form) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (
            Some(String::from_utf8_lossy(&bytes[..end])),
            &bytes[end + 1..],
        ),
        None => (None, bytes),
    };
    let names: Vec<_> = form_urlencoded::parse(form).map(|(name, _)| name).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    let Ok(mut form) = Form::read(form) else {
        assert!(distinct.len() < names.len());
        return;
    };
    assert_eq!(distinct.len(), names.len());
    let Ok(presented) = client_credentials::take(header.as_deref(), &mut form) else {
        return;
    };
    assert_eq!(header.is_some(), matches!(presented.proof, Proof::Basic(_)));
    for name in [
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ] {
        assert_eq!(form.take(name), None, "{name}");
    }
}

fn assertion(text: &str) {
    let Some(assertion) = Assertion::read(text) else {
        return;
    };
    let keys: GivenKeySet = json::from_str(KEYS).expect("keys");
    let keys = KeySet::read(keys).expect("keys");
    assert!(assertion.signatures(&keys).len() <= 1);
    if !assertion.is_for(CLIENT, &[AUDIENCE], Timestamp::from_seconds(NOW)) {
        return;
    }
    let payload = text.split('.').nth(1).expect("claims");
    let payload = Base64UrlUnpadded::decode_vec(payload).expect("base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("JSON");
    let client = CLIENT.to_string();
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&client.clone().into(), &client.into())
    );
    let audience = match &claims["aud"] {
        Value::Array(list) if list.len() == 1 => &list[0],
        other => other,
    };
    assert_eq!(audience, AUDIENCE);
    let exp = claims["exp"].as_i64().expect("a time");
    assert!((NOW - 30..=NOW + 330).contains(&exp), "{exp}");
    assert!(claims["jti"].as_str().is_some_and(|id| !id.is_empty()));
    let (id, end) = assertion.use_once();
    assert!(id.len() == 64 && end > Timestamp::from_seconds(NOW));
}

fn jwt(header: &str, claims: &str) -> String {
    let segment = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    format!("{}.{}.AAAA", segment(header), segment(claims))
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = format!(
        r#"{{"iss":"{CLIENT}","sub":"{CLIENT}","aud":"{AUDIENCE}","exp":{},"iat":{NOW},"jti":"1"}}"#,
        NOW + 60
    );
    let list = claims.replace(&format!("\"{AUDIENCE}\""), &format!("[\"{AUDIENCE}\"]"));
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"1"}"#;
    vec![
        seed(0, "Basic YTpi\ngrant_type=client_credentials&client_id=a"),
        seed(0, "client_id=a&client_secret=b%2B"),
        seed(
            0,
            "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c",
        ),
        seed(1, format!("{header}\n{claims}")),
        seed(1, format!("{header}\n{list}")),
        seed(1, jwt(header, &claims)),
    ]
}
