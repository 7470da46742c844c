//! Edge Auth: the identity provider behind `/api/auth/*`. It is a Cloudflare Worker.
//!
//! | module | owns |
//! |---|---|
//! | `events` | the event handlers `fetch` and `scheduled` |
//! | `openapi` | the `OpenAPI` document, folded from the routes (native builds only) |
//! | [`router`] | the list of all routes, and the handling of a request by its route |
//! | [`routes`] | the endpoints: one folder per resource, one file per endpoint |
//! | [`http`] | requests, responses, errors and their formats, and the caller of a request |
//! | [`app`] | the use cases, without HTTP and SQL |
//! | [`config`] | the configuration, one file per section |
//! | [`store`] | one file per table or KV key |
//! | [`aws`] | the requests and responses of AWS |
//! | [`runtime`] | the platform's services: D1, KV, rate limiter, timeouts, tasks, log |
//! | [`domain`] | the rules: users, sessions, names, passwords, tokens, audit chain |
//! | [`crypto`] | secrets, MACs, sealed values, password hashes |
//! | [`json`], [`timestamp`], `unicode` | the strict JSON reader, times, Unicode tables |
//!
//! Each module imports only from modules further down this table; `store` and `aws` do not import each other.
//! `tests/architecture.rs` checks this.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod app;
pub mod aws;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod http;
pub mod json;
pub mod router;
pub mod routes;
pub mod runtime;
pub mod store;
pub mod timestamp;
mod unicode;

mod events;
#[cfg(not(target_arch = "wasm32"))]
pub mod openapi;
