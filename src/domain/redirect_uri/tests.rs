//! Tests of redirect URIs.

use super::*;
use proptest::prelude::*;
use reqwest::Url;

/// URIs that may be registered, with their destinations and what is shown.
const ALLOWED: [(&str, Destination, &str); 17] = [
    (
        "https://app.example.com/callback",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://app.example.com",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://app.example.com/",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://app.example.com?tenant=1",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://app.example.com/a/b%20c?x=y&code_x=1",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://app.example.com:8443/callback",
        Destination::Https,
        "app.example.com:8443",
    ),
    (
        "https://xn--bcher-kva.example/",
        Destination::Https,
        "xn--bcher-kva.example",
    ),
    ("https://192.0.2.7/x", Destination::Https, "192.0.2.7"),
    (
        "https://[2001:db8::7]:8443/x",
        Destination::Https,
        "[2001:db8::7]:8443",
    ),
    (
        "https://app.example.com//evil.example/@evil.example:80",
        Destination::Https,
        "app.example.com",
    ),
    (
        "https://localhost:3000/cb",
        Destination::Https,
        "localhost:3000",
    ),
    ("http://127.0.0.1/cb", Destination::Loopback, "127.0.0.1"),
    (
        "http://127.0.0.1:49152/cb",
        Destination::Loopback,
        "127.0.0.1",
    ),
    ("http://[::1]:8000", Destination::Loopback, "[::1]"),
    (
        "http://localhost/oauth?x=1",
        Destination::Loopback,
        "localhost",
    ),
    (
        "com.example.app:/oauth2redirect",
        Destination::PrivateUseScheme,
        "com.example.app",
    ),
    (
        "com.example.app://callback/x",
        Destination::PrivateUseScheme,
        "com.example.app",
    ),
];

const REFUSED: [&str; 75] = [
    "",
    " ",
    "/callback",
    "//app.example.com/callback",
    "app.example.com/callback",
    "https:",
    "https:/app.example.com/",
    "https://",
    "https:///callback",
    "https://?x",
    "https://:443/",
    "https://app.example.com:/",
    "https://app.example.com:0/",
    "https://app.example.com:08/",
    "https://app.example.com:65536/",
    "https://app.example.com:80:80/",
    "HTTPS://app.example.com/",
    "https://APP.example.com/",
    "https://app.example.com./",
    "https://app..example.com/",
    "https://-app.example.com/",
    "https://app.example.com/#",
    "https://app.example.com/#fragment",
    "https://user@app.example.com/",
    "https://user:password@app.example.com/",
    "https://app.example.com@evil.example/",
    "https://@app.example.com/",
    "https://app.example.com\\@evil.example/",
    "https:\\\\app.example.com/",
    "https://app.example.com/\\evil",
    "https://*.example.com/callback",
    "https://app.example.com/*",
    "https://app.example.com/callback?next=*",
    "https://app.example.com:*/",
    "https://b\u{fc}cher.example/",
    "https://\u{430}pp.example.com/",
    "https://app\u{3002}example.com/",
    "https://app.example.com/\u{202e}",
    "https://app.example.com/ x",
    " https://app.example.com/",
    "https://app.example.com/\n",
    "https://app.example.com/\r\nset-cookie: a=b",
    "https://app.example.com/\0",
    "https://app.example.com/\u{7f}",
    "https://app.example.com/%0d%0aset-cookie:a",
    "https://app.example.com/%00",
    "https://app.example.com/%7F",
    "https://app.example.com/%",
    "https://app.example.com/%2",
    "https://app.example.com/%zz",
    "https://app.example.com/%+1",
    "https://app%2eexample.com/",
    "https://[app.example.com]/",
    "https://[::1/",
    "https://127.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://app.example.com/?code=1",
    "https://app.example.com/?x=1&%63ode=1",
    "https://app.example.com/?state",
    "https://app.example.com/?iss=https://evil.example",
    "http://app.example.com/callback",
    "http://127.0.0.2/",
    "http://localhost.example.com/",
    "http://a.localhost/",
    "http://0.0.0.0/",
    "javascript:alert(1)",
    "javascript://app.example.com/%0aalert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:callback",
    "com..example:/x",
    "com.example.app://user@host/x",
    "com.example.app://host:80/x",
];

#[test]
fn uri_with_a_safe_destination_is_allowed() {
    for (text, destination, shown) in ALLOWED {
        let found = RedirectUri::parse(text).map(|uri| uri.destination);
        assert_eq!(found, Some(destination), "{text}");
        assert_eq!(host_shown(text).as_deref(), Some(shown), "{text}");
        assert!(matches(text, text), "{text}");
    }
}

