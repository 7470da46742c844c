//! Edge Auth: the sign-in service behind `/api/auth/*`, a Cloudflare Worker.
//!
//! | where | what |
//! |---|---|
//! | `door` | the platform's fetch and cron events become plain values, replies become the platform's |
//! | `openapi` | the description of the API, from types and tables (native only) |
//! | [`router`] | every URL, method and error dialect on one screen |
//! | [`endpoints`] | one file an endpoint: request, reply, story |
//! | [`web`] | HTTP as plain values, who is calling, failures into text |
//! | [`failure`] | every way a request can fail |
//! | [`app`] | what a request works with: configuration, stores, randomness |
//! | [`config`] | the environment, checked |
//! | [`log`] | what goes into the log |
//! | [`store`] | D1 and KV, one file a record |
//! | [`aws`] | what AWS says on the wire |
//! | [`account`] | rules about people, passwords, tokens and secrets |
//! | [`json`], [`text`], [`wait`] | JSON that comes in, text that goes to JavaScript, waits for JavaScript |
//!
//! Imports go down this table, never up; `tests/architecture.rs` holds them to it.
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

pub mod account;
pub mod app;
pub mod aws;
pub mod config;
pub mod endpoints;
pub mod failure;
pub mod json;
pub mod log;
pub mod router;
pub mod store;
pub mod text;
pub mod wait;
pub mod web;

mod door;
#[cfg(not(target_arch = "wasm32"))]
pub mod openapi;
