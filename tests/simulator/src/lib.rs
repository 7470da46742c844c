//! A simulator of the four AWS services that sign users in, on loopback: SSO OIDC, the access portal, STS and Identity Store.
//!
//! It is for tests, and for `cargo dev` without an AWS account. AWS's own clients check it against the service models
//! (`tests/clients`). It does not show what AWS does where the models are silent. It simulates the operations of [`Operation`],
//! a page that approves a user code, and faults ([`ResponseFault`]), and keeps a journal. It does not simulate other
//! operations, TLS, presigned URLs and the grant `authorization_code`.
//!
//! ```
//! use aws_simulator::{Config, Filter, Operation, ResponseFault, Rule};
//!
//! let simulator = aws_simulator::start(Config::default())?;
//! // The value of AWS_ENDPOINT_URL_SSO_OIDC, …_SSO, …_STS and …_IDENTITYSTORE.
//! println!("{}", simulator.url());
//!
//! let user_code = "ABCD-EFGH";
//! simulator.add_rule(
//!     Rule::new(ResponseFault::HangMidBody)
//!         .on(Operation::GetRoleCredentials)
//!         .matching(Filter::UserCode(user_code.into()))
//!         .times(1),
//! )?;
//! assert!(simulator.approve(user_code, "ada.lovelace").is_err(), "no device has this code");
//! assert!(simulator.journal_of(&Filter::User("ada.lovelace".into())).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | content |
//! |---|---|
//! | `simulator`, `config`, `clock` | the API of the library |
//! | `server`, `router`, `http` | the HTTP server, its routes, requests and responses |
//! | `shared` | how a request gets its response |
//! | `services` | one module for each service |
//! | `authentication`, `sigv4` | verification of signed requests |
//! | `state`, `users`, `identity` | what the services have stored |
//! | `rules`, `faults`, `errors` | responses that are not successful, on request |
//! | `correlation`, `journal` | which sign-in a request belongs to, and what was requested |
//! | `pages`, `control` | the approval page, and the library's API over HTTP |

mod authentication;
mod clock;
mod config;
mod control;
mod correlation;
mod encoding;
mod errors;
mod expire;
mod faults;
mod http;
mod identity;
mod journal;
mod operation;
mod pages;
mod random;
mod router;
mod rules;
mod server;
mod services;
mod shared;
mod sigv4;
mod simulator;
mod state;
mod users;

pub use clock::Clock;
pub use config::Config;
pub use errors::AwsError;
pub use faults::{ResponseFault, UPSTREAM_MARKER};
pub use identity::{CallerIdentity, Credentials};
pub use journal::{CanaryRequest, JournalEntry};
pub use operation::{Operation, Service};
pub use rules::{Effect, Filter, Rule};
pub use shared::Listener;
pub use simulator::{Simulator, start};
pub use state::DecisionError;
pub use users::{ACCOUNT, Assignment, User, default_users};