#[test]
fn every_other_uri_is_refused_and_matches_nothing() {
    for text in REFUSED {
        assert_eq!(RedirectUri::parse(text), None, "{text:?}");
        assert_eq!(host_shown(text), None, "{text:?}");
        assert!(!matches(text, text), "{text:?}");
    }
    for text in ["Com.example:/x", ".com.example:/x", "1com.example:/x"] {
        assert_eq!(RedirectUri::parse(text), None, "{text:?}");
    }
}

#[test]
fn length_is_limited() {
    let start = "https://app.example.com/";
    let longest = format!("{start}{}", "a".repeat(MAX_BYTES - start.len()));
    assert!(RedirectUri::parse(&longest).is_some());
    assert_eq!(RedirectUri::parse(&format!("{longest}a")), None);
}

#[test]
fn only_the_port_of_a_loopback_host_may_differ() {
    for (registered, requested) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"),
        ("http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:65535/cb?x=1"),
        ("http://[::1]:8000/cb", "http://[::1]/cb"),
        ("http://localhost:3000", "http://localhost:3001"),
    ] {
        assert!(matches(registered, requested), "{registered} {requested}");
    }
    for (registered, requested) in [
        ("http://127.0.0.1/cb", "http://localhost/cb"),
        ("http://127.0.0.1/cb", "http://[::1]/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1/cb/"),
        ("http://127.0.0.1/cb", "http://127.0.0.1/cb?x"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb"),
        ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
        ("http://127.0.0.1", "http://127.0.0.1/"),
        ("https://localhost:1/cb", "https://localhost:2/cb"),
        (
            "https://app.example.com/cb",
            "https://app.example.com:443/cb",
        ),
        ("https://app.example.com/cb", "https://app.example.com/CB"),
        ("https://app.example.com/cb", "https://app.example.com/c%62"),
        (
            "https://app.example.com/cb",
            "https://app.example.com/cb/../x",
        ),
        (
            "https://app.example.com/cb",
            "https://app.example.com/cb?x=1",
        ),
        ("https://app.example.com/cb", "https://app.example.com/cb#"),
        ("https://app.example.com/", "https://app.example.com"),
        ("com.example.app:/x", "com.example.app:/y"),
        ("com.example.app:/x", "com.example.app://x"),
    ] {
        assert!(!matches(registered, requested), "{registered} {requested}");
    }
}

/// Texts that are assembled from parts of URIs.
fn parts() -> impl Strategy<Value = String> {
    let parts = &[
        "https://app.example.com",
        "http://127.0.0.1",
        "http://localhost",
        "http://[::1]",
        "https:",
        "http:",
        "com.example.app:",
        "javascript:",
        "//",
        "/",
        "/cb",
        "..",
        "\\",
        "@",
        ":",
        ":443",
        ":8000",
        "?",
        "#",
        "%2f",
        "%0a",
        "\t",
        "\n",
        "evil.example",
        ".com",
        "\u{3002}",
        "=",
        "&",
        "code",
        "*",
        "x",
    ][..];
    prop::collection::vec(prop::sample::select(parts), 1..7).prop_map(|parts| parts.concat())
}

proptest! {
    // Browsers follow redirects by the URL standard, as this crate reads URLs.
    #[test]
    fn allowed_uri_leads_where_it_says(text in parts()) {
        if let Some(uri) = RedirectUri::parse(&text) {
            let url = Url::parse(&text).unwrap();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{text}");
            let shown = host_shown(&text).unwrap();
            match uri.destination {
                Destination::PrivateUseScheme => prop_assert_eq!(url.scheme(), shown),
                Destination::Https => {
                    prop_assert_eq!(url.scheme(), "https");
                    let shown = Url::parse(&format!("https://{shown}")).unwrap();
                    prop_assert_eq!(url.origin(), shown.origin());
                }
                Destination::Loopback => {
                    prop_assert_eq!(url.scheme(), "http");
                    prop_assert_eq!(url.host_str(), Some(shown.as_str()));
                }
            }
        }
    }

    #[test]
    fn matching_uri_differs_at_most_in_the_port_of_a_loopback_host(one in parts(), other in parts()) {
        prop_assert_eq!(matches(&one, &one), RedirectUri::parse(&one).is_some());
        if matches(&one, &other) && one != other {
            let (mut one, mut other) = (Url::parse(&one).unwrap(), Url::parse(&other).unwrap());
            prop_assert_eq!(one.scheme(), "http");
            one.set_port(None).unwrap();
            other.set_port(None).unwrap();
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn any_port_of_a_loopback_host_matches(port in 1_u16.., host in prop::sample::select(&LOOPBACK_HOSTS[..])) {
        let (registered, requested) = (format!("http://{host}/cb"), format!("http://{host}:{port}/cb"));
        prop_assert!(matches(&registered, &requested));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}|[:/?#@%a-z.0-9\\[\\]]{0,40}") {
        let _ = (RedirectUri::parse(&text), host_shown(&text), matches(&text, "http://127.0.0.1/"));
    }
}
