//! The platform's events. `answer` runs for every request, so it does what costs little: the strings that every request
//! needs come as arguments (`entry.mjs`), bindings are bound once an isolate, and the response's header objects are made
//! once. (`worker::event` walks all headers, wraps every body in a stream and each future in three promises.)

use super::{scheduled as sweep, upload};
use crate::app::{App, RequestContext};
use crate::config::Config;
use crate::http::request::{Method, Reading, Request};
use crate::http::response::{Header, Response};
use crate::router;
use crate::runtime::d1::Database;
use crate::runtime::kv::Kv;
use crate::runtime::rate_limiter::RateLimiter;
use crate::runtime::{executor, log};
use crate::timestamp::Timestamp;
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, ResponseInit};
use worker_sys::Context;

/// On every response: nothing here is for a cache, a frame or another site.
const HEADERS: [(&str, &str); 7] = [
    ("content-type", "application/json"),
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
];

// web-sys's takes a text of Rust's.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Response)]
    type JsResponse;

    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(body: &JsValue, init: &ResponseInit) -> Result<JsResponse, JsValue>;
}

thread_local! {
    static APP: OnceCell<Option<&'static App>> = const { OnceCell::new() };
    static BASE_HEADERS: Headers = base_headers();
    static FIXED: RefCell<Vec<Fixed>> = const { RefCell::new(Vec::new()) };
}

/// Answers a request: `resolve` receives the response and adds the header `X-Request-Id` to it. `authorization` is the only
/// header that most requests need. Returns the number of a request that has to wait, for [`abandoned`], else 0.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "JavaScript reads them from its objects faster than Rust does"
)]
pub fn answer(
    method: &str,
    url: String,
    authorization: Option<String>,
    id: js_sys::JsString,
    headers: Headers,
    request: web_sys::Request,
    env: &JsValue,
    context: Context,
    resolve: js_sys::Function,
) -> u32 {
    let app = app(env);
    let request = plain(method, url, authorization, id, headers, request);
    let is_head = request.method == Method::Head;
    let now = now();
    let enter = move |app| RequestContext::new(app, now, context);
    let work = async move {
        let response = router::handle(app, enter, request).await;
        // Cannot fail: a promise's own function, which throws nothing.
        let _ = resolve.call1(&JsValue::UNDEFINED, &to_js(&response, is_head));
    };
    executor::run(Box::pin(work)).unwrap_or(0)
}

/// Drops the request with this number, whose client has disconnected. Work that must be completed runs in a future of its
/// own ([`RequestContext::run_to_completion`]).
#[wasm_bindgen]
pub fn abandoned(request: u32) {
    executor::abandon(request);
}

/// The cron event: removes expired rows, and makes checkpoints of the audit log.
#[wasm_bindgen]
#[expect(
    clippy::needless_pass_by_value,
    reason = "the runtime hands its objects over"
)]
pub fn scheduled(_event: JsValue, env: JsValue) -> js_sys::Promise {
    let app = app(&env);
    executor::of(Box::pin(async move {
        if let Some(app) = app {
            sweep::run(app, now()).await;
        }
    }))
}

/// The isolate's [`App`], made at the first event; `None` if the configuration is not usable, which the log then says.
fn app(env: &JsValue) -> Option<&'static App> {
    APP.with(|app| *app.get_or_init(|| open(env)))
}

fn open(env: &JsValue) -> Option<&'static App> {
    let binding =
        |name: &str| js_sys::Reflect::get(env, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let config = Config::from_environment(variables(env), |name| text(&binding(name)), now())
        .map_err(|errors| {
            for error in errors {
                log::misconfigured(&error.name, error.expected);
            }
        })
        .ok()?;
    let stores = Database::from_binding(binding("DB")).zip(Kv::from_binding(binding("SESSIONS")));
    let Some((database, kv)) = stores else {
        log::failure("bindings", "DB and SESSIONS must be bound in wrangler.toml");
        return None;
    };
    let [sign_in, session] = ["SIGN_IN_LIMIT", "SESSION_LIMIT"].map(|name| {
        let limit = binding(name);
        if !limit.is_object() {
            log::no_rate_limit(name);
        }
        limit
    });
    let limits = RateLimiter::from_bindings(sign_in, session);
    App::new(config, database, kv, limits).map(|app| &*Box::leak(Box::new(app)))
}

