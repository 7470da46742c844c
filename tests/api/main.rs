//! The API of the built Worker, tested from outside: in workerd, with a real local D1 and KV. See `support`.

mod harness;
mod health;
mod support;
