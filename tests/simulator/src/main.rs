//! The simulator by hand: `cargo run -p aws-simulator [PORT]`.

use aws_simulator::{Config, Entry};
use std::process::ExitCode;

fn main() -> ExitCode {
    let port = match std::env::args().nth(1).map(|text| text.parse::<u16>()) {
        None => 4566,
        Some(Ok(port)) => port,
        Some(Err(_)) => {
            eprintln!("usage: aws-simulator [PORT]");
            return ExitCode::from(2);
        }
    };
    let mut config = Config {
        on_request: Some(Box::new(|entry: &Entry| println!("{entry}"))),
        ..Config::default()
    };
    config.address.set_port(port);
    let simulator = match aws_simulator::start(config) {
        Ok(simulator) => simulator,
        Err(error) => {
            eprintln!("cannot listen on 127.0.0.1:{port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let url = simulator.url();
    for service in ["SSO_OIDC", "SSO", "STS", "IDENTITYSTORE"] {
        println!("export AWS_ENDPOINT_URL_{service}={url}");
    }
    println!(
        "# start URL {}, region us-east-1; people:",
        simulator.start_url()
    );
    for person in simulator.people() {
        println!("#   {}", person.user_name);
    }
    println!("# curl -d user_code=ABCD-EFGH -d person=ada.lovelace {url}/approve");
    loop {
        std::thread::park();
    }
}
