//! Tests that need large volumes or minutes. `cargo test` ignores them; `cargo test-all` runs them.

mod abandoned_uploads;
mod audit_archive;
mod enumeration;
mod floods;
mod floods_and_devices;
mod generated_requests;
mod guesses;
mod imports;
mod pages;
pub mod rate_limits;
mod revocation;
mod user_lists;
