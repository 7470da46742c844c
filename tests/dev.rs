//! Runs `cargo dev` and the commands that it prints, and the steps of a deployment that work without an account. Needs
//! bash, curl and sed, as the printed commands do.
#![cfg(unix)]

#[path = "shared/port.rs"]
mod port;
#[path = "shared/toolchain.rs"]
mod toolchain;

use port::free_port;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Time for a start of `cargo dev`, without the build.
const START_TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test]
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

/// The origins of `--allow-origin`. Those of `wrangler.toml` are allowed too.
const ORIGINS: [&str; 2] = ["http://localhost:3000", "http://localhost:3001"];

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

/// A running `cargo dev`; ended when dropped.
struct Dev {
    child: Child,
    state: PathBuf,
    address: String,
    port: u16,
    /// The output up to and including the ready line.
    printed: String,
    lines: Receiver<String>,
}

impl Dev {
    fn start(state: &Path) -> Self {
        let port = free_port();
        let child = toolchain::cargo()
            .args(["xtask", "dev", "--port", &port.to_string(), "--persist-to"])
            .arg(state)
            .args(["--allow-origin", ORIGINS[0], "--allow-origin", ORIGINS[1]])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // In a terminal, Ctrl-C reaches a whole process group, so `cargo dev` is started in its own.
            .process_group(0)
            .spawn()
            .expect("cargo starts");
        let mut dev = Self {
            child,
            state: state.to_owned(),
            address: format!("http://localhost:{port}"),
            port,
            printed: String::new(),
            lines: channel().1,
        };
        let (sender, lines) = channel();
        let pipe = BufReader::new(dev.child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in pipe.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        dev.lines = lines;
        dev.read_until_ready();
        dev
    }

    /// Requests a link for a forgotten password. The path of the message is printed, in the folder that was named before.
    fn writes_a_message_to_a_file(&self) {
        bash(&format!(
            "curl -sS {}/api/auth/forgot-password -H 'Content-Type: application/json' -d '{{\"username\":\"admin\"}}'",
            self.address
        ));
        let folder = self.line_with(".wrangler/tmp/email");
        let link = format!("\n{}/set-password#", self.address);
        // There are notices as well, such as that about the password of the first administrator.
        loop {
            let printed = self.lines.recv_timeout(Duration::from_secs(30));
            let printed = printed.expect("the path of a message with a link");
            let Some((_, path)) = printed.split_once("Text: ") else {
                continue;
            };
            assert!(path.starts_with(folder.trim()), "{path} is not in {folder}");
            let text = fs::read_to_string(path).expect("the message");
            if text.contains(&link) {
                return;
            }
        }
    }

    /// The commands of an administrator, with the printed password.
    fn lets_the_command_line_sign_in(&self) {
        let password = self.line_with("Password: ");
        let password = password.trim_start_matches("Password: ");
        let printed = bash(&format!(
            "cd {ROOT}; export XDG_CONFIG_HOME={}; \
             cargo xtask login --url {} --username admin --password-stdin <<<'{password}'; \
             cargo xtask user add grace --email grace@example.com; cargo xtask user show grace --json; cargo xtask logout",
            self.state.join("config").display(),
            self.address,
        ));
        assert!(printed.starts_with("Signed in to "), "{printed}");
        assert!(printed.contains("\nUser grace added ("), "{printed}");
        assert!(printed.contains("\"username\":\"grace\""), "{printed}");
        assert!(printed.contains("\nSigned out of "), "{printed}");
    }

    /// `cargo xtask bootstrap` adds a secret only if no super administrator is active in the database, and the service accepts it only if
    /// that is also so in the audit log.
    fn bootstraps_only_without_an_administrator(&self) {
        let state = self.state.display();
        let bootstrap = format!("cargo xtask bootstrap --local --persist-to {state}");
        let refused = bash(&format!("cd {ROOT}; {bootstrap} 2>&1 || echo \"code $?\""));
        let expected = "error: there is an active super administrator";
        assert!(
            refused.contains(expected) && refused.ends_with("code 1\n"),
            "{refused}"
        );
        let tools = toolchain::prepare().expect("tools");
        let wrangler = tools.node_modules.join("wrangler/wrangler-dist/cli.js");
        let mut disable = Command::new(&tools.node);
        disable
            .arg("--no-warnings")
            .arg(wrangler)
            .args(["d1", "execute", "DB", "--local", "--persist-to"])
            .arg(&self.state)
            .args([
                "--command",
                "UPDATE users SET is_active = 0 WHERE role = 'super_admin'",
            ])
            .current_dir(ROOT)
            .env("WRANGLER_SEND_METRICS", "false");
        output(&mut disable);
        let printed = bash(&format!("cd {ROOT}; {bootstrap}"));
        let link = format!("\n  {}/bootstrap#token=", self.address);
        assert!(printed.contains(&link), "{printed}");
        // The database alone does not decide: the audit log names the administrator, and no entry says that the account was disabled.
        let token = printed.split("#token=").nth(1).expect("a token").trim();
        let response = bash(&format!(
            "curl -sS {}/api/auth/bootstrap -H 'Content-Type: application/json' \
             -d '{{\"secret\":\"{token}\",\"username\":\"hopper\",\"email\":\"hopper@example.com\",\"password\":\"correct horse battery staple\"}}'",
            self.address
        ));
        let response = json(&response);
        let expected = "There is a super administrator already";
        assert_eq!(response["message"], expected, "{response}");
    }

    fn read_until_ready(&mut self) {
        let started = Instant::now();
        let ready = format!("Ready: {} ", self.address);
        while !self.printed.contains(&ready) {
            match self.lines.recv_timeout(Duration::from_secs(1)) {
                Ok(line) => self.printed += &(line + "\n"),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("cargo dev ended before it was ready:\n{}", self.printed)
                }
                Err(RecvTimeoutError::Timeout) => assert!(
                    started.elapsed() < START_TIMEOUT,
                    "cargo dev is not ready:\n{}",
                    self.printed
                ),
            }
        }
    }

