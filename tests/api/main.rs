//! The API of the built Worker, tested from outside: in workerd, with a real local D1 and KV. See `support`.

mod aws;
mod harness;
mod health;
#[expect(
    dead_code,
    reason = "a vocabulary for tests; some words wait for theirs"
)]
mod support;
