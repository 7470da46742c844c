//! `ALLOWED_ORIGINS`: the web applications that may call the service from a browser.

use super::variable::{Default, Reader, Variable};
use crate::domain::host::{is_host, is_loopback, is_port, split_port};

const ALLOWED_ORIGINS: Variable = Variable::new(
    "ALLOWED_ORIGINS",
    Default::None,
    "origins separated by commas, each https://HOST or https://HOST:PORT with the host in ASCII form, \
     http:// on localhost or a loopback address only, or the scheme of an application such as tauri://localhost or \
     chrome-extension://ID; no path and no wildcard",
    "origins from which browsers may call the service, separated by commas; https, http on loopback, or a custom scheme",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[&ALLOWED_ORIGINS];

/// An origin that may call the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin {
    /// The origin as browsers send it in the `Origin` header (HTML standard, "ASCII serialization of an origin").
    pub text: String,
    /// Whether its requests may carry cookies: true for https, and in development, where the service itself is on http, for http
    /// on a loopback name. Any program on the user's machine can be such an origin. A custom scheme is not bound to a host name
    /// with an owner, so it is served without credentials.
    pub has_credentials: bool,
}

pub(super) fn read(read: &mut Reader<'_>, issuer: &str) -> Vec<AllowedOrigin> {
    let is_in_development = issuer.starts_with("http://");
    let parse = |text: &str| origins(text, is_in_development);
    read.optional(&ALLOWED_ORIGINS, parse).unwrap_or_default()
}

/// Parses the list. A trailing slash, upper case in scheme and host, and the default port are normalised, since browsers
/// never send them. `*` and `null` are refused, because only named applications may read responses.
fn origins(text: &str, is_in_development: bool) -> Option<Vec<AllowedOrigin>> {
    let texts = text.split(',').map(str::trim);
    texts.map(|text| origin(text, is_in_development)).collect()
}

fn origin(text: &str, is_in_development: bool) -> Option<AllowedOrigin> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return of_application(&scheme, authority),
    };
    let authority = authority.to_ascii_lowercase();
    let (host, port) = split_port(&authority)?;
    let is_known = match scheme.as_str() {
        "http" => is_loopback(host),
        _ => is_host(host),
    };
    let port = port.filter(|port| *port != default_port);
    if !is_known || !port.is_none_or(is_port) {
        return None;
    }
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(AllowedOrigin {
        text: format!("{scheme}://{host}{port}"),
        has_credentials: scheme == "https" || is_in_development,
    })
}

/// Schemes whose documents have an opaque origin, which browsers send as `null`, or no origin at all.
const WITHOUT_ORIGIN: [&str; 9] = [
    "about",
    "blob",
    "data",
    "file",
    "ftp",
    "javascript",
    "null",
    "ws",
    "wss",
];

