//! Ports for the servers that tests start.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the ports that Linux and macOS assign to outgoing connections, one of which could take the port before the server
/// listens.
const PORTS: std::ops::Range<u64> = 10_000..32_000;

/// A port of the loopback interface on which no server listens.
pub fn free_port() -> u16 {
    loop {
        let random = RandomState::new().hash_one(());
        let port = PORTS.start + random % (PORTS.end - PORTS.start);
        let port = u16::try_from(port).expect("a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
