//! The browser pages: their paths, and the files of `build/pages/html` that they are served from. The pages call the API like any other
//! client; `pages/` has their sources. `events/fetch.rs` adds the security headers.

use crate::http::error::{ApiError, ErrorFormat};
use crate::http::error_codes::ErrorCode;
use crate::http::request::{Method, Request};
use crate::http::response::Response;
use crate::runtime::assets::Assets;

/// A browser page.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    path: &'static str,
    /// Whether the page gets its own browsing context group, so that a page that opened it has no reference to it. A page that
    /// applications open as a pop-up has to keep that reference.
    is_isolated: bool,
}

impl Page {
    const fn at(path: &'static str) -> Self {
        Self {
            path,
            is_isolated: false,
        }
    }
}

const PAGES: &[Page] = &[
    Page::at("/sign-in"),
    // Not isolated, because an application may open it as a pop-up.
    Page::at("/sign-out"),
    Page::at("/signed-out"),
    Page {
        is_isolated: true,
        ..Page::at("/account")
    },
    Page {
        is_isolated: true,
        ..Page::at("/admin")
    },
    Page::at("/bootstrap"),
    // Not isolated, because an application may open the authorization endpoint as a pop-up.
    Page::at("/consent"),
    Page::at("/set-password"),
    Page::at("/forgot-password"),
    Page::at("/confirm-email"),
    Page::at("/revert-email"),
    Page::at("/error"),
];

/// The page of all other paths.
const NOT_FOUND: &str = "/404";

/// The path that `/` leads to.
const START: &str = "/account";

/// Responds to a request for a browser page.
pub async fn respond(assets: Option<&'static Assets>, request: &Request) -> Response {
    let path = request.path();
    let page = PAGES.iter().find(|page| page.path == path);
    if page.is_none() && path != "/" {
        let html = load(assets, NOT_FOUND).await;
        let not_found = ErrorCode::NotFound;
        return html.map_or_else(
            || error(not_found),
            |html| Response::page(404, html).with("edge-auth-error", not_found.as_str()),
        );
    }
    if !matches!(request.method, Method::Get | Method::Head) {
        let error = ApiError::new(ErrorCode::MethodNotAllowed).with_header("allow", "GET, HEAD");
        return error.response(ErrorFormat::Message);
    }
    let Some(page) = page else {
        return Response::redirect(START);
    };
    match load(assets, page.path).await {
        None => error(ErrorCode::RuntimeFailed),
        Some(html) if page.is_isolated => {
            Response::page(200, html).with("cross-origin-opener-policy", "same-origin")
        }
        Some(html) => Response::page(200, html),
    }
}

async fn load(assets: Option<&'static Assets>, page: &str) -> Option<String> {
    assets?.text(&format!("/html{page}.html")).await
}

fn error(code: ErrorCode) -> Response {
    ApiError::new(code).response(ErrorFormat::Message)
}

#[cfg(test)]
mod tests {
    use super::PAGES;

    #[test]
    fn each_path_has_one_page() {
        for (index, page) in PAGES.iter().enumerate() {
            assert!(PAGES[..index].iter().all(|other| other.path != page.path));
        }
    }

    #[test]
    fn pages_that_applications_open_keep_the_reference_to_them() {
        let isolated = PAGES.iter().filter(|page| page.is_isolated);
        let paths: Vec<_> = isolated.map(|page| page.path).collect();
        assert_eq!(paths, ["/account", "/admin"]);
    }
}
