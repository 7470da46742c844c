//! The configuration of a simulator.

use crate::clock::Clock;
use crate::identity::Credentials;
use crate::shared::Listener;
use crate::users::{User, default_users};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The configuration of a simulator. The default has the users of [`default_users`] and the lifetimes of AWS.
pub struct Config {
    /// A loopback address; with port 0 the system chooses a free port.
    pub address: SocketAddr,
    /// The region of all signatures.
    pub region: String,
    /// URL of the access portal, which a device authorization names.
    pub start_url: String,
    /// `d-` and ten hexadecimal digits.
    pub identity_store_id: String,
    /// The users of the directory at the start.
    pub users: Vec<User>,
    /// The application's long-term key, which can read Identity Store; `None` generates one.
    pub app_credentials: Option<Credentials>,
    /// The shortest time between two polls for a device code, in whole seconds. AWS: 1 s.
    pub interval: Duration,
    /// AWS: 600 s.
    pub device_lifetime: Duration,
    /// AWS: 90 days.
    pub client_lifetime: Duration,
    /// AWS: 8 hours.
    pub token_lifetime: Duration,
    /// Session duration of the permission sets. AWS: 1 hour.
    pub role_lifetime: Duration,
    /// The clock that the simulator reads.
    pub clock: Clock,
    /// Called with each request. The entry contains no secret, so it can be logged.
    pub on_request: Option<Listener>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            region: "us-east-1".into(),
            start_url: "https://d-9067f7a1b2.awsapps.com/start".into(),
            identity_store_id: "d-9067f7a1b2".into(),
            users: default_users(),
            app_credentials: None,
            interval: Duration::from_secs(1),
            device_lifetime: Duration::from_mins(10),
            client_lifetime: Duration::from_hours(90 * 24),
            token_lifetime: Duration::from_hours(8),
            role_lifetime: Duration::from_hours(1),
            clock: Clock::system(),
            on_request: None,
        }
    }
}
