//! Where the pages lead after a sign-in (`return_to`): to a page of the service, or to a web application of an allowed origin. All
//! other addresses are refused, because a link to the sign-in page would otherwise lead to any site.

use crate::crypto::sealed::MAX_HANDLE_BYTES;

/// The page that is shown after a sign-in without an address to return to.
pub const DEFAULT: &str = "/account";

/// The pages of the service that a sign-in may lead to. Paths of the API are not among them: opening one in a browser could have
/// an effect, such as an entry in the audit log.
const PAGES: &[&str] = &["/account", "/admin", "/consent"];

/// Longer addresses of web applications are refused.
const MAX_BYTES: usize = 2_048;

/// Longer addresses of pages are refused. The limit is higher because the query of the consent page contains a sealed request.
const MAX_PAGE_BYTES: usize = MAX_HANDLE_BYTES + 100;

/// The address, if the pages may lead to it. `origins` are the allowed origins, as browsers send them.
#[must_use]
pub fn allowed<'r, 'o>(
    requested: &'r str,
    origins: impl IntoIterator<Item = &'o str>,
) -> Option<&'r str> {
    let is_page = requested.starts_with('/');
    if requested.len() > if is_page { MAX_PAGE_BYTES } else { MAX_BYTES } {
        return None;
    }
    if is_page {
        let path = requested.split('?').next().unwrap_or_default();
        let is_plain = requested
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/_.~?&=%-".contains(&byte));
        return (is_plain && PAGES.contains(&path)).then_some(requested);
    }
    let is_below = |origin: &str| {
        requested
            .strip_prefix(origin)
            // Any other character would continue the host name or the port.
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    // URLs in RFC 3986 have no other characters. Browsers would remove some of them, and read a backslash as a slash.
    let is_url = requested
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte));
    (is_url && origins.into_iter().any(is_below)).then_some(requested)
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, MAX_BYTES, MAX_HANDLE_BYTES, MAX_PAGE_BYTES, PAGES, allowed};
    use proptest::prelude::{prop, proptest};
    use reqwest::Url;

    const ORIGINS: [&str; 3] = [
        "https://app.example.com",
        "https://other.example.com:8443",
        "http://localhost:3000",
    ];

    #[test]
    fn own_page_and_any_address_of_an_allowed_origin_are_allowed() {
        for address in [
            "/account",
            "/account?tab=sessions&x=%2F",
            "/admin",
            "/consent?request=AAAA-_",
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com/a/b?c=d&e=%20#f",
            "https://app.example.com?x",
            "https://app.example.com#/route",
            "https://app.example.com//evil.example/@evil.example:80",
            "https://other.example.com:8443/x",
            "http://localhost:3000/",
        ] {
            assert_eq!(allowed(address, ORIGINS), Some(address), "{address}");
        }
        assert!(PAGES.contains(&DEFAULT));
    }

    proptest! {
        // Browsers parse addresses by the URL standard, as this crate does.
        #[test]
        fn allowed_address_leads_to_a_page_or_an_allowed_origin(
            parts in prop::collection::vec(
                prop::sample::select(&[
                    "https://app.example.com", "https:", "http:", "javascript:", "//", "/", "/account", "/api", "..", ".", "\\", "@",
                    ":", ":443", "?", "#", "%2f", "%2e", "%00", "\t", "\n", " ", "evil.example", "localhost:3000", ".com", "\u{3002}",
                    "=", "&", ";", "x", "[", "]",
                ][..]),
                1..8,
            )
        ) {
            let address = parts.concat();
            if allowed(&address, ORIGINS).is_some() {
                let own = Url::parse("https://auth.example.com/sign-in").unwrap();
                let target = own.join(&address).unwrap();
                let is_page = target.origin() == own.origin() && PAGES.contains(&target.path());
                let origin = target.origin().ascii_serialization();
                assert!(is_page || ORIGINS.contains(&origin.as_str()), "{address:?} leads to {target}");
                assert!(target.username().is_empty() && target.password().is_none(), "{target}");
            }
        }
    }

    #[test]
    fn address_is_limited_in_length() {
        let start = "https://app.example.com/";
        let longest = format!("{start}{}", "a".repeat(MAX_BYTES - start.len()));
        assert_eq!(allowed(&longest, ORIGINS), Some(longest.as_str()));
        assert_eq!(allowed(&format!("{longest}a"), ORIGINS), None);
    }

    #[test]
    fn consent_page_is_allowed_with_the_longest_request() {
        let address = format!("/consent?request={}", "a".repeat(MAX_HANDLE_BYTES));
        assert_eq!(allowed(&address, ORIGINS), Some(address.as_str()));
        let longest = format!("{address:a<MAX_PAGE_BYTES$}");
        assert_eq!(allowed(&longest, ORIGINS), Some(longest.as_str()));
        assert_eq!(allowed(&format!("{longest}a"), ORIGINS), None);
    }

    // The same list is tried in a browser: tests/api/browser/cases/pages/open_redirects.mjs.
    #[test]
    fn every_other_spelling_is_refused() {
        for address in include_str!("return_target/refused.txt").lines() {
            let address = address
                .replace("\\t", "\t")
                .replace("\\n", "\n")
                .replace("\\0", "\0");
            assert_eq!(allowed(&address, ORIGINS), None, "{address:?}");
        }
        assert_eq!(allowed("", ORIGINS), None);
        assert_eq!(allowed("https://app.example.com/", []), None);
    }
}
