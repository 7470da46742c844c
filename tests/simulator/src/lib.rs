//! Simulator of the four AWS services that sign people in, on loopback: SSO OIDC, the access portal, STS, Identity Store.
//!
//! For `cargo dev` without an AWS account and for tests. It is held to AWS's service models by other people's clients
//! (`tests/clients`); what it says is never proof of what AWS says. In scope: the operations of [`Operation`], a page to
//! approve a user code, failures by name ([`Misbehaviour`]), and a journal. Out of scope: every other operation, TLS,
//! presigned URLs, `authorization_code`.
//!
//! ```
//! use aws_simulator::{Config, Misbehaviour, Only, Operation, Rule};
//!
//! let simulator = aws_simulator::start(Config::default())?;
//! // AWS_ENDPOINT_URL_SSO_OIDC, …_SSO, …_STS and …_IDENTITYSTORE are all this one URL.
//! println!("{}", simulator.url());
//!
//! // Once somebody has started a device authorization and shows its user code:
//! let user_code = "ABCD-EFGH";
//! simulator.misbehave(
//!     Rule::new(Misbehaviour::HangMidBody)
//!         .on(Operation::GetRoleCredentials)
//!         .only(Only::UserCode(user_code.into()))
//!         .times(1),
//! )?;
//! assert!(simulator.approve(user_code, "ada.lovelace").is_err(), "nobody has, so far");
//! assert!(simulator.journal_of(&Only::Person("ada.lovelace".into())).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The map: `server` listens, `http` reads, `simulator` leads a request through `attribution` (whose is it), the rules of
//! `misbehaviour`, one of `oidc` `portal` `sts` `identity_store` `pages` `control`, and `damage`. `sigv4` and `signed`
//! judge signatures. `world` is the state, `journal` the memory of it.

mod attribution;
mod clock;
mod control;
mod damage;
mod expire;
mod failing;
mod form;
mod http;
mod identity_store;
mod journal;
mod misbehaviour;
mod oidc;
mod operation;
mod pages;
mod people;
mod portal;
mod random;
mod reshape;
mod running;
mod server;
mod signed;
mod sigv4;
mod simulator;
mod sts;
mod world;

pub use clock::Clock;
pub use journal::{CanaryEntry, Entry};
pub use misbehaviour::{Effect, Misbehaviour, Only, Rule, UPSTREAM_MARK};
pub use operation::{ModelledError, Operation, Service};
pub use people::{ACCOUNT, Assignment, Credentials, Person, Principal, default_people};
pub use running::{Config, Running, start};
pub use simulator::Listener;
pub use world::Undecided;
