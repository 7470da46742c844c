//! The `fetch` event. This function runs for every request, so it is exported directly instead of by `worker::event`, which
//! reads all headers, wraps every body in a stream and costs more than a tenth of a `/validate`. The texts that every request
//! needs are its arguments (`entry.mjs`).

use super::app::{app, assets};
use super::upload;
use crate::app::RequestContext;
use crate::http::request::{Method, Reading, Request};
use crate::http::response::{Body, Content, LINES, Response};
use crate::router;
use crate::runtime::clock;
use crate::runtime::executor::result_or_promise;
use crate::runtime::response_cache::{self, CommonHeaders};
use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Headers;
use worker::{Context, Env};

/// The headers of every response of the API with a body: no cache may store the response, and no page may frame it.
const HEADERS: CommonHeaders = &[
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("vary", "Origin"),
    ("x-content-type-options", "nosniff"),
    // `content-type` is the last one, because responses without a body omit it.
    ("content-type", "application/json"),
];

/// Those of a response in JSON Lines.
const LINES_HEADERS: CommonHeaders = &[
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("vary", "Origin"),
    ("x-content-type-options", "nosniff"),
    ("content-type", LINES),
];

/// The headers of every browser page. A page runs only scripts and styles of its own origin, sends nothing to another origin
/// and has no markup from strings. Its forms are sent by scripts, because Chromium applies `form-action` to redirects.
const PAGE_HEADERS: CommonHeaders = &[
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("x-content-type-options", "nosniff"),
    ("content-type", "text/html; charset=utf-8"),
];

/// Handles a request. Returns the response, or a promise of it if the request has to wait for something. Most requests to
/// `/validate` wait for nothing, and without a promise they take 6 % less CPU time.
#[wasm_bindgen(js_name = handleFetch)]
#[expect(
    clippy::too_many_arguments,
    reason = "JavaScript reads these values from its objects faster than Rust does"
)]
pub fn handle_fetch(
    method: &str,
    url: String,
    authorization: Option<String>,
    cookie: Option<String>,
    is_same_origin: bool,
    id: JsString,
    headers: Headers,
    request: web_sys::Request,
    env: &Env,
    context: JsValue,
) -> Result<JsValue, JsValue> {
    let (app, assets, received_at) = (app(env), assets(env), clock::now());
    let request_id = id.clone();
    let request = Request {
        method: Method::parse(method),
        url,
        parameters: Vec::new(),
        authorization,
        cookie,
        is_same_origin,
        id: Box::new(move || String::from(&id)),
        header: Box::new(move |name| headers.get(name).ok().flatten()),
        body: Box::new(move |most, is_declared| {
            Box::pin(upload::read(request, most, is_declared)) as Reading
        }),
    };
    let is_head = request.method == Method::Head;
    let context = Context::new(context.unchecked_into());
    let enter = move |app| RequestContext::new(app, assets, received_at, context);
    result_or_promise(async move {
        let response = router::handle(app, assets, enter, request).await;
        to_js(&response, &request_id, is_head)
    })
}

fn to_js(response: &Response, request_id: &JsString, is_head: bool) -> Result<JsValue, JsValue> {
    let common = match response.content {
        Content::Json => HEADERS,
        Content::Lines => LINES_HEADERS,
        Content::Page => PAGE_HEADERS,
    };
    let common = match (&response.body, common) {
        (None, [without_type @ .., _]) => without_type,
        _ => common,
    };
    let body = match &response.body {
        None => JsValue::NULL,
        Some(_) if is_head => JsValue::NULL,
        Some(Body::Text(text)) => JsValue::from_str(text),
        Some(Body::Shared(text)) => text.to_js().into(),
    };
    let (status, headers) = (response.status, &response.headers);
    Ok(response_cache::response(status, common, headers, request_id, &body)?.into())
}
