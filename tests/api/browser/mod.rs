//! Web applications in Chromium, on their own origins, against the Worker. Requires Debian's `chromium`, or another one
//! in `CHROMIUM_BIN`.

use crate::support::{App, Vars, installed, node};
use serde_json::{Value, json};
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PACKAGE: &str = include_str!("package.json");

const PACKAGE_LOCK: &str = include_str!("package-lock.json");

/// Timeout for one case, including the start of the browser.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The folder of the pinned packages.
fn packages() -> PathBuf {
    installed::once("browser", PACKAGE_LOCK, |folder| {
        std::fs::write(folder.join("package.json"), PACKAGE).unwrap();
        std::fs::write(folder.join("package-lock.json"), PACKAGE_LOCK).unwrap();
        let own = node().parent().expect("a folder").to_owned();
        let others = env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(own).chain(env::split_paths(&others));
        installed::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(folder)
                .env("PATH", env::join_paths(path).unwrap()),
        );
    })
}

/// Serves an empty page at every path of a separate origin. Returns the origin.
async fn serve_page() -> String {
    const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\
                        connection: close\r\n\r\n<!doctype html>";
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // A request is one small packet. Browsers also open connections that they never use.
                let mut request = [0; 4_096];
                if stream
                    .read(&mut request)
                    .await
                    .is_ok_and(|length| length > 0)
                {
                    let _ = stream.write_all(PAGE.as_bytes()).await;
                }
            });
        }
    });
    format!("http://localhost:{port}")
}

/// Runs a file of `cases` with this many users.
async fn run(case: &str, users: usize) {
    let packages = tokio::task::spawn_blocking(packages);
    let packages = packages.await.expect("the packages");
    let [application, stranger] = [serve_page().await, serve_page().await];
    // The case shifts the clock of the whole server.
    let app = App::isolated(Vars::new().set("ALLOWED_ORIGINS", &application));
    let mut users_of_case: Vec<Value> = Vec::new();
    for number in 0..users {
        let user = app.user(&format!("user-{number}")).await;
        users_of_case.push(json!({ "id": user.id, "login": user.login_body() }));
    }
    let address = app.server().address();
    let chromium = env::var("CHROMIUM_BIN").unwrap_or_else(|_| "chromium".to_owned());
    let chromium = find(&chromium)
        .unwrap_or_else(|| panic!("{chromium} not found: install Chromium, or set CHROMIUM_BIN"));
    let parameters = json!({
        "case": case,
        "packages": packages,
        "chromium": chromium,
        "service": address.origin.replace("127.0.0.1", "localhost"),
        "control": address.key,
        "application": application,
        "stranger": stranger,
        "users": users_of_case,
    });
    let mut command = tokio::process::Command::new(node());
    command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/api/browser/run.mjs"
        ))
        .arg(parameters.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(TIMEOUT, command.output()).await;
    let output = output.expect("an end in time").expect("a start");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The program of this name, as a shell would find it.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[tokio::test]
async fn tabs_that_share_a_token_stay_signed_in_and_reuse_revokes_the_session() {
    run("tabs", 5).await;
}

#[tokio::test]
async fn client_that_always_sends_credentials_can_call_every_route() {
    run("cross_origin", 1).await;
}

#[tokio::test]
async fn double_click_on_sign_in_signs_in_twice() {
    run("double_click", 3).await;
}
