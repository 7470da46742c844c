//! Replies as text: complete, in their own order, without what differs from run to run.

use reqwest::header::HeaderMap;
use std::fmt::Write;

/// Headers that the local runtime adds, and the one that differs from request to request (see `headers.rs`).
const LEFT_OUT: [&str; 5] = [
    "content-length",
    "date",
    "transfer-encoding",
    "connection",
    "x-request-id",
];

pub fn of(status: u16, headers: &HeaderMap, body: &str, redactions: &[(String, String)]) -> String {
    let mut text = format!("{status}\n");
    let mut lines: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()))
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    lines.sort();
    for (name, mut value) in lines {
        if name == "set-cookie"
            && let Some((cookie, rest)) = value.split_once(';')
        {
            let (key, _) = cookie.split_once('=').expect("a name");
            value = format!("{key}=[cookie];{rest}");
        }
        if name == "edge-auth-expires" {
            value = redacted(&value).to_owned();
        }
        writeln!(text, "{name}: {value}").expect("text");
    }
    text.push_str(&pretty(body));
    // Longer texts first: a name may be part of an address.
    let mut redactions = redactions.to_vec();
    redactions.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    redactions
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
        .trim_end()
        .to_owned()
}

/// JSON over several lines. The order of fields and the spelling of every value stay as they came, which a parsed and
/// reprinted document would not show.
fn pretty(body: &str) -> String {
    if serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
        return body.to_owned();
    }
    let mut text = String::new();
    let mut depth = 0;
    let mut rest = body;
    while let Some(next) = rest.chars().next() {
        if next == '"' {
            let end = string_end(rest);
            let _ = write!(text, "\"{}\"", redacted(&rest[1..end - 1]));
            rest = &rest[end..];
            continue;
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '{' | '[' if rest.starts_with(['}', ']']) => {
                text.push(next);
                text.push_str(&rest[..1]);
                rest = &rest[1..];
            }
            '{' | '[' => {
                depth += 1;
                text.push(next);
                newline(&mut text, depth);
            }
            '}' | ']' => {
                depth -= 1;
                newline(&mut text, depth);
                text.push(next);
            }
            ',' => {
                text.push(next);
                newline(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => text.push(next),
        }
    }
    text
}

fn newline(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

/// Where the JSON string that `text` begins with ends.
fn string_end(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, next)| {
        let ends = next == '"' && !is_escaped;
        is_escaped = next == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(index, _)| index + 1)
}

fn redacted(value: &str) -> &str {
    if has_shape(value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
        "[uuid]"
    } else if has_shape(value, "dddd-dd-ddTdd:dd:ddZ") {
        "[time]"
    } else if value.starts_with("eyJ") && value.split('.').count() == 3 {
        "[token]"
    } else {
        value
    }
}

/// `x` is a lower-case hex digit, `d` a digit, the rest itself.
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
