//! Responses as text, without the values that differ between runs.

use super::contract::{COMMON_HEADERS, RUNTIME_HEADERS};
use regex::Regex;
use reqwest::header::{HeaderMap, HeaderName};
use std::fmt::Write;
use std::sync::LazyLock;

/// The patterns that are replaced, and their replacements.
static FILTERS: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
    [
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[uuid]"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
        (r"\beyJ[\w-]+\.[\w-]+\.[\w-]+", "[token]"),
        (r"(?m)^(set-cookie: [\w-]+)=[^;]+", "$1=[cookie]"),
        // The number is the port of the server.
        (r"\bedge-auth-session-\d+", "edge-auth-session-[port]"),
    ]
    .map(|(pattern, replacement)| (Regex::new(pattern).expect("a pattern"), replacement))
});

pub(super) fn of(
    status: u16,
    headers: &HeaderMap,
    body: &str,
    redactions: &[(String, String)],
) -> String {
    let mut text = format!("{status}\n");
    let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names.retain(|name| {
        let is_common = COMMON_HEADERS.iter().any(|(common, _)| common == name);
        // The id of the request differs in each response; `contract` checks its form.
        !is_common && !RUNTIME_HEADERS.contains(name) && *name != "x-request-id"
    });
    for name in names {
        for value in headers.get_all(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            writeln!(text, "{name}: {value}").expect("text");
        }
    }
    text.push_str(&pretty(body));
    for (pattern, replacement) in FILTERS.iter() {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    // Longer texts first, because one text may be part of another.
    let mut redactions = redactions.to_vec();
    redactions.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    let text = redactions
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to));
    text.trim_end().to_owned()
}

/// JSON over several lines, with the fields in their own order. Other text is returned as it is.
fn pretty(body: &str) -> String {
    let mut text = Vec::new();
    let mut input = serde_json::Deserializer::from_str(body);
    let mut output = serde_json::Serializer::pretty(&mut text);
    let result = serde_transcode::transcode(&mut input, &mut output).and_then(|()| input.end());
    match result {
        Ok(()) => String::from_utf8(text).expect("JSON in UTF-8"),
        Err(_) => body.to_owned(),
    }
}

/// Whether a text has this form: `x` is a lower-case hexadecimal digit, `d` a decimal one, and others stand for themselves.
pub fn has_shape(value: &str, shape: &str) -> bool {
    value.len() == shape.len()
        && value
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, form)| match form {
                b'x' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
                b'd' => byte.is_ascii_digit(),
                _ => byte == form,
            })
}

pub const UUID_SHAPE: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
pub const TIME_SHAPE: &str = "dddd-dd-ddTdd:dd:ddZ";
