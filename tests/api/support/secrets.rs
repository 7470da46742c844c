//! Searches for secrets in what the service stores, logs and returns.

use super::App;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use std::fmt::Write;

/// The encodings in which a leak would likely contain a secret: raw, hexadecimal, percent-encoded, base64 and base64url. In
/// base64 of a longer text, the secret has one of three forms, depending on its offset; the parts that only the secret
/// determines are searched.
pub fn encodings(secret: &[u8]) -> Vec<String> {
    let mut hex = String::new();
    let mut percent = String::new();
    for byte in secret {
        write!(hex, "{byte:02x}").expect("text");
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            percent.push(char::from(*byte));
        } else {
            write!(percent, "%{byte:02X}").expect("text");
        }
    }
    let raw = String::from_utf8_lossy(secret).into_owned();
    let mut all = vec![raw, hex.to_uppercase(), hex, percent];
    for offset in 0..3 {
        let shifted = [&b"  "[..offset], secret].concat();
        let whole = shifted.len() / 3 * 4;
        let start = if offset == 0 { 0 } else { 4 };
        for text in [
            Base64::encode_string(&shifted),
            Base64UrlUnpadded::encode_string(&shifted),
        ] {
            all.push(text[start..whole].to_owned());
        }
    }
    all
}

/// Everything that D1, KV and R2 contain and that the runtime printed, one line each. A line starts with the name of its place.
pub async fn stored_and_logged(app: &App) -> Vec<String> {
    let mut lines = Vec::new();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' \
                  AND name NOT LIKE 'sqlite%'";
    for table in app.run_sql(tables).await {
        let name = table["name"].as_str().expect("a name");
        let rows = app.run_sql(&format!("SELECT * FROM \"{name}\"")).await;
        lines.extend(rows.iter().map(|row| format!("D1 {name} {row}")));
    }
    for key in app.kv_list("").await {
        let value = app.kv_get(&key).await.unwrap_or_default();
        lines.push(format!("KV {key} {value}"));
    }
    for key in app.r2_list().await {
        let object = app.r2_get(&key).await.unwrap_or_default();
        lines.push(format!("R2 {key} {object}"));
    }
    let logs = app.server().logs();
    let log_lines = logs
        .iter()
        .map(|(level, text)| format!("log {level} {text}"));
    lines.extend(log_lines);
    lines
}

/// Fails the test unless there is a line from each of these places. Otherwise an empty search would pass.
pub fn assert_searched(lines: &[String], places: &[&str]) {
    for place in places {
        let is_searched = lines.iter().any(|line| line.starts_with(place));
        assert!(is_searched, "nothing of {place} was searched");
    }
}

/// Fails the test if a line contains a secret in any encoding.
pub fn assert_absent(secrets: &[(&str, Vec<u8>)], lines: &[String]) {
    for (name, secret) in secrets {
        for encoding in encodings(secret) {
            let line = lines.iter().find(|line| line.contains(&encoding));
            assert!(line.is_none(), "{name} as {encoding} in {line:?}");
        }
    }
}

#[test]
fn encodings_of_a_secret_are_found_in_a_longer_text() {
    let secret = b"a/secret+of the=test";
    for before in ["", "x", "xy", "xyz"] {
        let text = [before.as_bytes(), secret, b" and more"].concat();
        let hex = text.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("text");
            text
        });
        for encoded in [
            String::from_utf8(text.clone()).expect("text"),
            Base64::encode_string(&text),
            Base64UrlUnpadded::encode_string(&text),
            hex,
            "q=a%2Fsecret%2Bof%20the%3Dtest".to_owned(),
        ] {
            let mut encodings = encodings(secret).into_iter();
            assert!(encodings.any(|it| encoded.contains(&it)), "{encoded}");
        }
    }
    let part = "a/secret+of the";
    assert!(!encodings(secret).iter().any(|it| part.contains(it)));
}
