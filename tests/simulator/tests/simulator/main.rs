//! The simulator over real sockets.

mod device_flow;
mod misbehaving;
mod pages;
mod robustness;
mod signatures;
mod wire;
