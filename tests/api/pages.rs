//! The browser pages as HTTP serves them. `browser/` has the tests of what they do.

use crate::support::App;
use regex::Regex;
use std::collections::BTreeSet;
use std::io::Write;

const PAGES: [&str; 12] = [
    "/account",
    "/admin",
    "/bootstrap",
    "/confirm-email",
    "/consent",
    "/error",
    "/forgot-password",
    "/revert-email",
    "/set-password",
    "/sign-in",
    "/sign-out",
    "/signed-out",
];

/// The files that a page names, with their texts.
async fn files(app: &App, page: &str) -> Vec<(String, String)> {
    let html = app.get(page).await.text();
    let names = Regex::new(r#"(?:src|href)="(/[^"]+)""#).expect("an expression");
    let names: BTreeSet<_> = names
        .captures_iter(&html)
        .map(|found| found[1].to_owned())
        .collect();
    let mut files = Vec::new();
    for name in names {
        let text = file(app, &name).await.text().await.expect("a text");
        files.push((name, text));
    }
    files
}

/// A file that is served without the Worker, so it does not have the headers of its responses.
async fn file(app: &App, path: &str) -> reqwest::Response {
    let url = format!("{}{path}", app.server().origin());
    let response = app.client().get(url).send().await.expect("a response");
    assert_eq!(response.status(), 200, "{path}");
    response
}

// The contract of every response (support/pages.rs) has the headers.
#[tokio::test]
async fn every_page_is_served_at_its_path() {
    let app = App::shared();
    for path in PAGES {
        for path in [path.to_owned(), format!("{path}?return_to=%2F&x=<script>")] {
            let page = app.get(&path).await;
            page.assert_status(200);
            assert!(page.text().starts_with("<!doctype html>"), "{path}");
            assert!(!page.text().contains("return_to"), "{path}");
        }
        let head = app.request("HEAD", path).await;
        head.assert_status(200);
        assert!(head.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn only_account_and_console_are_isolated_from_pages_that_open_them() {
    let app = App::shared();
    for path in PAGES {
        let page = app.get(path).await;
        let is_isolated = ["/account", "/admin"].contains(&path);
        let expected = is_isolated.then_some("same-origin");
        let policy = page.header("cross-origin-opener-policy");
        assert_eq!(policy, expected, "{path}");
    }
}

#[tokio::test]
async fn start_page_leads_to_the_account() {
    let app = App::shared();
    insta::assert_snapshot!(app.get("/").await.snapshot(), @"
    302
    location: /account
    ");
    // The query does not matter.
    let response = app.get("/?return_to=https://evil.example").await;
    assert_eq!(response.header("location"), Some("/account"));
}

#[tokio::test]
async fn unknown_path_outside_the_api_returns_the_404_page() {
    let app = App::shared();
    for path in [
        "/nothing",
        "/sign-in/",
        "/Sign-in",
        "/sign-in.html",
        "/404",
        "/login",
        "/API/AUTH/LOGIN",
        "//api/auth/login",
        "/api-docs",
        "/_headers",
        "/html/sign-in.html",
        "/html/sign-in",
        "/html/",
        "/assets/",
        "/assets/sign-in-00000000.js",
        "/assets/sign-in",
        "/brand/nothing.svg",
        "/%2e%2e%2fetc",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let page = app.request(method, path).await;
            page.assert_error(404, "not_found");
            let text = page.text();
            assert!(
                text.contains("<title>Page not found</title>"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn other_method_on_a_page_returns_405() {
    let app = App::shared();
    for path in PAGES.into_iter().chain(["/"]) {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let response = app.request(method, path).await;
            response.assert_error(405, "method_not_allowed");
            assert_eq!(
                response.header("allow"),
                Some("GET, HEAD"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn page_cannot_be_read_by_other_origins() {
    let app = App::shared();
    for origin in ["https://app.example.com", "https://evil.example"] {
        let page = app.get("/account").header("origin", origin).await;
        page.assert_status(200);
        assert!(page.header("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn files_of_pages_may_be_kept_forever_because_their_names_change() {
    let app = App::shared();
    let hashed = Regex::new(r"^/assets/[a-z0-9-]+-[A-Z0-9]{8}\.(js|css)$").expect("an expression");
    let mut count = 0;
    for page in PAGES.into_iter().chain(["/nothing"]) {
        for (name, _) in files(&app, page).await {
            let headers = file(&app, &name).await.headers().clone();
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            assert_eq!(header("x-content-type-options"), Some("nosniff"), "{name}");
            assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"));
            let policy = header("content-security-policy").unwrap_or_default();
            assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
            if name.starts_with("/brand/") {
                assert_eq!(header("cache-control"), Some("public, max-age=3600"));
                assert!(policy.contains("sandbox"), "{name}: {policy}");
                continue;
            }
            assert!(hashed.is_match(&name), "{name}");
            let kept = "public, max-age=31536000, immutable";
            assert_eq!(header("cache-control"), Some(kept), "{name}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

#[tokio::test]
async fn pages_contain_no_inline_script_and_no_inline_style() {
    let app = App::shared();
    let inline = Regex::new(r"(?i)<script>|<style|\sstyle=|\son[a-z]+=|javascript:");
    let inline = inline.expect("an expression");
    for page in PAGES.into_iter().chain(["/nothing"]) {
        let html = app.get(page).await.text();
        let found = inline.find(&html).map(|found| found.as_str());
        assert_eq!(found, None, "{page}");
    }
}

#[tokio::test]
async fn page_without_javascript_says_so_in_each_language() {
    let app = App::shared();
    for page in PAGES.into_iter().chain(["/nothing"]) {
        let html = app.get(page).await.text();
        let (_, text) = html.split_once("<noscript>").expect("a text");
        assert!(text.contains("needs JavaScript") && text.contains("benötigt JavaScript"));
    }
}

/// Of scripts and styles together, compressed.
const MAX_SIGN_IN_BYTES: usize = 60 * 1024;

#[tokio::test]
async fn script_and_style_of_the_sign_in_page_are_small() {
    let app = App::shared();
    let mut bytes = 0;
    for (name, text) in files(&app, "/sign-in").await {
        if !name.starts_with("/brand/") {
            bytes += compressed(text.as_bytes());
        }
    }
    println!("the sign-in page has {bytes} bytes of scripts and styles, compressed");
    assert!((1..=MAX_SIGN_IN_BYTES).contains(&bytes), "{bytes}");
}

/// The size after gzip.
fn compressed(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory").len()
}
