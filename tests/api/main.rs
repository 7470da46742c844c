//! The API of the built Worker, tested from outside: in workerd, with a real local D1 and KV. See `support`.

mod calls;
mod canary;
mod configuration;
mod cron;
mod edge;
mod harness;
mod health;
mod outages;
mod refresh;
mod sessions;
mod strict;
#[expect(
    dead_code,
    reason = "a vocabulary for tests; some words wait for theirs"
)]
mod support;
