//! The redirect URIs and keys of OAuth clients.

use crate::{Target, choose, seed};
use edge_auth::domain::oauth_client::{GivenKeySet, KeySet};
use edge_auth::domain::redirect_uri::{Destination, RedirectUri, host_shown, matches};
use edge_auth::json;

pub const TARGET: Target = Target {
    name: "oauth_client",
    run,
    seeds,
    words: &[
        "https://",
        "http://127.0.0.1",
        "http://[::1]:8000/",
        "com.example.app:/",
        "//",
        "@",
        "\\",
        "#",
        "*",
        "%0a",
        "?code=",
        "\"keys\":[",
        "\"kty\":\"OKP\"",
        "\"kty\":\"EC\"",
        "\"kty\":\"RSA\"",
        "\"crv\":",
        "\"kid\":",
        "\"d\":",
    ],
};

fn run(data: &[u8]) {
    let (choice, rest) = choose(data);
    let text = String::from_utf8_lossy(rest);
    if choice % 2 == 0 {
        redirect_uri(&text);
    } else {
        keys(&text);
    }
}

fn redirect_uri(text: &str) {
    let Some(uri) = RedirectUri::parse(text) else {
        assert!(
            host_shown(text).is_none() && !matches(text, text),
            "{text:?}"
        );
        return;
    };
    assert!(matches(text, text), "{text:?}");
    let shown = host_shown(text).expect("a host");
    let start = match uri.destination {
        Destination::Https => format!("https://{shown}"),
        Destination::Loopback => format!("http://{shown}"),
        Destination::PrivateUseScheme => format!("{shown}:/"),
    };
    let rest = text.strip_prefix(&start).expect("what is shown");
    let is_end = rest.is_empty() || rest.starts_with(['/', '?', ':']);
    assert!(
        is_end || uri.destination == Destination::PrivateUseScheme,
        "{text:?}"
    );
    assert!(
        !text.contains(['#', '\\', '*']) && text.is_ascii(),
        "{text:?}"
    );
}

fn keys(text: &str) {
    let Ok(given) = json::from_str::<GivenKeySet>(text) else {
        return;
    };
    let Some(keys) = KeySet::read(given) else {
        return;
    };
    let shown = serde_json::to_string(&keys).expect("JSON");
    assert!(!shown.contains("\"d\""), "{shown}");
    let again = json::from_str(&shown).expect("a set");
    assert_eq!(KeySet::read(again), Some(keys));
}

fn seeds() -> Vec<Vec<u8>> {
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    vec![
        seed(0, "https://app.example.com:8443/callback?x=1"),
        seed(0, "http://127.0.0.1:49152/callback"),
        seed(0, "http://[::1]/"),
        seed(0, "com.example.app:/callback"),
        seed(1, key),
        seed(1, key.replace("\"kty\"", "\"kid\":\"1\",\"kty\"")),
    ]
}
