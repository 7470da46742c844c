//! The resources of the configuration, and those of requests.

use super::scope::{ISSUER, RESOURCES, tokens};
use super::{filled, is_host, url};
use crate::{Target, choose, seed};
use edge_auth::domain::resource::{Resource, find, parse};
use serde_json::json;
use url::Position;

pub const TARGET: Target = Target {
    name: "resource",
    run,
    seeds,
    words: &[
        "https://",
        "HTTPS://API.EXAMPLE.COM",
        "/V1",
        "http://localhost",
        "auth.example.com",
        ":443",
        ":080",
        "/../",
        "/.",
        "%2e",
        "%zz",
        "#",
        "@",
        "?",
        "'",
        "\\",
        "users:read",
        "openid",
        "[::1]",
        "127.0.0.2",
    ],
};

/// Scopes that a resource must not declare.
const RESERVED: [&str; 10] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "roles",
    "users:read",
    "users:write",
    "audit:read",
];

fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let text = String::from_utf8_lossy(input);
    match choice % 3 {
        0 => check_find(&text),
        1 => check_uri(&text, choice / 3),
        _ => {
            check_scope(&text);
            check_scope(&text.repeat(usize::from(choice)));
            // An empty text gives each reserved scope itself.
            for reserved in RESERVED {
                check_scope(&format!("{reserved}{text}"));
            }
        }
    }
}

/// A resource is found by its URI, with any case of scheme and host.
fn check_find(text: &str) {
    const URI: &str = "https://api.example.com/v1";
    let resources = parse(RESOURCES, ISSUER).expect("resources");
    for uri in [
        text.to_owned(),
        format!("{URI}{text}"),
        format!("{text}{URI}"),
        format!("https://{text}/v1"),
        format!("https://api.example.com{text}"),
        format!("{text}://api.example.com/v1"),
    ] {
        let origin: String = uri.chars().take(23).collect();
        let rest: String = uri.chars().skip(23).collect();
        let expected = origin.eq_ignore_ascii_case("https://api.example.com") && rest == "/v1";
        let found: Option<&Resource> = find(&resources, &uri);
        assert_eq!(found.is_some(), expected, "{uri:?}");
    }
}

/// A configured resource has the spelling that browsers give its URI, and is not part of the service.
fn check_uri(text: &str, choice: u8) {
    let uri = [
        "",
        "https://",
        "https://api.example.com",
        "http://",
        "https://auth.example.com",
    ];
    let uri = format!("{}{text}", uri[usize::from(choice) % uri.len()]);
    let issuer = [ISSUER, "http://localhost:8787"][usize::from(choice / 8) % 2];
    check_full_uri(&uri, issuer);
    // Lengths about the limit of 512 bytes, which libFuzzer seldom makes.
    let rest = filled(text, 480 + usize::from(choice) % 16);
    check_full_uri(&format!("https://api.example.com/{rest}"), issuer);
}

fn check_full_uri(uri: &str, issuer: &str) {
    let list = json!([{ "resource": uri, "name": "A", "scopes": { "a": ["user"] } }]).to_string();
    let found = parse(&list, issuer);
    assert_eq!(
        found.is_some(),
        is_resource(uri, issuer),
        "{uri:?} {issuer}"
    );
    if let Some(found) = found {
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].uri, uri);
        assert!(find(&found, uri).is_some());
    }
}

/// A scope of a resource has one meaning, so it must not be a scope that every resource has or a scope that permits
/// administration.
fn check_scope(text: &str) {
    let list = json!([{ "resource": "https://api.example.com", "name": "A", "scopes": { text: ["user"] } }]);
    let is_allowed = tokens(text).is_some_and(|list| list.len() == 1)
        && text.len() <= 64
        && !RESERVED.contains(&text);
    assert_eq!(
        parse(&list.to_string(), ISSUER).is_some(),
        is_allowed,
        "{text:?}"
    );
}

fn is_resource(uri: &str, issuer: &str) -> bool {
    let Some(url) = url(uri) else {
        return false;
    };
    // The URL parser adds the path to an origin, and encodes an apostrophe in a query.
    let written = url.as_str().replace("%27", "'");
    let query = url
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let origin = url.origin().ascii_serialization();
    let without_path = format!("{origin}{query}").replace("%27", "'");
    let given = uri.replace("%27", "'");
    let is_written = written == given || (url.path() == "/" && without_path == given);
    let is_in_development = issuer.starts_with("http:");
    let host = url.host_str().unwrap_or_default();
    let is_loopback = host == "[::1]"
        || host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback());
    let is_allowed = match url.scheme() {
        "https" => true,
        "http" => is_in_development && is_loopback,
        _ => false,
    };
    let is_host = url.host().is_some_and(|host| is_host(&host));
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%/?".contains(letter);
    let path_and_query = &url[Position::BeforePath..];
    let has_plain_path = path_and_query.chars().all(is_plain)
        && path_and_query.split('%').skip(1).all(|rest| {
            rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit())
        });
    let is_of_service = uri == issuer
        || uri.starts_with(&format!("{issuer}/"))
        || uri.starts_with(&format!("{issuer}?"));
    is_allowed
        && is_written
        && is_host
        && has_plain_path
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.port() != Some(0)
        && uri.len() <= 512
        && !is_of_service
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        seed(0, "HTTPS://API.example.com/v1"),
        seed(0, "/v1"),
        seed(0, "api.EXAMPLE.com"),
        seed(1, "https://mail.example.com/"),
        seed(4, "mail.example.com:8443/a?b=c"),
        seed(7, "/v2?x"),
        seed(10, "localhost:8080"),
        seed(25, "localhost:8080/x"),
        seed(13, ""),
        seed(13, "/api"),
        seed(13, ".evil.example"),
        seed(1 + 3 * 8, "a"),
        seed(1 + 3 * 9, "a"),
        seed(2, ""),
        seed(2, "reports:read"),
        seed(2, "openid"),
        seed(65, "a"),
        seed(62, "a"),
    ];
    // Each word after each beginning of a URI.
    for beginning in 0..5 {
        let of_word = |word: &&str| seed(1 + 3 * beginning, word);
        seeds.extend(TARGET.words.iter().map(of_word));
    }
    seeds
}
