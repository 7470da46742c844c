//! The origin of the URL of a service.

use std::fmt;
use url::Url;

/// A URL that is not that of a service.
#[derive(Debug)]
pub struct InvalidUrl {
    url: String,
    expected: &'static str,
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, expected } = self;
        write!(formatter, "invalid --url: '{url}' is not {expected}")
    }
}

impl std::error::Error for InvalidUrl {}

/// The origin. Passwords, tokens and secrets are sent in clear on this machine only.
///
/// # Errors
/// Another URL.
pub fn origin(url: &str) -> Result<String, InvalidUrl> {
    Ok(parse(url)?.origin().ascii_serialization())
}

/// The origin in the form of `JWT_ISSUER`, which names the loopback interface `localhost`.
///
/// # Errors
/// Another URL.
pub fn issuer(url: &str) -> Result<String, InvalidUrl> {
    let mut parsed = parse(url)?;
    if matches!(parsed.host_str(), Some("127.0.0.1" | "[::1]")) {
        // Cannot fail: the URL has a host.
        let _ = parsed.set_host(Some("localhost"));
    }
    Ok(parsed.origin().ascii_serialization())
}

fn parse(url: &str) -> Result<Url, InvalidUrl> {
    let invalid = |expected| InvalidUrl {
        url: url.to_owned(),
        expected,
    };
    let parsed = Url::parse(url).ok();
    let parsed = parsed.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let parsed = parsed.ok_or_else(|| invalid("a URL such as https://auth.example.com"))?;
    let host = parsed.host_str().unwrap_or_default();
    let is_local =
        matches!(host, "127.0.0.1" | "[::1]" | "localhost") || host.ends_with(".localhost");
    if parsed.scheme() == "http" && !is_local {
        return Err(invalid("an https URL"));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::{issuer, origin};

    #[test]
    fn origin_is_that_of_an_https_or_local_url() {
        for (url, expected) in [
            ("https://Auth.Example.com/", "https://auth.example.com"),
            ("https://auth.example.com:443/x", "https://auth.example.com"),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
            ("http://localhost:8787/", "http://localhost:8787"),
            ("http://a.localhost:1", "http://a.localhost:1"),
        ] {
            assert_eq!(origin(url).expect(url), expected);
            assert_eq!(issuer(url).expect(url), expected);
        }
        for url in [
            "",
            "auth.example.com",
            "localhost:8787",
            "ftp://a.example",
            "file:///x",
            "http://auth.example.com",
            "http://localhost.example.com",
            "http://localhost@auth.example.com",
            "https://a.example\u{1b}[2J",
            // A host name must be in ASCII form, because the URL crate is built without Unicode tables here.
            "https://b\u{fc}cher.example",
        ] {
            assert!(origin(url).is_err() && issuer(url).is_err(), "{url}");
        }
    }

    #[test]
    fn issuer_names_the_loopback_interface_localhost() {
        for (url, address) in [
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://[::1]:8787/", "http://[::1]:8787"),
        ] {
            assert_eq!(origin(url).expect(url), address);
            assert_eq!(issuer(url).expect(url), "http://localhost:8787");
        }
    }
}
