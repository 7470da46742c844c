//! Redirect URIs of OAuth clients.

use super::form::pairs;
use super::{filled, is_host, parts, url};
use crate::{Target, choose, seed};
use edge_auth::domain::authorization_request::response;
use edge_auth::domain::redirect_uri::{Destination, RedirectUri, host_shown, matches};
use url::Url;

pub const TARGET: Target = Target {
    name: "redirect_uri",
    run,
    seeds,
    words: &[
        "https://",
        "http://",
        "HTTPS://",
        "http://127.0.0.1",
        "http://127.1",
        "http://[::1]:8000/",
        "http://[0:0::1]",
        "http://localhost",
        "http://localhost.",
        "javascript:",
        "data:/",
        "com.example.app:/",
        "com.example.app://x",
        "://",
        "//",
        "/../",
        "@",
        "user@",
        "\\",
        "#",
        "*",
        "%0a",
        "%0D",
        "%2f",
        "%7F",
        "%",
        "?code=",
        "&state=1",
        "?%63ode",
        "?iss",
        "&error",
        "&id_token",
        "&access_token",
        "&response",
        "&error_uri",
        "&error_description",
        ":443",
        ":0",
        ":65536",
        ":080",
        "\u{e9}",
        " ",
        "\t",
        "0x7f.1",
        "xn--",
        "-",
    ],
};

/// Newlines separate the registered URI, the requested one and `state`.
fn run(data: &[u8]) {
    let (choice, input) = choose(data);
    let text = String::from_utf8_lossy(input);
    let [one, other, state] = parts(&text);
    // Some texts are seldom found by chance: those of valid URIs with something in the middle or at the end.
    let (one, other) = match choice % 8 {
        0 => (one.to_owned(), other.to_owned()),
        1 => (
            format!("https://{one}/callback"),
            format!("https://{other}/callback"),
        ),
        2 => (
            format!("http://{one}/callback"),
            format!("http://{other}/callback"),
        ),
        3 => (
            format!("http://127.0.0.1{one}"),
            format!("http://127.0.0.1{other}"),
        ),
        4 => (
            format!("http://[::1]{one}"),
            format!("http://[::1]:1{other}"),
        ),
        5 => (
            format!("https://app.example.com{one}"),
            format!("https://app.example.com{other}"),
        ),
        6 => (
            format!("com.example.app:{one}"),
            format!("com.example.app:{other}"),
        ),
        // Lengths about the limits, which libFuzzer seldom makes.
        _ => (
            format!(
                "https://app.example.com/?{}",
                filled(one, 2_007 + usize::from(choice / 8))
            ),
            format!("{}.app:/", filled(other, 233 + usize::from(choice / 8))),
        ),
    };
    for uri in [&one, &other] {
        check(uri);
        check_response(uri, Some(state));
    }
    check_match(&one, &other);
    check_match(&one, &one);
}

/// The rules, with the help of the URL parser of browsers.
fn expected(text: &str) -> Option<Destination> {
    const CHARACTERS: &str = "-._~:/?[]@!$&'()+,;=%";
    const RESPONSE: [&str; 9] = [
        "code",
        "state",
        "iss",
        "error",
        "error_description",
        "error_uri",
        "response",
        "id_token",
        "access_token",
    ];
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || CHARACTERS.contains(letter);
    if text.len() > 2_048 || !text.chars().all(is_plain) {
        return None;
    }
    let bytes = text.as_bytes();
    for at in (0..bytes.len()).filter(|at| bytes[*at] == b'%') {
        let digits = bytes.get(at + 1..at + 3)?;
        let digits = std::str::from_utf8(digits).ok()?;
        if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let code = u8::from_str_radix(digits, 16).ok()?;
        if code < 0x20 || code == 0x7f {
            return None;
        }
    }
    let query = text.split('?').skip(1).collect::<Vec<_>>().join("?");
    if pairs(query.as_bytes())
        .iter()
        .any(|(name, _)| RESPONSE.contains(&name.as_str()))
    {
        return None;
    }
    if text.starts_with("https:") || text.starts_with("http:") {
        return web(text);
    }
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() <= 253
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.split('.').count() > 1
        && scheme.split('.').all(|label| {
            let is_letter =
                |letter: char| "abcdefghijklmnopqrstuvwxyz0123456789+-".contains(letter);
            !label.is_empty() && label.chars().all(is_letter)
        });
    let name = rest.strip_prefix("//").unwrap_or_default();
    let name = &name[..name.find(['/', '?']).unwrap_or(name.len())];
    let is_name = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    (is_scheme && is_name && rest.starts_with('/')).then_some(Destination::PrivateUseScheme)
}