    /// Another `cargo dev` on the same data fails.
    fn refuses_a_second_one_on_its_data(&self) {
        let second = toolchain::cargo()
            .args([
                "xtask",
                "dev",
                "--port",
                &free_port().to_string(),
                "--persist-to",
            ])
            .arg(&self.state)
            .stdin(Stdio::null())
            .output()
            .expect("cargo starts");
        let printed = String::from_utf8_lossy(&second.stderr);
        assert!(!second.status.success(), "{printed}");
        assert!(
            printed.contains("error: another `cargo dev` uses the data in "),
            "{printed}"
        );
    }

    fn line_with(&self, text: &str) -> String {
        let mut lines = self.printed.lines();
        let line = lines.find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("no line with {text}:\n{}", self.printed))
            .to_owned()
    }

    /// Runs the printed commands of the device flow.
    fn sign_in_ada(&self) {
        let block: Vec<&str> = self
            .printed
            .lines()
            .skip_while(|line| !line.starts_with("Sign in as Ada Lovelace"))
            .skip(1)
            .take_while(|line| !line.starts_with("Sign in with a simulated AWS key"))
            .collect();
        let printed = bash(&block.join("\n"));
        let (approved, me) = printed.split_once('\n').expect("two lines");
        assert!(approved.contains("approved as ada.lovelace"), "{printed}");
        let me = json(me);
        assert_eq!(me["username"], "ada.lovelace");
        assert_eq!(me["email"], "ada.lovelace@example.com");
        assert_eq!(me["full_name"], "Ada Lovelace");
        assert_eq!(me["is_active"], true);
    }

    /// Sends a signal. The process must exit with success, and all processes that it started must end.
    fn end(mut self, signal: &str) {
        let started = self.descendants();
        assert!(
            !cfg!(target_os = "linux") || started.len() >= 2,
            "wrangler and workerd were expected below it: {started:?}"
        );
        self.signal(signal);
        let asked = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                break status;
            }
            assert!(
                asked.elapsed() < Duration::from_secs(20),
                "the process does not end"
            );
            sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "it ended with {status}");
        let left = processes();
        let left: Vec<_> = left.iter().filter(|(id, _)| started.contains(id)).collect();
        assert!(left.is_empty(), "still running: {left:?}");
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        assert!(connection.is_err(), "something still listens");
    }

    /// The processes that it started, directly or indirectly.
    fn descendants(&self) -> BTreeSet<u32> {
        let all = processes();
        let mut found = BTreeSet::from([self.child.id()]);
        loop {
            let more: Vec<u32> = all
                .iter()
                .filter(|(id, parent)| found.contains(parent) && !found.contains(id))
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                found.remove(&self.child.id());
                return found;
            }
            found.extend(more);
        }
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &kill]).status();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("TERM");
            let asked = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed().as_secs() < 10 {
                sleep(Duration::from_millis(50));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// All running processes, with their parents. The list is empty if there is no `/proc`.
fn processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let read = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // proc_pid_stat(5): the name is in parentheses and may hold some; state and parent follow it.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        (state != "Z").then_some((id, parent))
    };
    entries.filter_map(read).collect()
}

/// Runs a script in a folder that is not the clone.
fn bash(script: &str) -> String {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(std::env::temp_dir())
        // A proxy of the environment cannot reach the loopback interface of this machine.
        .env("no_proxy", "127.0.0.1,localhost");
    output(&mut command)
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}{errors}");
    text
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Whether `cargo dev` simulates AWS: it does not if .dev.vars configures AWS.
fn has_no_aws_of_its_own() -> bool {
    let text = fs::read_to_string(Path::new(ROOT).join(".dev.vars")).unwrap_or_default();
    !text.contains("AWS_") && !text.contains('$')
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("edge-auth-dev-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
