//! Builds the platform's responses, and caches their status and headers.
//!
//! Most responses have one of a few combinations of status and headers. A `Headers` object of nine entries costs more than the
//! rest of the response, so each combination is built once per isolate and used for every response that has it: without this
//! cache, `/validate` takes about a twelfth longer. Only headers whose text is fixed in the code or the configuration are cached,
//! which bounds the number of combinations.

use js_sys::JsString;
use std::borrow::Cow;
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Response, ResponseInit};

/// A header. A value that is fixed in the code or the configuration is borrowed.
pub type Header = (&'static str, Cow<'static, str>);

/// Headers that many responses have in common.
pub type CommonHeaders = &'static [(&'static str, &'static str)];

/// A combination of status and headers.
struct Cached {
    status: u16,
    common: CommonHeaders,
    headers: Vec<Header>,
    prepared: Prepared,
}

/// What a response is made of. The platform copies the headers into the response, so another response can use them.
#[derive(Clone)]
struct Prepared {
    init: ResponseInit,
    headers: JsHeaders,
}

thread_local! {
    static CACHE: RefCell<Vec<Cached>> = const { RefCell::new(Vec::new()) };
    static REQUEST_ID: JsString = JsString::from("x-request-id");
}

/// A response with these headers, `X-Request-Id`, and this body, a string or null.
///
/// # Errors
/// If the runtime refuses a header, or a body for this status.
pub fn response(
    status: u16,
    common: CommonHeaders,
    headers: &[Header],
    request_id: &JsString,
    body: &JsValue,
) -> Result<Response, JsValue> {
    let Prepared { init, headers } = prepared(status, common, headers)?;
    REQUEST_ID.with(|name| headers.set(name, request_id))?;
    Ok(JsResponse::new(body, &init)?.unchecked_into())
}

#[wasm_bindgen]
extern "C" {
    /// `Response`, whose body may be any value. `web_sys` has no constructor for a JavaScript string.
    #[wasm_bindgen(js_name = Response)]
    type JsResponse;

    #[wasm_bindgen(constructor, js_class = "Response", catch)]
    fn new(body: &JsValue, init: &ResponseInit) -> Result<JsResponse, JsValue>;

    /// `Headers`, whose method takes JavaScript strings.
    #[derive(Clone)]
    #[wasm_bindgen(js_name = Headers)]
    type JsHeaders;

    #[wasm_bindgen(method, catch)]
    fn set(this: &JsHeaders, name: &JsString, value: &JsString) -> Result<(), JsValue>;
}

fn prepared(status: u16, common: CommonHeaders, headers: &[Header]) -> Result<Prepared, JsValue> {
    let is_fixed = |(_, value): &Header| matches!(value, Cow::Borrowed(_));
    if !headers.iter().all(is_fixed) {
        return prepare(status, common, headers);
    }
    let is_same = |cached: &&Cached| {
        cached.status == status && std::ptr::eq(cached.common, common) && cached.headers == headers
    };
    CACHE.with_borrow_mut(|cache| {
        if let Some(cached) = cache.iter().find(is_same) {
            return Ok(cached.prepared.clone());
        }
        let prepared = prepare(status, common, headers)?;
        cache.push(Cached {
            status,
            common,
            headers: headers.to_vec(),
            prepared: prepared.clone(),
        });
        Ok(prepared)
    })
}

fn prepare(status: u16, common: CommonHeaders, headers: &[Header]) -> Result<Prepared, JsValue> {
    let list = Headers::new()?;
    let is_replaced = |name: &str| headers.iter().any(|(other, _)| *other == name);
    for (name, value) in common.iter().filter(|(name, _)| !is_replaced(name)) {
        list.append(name, value)?;
    }
    for (name, value) in headers {
        list.append(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&list);
    let headers = list.unchecked_into();
    Ok(Prepared { init, headers })
}
