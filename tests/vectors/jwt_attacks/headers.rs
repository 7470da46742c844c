//! Tokens with another header: the header must not choose the algorithm or the key.

use super::Attack;
use super::forger::{Forger, url};

/// Headers that Edge Auth does not write, over valid claims.
pub(super) fn headers(forger: &Forger) -> Vec<Attack> {
    let list = [
        r#"{"alg":"none"}"#,
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"None","typ":"JWT"}"#,
        r#"{"alg":"NONE","typ":"JWT"}"#,
        r#"{"alg":"nOnE","typ":"JWT"}"#,
        r#"{"alg":" none","typ":"JWT"}"#,
        r#"{"alg":"","typ":"JWT"}"#,
        r#"{"alg":null,"typ":"JWT"}"#,
        r#"{"alg":0,"typ":"JWT"}"#,
        r#"{"alg":["HS256"],"typ":"JWT"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"ES256","typ":"JWT"}"#,
        r#"{"alg":"PS256","typ":"JWT"}"#,
        r#"{"alg":"EdDSA","typ":"JWT"}"#,
        r#"{"alg":"HS384","typ":"JWT"}"#,
        r#"{"alg":"HS512","typ":"JWT"}"#,
        r#"{"alg":"HS1","typ":"JWT"}"#,
        r#"{"alg":"hs256","typ":"JWT"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"JWE"}"#,
        r#"{"alg":"HS256","typ":null}"#,
        r#"{"typ":"JWT","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT" }"#,
        r#"{ "alg":"HS256","typ":"JWT"}"#,
        r#"{"alg": "HS256","typ":"JWT"}"#,
        "{\"alg\":\"HS256\",\n\"typ\":\"JWT\"}",
        r#" {"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWT"}{}"#,
        r#"{"alg":"HS256","typ":"JWT","typ":"JWT"}"#,
        r#"{"alg":"HS256","alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"none","alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256","alg":"none","typ":"JWT"}"#,
        r#"{"\u0061lg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS\u003256","typ":"JWT"}"#,
        r#"{"alg":"HS256","kid":"","typ":"JWT"}"#,
        r#"{"alg":"HS256","kid":null,"typ":"JWT"}"#,
        r#"{"alg":"HS256","kid":"AAAAAAAA","typ":"JWT"}"#,
        r#"{"alg":"HS256","kid":"../../../../dev/null","typ":"JWT"}"#,
        r#"{"alg":"HS256","kid":"x' UNION SELECT 'key' --","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWT","jku":"https://attacker.example/keys"}"#,
        r#"{"alg":"HS256","typ":"JWT","x5u":"https://attacker.example/chain"}"#,
        r#"{"alg":"HS256","typ":"JWT","x5c":["MIIB"]}"#,
        r#"{"alg":"HS256","typ":"JWT","crit":[]}"#,
        r#"{"alg":"HS256","typ":"JWT","crit":["exp"],"exp":0}"#,
        r#"{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","typ":"JWT","b64":true}"#,
        r#"{"alg":"HS256","typ":"JWT","zip":"DEF"}"#,
        r#"{"alg":"HS256","cty":"JWT","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"JWT","cty":"cbor"}"#,
        r#"{"alg":"HS256","typ":"JWT","more":1}"#,
        r#"["HS256","JWT"]"#,
        "{}",
        "null",
        "",
    ];
    let mut found = Vec::new();
    for header in list {
        found.push((
            format!("header {header:?}"),
            forger.token(header, &forger.claims),
        ));
    }
    for header in list.iter().filter(|text| text.contains(r#"ne""#)) {
        let signed = format!(
            "{}.{}",
            url(header.as_bytes()),
            url(forger.claims.as_bytes())
        );
        found.push((
            format!("header {header:?}, no signature"),
            format!("{signed}."),
        ));
    }
    found
}
