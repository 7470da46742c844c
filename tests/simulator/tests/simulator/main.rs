//! Tests of the simulator over TCP.

mod client;
mod device_flow;
mod faults;
mod pages;
mod robustness;
mod signatures;
