//! Tests that measure times, or that repeat what quick tests check thousands of times. `cargo test-weekly` runs them, on a machine that
//! does nothing else.

mod enumeration;
mod pages;
mod rate_limits;
mod revocation;
