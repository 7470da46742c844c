//! The API of the built Worker, tested from outside: in workerd, with a real local D1 and KV. See `support`.

mod harness;
mod health;
mod login;
mod logout;
mod me;
mod set_password;
#[expect(
    dead_code,
    reason = "a vocabulary for tests; some words wait for theirs"
)]
mod support;
mod validate;
