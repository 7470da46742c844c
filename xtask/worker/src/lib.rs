//! The module that Cloudflare runs: the crate `edge_auth`, whose exports wasm-bindgen finds in it.
extern crate edge_auth;
