//! `cargo run -p aws-simulator [PORT]`: a simulator for use by hand.

use aws_simulator::{Config, JournalEntry};
use std::process::ExitCode;

const DEFAULT_PORT: u16 = 4566;

fn main() -> ExitCode {
    let port = match std::env::args().nth(1).map(|text| text.parse::<u16>()) {
        None => DEFAULT_PORT,
        Some(Ok(port)) => port,
        Some(Err(_)) => {
            eprintln!("usage: aws-simulator [PORT]");
            return ExitCode::from(2);
        }
    };
    let mut config = Config {
        on_request: Some(Box::new(|entry: &JournalEntry| println!("{entry}"))),
        ..Config::default()
    };
    config.address.set_port(port);
    let simulator = match aws_simulator::start(config) {
        Ok(simulator) => simulator,
        Err(error) => {
            eprintln!("error: cannot listen on 127.0.0.1:{port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let url = simulator.url();
    for service in ["SSO_OIDC", "SSO", "STS", "IDENTITYSTORE"] {
        println!("export AWS_ENDPOINT_URL_{service}={url}");
    }
    println!("# start URL {}, region us-east-1", simulator.start_url());
    for user in simulator.users() {
        println!("# user {}", user.user_name);
    }
    println!("# curl -d user_code=ABCD-EFGH -d user=ada.lovelace {url}/approve");
    loop {
        std::thread::park();
    }
}
