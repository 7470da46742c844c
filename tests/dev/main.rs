//! Runs `cargo dev` and the commands that it prints, and the steps of a deployment that work without an account. Needs
//! bash, curl and sed, as the printed commands do.
#![cfg(unix)]

#[path = "../shared/port.rs"]
mod port;
mod server;
mod shell;
mod steps;
#[path = "../shared/toolchain.rs"]
mod toolchain;

use port::free_port;
use reqwest::Method;
use server::{Dev, ORIGINS, START_TIMEOUT};
use shell::{Folder, bash, json, output};
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[tokio::test]
#[ignore = "slow"]
async fn dev_prints_commands_that_work_and_ctrl_c_stops_everything() {
    toolchain::prepare().expect("tools and Worker");
    let state = Folder::new("state");
    let is_simulated = has_no_aws_of_its_own();

    let first = Dev::start(&state.0);
    let page = first.line_with("/sign-in");
    let page = page.split_whitespace().last().expect("an address");
    assert!(bash(&format!("curl -sSf {page}")).starts_with("<!doctype html>"));
    let login = first.line_with("/api/auth/login");
    let response = json(&bash(&login));
    assert_eq!(response["success"], true, "{response}");
    assert_eq!(response["user"]["username"], "admin", "{response}");
    assert_eq!(response["user"]["role"], "super_admin", "{response}");
    let status = bash(&format!("{login} -o /dev/null -w '%{{http_code}}'"));
    assert_eq!(status, "200");
    use_and_revoke(&first.address, response["token"].as_str().expect("a token")).await;
    if is_simulated {
        first.sign_in_ada();
        let token = bash(&format!(
            "cd {ROOT}; {}",
            first.line_with("cargo xtask aws-login")
        ));
        assert_eq!(token.split('.').count(), 3, "{token}");
    }
    first.refuses_a_second_one_on_its_data();
    assert_origins_are_allowed(&first).await;
    first.lets_the_command_line_sign_in();
    first.writes_a_message_to_a_file();
    first.bootstraps_only_without_an_administrator();
    first.end("INT");

    let again = Dev::start(&state.0);
    assert!(
        again
            .printed
            .contains("The password of admin was shown when the account was created")
            && !again.printed.contains("First administrator:"),
        "a second first administrator: {}",
        again.printed
    );
    if is_simulated {
        // This simulator does not know the credentials that the previous one issued.
        again.sign_in_ada();
    }
    again.end("TERM");
}

#[test]
#[ignore = "slow"]
fn dry_run_of_a_deployment_bundles_the_worker() {
    let tools = toolchain::prepare().expect("tools and Worker");
    let bundle = Folder::new("bundle");
    let mut wrangler = Command::new(&tools.node);
    wrangler
        .arg("--no-warnings")
        .arg(tools.node_modules.join("wrangler/wrangler-dist/cli.js"))
        .args(["deploy", "--dry-run", "--env", "production", "--outdir"])
        .arg(&bundle.0)
        .current_dir(ROOT)
        .env("WRANGLER_SEND_METRICS", "false");
    let printed = output(&mut wrangler);
    for binding in ["env.DB", "env.SESSIONS", "env.JWT_ISSUER"] {
        assert!(
            printed.contains(binding),
            "{binding} is missing:\n{printed}"
        );
    }
    let size = printed.split("gzip: ").nth(1);
    let size = size.and_then(|rest| rest.split_once(" KiB")?.0.parse::<f64>().ok());
    let size = size.unwrap_or_else(|| panic!("no size:\n{printed}"));
    // Cloudflare limits the uncompressed size only (64 MiB on every plan).
    println!("the Worker is {size} KiB compressed");
    let files = fs::read_dir(&bundle.0).expect("the bundle");
    let has_wasm = files.flatten().any(|file| {
        file.path()
            .extension()
            .is_some_and(|ending| ending == "wasm")
    });
    assert!(has_wasm, "no wasm in the bundle");
}

/// The origins of `--allow-origin` are allowed, besides those of `wrangler.toml`.
async fn assert_origins_are_allowed(dev: &Dev) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let url = format!("{}/api/auth/health", dev.address);
    for (origin, is_allowed) in [
        (ORIGINS[0], true),
        (ORIGINS[1], true),
        ("http://localhost:1", false),
    ] {
        let response = client.get(&url).header("origin", origin).send().await;
        let response = response.expect("a response");
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(
            allowed.is_some_and(|it| it == origin),
            is_allowed,
            "{origin}"
        );
    }
}

