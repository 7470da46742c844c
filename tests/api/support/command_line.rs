//! The command line (`cargo xtask user …`) as a client of a test server.

use super::app::App;
use super::toolchain;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The program, built with the profile of this test. Cargo builds it for the test `help` of its package. With the arguments
/// of `cargo build` it would have other features than in `cargo test`, and most of its dependencies would be compiled again.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("this program");
    let folder = test.parent().and_then(Path::parent).expect("its folder");
    let profile = folder.file_name().and_then(|name| name.to_str());
    let mut args = vec!["--no-run", "--test", "help"];
    args.extend(profile.filter(|name| *name != "debug").map(|_| "--profile"));
    args.extend(profile.filter(|name| *name != "debug"));
    let built = toolchain::cargo()
        .args(["test", "--quiet"])
        .args(args)
        .status();
    assert!(built.expect("cargo").success(), "no command line");
    folder.join(format!("edge-auth-admin{}", std::env::consts::EXE_SUFFIX))
});

/// The program. The first call builds it, which can take minutes, so a test that measures time calls this first. A
/// separate thread builds it, so that the requests of the test continue.
pub async fn program() -> &'static Path {
    let program = tokio::task::spawn_blocking(|| PROGRAM.as_path()).await;
    program.expect("the program")
}

/// The command line with a home folder of its own.
pub struct CommandLine {
    origin: String,
    /// The token that its commands use; without one, they use that of `login`.
    token: Option<String>,
    folder: PathBuf,
}

impl App {
    /// The command line of a super administrator who has just signed in.
    pub async fn command_line(&self) -> CommandLine {
        let admin = self.seed_users(1, "super_admin", 1).await.remove(0);
        let token = admin.sessions[0].token().to_owned();
        self.command_line_with(Some(token)).await
    }

    /// The command line with this token, or without one.
    pub async fn command_line_with(&self, token: Option<String>) -> CommandLine {
        static LAST: AtomicU32 = AtomicU32::new(0);
        program().await;
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let folder = format!("command-line-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        CommandLine {
            origin: self.server().origin(),
            token,
            folder,
        }
    }
}

impl CommandLine {
    /// The path of a file in a folder that is deleted in the end.
    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The file in which `login` stores tokens.
    pub fn credentials(&self) -> PathBuf {
        self.folder.join("edge-auth/credentials.json")
    }

    /// The program, without arguments and without a terminal.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&*PROGRAM);
        command
            .env("XDG_CONFIG_HOME", &self.folder)
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("EDGE_AUTH_TOKEN")
            .stdin(Stdio::null());
        if let Some(token) = &self.token {
            command.env("EDGE_AUTH_TOKEN", token);
        }
        command
    }

    /// Runs a command on the test server.
    pub async fn run(&self, args: &[&str]) -> Output {
        self.run_with_input(args, "").await
    }

    /// As [`CommandLine::run`], with this text on standard input.
    pub async fn run_with_input(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command();
        command
            .args(args)
            .args(["--url", &self.origin])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command line");
        let mut pipe = child.stdin.take().expect("a pipe");
        // A command that reads nothing closes it.
        let _ = pipe.write_all(input.as_bytes()).await;
        drop(pipe);
        child.wait_with_output().await.expect("its output")
    }

    /// Runs a command that must succeed. Returns what it prints.
    pub async fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command that must succeed and print JSON.
    pub async fn json(&self, args: &[&str]) -> Value {
        let text = self.succeed(&[args, &["--json"]].concat()).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Runs a command that must fail with this exit code. Returns its error.
    pub async fn fail(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args).await;
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    }
}

impl Drop for CommandLine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
