//! Builds the platform's responses, and caches their status and headers.
//!
//! Most responses have one of a few combinations of status and headers. A `Headers` object of nine entries costs more than the
//! rest of the response, so each combination is built once per isolate and used for every response that has it: without this
//! cache, `/validate` takes about a twelfth longer. Only headers whose text is fixed in the code or the configuration are cached,
//! which bounds the number of combinations.

use std::borrow::Cow;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
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
    init: ResponseInit,
}

thread_local! {
    static CACHE: RefCell<Vec<Cached>> = const { RefCell::new(Vec::new()) };
}

/// A response with these headers. The entry point adds further ones to the response itself, not to the cached object.
///
/// # Errors
/// If the runtime refuses a header, or a body for this status.
pub fn response(
    status: u16,
    common: CommonHeaders,
    headers: &[Header],
    body: Option<&str>,
) -> Result<Response, JsValue> {
    let init = init(status, common, headers)?;
    Response::new_with_opt_str_and_init(body, &init)
}

fn init(status: u16, common: CommonHeaders, headers: &[Header]) -> Result<ResponseInit, JsValue> {
    let is_fixed = |(_, value): &Header| matches!(value, Cow::Borrowed(_));
    if !headers.iter().all(is_fixed) {
        return new_init(status, common, headers);
    }
    let is_same = |cached: &&Cached| {
        cached.status == status && std::ptr::eq(cached.common, common) && cached.headers == headers
    };
    CACHE.with_borrow_mut(|cache| {
        if let Some(cached) = cache.iter().find(is_same) {
            return Ok(cached.init.clone());
        }
        let init = new_init(status, common, headers)?;
        cache.push(Cached {
            status,
            common,
            headers: headers.to_vec(),
            init: init.clone(),
        });
        Ok(init)
    })
}

fn new_init(
    status: u16,
    common: CommonHeaders,
    headers: &[Header],
) -> Result<ResponseInit, JsValue> {
    let list = Headers::new()?;
    for (name, value) in common {
        list.append(name, value)?;
    }
    for (name, value) in headers {
        list.append(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&list);
    Ok(init)
}
