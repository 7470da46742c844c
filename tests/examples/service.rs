//! The service that the examples use: `cargo dev` with an empty database.

use crate::port::free_port;
use crate::program::Program;
use crate::{client, packages, toolchain};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use toolchain::Toolchain;

pub struct Service {
    pub tools: Toolchain,
    pub url: String,
    /// The port of the browser application, whose origin is allowed.
    pub app_port: u16,
    pub admin: Login,
    pub user: Login,
    /// The one-time token that sets the password of `user`.
    link: String,
    folder: Folder,
    _program: Program,
}

pub struct Login {
    pub username: &'static str,
    pub password: String,
}

/// Ended with the last test that uses it. A strong reference in a static would never be dropped.
static SHARED: Mutex<Weak<Service>> = Mutex::new(Weak::new());

/// The body of a 200 response.
async fn body(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("a response");
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

impl Service {
    pub fn shared() -> Arc<Self> {
        // A test that panics here must not make the other tests fail.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let service = Arc::new(Self::start());
            *shared = Arc::downgrade(&service);
            service
        })
    }

    fn start() -> Self {
        let tools = toolchain::prepare().expect("tools and Worker");
        let folder = Folder::new();
        let (port, app_port) = (free_port(), free_port());
        let mut command = toolchain::cargo();
        command
            .args(["xtask", "dev", "--port", &port.to_string()])
            .arg("--persist-to")
            .arg(folder.state())
            .args(["--allow-origin", &format!("http://localhost:{app_port}")]);
        let mut program = Program::start(folder.with_registry(&mut command));
        program.wait_for_output(&format!("Ready: http://localhost:{port} "));
        let printed = program.output();
        let password = printed
            .split("\nPassword: ")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_else(|| panic!("no password:\n{printed}"));
        let user = Login {
            username: "ada",
            password: "a new password of ada lovelace's".to_owned(),
        };
        let admin = Login {
            username: "admin",
            password: password.to_owned(),
        };
        let url = format!("http://localhost:{port}");
        let link = add_user(&mut program, &url, &admin, user.username);
        Self {
            tools,
            url,
            app_port,
            admin,
            user,
            link,
            folder,
            _program: program,
        }
    }

    /// A token of the administrator.
    pub async fn token(&self) -> String {
        let Login { username, password } = &self.admin;
        let body = json!({ "username": username, "password": password });
        let body = self.post("login", &body).await;
        body["token"].as_str().expect("a token").to_owned()
    }

    /// An access token of a new OAuth client with this scope, for a resource: `https://api.example.com` or the administration. Also
    /// returns the id and the secret of the client.
    pub async fn access_token(&self, resource: &str, scope: &str) -> (String, [String; 2]) {
        let session = self.token().await;
        let new = json!({ "client_name": "Caller", "grant_types": ["client_credentials"], "redirect_uris": [], "scope": scope });
        let request = client().post(format!("{}/api/auth/clients", self.url));
        let request = request.bearer_auth(session).body(new.to_string());
        let request = request.header("content-type", "application/json");
        let created = body(request).await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let credentials = [
            text(&created["client"]["client_id"]),
            text(&created["client_secret"]),
        ];
        let form = [("grant_type", "client_credentials"), ("resource", resource)];
        let issued = body(self.as_client("/oauth/token", &credentials, &form)).await;
        (text(&issued["access_token"]), credentials)
    }

    /// A form of an OAuth client.
    pub fn as_client(
        &self,
        path: &str,
        [id, secret]: &[String; 2],
        form: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let request = client().post(format!("{}{path}", self.url));
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = request.basic_auth(id, Some(secret)).body(form);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    pub async fn revoke(&self, token: &str) {
        let request = client().post(format!("{}/api/auth/logout", self.url));
        let response = request.bearer_auth(token).send().await;
        assert_eq!(response.expect("a response").status(), 200);
    }

    /// Sets the password of [`Service::user`]. At most one test may call it.
    pub async fn set_password_of_user(&self) {
        let body = json!({ "token": self.link, "password": self.user.password });
        self.post("set-password", &body).await;
    }

    /// The body of a 200 response. Failed sign-ins of one test delay those of all tests, because they come from one
    /// network.
    async fn post(&self, path: &str, body: &Value) -> Value {
        loop {
            let request = client().post(format!("{}/api/auth/{path}", self.url));
            let request = request.header("content-type", "application/json");
            let response = request.body(body.to_string()).send().await;
            let response = response.expect("a response");
            let status = response.status().as_u16();
            let retry_after = response.headers().get("retry-after").cloned();
            let text = response.text().await.expect("a body");
            match (status, retry_after) {
                (200, _) => return serde_json::from_str(&text).expect("JSON"),
                (429, Some(seconds)) => {
                    let seconds = seconds.to_str().expect("a text").parse();
                    tokio::time::sleep(Duration::from_secs(seconds.expect("a number"))).await;
                }
                _ => panic!("{path}: {status} {text}"),
            }
        }
    }

    /// Starts `wrangler dev` for the Worker in this folder. It finds the service through the registry of local Workers.
    pub fn wrangler_dev(&self, folder: &Path, port: u16) -> Program {
        let mut command = packages::wrangler_dev(&self.tools, folder, port);
        let mut program = Program::start(self.folder.with_registry(&mut command));
        program.wait_for_port(port);
        program
    }
}

/// Adds a user as the administrator and returns the one-time token of the message that the user gets. The service writes messages to
/// files and prints their paths.
fn add_user(program: &mut Program, url: &str, admin: &Login, username: &str) -> String {
    let mut adding = toolchain::cargo()
        .args(["xtask", "user", "add", username])
        .args(["--email", "ada@example.com", "--url", url])
        .args(["--username", admin.username, "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo starts");
    let mut input = adding.stdin.take().expect("a pipe");
    input
        .write_all(admin.password.as_bytes())
        .expect("it reads");
    drop(input);
    let output = adding.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // There are notices as well, such as that about the password of the administrator.
    let link = |printed: &str| {
        let files = printed.split_whitespace().filter(|word| {
            Path::new(word)
                .extension()
                .is_some_and(|ending| ending == "txt")
        });
        files
            .filter_map(|file| fs::read_to_string(file).ok())
            .find_map(|message| token(message.split_once("/set-password#")?.1))
    };
    program.wait_for_match(link, "a message with a link")
}

/// The one-time token at the beginning of the fragment of a link.
fn token(fragment: &str) -> Option<String> {
    let is_of_token =
        |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    fragment
        .split(|character| !is_of_token(character))
        .find(|word| word.len() == 43)
        .map(str::to_owned)
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("service-of-examples-{}-{}", std::process::id(), free_port());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    /// Workers of other tests and of the user have the same names, so they must be in other registries.
    fn with_registry<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("WRANGLER_REGISTRY_PATH", self.0.join("registry"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
