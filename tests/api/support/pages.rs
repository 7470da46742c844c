//! The contract of every response that is not of the API: the browser pages.

use super::contract::header_is_wrong;
use super::response::Response;
use reqwest::Url;

/// Headers of every browser page.
pub const PAGE_HEADERS: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("content-type", "text/html; charset=utf-8"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
];

/// Other headers of some pages.
const OTHER_HEADERS: [&str; 3] = [
    "cross-origin-opener-policy",
    "edge-auth-error",
    "x-request-id",
];

/// Whether the response is one of a browser page: HTML, from a path that is not one of the API.
pub(super) fn is_page(response: &Response) -> bool {
    let is_html = response
        .header("content-type")
        .is_some_and(|media_type| media_type.starts_with("text/html"));
    is_html && !is_api(&response.path)
}

/// Whether a path belongs to the API, once the client has resolved its dot segments.
pub fn is_api(path: &str) -> bool {
    let base = Url::parse("http://localhost").expect("a URL");
    // A path that begins with two slashes is not a host name here.
    let Ok(url) = Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))) else {
        return true;
    };
    let first = url.path_segments().and_then(|mut segments| segments.next());
    ["api", "oauth", ".well-known"].contains(&first.unwrap_or_default())
}

/// The first violation of the contract of pages.
pub(super) fn violation(response: &Response) -> Option<String> {
    if ![200, 404].contains(&response.status) {
        return Some("no page has this status".to_owned());
    }
    let code = (response.status == 404).then_some("not_found");
    if response.error_code() != code {
        return Some(format!("the error code is {:?}", response.error_code()));
    }
    header_is_wrong(&response.headers, &PAGE_HEADERS, &OTHER_HEADERS)
}
