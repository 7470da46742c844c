//! Runs the programs of `examples/`, and clients that are generated from the `OpenAPI` document, against the real service:
//! `cargo dev`, started once for all tests that run at the same time. Each program is started with the command of its README.
#![cfg(unix)]

#[path = "../shared/installed.rs"]
mod installed;
#[path = "../shared/port.rs"]
mod port;
#[path = "../shared/toolchain.rs"]
mod toolchain;

mod apis;
mod browser_app;
mod openapi_clients;
mod packages;
mod program;
mod readme;
mod resource_servers;
mod service;
mod service_binding;
mod upstream;

use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folder of an example.
fn example(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples").join(name)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_mins(1))
        // workerd closes a connection that is idle for 5 seconds; a request sent at that moment would fail.
        .pool_idle_timeout(std::time::Duration::from_secs(2))
        .build()
        .expect("a client")
}
