//! The origin of the URL of a service, to which the link leads.

use anyhow::{Result, bail};
use ureq::http::Uri;

/// The origin. The link contains a secret, so http is for this machine only; see also `xtask/admin/src/http.rs`.
///
/// # Errors
/// Another URL.
pub fn of(url: &str) -> Result<String> {
    let parsed: Option<Uri> = url.parse().ok();
    let parts = parsed.as_ref().and_then(|uri| {
        let authority = uri.authority()?;
        Some((uri.scheme_str()?, authority.host(), authority.port_u16()))
    });
    let Some((scheme @ ("https" | "http"), host, port)) = parts else {
        bail!("invalid --url: '{url}' is not a URL such as https://auth.example.com");
    };
    let host = host.to_ascii_lowercase();
    let is_local =
        matches!(&*host, "127.0.0.1" | "[::1]" | "localhost") || host.ends_with(".localhost");
    if scheme == "http" && !is_local {
        bail!("invalid --url: '{url}' is not an https URL");
    }
    let default = if scheme == "https" { 443 } else { 80 };
    let port = port.filter(|port| *port != default);
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    Ok(format!("{scheme}://{host}{port}"))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn origin_is_that_of_an_https_or_local_url() {
        for (url, expected) in [
            ("https://Auth.Example.com/", "https://auth.example.com"),
            ("https://auth.example.com:443/x", "https://auth.example.com"),
            ("http://localhost:8787/", "http://localhost:8787"),
            ("http://a.localhost:1", "http://a.localhost:1"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://[::1]:8787/", "http://[::1]:8787"),
        ] {
            assert_eq!(of(url).expect(url), expected);
        }
        for url in [
            "",
            "auth.example.com",
            "localhost:8787",
            "ftp://a.example",
            "http://auth.example.com",
            "http://localhost.example.com",
            "http://localhost@auth.example.com",
            "https://a.example\u{1b}[2J",
        ] {
            assert!(of(url).is_err(), "{url}");
        }
    }
}
