//! Redirect URIs of OAuth clients: which ones may be registered, and which requested one matches a registered one (RFC 9700 section
//! 2.1, RFC 8252 sections 7.1 and 7.3).

use super::host;

/// Longer URIs are refused.
pub const MAX_BYTES: usize = 2_048;

/// Maximum length of a private-use scheme: that of a domain name.
const MAX_SCHEME_BYTES: usize = 253;

/// The hosts that a client on the user's device may listen on.
const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Parameters of responses. A registered URI with one of them would give a response two values, of which a client may read the wrong
/// one.
const RESPONSE_PARAMETERS: [&str; 9] = [
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

/// Where a redirect URI leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A website.
    Https,
    /// A program on the user's device, which listens on any port.
    Loopback,
    /// A program on the user's device that has registered a private-use scheme.
    PrivateUseScheme,
}

/// A redirect URI that follows the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectUri<'u> {
    /// Where it leads.
    pub destination: Destination,
    /// The host without its port, or the private-use scheme.
    place: &'u str,
    port: Option<&'u str>,
    /// Path and query, or everything after the private-use scheme.
    rest: &'u str,
}

impl<'u> RedirectUri<'u> {
    /// Reads a URI; `None` if the rules refuse it.
    #[must_use]
    pub fn parse(text: &'u str) -> Option<Self> {
        if text.len() > MAX_BYTES || !has_plain_characters(text) {
            return None;
        }
        let (scheme, after) = text.split_once(':')?;
        let uri = match scheme {
            "https" => Self::of_web(Destination::Https, after)?,
            "http" => Self::of_web(Destination::Loopback, after)
                .filter(|uri| LOOPBACK_HOSTS.contains(&uri.place))?,
            _ => Self::of_private_use(scheme, after)?,
        };
        let query = text.split_once('?').map_or("", |(_, query)| query);
        let mut parameters = form_urlencoded::parse(query.as_bytes());
        let is_response = parameters.any(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_ref()));
        (!is_response).then_some(uri)
    }

    fn of_web(destination: Destination, after: &'u str) -> Option<Self> {
        let after = after.strip_prefix("//")?;
        let end = after.find(['/', '?']).unwrap_or(after.len());
        let (authority, rest) = after.split_at_checked(end)?;
        // User info contains an @, which no host contains.
        let (host, port) = host::split_port(authority)?;
        let is_valid = host::is_host(host) && port.is_none_or(host::is_port);
        is_valid.then_some(Self {
            destination,
            place: host,
            port,
            rest,
        })
    }

    /// RFC 8252 section 7.1: the scheme is a domain name in reverse, so it has a dot. Schemes such as `javascript` have none. Many
    /// programs use a name after `//`, although the section recommends one slash.
    fn of_private_use(scheme: &'u str, after: &'u str) -> Option<Self> {
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-".contains(&byte)
                })
        };
        let is_scheme = scheme.len() <= MAX_SCHEME_BYTES
            && scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.contains('.')
            && scheme.split('.').all(is_label);
        let authority = after.strip_prefix("//").unwrap_or_default();
        let authority = authority.split(['/', '?']).next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let has_plain_authority = authority.bytes().all(is_name);
        (is_scheme && after.starts_with('/') && has_plain_authority).then_some(Self {
            destination: Destination::PrivateUseScheme,
            place: scheme,
            port: None,
            rest: after,
        })
    }
}

/// Whether the text consists of characters that RFC 3986 allows in a URI, without a fragment, and with complete percent-encodings of
/// characters that are no control characters. `*` is refused too: URIs are compared as texts, so it would not be the wildcard that it
/// looks like.
fn has_plain_characters(text: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()+,;=%".contains(&byte);
    let is_encoded = |rest: &str| {
        let digits = rest.get(..2).unwrap_or_default();
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = u8::from_str_radix(digits, 16).ok();
        is_hex && code.is_some_and(|code| !code.is_ascii_control())
    };
    text.bytes().all(is_plain) && text.split('%').skip(1).all(is_encoded)
}

/// Whether a request may name this redirect URI if the other one is registered: they are the same text, or differ in the port of a
/// loopback host only.
#[must_use]
pub fn matches(registered: &str, requested: &str) -> bool {
    let Some((registered_uri, requested_uri)) =
        RedirectUri::parse(registered).zip(RedirectUri::parse(requested))
    else {
        return false;
    };
    let without_port = |uri| RedirectUri { port: None, ..uri };
    registered == requested
        || (registered_uri.destination == Destination::Loopback
            && without_port(registered_uri) == without_port(requested_uri))
}

/// The place that the user returns to, to be shown before: host and port of a website, the loopback host, or the private-use scheme.
/// `None` if the rules refuse the URI.
#[must_use]
pub fn host_shown(uri: &str) -> Option<String> {
    let uri = RedirectUri::parse(uri)?;
    Some(match (uri.destination, uri.port) {
        (Destination::Https, Some(port)) => format!("{}:{port}", uri.place),
        _ => uri.place.to_owned(),
    })
}

#[cfg(test)]
mod tests;
