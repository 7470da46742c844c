//! The harness: the built Worker in workerd with a real local D1 and KV, and the means to look at it and to make its
//! stores and its clock misbehave. `cargo test --test api` builds what is stale and starts what is needed.
//!
//! A test asks for an [`App`]: one test's own view of a server that all tests with the same variables share. It makes its
//! own people and never resets anything, so tests run side by side.
//!
//! ```ignore
//! #[tokio::test]
//! async fn signing_out_ends_the_copy() {
//!     let app = App::shared();                               // or App::with(Vars::new().set("SESSION_CONSISTENCY", "strict"))
//!     let ada = app.password_user("ada").await;                    // app.admin(..), app.person(..).organization(..).create(); see `people`
//!     let reply = app.login(&ada).await;
//!     reply.assert_status(200);
//!     let token = reply.json()["token"].as_str().unwrap().to_owned();  // or app.sign_in(&ada).await
//!
//!     let reply = app.get("/api/auth/validate").bearer(&token).send().await;
//!     let seen = reply.seen().await;                               // waits for all that the request deferred
//!     assert_eq!((seen.d1(), seen.kv("get")), (0, 1));             // seen.statements(), .rows(), .calls, .limits, .logs
//!     insta::assert_snapshot!(reply.snapshot(), @"");              // status, headers and body; ids, times, tokens, names redacted
//!
//!     app.fault(Fault::kv().ops(&["put"]).fails()).await;          // this test's own requests only
//!     app.fault(Fault::d1().matching("UPDATE sessions").nth(2).fails_with("UNIQUE constraint failed: x.y")).await;
//!     let paused = app.fault(Fault::kv().ops(&["put"]).pauses()).await;
//!     paused.release().await;                                      // paused.mend(), paused.hits(), app.mend_all()
//!     app.fault(Fault::kv().ops(&["get"]).reads_stale(60)).await;     // reads as they were 60 s ago; also hangs, loses_reply, delays
//!
//!     app.shift_clock(301).await;                                  // for this test; KV entries end by it too
//!     app.sql("SELECT revoked_at FROM sessions WHERE user_id = ?1", [ada.id.clone()]).await;
//!     app.kv_list("").await;                                       // kv_get, kv_put, kv_delete
//!     app.scheduled("0 * * * *").await;                            // the cron event, seen and faulted like a request
//!     app.send_raw(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;    // bytes of your own
//!     app.server().logs();                                         // everything the runtime printed, of all tests
//! }
//! ```
//!
//! - Thousands of people and sessions: `app.crowd(..)`, `app.mint(..)` (`minted`). What an administrator does:
//!   `app.user_command(..)`, `app.record(..)` (`command_line`).
//! - Every reply is held against the API's own description (`documented`).
//! - Every test has its own client address (`CF-Connecting-IP`); `.from("203.0.113.9")` on a request changes it.
//! - [`App::alone`] gives a server of one's own, which can be killed and started again on the same storage:
//!   `app.server().kill()` (SIGKILL to workerd, and nothing else), `app.server().restart()`.
//! - Calls made by the harness itself (`sql`, `kv_*`) are neither counted nor faulted.
//! - Timers are not shifted with the clock; neither is D1's own clock. What KV held before a restart is not known to
//!   stale reads or to a shifted clock.
//! - Rate-limit bindings are those of wrangler.toml; its vars are not read, [`Vars`] are a server's own.
//! - The Worker is built once per run; `EDGE_AUTH_NODE` and `EDGE_AUTH_NODE_MODULES`, both set, skip that (`toolchain`).
//! - Nothing is left behind: the bridge process (`bridge.mjs`) ends all and removes all when this process ends, however
//!   it ends.

mod app;
mod bridge;
mod client;
pub mod command_line;
pub mod documented;
mod fault;
pub mod minted;
pub mod people;
mod seen;
mod server;
mod snapshot;
mod toolchain;

pub use app::{App, eventually};
pub use bridge::node;
pub use client::{Reply, Request};
pub use fault::Fault;
pub use server::{PEPPER, Vars};
pub use snapshot::has_shape;
