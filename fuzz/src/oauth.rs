//! The parsers of the OAuth server. Each parser is compared with a second implementation of its rules.

mod authorization_request;
mod client_assertion;
mod client_credentials;
mod form;
mod grant_token;
mod key_set;
mod redirect_uri;
mod resource;
mod scope;

use crate::{Target, seed};
use base64ct::{Base64UrlUnpadded, Encoding};
use url::{Host, Url};

pub const TARGETS: [Target; 9] = [
    authorization_request::TARGET,
    client_assertion::TARGET,
    client_credentials::TARGET,
    form::TARGET,
    grant_token::TARGET,
    key_set::TARGET,
    redirect_uri::TARGET,
    resource::TARGET,
    scope::TARGET,
];

/// Splits the input at newlines. Always returns `N` parts. A missing part is empty, and the last part contains the rest of the
/// input.
fn parts<const N: usize>(input: &str) -> [&str; N] {
    let mut parts = input.splitn(N, '\n');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// This text, repeated up to a number of characters.
fn filled(text: &str, length: usize) -> String {
    let text = if text.is_empty() { "a" } else { text };
    text.chars().cycle().take(length).collect()
}

/// Seeds for this case that select each name and each value once, so that mistakes in a single rule are found at once.
fn every_pair(choice: u8, names: usize, values: usize) -> impl Iterator<Item = Vec<u8>> {
    let names = (0..=u8::MAX).take(names);
    names.flat_map(move |name| {
        let values = (0..=u8::MAX).take(values);
        values.map(move |value| seed(choice, [name, value]))
    })
}

/// Bytes in base64url without padding.
fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// The bytes, if the text is base64url without padding. Every byte sequence has one spelling.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = 0_u32;
    let mut bytes = Vec::new();
    for (index, letter) in text.bytes().enumerate() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        if index % 4 > 0 {
            let shift = 6 - 2 * (index % 4);
            bytes.push(u8::try_from((bits >> shift) & 0xff).ok()?);
        }
    }
    (encoded(&bytes) == text).then_some(bytes)
}

/// The URL of a text, if the host is written as browsers write it. For some other hosts, a debug assertion of the URL parser fails: for
/// those with capitals and letters that are not ASCII, also after percent-decoding.
fn url(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    let has_plain_host = end > 0 && rest[..end].bytes().all(is_plain);
    if !has_plain_host || !["http", "https"].contains(&scheme) {
        return None;
    }
    Url::parse(text).ok()
}

/// Whether the service accepts a host as the URL parser returns it. Browsers also accept names that are no domain names. A name whose
/// last label begins with a digit is refused, because some of these are IP addresses to browsers.
fn is_host(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else {
        return true;
    };
    let is_label = |label: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.split('.').all(is_label)
        && !last.starts_with(|first: char| first.is_ascii_digit())
}
