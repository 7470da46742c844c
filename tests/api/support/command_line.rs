//! The command line (`cargo xtask user …`), run on a test server's own database.
//!
//! To change a thousand users, the program runs once for one of them. Its SQL is then run again for each of the other
//! users ([`RecordedChange`]), because a thousand processes would take too long.

use super::app::App;
use super::seed::unique_id;
use super::snapshot::{UUID_SHAPE, has_shape};
use super::{miniflare, toolchain};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

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

/// A folder with `wrangler.mjs` at the path where the program looks for wrangler.
static MODULES: LazyLock<PathBuf> = LazyLock::new(|| {
    let modules = scratch("modules");
    let folder = modules.join("wrangler/wrangler-dist");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(modules.join("package.json"), r#"{"type":"module"}"#).expect("a file");
    fs::write(folder.join("cli.js"), include_str!("wrangler.mjs")).expect("a file");
    modules
});

fn scratch(name: &str) -> PathBuf {
    let folder = format!("command-line-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder.join(name)
}

/// The SQL that the program ran for the user with this id.
pub struct RecordedChange {
    sql: String,
    id: String,
}

impl App {
    /// Runs `cargo xtask user` with these arguments; returns its output.
    pub async fn user_command(&self, args: &[&str]) -> Output {
        self.run(args, None).await
    }

    /// As [`App::user_command`]. Fails the test if the command fails.
    pub async fn run_user_command(&self, args: &[&str]) -> Output {
        let output = self.user_command(args).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        output
    }

    async fn run(&self, args: &[&str], statements: Option<&Path>) -> Output {
        let address = self.server().address();
        let node = miniflare::node();
        let mut command = tokio::process::Command::new(program().await);
        command
            .arg("user")
            .args(args)
            // With --local the program would take the key from .dev.vars of the developer.
            .arg("--remote")
            .env("EDGE_AUTH_NODE", node)
            .env("EDGE_AUTH_NODE_MODULES", &*MODULES)
            .env("EDGE_AUTH_TEST_ORIGIN", address.origin)
            .env("EDGE_AUTH_TEST_KEY", address.key)
            .stdin(Stdio::null());
        if let Some(statements) = statements {
            command.env("EDGE_AUTH_TEST_STATEMENTS", statements);
        }
        command.output().await.expect("the command line")
    }

    /// Runs a change of the user with this id, such as `disable` or `set-role … user`, and records the last SQL of it.
    pub async fn record_change(&self, change: &str, id: &str, more: &[&str]) -> RecordedChange {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let file = scratch(&format!("{}.jsonl", LAST.fetch_add(1, Ordering::Relaxed)));
        let args = [&[change, id], more].concat();
        let output = self.run(&args, Some(&file)).await;
        assert!(output.status.success(), "{output:?}");
        let lines = fs::read_to_string(file).expect("statements");
        let last = lines.lines().last().expect("a line");
        RecordedChange {
            sql: serde_json::from_str(last).expect("a text"),
            id: id.to_owned(),
        }
    }

    /// Applies a recorded change to another user. Returns the results of the statements.
    pub async fn repeat_change(&self, change: &RecordedChange, id: &str) -> Value {
        let sql = change.sql_for(id);
        self.control("batch", json!({ "sql": sql })).await
    }
}

impl RecordedChange {
    /// The SQL for another user. Its texts are hexadecimal literals. All other ids in it are replaced by new ones, the same
    /// for each occurrence, because ids of rows are unique.
    fn sql_for(&self, id: &str) -> String {
        let mut sql = String::new();
        let mut parts = self.sql.split("X'");
        sql.push_str(parts.next().unwrap_or_default());
        let mut is_found = false;
        let mut ids = HashMap::new();
        for part in parts {
            let (digits, rest) = part.split_once('\'').expect("the end of a literal");
            let text = unhex(digits);
            let text = if text == self.id {
                is_found = true;
                id.to_owned()
            } else if has_shape(&text, UUID_SHAPE) {
                let id = ids.entry(text).or_insert_with(|| unique_id().to_string());
                id.clone()
            } else {
                text
            };
            write!(sql, "X'{}'{rest}", hex(&text)).expect("text");
        }
        assert!(is_found, "{}", self.sql);
        sql
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02X}").expect("text");
        digits
    })
}

fn unhex(digits: &str) -> String {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex");
    let bytes = (0..digits.len()).step_by(2).map(byte).collect();
    String::from_utf8(bytes).expect("a text")
}
