//! What AWS says on the wire. Pure but for `client.rs`, the only place that fetches.

pub mod fault;
pub mod partition;
pub mod sigv4;
pub mod wire;
mod xml;