/// The origin of an application with a custom scheme. Browsers do not change the case of its host.
fn of_application(scheme: &str, host: &str) -> Option<AllowedOrigin> {
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
        })
        && !WITHOUT_ORIGIN.contains(&scheme);
    let is_known = match scheme {
        // 128 bits, each half-byte a letter from a to p.
        "chrome-extension" => {
            host.len() == 32 && host.bytes().all(|byte| (b'a'..=b'p').contains(&byte))
        }
        "moz-extension" => is_uuid(host),
        _ => {
            (1..=253).contains(&host.len())
                && host.starts_with(|first: char| first.is_ascii_alphanumeric())
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    (is_scheme && is_known).then(|| AllowedOrigin {
        text: format!("{scheme}://{host}"),
        has_credentials: false,
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

#[cfg(test)]
mod tests {
    use super::{AllowedOrigin, origins as origins_of};

    fn origins(text: &str) -> Option<Vec<AllowedOrigin>> {
        origins_of(text, true)
    }

    #[test]
    fn only_https_origins_have_credentials_if_the_service_is_on_https() {
        for (text, has_credentials) in [
            ("https://app.example.com", true),
            ("http://localhost:3000", false),
            ("http://127.0.0.1:5173", false),
            ("tauri://localhost", false),
        ] {
            let origins = origins_of(text, false).expect("an origin");
            let found = origins.iter().map(|origin| origin.has_credentials);
            assert_eq!(found.collect::<Vec<_>>(), [has_credentials], "{text}");
        }
    }

    #[test]
    fn origin_of_a_browser_is_read_in_the_form_that_browsers_send() {
        for (text, sent) in [
            ("https://app.example.com", "https://app.example.com"),
            ("https://app.example.com/", "https://app.example.com"),
            ("HTTPS://App.Example.COM", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            (
                "https://app.example.com:8443/",
                "https://app.example.com:8443",
            ),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
            ("https://192.0.2.7", "https://192.0.2.7"),
            ("https://[2001:db8::1]:444", "https://[2001:db8::1]:444"),
            ("https://localhost", "https://localhost"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://localhost:80", "http://localhost"),
            ("http://tauri.localhost", "http://tauri.localhost"),
            ("http://127.0.0.1:5173/", "http://127.0.0.1:5173"),
            ("http://[::1]:5173", "http://[::1]:5173"),
        ] {
            let expected = AllowedOrigin {
                text: sent.to_owned(),
                has_credentials: true,
            };
            assert_eq!(origins(text), Some(vec![expected]), "{text}");
        }
    }

    #[test]
    fn origin_of_an_application_is_read_and_has_no_credentials() {
        for text in [
            "tauri://localhost",
            "capacitor://localhost",
            "ionic://localhost",
            "app://x",
            "com.example.app://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            "safari-web-extension://1B4E28BA-2FA1-41D2-883F-0016D3CCA427",
        ] {
            for written in [text.to_owned(), format!("{text}/")] {
                let expected = AllowedOrigin {
                    text: text.to_owned(),
                    has_credentials: false,
                };
                assert_eq!(origins(&written), Some(vec![expected]), "{written}");
            }
        }
    }

    #[test]
    fn several_origins_are_separated_by_commas() {
        let texts = |text| -> Option<Vec<String>> {
            Some(
                origins(text)?
                    .into_iter()
                    .map(|origin| origin.text)
                    .collect(),
            )
        };
        assert_eq!(
            texts("https://a.example/, tauri://localhost ,http://localhost:3000"),
            Some(vec![
                "https://a.example".into(),
                "tauri://localhost".into(),
                "http://localhost:3000".into()
            ])
        );
        assert_eq!(texts("https://a.example,"), None);
        assert_eq!(texts("https://a.example,*"), None);
    }

    #[test]
    fn text_that_no_browser_sends_as_an_origin_is_refused() {
        for text in [
            "*",
            "null",
            "app.example.com",
            "localhost:3000",
            "//app.example.com",
            "https://",
            "https:///",
            "https://-",
            "https://a..example",
            "https://*.example.com",
            "https://app.example.com/path",
            "https://app.example.com//",
            "https://app.example.com?x",
            "https://app.example.com#x",
            "https://user@app.example.com",
            "https://app.example.com:",
            "https://app.example.com:0",
            "https://app.example.com:0443",
            "https://app.example.com:65536",
            "https://app.example.com:x",
            "https://b\u{fc}cher.example",
            "https://127.1",
            "https://0x7f.1",
            "https://[::1",
            "https://[::1]x",
            "https://[0:0::1]",
            // Plain http on a host other than this machine.
            "http://app.example.com",
            "http://192.0.2.7",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://notlocalhost",
            // Schemes without an origin of their own.
            "file://localhost",
            "data://x",
            "blob://x",
            "javascript://x",
            "wss://app.example.com",
            "1app://x",
            "app://",
            "app://x/y",
            "app://x y",
            "chrome-extension://abc",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnoq",
            "chrome-extension://*",
            "moz-extension://1b4e28ba2fa141d2883f0016d3cca427",
        ] {
            assert_eq!(origins(text), None, "{text}");
        }
    }
}
