//! The isolate's [`App`] and [`Assets`], created at its first event.

use super::panics;
use crate::app::App;
use crate::config::Config;
use crate::runtime::assets::Assets;
use crate::runtime::d1::Database;
use crate::runtime::email::Mailer;
use crate::runtime::kv::Kv;
use crate::runtime::r2::Bucket;
use crate::runtime::rate_limiter::RateLimiter;
use crate::runtime::{clock, log};
use std::cell::OnceCell;
use wasm_bindgen::JsValue;
use worker::Env;

thread_local! {
    static APP: OnceCell<Option<&'static App>> = const { OnceCell::new() };
    static ASSETS: OnceCell<Option<&'static Assets>> = const { OnceCell::new() };
}

/// The isolate's [`Assets`]; `None` without the binding. They do not depend on the configuration: an unknown path has the same
/// page if it is invalid.
pub fn assets(env: &Env) -> Option<&'static Assets> {
    let open = || Assets::from_env(env, "ASSETS").map(|assets| &*Box::leak(Box::new(assets)));
    ASSETS.with(|assets| *assets.get_or_init(open))
}

/// The isolate's [`App`]; `None` if the configuration is invalid, which was logged.
pub fn app(env: &Env) -> Option<&'static App> {
    APP.with(|app| *app.get_or_init(|| open(env)))
}

fn open(env: &Env) -> Option<&'static App> {
    panics::install_hook();
    let config = Config::from_environment(variables(env), |name| variable(env, name), clock::now());
    let config = config
        .map_err(|errors| {
            for error in errors {
                log::misconfigured(&error.name, error.expected);
            }
        })
        .ok()?;
    let stores = Database::from_env(env, "DB").zip(Kv::from_env(env, "SESSIONS"));
    let Some((database, kv)) = stores else {
        log::failure("bindings", "DB and SESSIONS must be bound in wrangler.toml");
        return None;
    };
    let limits = ["SIGN_IN_LIMIT", "SESSION_LIMIT"];
    let rate_limiter = RateLimiter::from_env(env, limits, log::no_rate_limit);
    let mailer = Mailer::from_env(env, "EMAIL");
    if config.email.from.is_some() && mailer.is_none() {
        log::no_email("EMAIL");
    }
    let bucket = Bucket::from_env(env, "ARCHIVE");
    if config.audit.retention_days.is_some() && bucket.is_none() {
        log::no_archive("ARCHIVE");
    }
    // Leaked, because it lives as long as the isolate.
    let mut app = App::new(config, database, kv, rate_limiter, mailer, bucket)?;
    app.bindings = BINDINGS.map(|name| (name, is_bound(env, name))).into();
    Some(&*Box::leak(Box::new(app)))
}

/// The bindings that the service uses.
const BINDINGS: [&str; 7] = [
    "DB",
    "SESSIONS",
    "ASSETS",
    "EMAIL",
    "ARCHIVE",
    "SIGN_IN_LIMIT",
    "SESSION_LIMIT",
];

fn is_bound(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &name.into()).is_ok_and(|value| value.is_object())
}

/// The names of all variables. Bindings are objects and are skipped; so are lists, which the configuration does not use.
fn variables(env: &Env) -> Vec<String> {
    let names = js_sys::Reflect::own_keys(env).unwrap_or_default();
    let names = names.iter().filter(|name| {
        js_sys::Reflect::get(env, name)
            .is_ok_and(|value| !value.is_object() && !value.is_undefined())
    });
    names.filter_map(|name| name.as_string()).collect()
}

/// The text of a variable. `wrangler.toml` may have a number or a list where a string is expected: its JSON is checked like any
/// other text, so that the error is reported. `Env::var` refuses such values.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &name.into()).unwrap_or(JsValue::UNDEFINED);
    if value.is_undefined() || value.is_null() {
        return None;
    }
    value
        .as_string()
        .or_else(|| js_sys::JSON::stringify(&value).ok()?.as_string())
}
