//! `Prefer: wait=N` (RFC 7240 §4.3): the number of seconds that a client is willing to wait.

/// The seconds of the first `wait` preference; `None` if there is none or it is malformed, which RFC 7240 ignores.
#[must_use]
pub fn wait(header: Option<&str>) -> Option<u32> {
    let (_, value) = split(header?, ',')
        .map(|preference| split(preference, ';').next().unwrap_or_default())
        .map(|preference| preference.split_once('=').unwrap_or((preference, "")))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))?;
    let value = value.trim();
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let value = quoted.unwrap_or(value);
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // A number that does not fit counts as the maximum.
    is_number.then(|| value.parse().unwrap_or(u32::MAX))
}

/// The parts between separators, except those in quoted strings (RFC 9110 §5.6.4).
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        let is_separator = c == separator && !is_quoted;
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && is_quoted && !is_escaped;
        is_separator
    })
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn only_whole_seconds_count() {
        for (header, seconds) in [
            ("wait=10", Some(10)),
            ("wait=0", Some(0)),
            ("respond-async, wait=\"7\"; x=y", Some(7)),
            ("WAIT = 3", Some(3)),
            ("wait=99999999999999999999", Some(u32::MAX)),
            ("wait", None),
            ("wait=", None),
            ("wait=-1", None),
            ("wait=1.5", None),
            ("wait=1, wait=2", Some(1)),
            // The first preference counts, even if it is malformed (section 2).
            ("wait, wait=2", None),
            ("wait=x, wait=2", None),
            (" ,, wait=3", Some(3)),
            ("wait=4;x", Some(4)),
            ("x=\"a, wait=5\"", None),
            ("x=\"a\\\", wait=5\", wait=6", Some(6)),
            ("x=\"a; wait=5\"; y, wait=6", Some(6)),
            ("wait=\"7", None),
            ("wait=\"\"", None),
            ("", None),
        ] {
            assert_eq!(wait(Some(header)), seconds, "{header}");
        }
        assert_eq!(wait(None), None);
    }
}