#[test]
fn closed_pipe_is_not_an_error_and_a_full_disk_is_an_error() {
    let built = toolchain::cargo()
        .args(["build", "--quiet", "--package", "xtask"])
        .status();
    assert!(built.expect("cargo starts").success());
    // The test does not use cargo, which may print that it waits for another cargo.
    let xtask = Path::new(ROOT).join("target/debug/xtask");
    let xtask = xtask.display();
    for command in ["--help", "dev --help", "env", "user --help"] {
        // The reader has closed the pipe before anything is written.
        let closed = format!(
            "exec 3>&1; {{ sleep 0.3; set +e; {xtask} {command} 2>&3; echo \"code $?\" >&3; }} | true"
        );
        assert_eq!(bash(&closed), "code 0\n", "{command}");
        let full = format!("{xtask} {command} 2>&1 >/dev/full || echo \"code $?\"");
        if Path::new("/dev/full").exists() {
            let printed = bash(&full);
            let expected = "error: cannot write to standard output: No space left on device (os error 28)\ncode 1\n";
            assert_eq!(printed, expected, "{command}");
        }
    }
}

#[test]
#[ignore = "slow: starts `cargo dev`"]
fn dev_ends_when_the_reader_of_its_output_has_gone() {
    toolchain::prepare().expect("tools and Worker");
    let state = Folder::new("closed");
    let port = free_port();
    // If `cargo dev` does not end, the exit code is that of `timeout`, 124.
    bash(&format!(
        "cd {ROOT}; timeout {} cargo xtask dev --port {port} --persist-to {} | head -1",
        START_TIMEOUT.as_secs(),
        state.0.display()
    ));
    let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    assert!(connection.is_err(), "something still listens");
}

#[test]
#[ignore = "slow: starts `cargo dev`"]
fn invalid_configuration_is_reported_on_the_terminal() {
    let state = Folder::new("wrong");
    let printed = toolchain::cargo()
        .args([
            "xtask",
            "dev",
            "--port",
            &free_port().to_string(),
            "--persist-to",
        ])
        .arg(&state.0)
        .args(["--allow-origin", "http://app.example.com"])
        .stdin(Stdio::null())
        .output()
        .expect("cargo starts");
    let errors = String::from_utf8_lossy(&printed.stderr);
    assert!(!printed.status.success(), "{errors}");
    let expected = "error: the configuration is invalid; correct .dev.vars or wrangler.toml and start again:\n  ALLOWED_ORIGINS: expected ";
    assert!(errors.contains(expected), "{errors}");
}

/// Checks that the token works, and that it is refused after the refresh and the sign-out.
async fn use_and_revoke(address: &str, token: &str) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client");
    let ask = async |method: reqwest::Method, path: &str, token: &str| {
        let request = client
            .request(method, format!("{address}/api/auth/{path}"))
            .bearer_auth(token);
        let response = request.send().await.expect("a response");
        let status = response.status().as_u16();
        (status, json(&response.text().await.expect("a body")))
    };
    let (status, body) = ask(Method::GET, "validate", token).await;
    assert_eq!((status, &body["success"]), (200, &true.into()), "{body}");
    let (status, body) = ask(Method::GET, "me", token).await;
    assert_eq!(
        (status, &body["username"]),
        (200, &"admin".into()),
        "{body}"
    );
    let (status, body) = ask(Method::POST, "refresh", token).await;
    assert_eq!(status, 200, "{body}");
    let fresh = body["access_token"].as_str().expect("a token");
    assert_ne!(fresh, token);
    let (status, body) = ask(Method::POST, "logout", fresh).await;
    assert_eq!((status, &body["success"]), (200, &true.into()), "{body}");
    let (status, body) = ask(Method::POST, "refresh", fresh).await;
    assert_eq!(status, 401, "{body}");
}

/// Whether `cargo dev` simulates AWS: it does not if .dev.vars configures AWS.
fn has_no_aws_of_its_own() -> bool {
    let text = fs::read_to_string(Path::new(ROOT).join(".dev.vars")).unwrap_or_default();
    !text.contains("AWS_") && !text.contains('$')
}