/// The names of all variables. Bindings are objects and are skipped; so are lists, which the configuration does not use.
fn variables(env: &JsValue) -> Vec<String> {
    let names = js_sys::Reflect::own_keys(env).unwrap_or_default();
    let names = names.iter().filter(|name| {
        js_sys::Reflect::get(env, name)
            .is_ok_and(|value| !value.is_object() && !value.is_undefined())
    });
    names.filter_map(|name| name.as_string()).collect()
}

/// A variable's text. wrangler.toml may hold a number or a list where it should hold a string: their JSON is judged like
/// any other text, so that none is passed over.
fn text(value: &JsValue) -> Option<String> {
    let is_absent = value.is_undefined() || value.is_null();
    value.as_string().or_else(|| {
        if is_absent {
            None
        } else {
            js_sys::JSON::stringify(value).ok()?.as_string()
        }
    })
}

fn now() -> Timestamp {
    // Milliseconds since 1970 stay far below 2^53.
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds of a clock")]
    #[cfg_attr(
        not(test),
        expect(clippy::disallowed_methods, reason = "the one clock")
    )]
    Timestamp::from_seconds((js_sys::Date::now() / 1_000.0) as i64)
}

fn plain(
    method: &str,
    url: String,
    authorization: Option<String>,
    id: js_sys::JsString,
    headers: Headers,
    request: web_sys::Request,
) -> Request {
    Request {
        method: Method::parse(method),
        url,
        parameters: Vec::new(),
        authorization,
        id: Box::new(move || String::from(&id)),
        header: Box::new(move |name| headers.get(name).ok().flatten()),
        body: Box::new(move |most, is_declared| {
            Box::pin(upload::read(request, most, is_declared)) as Reading
        }),
    }
}

fn base_headers() -> Headers {
    // Cannot fail: a constructor without arguments, and names and values that are valid.
    let headers = Headers::new().unwrap_or_else(|_| JsValue::UNDEFINED.unchecked_into());
    for (name, value) in HEADERS {
        let _ = headers.set(name, value);
    }
    headers
}

/// A response whose headers are all fixed texts, without its body: made once.
struct Fixed {
    status: u16,
    has_body: bool,
    headers: Vec<Header>,
    init: ResponseInit,
}

impl Fixed {
    fn is_of(&self, response: &Response) -> bool {
        self.status == response.status
            && self.has_body == response.body.is_some()
            && self.headers == response.headers
    }
}

fn to_js(response: &Response, is_head: bool) -> JsValue {
    let body = response.body.as_ref().filter(|_| !is_head);
    let body = body.map_or(JsValue::NULL, |body| body.in_javascript().into());
    // Cannot fail: the status is one of ours and the headers are valid; a 500 without text would be the runtime's.
    JsResponse::new(&body, &init(response)).map_or(JsValue::UNDEFINED, JsValue::from)
}

fn init(response: &Response) -> ResponseInit {
    let is_fixed = |(_, value): &Header| matches!(value, Cow::Borrowed(_));
    if !response.headers.iter().all(is_fixed) {
        return new_init(response);
    }
    FIXED.with_borrow_mut(|made| {
        if let Some(fixed) = made.iter().find(|fixed| fixed.is_of(response)) {
            return fixed.init.clone();
        }
        let init = new_init(response);
        // Of these there are no more than the code and the configuration have texts for.
        made.push(Fixed {
            status: response.status,
            has_body: response.body.is_some(),
            headers: response.headers.clone(),
            init: init.clone(),
        });
        init
    })
}

fn new_init(response: &Response) -> ResponseInit {
    let init = ResponseInit::new();
    init.set_status(response.status);
    let headers = BASE_HEADERS
        .with(Headers::new_with_headers)
        .unwrap_or_else(|_| base_headers());
    if response.body.is_none() {
        let _ = headers.delete("content-type");
    }
    for (name, value) in &response.headers {
        let _ = headers.append(name, value);
    }
    init.set_headers(&headers);
    init
}
