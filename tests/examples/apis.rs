//! The APIs of `examples/` accept the tokens of the service and fail closed.

use crate::packages::{self, Copy};
use crate::port::free_port;
use crate::program::Program;
use crate::service::Service;
use crate::{client, example, installed, readme, upstream};
use reqwest::{Response, StatusCode};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// An example in a separate folder, and the command of its README that starts it.
pub struct Api {
    folder: Copy,
    /// The command that starts it, and the port that it and the curl command name.
    start: &'static str,
    documented_port: &'static str,
}

impl Api {
    pub fn node(name: &str, packages: Option<&Path>) -> Self {
        let packages = packages.map(|folder| ("node_modules", folder));
        Self {
            folder: Copy::of(&example(name), packages),
            start: "npm start",
            documented_port: "8080",
        }
    }

    pub fn python(name: &str) -> Self {
        let folder = example(name);
        let requirements = fs::read_to_string(folder.join("requirements.txt"));
        let python = installed::python(name, &requirements.expect("requirements"));
        let environment = python
            .parent()
            .and_then(|bin| bin.parent())
            .expect("an environment");
        Self {
            folder: Copy::of(&folder, Some((".venv", environment))),
            start: "uvicorn",
            documented_port: "8000",
        }
    }

    /// `None` if there is no Go.
    pub fn go(name: &str) -> Option<Self> {
        if go().is_none() {
            let text = format!(
                "SKIPPED: there is no `go` in PATH, so examples/{name} was neither compiled nor run"
            );
            assert!(std::env::var_os("EDGE_AUTH_REQUIRE_GO").is_none(), "{text}");
            // Unlike `eprintln!`, this is shown although the test succeeds.
            let _ = writeln!(std::io::stderr(), "{text}");
            return None;
        }
        Some(Self {
            folder: Copy::of(&example(name), None),
            start: "go run .",
            documented_port: "8080",
        })
    }

    /// Starts the example on a free port with the command of its README and these variables.
    pub fn start_with(&self, service: &Service, variables: &[(&str, &str)]) -> (Program, u16) {
        let port = free_port();
        let command = readme::block(self.folder.path(), self.start);
        let mut program = Program::start(
            Command::new("bash")
                .args([
                    "-ec",
                    &command.replace(self.documented_port, &port.to_string()),
                ])
                .current_dir(self.folder.path())
                .env("PATH", packages::path(&service.tools))
                .env("PORT", port.to_string())
                .envs(variables.iter().copied()),
        );
        program.wait_for_port(port);
        (program, port)
    }

    fn start(&self, service: &Service, edge_auth: &str) -> (Program, u16) {
        self.start_with(service, &[("EDGE_AUTH_URL", edge_auth)])
    }

    async fn accepts_tokens_of_the_service(&self, service: &Service) {
        let (_program, port, token) = self.accepts_a_token(service).await;
        refuses_a_revoked_token(service, port, &token).await;
    }

    async fn accepts_a_token(&self, service: &Service) -> (Program, u16, String) {
        let (program, port) = self.start(service, &service.url);
        refuses_an_invalid_token(port).await;
        let token = service.token().await;
        assert_is_ok(hello(port, Some(&format!("Bearer {token}"))).await).await;
        assert_is_ok(hello(port, Some(&format!("bearer {token}"))).await).await;
        self.responds_to_the_documented_command(port, &token);
        (program, port, token)
    }

    pub fn responds_to_the_documented_command(&self, port: u16, token: &str) {
        let command = readme::block(self.folder.path(), "/hello");
        let command = command.replace(self.documented_port, &port.to_string());
        let output = Command::new("bash")
            .args(["-ec", &command])
            .env("TOKEN", token)
            .env("no_proxy", "localhost")
            .output()
            .expect("bash starts");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.starts_with("HTTP/1.1 200 "), "{printed}");
    }

    async fn fails_closed(&self, service: &Service) {
        let failing = upstream::start().await;
        let (_program, port) = self.start(service, &failing);
        for (token, _, status, retry_after) in upstream::FAILURES {
            let response = hello(port, Some(&format!("Bearer {token}"))).await;
            assert_eq!(response.status(), status, "{token}");
            assert_eq!(header(&response, "retry-after"), retry_after, "{token}");
        }
        let (_program, port) = self.start(service, &format!("http://127.0.0.1:{}", free_port()));
        let response = hello(port, Some("Bearer token")).await;
        assert_eq!(response.status(), 503);
        refuses_a_missing_token(port).await;
    }
}

pub async fn hello(port: u16, authorization: Option<&str>) -> Response {
    let mut request = client().get(format!("http://localhost:{port}/hello"));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    request.send().await.expect("a response")
}

pub fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

pub async fn assert_is_ok(response: Response) {
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert_eq!(status, 200, "{text}");
    let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let expected = serde_json::json!({ "message": "Hello, admin", "role": "super_admin" });
    assert_eq!(body, expected);
}

async fn refuses_a_missing_token(port: u16) {
    for authorization in [
        None,
        Some("Bearer"),
        Some("Basic YWRhOnBhc3N3b3Jk"),
        Some(""),
    ] {
        let response = hello(port, authorization).await;
        assert_eq!(response.status(), 401, "{authorization:?}");
        assert_eq!(header(&response, "www-authenticate"), Some("Bearer"));
    }
}

pub async fn refuses_an_invalid_token(port: u16) {
    refuses_a_missing_token(port).await;
    let response = hello(port, Some("Bearer not.a.token")).await;
    assert_eq!(response.status(), 401);
    let challenge = header(&response, "www-authenticate");
    assert_eq!(challenge, Some("Bearer error=\"invalid_token\""));
}

/// The example and the service keep a result for this time at most.
pub async fn refuses_a_revoked_token(service: &Service, port: u16, token: &str) {
    const BOUND: Duration = Duration::from_secs(40);
    service.revoke(token).await;
    let revoked = Instant::now();
    let authorization = format!("Bearer {token}");
    while hello(port, Some(&authorization)).await.status() != StatusCode::UNAUTHORIZED {
        assert!(revoked.elapsed() < BOUND, "a revoked token is accepted");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn behaves(api: &Api) {
    let service = Service::shared();
    api.accepts_tokens_of_the_service(&service).await;
    api.fails_closed(&service).await;
}

fn node_api() -> Api {
    // The example has no packages.
    Api::node("node-api", None)
}

#[tokio::test]
#[ignore = "slow: waits for a timeout and for a cached session"]
async fn node_api_accepts_valid_tokens_and_fails_closed() {
    behaves(&node_api()).await;
}

#[tokio::test]
#[ignore = "slow: installs packages, and waits for a cached session"]
async fn python_api_accepts_valid_tokens_and_fails_closed() {
    behaves(&Api::python("python-api")).await;
}

#[tokio::test]
#[ignore = "slow: compiles a program, and waits for a cached session"]
async fn go_api_accepts_valid_tokens_and_fails_closed() {
    if let Some(api) = Api::go("go-api") {
        behaves(&api).await;
    }
}

fn go() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("go"))
        .find(|file| file.is_file())
}
