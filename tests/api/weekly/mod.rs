//! Tests that measure times, and tests that repeat the checks of quick tests thousands of times. `cargo test-weekly` runs them, on a
//! machine that does nothing else.

mod enumeration;
mod pages;
mod rate_limits;
mod revocation;
