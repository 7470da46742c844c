//! What a case of the browser tests finds: the Worker, an application whose origin is allowed, a stranger, whose origin is not, and
//! users. `run.mjs` runs the case.

use crate::support::{App, NewUser, User, Vars, installed, node};
use serde_json::{Value, json};
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PACKAGE: &str = include_str!("package.json");

const PACKAGE_LOCK: &str = include_str!("package-lock.json");

/// Timeout for one case, including the start of the browser. `run.mjs` ends a case that hangs, and prints its pages; this is for a
/// `run.mjs` that hangs.
const TIMEOUT: Duration = Duration::from_mins(10);

/// The surroundings of a case.
pub struct World {
    pub app: App,
    application: String,
    stranger: String,
    users: Vec<Value>,
    /// Data that only this case needs.
    pub more: Value,
}

impl World {
    /// With these variables. The application is the only allowed origin.
    pub async fn new(vars: Vars) -> Self {
        let [application, stranger] = [serve_page().await, serve_page().await];
        // The case shifts the clock of the whole server.
        let app = App::isolated(vars.set("ALLOWED_ORIGINS", &application));
        Self {
            app,
            application,
            stranger,
            users: Vec::new(),
            more: Value::Null,
        }
    }

    /// Adds a user with a password.
    pub async fn user(&mut self, name: &str) -> User {
        let user = self.app.new_user(name);
        self.add(user).await
    }

    /// Like [`World::user`], with properties.
    pub async fn add(&mut self, user: NewUser) -> User {
        let user = user.create().await;
        let login = user.login_body();
        self.users
            .push(json!({ "id": user.id, "login": login, "email": user.email, "name": user.name }));
        user
    }

    /// Runs a file of `cases`, and fails the test if it fails.
    pub async fn run(&self, case: &str) {
        let packages = tokio::task::spawn_blocking(packages);
        let packages = packages.await.expect("the packages");
        let address = self.app.server().address();
        let chromium = env::var("CHROMIUM_BIN").unwrap_or_else(|_| "chromium".to_owned());
        let chromium = find(&chromium).unwrap_or_else(|| {
            panic!("{chromium} not found: install Chromium, or set CHROMIUM_BIN")
        });
        let parameters = json!({
            "case": case,
            "packages": packages,
            "chromium": chromium,
            "service": address.origin.replace("127.0.0.1", "localhost"),
            "control": address.key,
            "application": self.application,
            "stranger": self.stranger,
            "users": self.users,
            "mail": self.app.server().mail_folder,
            "more": self.more,
        });
        let mut command = tokio::process::Command::new(node());
        command
            .arg("--no-warnings")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/api/browser/run.mjs"
            ))
            .arg(parameters.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(TIMEOUT, command.output()).await;
        let output = output.expect("an end in time").expect("a start");
        print!("{}", String::from_utf8_lossy(&output.stdout));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }
}

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

/// The program of this name, as a shell would find it.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
