//! Reads the `Cookie` header.

/// The value of the first cookie with this name (RFC 6265 section 5.4). Only a space separates cookies. Other white space is part
/// of the name: browsers do not protect a name such as `U+2000` followed by `__Host-`, so any host of the domain can set it.
#[must_use]
pub fn value<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim_start_matches(' ') == name).then_some(value)
    })
}

/// The names of all cookies, in the order of the header.
pub fn names(header: &str) -> impl Iterator<Item = &str> {
    header.split(';').filter_map(|pair| {
        let (key, _) = pair.split_once('=')?;
        Some(key.trim_start_matches(' '))
    })
}

#[cfg(test)]
mod tests {
    use super::{names, value};

    #[test]
    fn names_are_those_of_all_cookies_with_a_value() {
        let found: Vec<&str> = names("a=1; b=2;c; \u{a0}d=").collect();
        assert_eq!(found, ["a", "b", "\u{a0}d"]);
        assert_eq!(names("").count(), 0);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (header, found) in [
            ("a=1; edge-auth-device=x.y-z; b=2", Some("x.y-z")),
            ("edge-auth-device=x", Some("x")),
            ("edge-auth-device=", Some("")),
            ("xedge-auth-device=1;edge-auth-device=2", Some("2")),
            ("edge-auth-device=1; edge-auth-device=2", Some("1")),
            ("edge-auth-device", None),
            ("", None),
            ("edge-auth-device =1", None),
            ("\tedge-auth-device=1", None),
            ("\u{b}edge-auth-device=1", None),
            ("\u{85}edge-auth-device=1", None),
            ("\u{a0}edge-auth-device=1", None),
            ("\u{2000}edge-auth-device=1; edge-auth-device=2", Some("2")),
            ("edge-auth-device\u{3000}=1", None),
        ] {
            assert_eq!(value(header, "edge-auth-device"), found, "{header}");
        }
    }
}
