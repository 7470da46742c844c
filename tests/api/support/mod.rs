//! The test harness: the built Worker in workerd with real local D1, KV and R2, and the means to observe it and to inject faults
//! of its stores and its clock. `cargo test --test api` builds what is stale and starts what is needed.
//!
//! A test uses an [`App`], its own view of a server that all tests with the same variables share. It adds its own users
//! and never resets anything, so tests run in parallel.
//!
//! ```ignore
//! #[tokio::test]
//! async fn logout_overwrites_the_cached_session() {
//!     let app = App::shared();                        // or App::with(Vars::strict())
//!     let ada = app.user("ada").await;                // app.admin(..), app.new_user(..).organization(..).create()
//!     let response = ada.login().await;               // ada.login().client_ip("203.0.113.9").header(..).await
//!     let session = response.session();               // or ada.sign_in().await
//!
//!     let response = session.validate().await;        // session.me(), .refresh(), .logout(); app.anonymous().health()
//!     let recorded = response.recorded().await;       // waits for everything that the request deferred
//!     assert_eq!((recorded.d1(), recorded.kv_reads()), (0, 1));
//!     insta::assert_snapshot!(response.snapshot(), @"");
//!
//!     app.fault(Fault::kv_writes().fails()).await;    // affects the requests of this test only
//!     let paused = app.fault(Fault::d1().matching("UPDATE sessions").times(1).pauses()).await;
//!     paused.release().await;                         // paused.remove(), paused.hits(), app.remove_faults()
//!
//!     app.shift_clock(301).await;                     // for this test; KV entries expire by it too
//!     app.sql("SELECT revoked_at FROM sessions WHERE user_id = ?1", [ada.id.clone()]).await;
//!     app.scheduled("0 * * * *").await;               // the cron event, recorded and with faults like a request
//! }
//! ```
//!
//! - `caller` has the callers of the API, and `actors` their requests, one function for each endpoint. `users` adds users, `seed` thousands of them.
//! - `sessions`, `failures` and `audit` look at what is stored, and `mail` at the messages that were sent.
//! - Every response is checked against the OpenAPI document (`contract`).
//! - Every test has its own IP address (`CF-Connecting-IP`).
//! - [`App::isolated`] starts a server for one test, which the test can kill and restart with the same storage.
//! - Calls by the harness itself (`sql`, `kv_*`) are neither recorded nor affected by faults.
//! - Timers and the clock of D1 are not shifted. The earlier values of KV, which stale reads and a shifted clock need, are lost at
//!   a restart.
//! - The rate-limit bindings are those of wrangler.toml. Its variables are not read; [`Vars`] are a server's own.
//! - A test with many cases is a function of [`Cases`]: a sample in `cargo test`, all of them in a slow test beside it.
//! - The Worker is built once per run; if `EDGE_AUTH_NODE` and `EDGE_AUTH_NODE_MODULES` are both set, it is not built
//!   (`toolchain`).
//! - Nothing is left behind: the Node process (`miniflare.mjs`) stops and removes everything when this process ends.

pub mod access_tokens;
mod actors;
mod administration;
mod app;
pub mod audit;
pub mod audit_log;
#[path = "../../shared/authenticator.rs"]
pub mod authenticator;
pub mod aws;
pub mod aws_proof;
mod caller;
mod cases;
pub mod command_line;
mod connected_applications;
pub mod contract;
pub mod credentials;
mod factors;
pub mod failures;
mod fault;
pub mod grants;
#[path = "../../shared/installed.rs"]
pub mod installed;
pub mod internals;
mod mail;
mod miniflare;
mod oauth_clients;
pub mod pages;
mod passkeys;
pub mod receiver;
mod recorded;
mod request;
mod response;
pub mod routes;
pub mod secrets;
mod seed;
mod server;
pub mod services;
mod session_routes;
mod sessions;
mod snapshot;
mod tests;
#[path = "../../shared/toolchain.rs"]
mod toolchain;
mod users;
mod vars;

pub use app::{App, eventually};
pub use caller::Caller;
pub use cases::Cases;
pub use factors::{Authenticator, PendingSignIn};
pub use fault::Fault;
pub use internals::STEP_UP_SECONDS;
pub use miniflare::{node, node_modules};
pub use oauth_clients::registration;
pub use recorded::RecordedCalls;
pub use request::Request;
pub use response::Response;
pub use seed::{SEED_PASSWORD, SeededUser, unique_id};
pub use session_routes::{TOKEN_ROUTES, assert_refused};
pub use sessions::{revoked, token_part};
pub use users::{CREATED_AT, FAR_FUTURE, NEW_PASSWORD, NewUser, PASSWORD, User, hash};
pub use vars::{PEPPER, SIGNING_KEYS, STRICT, Vars, var};
