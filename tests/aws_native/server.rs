//! Starts a Python server on a free port and stops it.

use super::installed;
use super::port::free_port;
use edge_auth::aws::endpoint::Endpoint;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// moto, ministack and their dependencies.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A running server; dropping it ends it.
pub struct Server {
    pub endpoint: Endpoint,
    process: Child,
}

impl Server {
    /// Starts Python with these arguments, in the environment that has moto and ministack, and waits until it listens. An
    /// argument or a variable with the value `PORT` gets the port.
    pub async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let port = free_port().to_string();
        let filled = |text: &&str| {
            if *text == "PORT" {
                port.clone()
            } else {
                (*text).to_owned()
            }
        };
        let mut command = Command::new(installed::python("aws-emulators", REQUIREMENTS));
        command
            .args(arguments.iter().map(filled))
            .envs(variables.iter().map(|(name, value)| (name, filled(value))));
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server's Python starts");
        let address = format!("127.0.0.1:{port}");
        let mut server = Self {
            endpoint: Endpoint::overridden(&format!("http://{address}")).unwrap(),
            process,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none(), "{command:?} exited immediately: {ended:?}");
            assert!(
                began.elapsed() < Duration::from_secs(90),
                "{command:?} does not listen on its port"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
