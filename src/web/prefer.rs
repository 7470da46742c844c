//! `Prefer: wait=N` (RFC 7240 §4.3): how many seconds a client is ready to wait.

/// The seconds of the first `wait` preference; `None` if there is none or it is malformed, which RFC 7240 ignores.
#[must_use]
pub fn wait(header: Option<&str>) -> Option<u32> {
    let preferences = header?
        .split(',')
        .map(|preference| preference.split(';').next().unwrap_or(""));
    let (_, value) = preferences
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))?;
    let value = value.trim().trim_matches('"');
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than fit mean "long".
    is_number.then(|| value.parse().unwrap_or(u32::MAX))
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
            ("", None),
        ] {
            assert_eq!(wait(Some(header)), seconds, "{header}");
        }
        assert_eq!(wait(None), None);
    }
}