/// The origin is written as browsers write it, with a default port at most.
fn web(text: &str) -> Option<Destination> {
    let url = url(text)?;
    let (scheme, rest) = text.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    let is_written = authority == host || authority == format!("{host}:{port}");
    let is_host = is_host(&url.host()?);
    if !is_written || !is_host || port == 0 {
        return None;
    }
    match scheme {
        "https" => Some(Destination::Https),
        _ => ["127.0.0.1", "[::1]", "localhost"]
            .contains(&host)
            .then_some(Destination::Loopback),
    }
}

fn check(text: &str) {
    let found = RedirectUri::parse(text).map(|uri| uri.destination);
    // The URL parser also verifies names in the ASCII form of Unicode.
    let has_unicode = text.contains("xn--");
    if !has_unicode || found.is_none() {
        assert_eq!(found, expected(text).filter(|_| !has_unicode), "{text:?}");
    }
    let shown = host_shown(text);
    assert_eq!(shown.is_some(), found.is_some(), "{text:?}");
    let Some((destination, shown)) = found.zip(shown) else {
        return;
    };
    if has_unicode {
        return;
    }
    let url = Url::parse(text).expect("a URL");
    let host = url.host_str().unwrap_or_default();
    let expected = match destination {
        Destination::Https => {
            let end = format!("https://{host}:443");
            // A default port is shown if it is written.
            let is_default = text.starts_with(&end)
                && !text[end.len()..].starts_with(|next: char| next.is_ascii_digit());
            let port = url.port().or(is_default.then_some(443));
            port.map_or(host.to_owned(), |port| format!("{host}:{port}"))
        }
        Destination::Loopback => host.to_owned(),
        Destination::PrivateUseScheme => url.scheme().to_owned(),
    };
    assert_eq!(shown, expected, "{text:?}");
}

/// Without an accepted redirect URI nothing matches, and only the port of loopback hosts may differ.
fn check_match(one: &str, other: &str) {
    let without_port = |text: &str| {
        let (_, rest) = text.split_once("://")?;
        let length = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(length);
        let hosts = ["127.0.0.1", "[::1]", "localhost"];
        let host = hosts.iter().find(|host| authority.starts_with(**host))?;
        Some(format!("{host}{rest}"))
    };
    let [a, b] = [one, other].map(|text| RedirectUri::parse(text).map(|uri| uri.destination));
    let is_accepted = a.is_some() && b.is_some();
    let are_loopback = a == Some(Destination::Loopback) && b == a;
    let expected =
        is_accepted && (one == other || (are_loopback && without_port(one) == without_port(other)));
    assert_eq!(matches(one, other), expected, "{one:?} {other:?}");
    assert_eq!(matches(other, one), expected, "{other:?} {one:?}");
}

/// A response keeps the redirect URI and adds each parameter once.
fn check_response(uri: &str, state: Option<&str>) {
    const ISSUER: &str = "https://auth.example.com";
    if RedirectUri::parse(uri).is_none() {
        return;
    }
    let code = state.unwrap_or_default();
    let address = response(uri, state, ISSUER, &[("code", code)]);
    let added = address.strip_prefix(uri).expect("the redirect URI");
    assert!(
        added.starts_with(if uri.contains('?') { '&' } else { '?' }),
        "{address}"
    );
    assert!(added.bytes().all(|byte| byte.is_ascii_graphic()) && !added.contains('#'));
    let mut expected = vec![("code".to_owned(), code.to_owned())];
    expected.extend(state.map(|state| ("state".to_owned(), state.to_owned())));
    expected.push(("iss".to_owned(), ISSUER.to_owned()));
    assert_eq!(pairs(&added.as_bytes()[1..]), expected);
    for name in ["code", "state", "iss"] {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let pairs = pairs(query.as_bytes());
        assert_eq!(
            pairs.iter().filter(|(known, _)| known == name).count(),
            1,
            "{address}"
        );
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        seed(
            0,
            "https://app.example.com:8443/callback?x=1\nhttps://app.example.com/callback\nxyz",
        ),
        seed(
            0,
            "http://127.0.0.1:49152/callback\nhttp://127.0.0.1/callback\na b&c=#",
        ),
        seed(0, "http://[::1]/\nhttp://localhost/"),
        seed(0, "com.example.app:/callback\ncom.example.app://callback"),
        seed(1, "app.example.com\napp.example.com:443"),
        seed(1, "10.0.0.1:8080\n[2001:db8::1]"),
        seed(2, "localhost:1\nlocalhost:65535"),
        seed(3, ":8080/a\n:9090/a"),
        seed(3, ":8080/a?b=1\n/a?b=1"),
        seed(4, ":8080/a\n/a"),
        seed(5, ":8443?code\n/%41"),
        seed(5, "?a=1&b=%20\n/?state=1"),
        seed(6, "/callback\n//callback/x"),
        // 2,048 and 2,049 bytes with the first part, and schemes of 253 and 254 with the second one.
        seed(7 + 8 * 16, "0123456\na"),
        seed(7 + 8 * 17, "0123456\na.b"),
    ]
}
