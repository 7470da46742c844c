//! The command line (`cargo xtask user …`), run for real on a test server's own database.
//!
//! A change of a thousand people is not a thousand processes: one is made by the program, and what it ran in the database
//! is run again for each of the others ([`Recorded`]).

use super::app::App;
use super::minted::next_uuid;
use super::snapshot::has_shape;
use super::{bridge, toolchain};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The program, built as this test was.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("this program");
    let folder = test.parent().and_then(Path::parent).expect("its folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let built = toolchain::cargo()
        .args([
            "build",
            "--quiet",
            "--package",
            "edge-auth-admin",
            "--profile",
            profile,
        ])
        .status();
    assert!(built.expect("cargo").success(), "no command line");
    folder.join(format!("edge-auth-admin{}", std::env::consts::EXE_SUFFIX))
});

/// The program. The first to ask builds it, for minutes on a machine that has compiled nothing: a test whose clock matters
/// asks before its story begins. It is built beside the test's one thread, so that requests under way do not wait for it.
pub async fn program() -> &'static Path {
    let program = tokio::task::spawn_blocking(|| PROGRAM.as_path()).await;
    program.expect("the program")
}

/// A folder in which `wrangler.mjs` stands where the program looks for wrangler.
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

/// What the program ran in the database, for a person of this id.
pub struct Recorded {
    statements: String,
    id: String,
}

impl App {
    /// Runs `cargo xtask user` with these words and `--local`; gives its output.
    pub async fn user_command(&self, words: &[&str]) -> Output {
        self.run(words, None).await
    }

    async fn run(&self, words: &[&str], statements: Option<&Path>) -> Output {
        let door = self.server().door();
        let node = bridge::node();
        let mut command = tokio::process::Command::new(program().await);
        command
            .arg("user")
            .args(words)
            // The local database of a developer has a key of its own in .dev.vars.
            .arg("--remote")
            .env("EDGE_AUTH_NODE", node)
            .env("EDGE_AUTH_NODE_MODULES", &*MODULES)
            .env("EDGE_AUTH_TEST_ORIGIN", door.origin)
            .env("EDGE_AUTH_TEST_KEY", door.key)
            .stdin(Stdio::null());
        if let Some(statements) = statements {
            command.env("EDGE_AUTH_TEST_STATEMENTS", statements);
        }
        command.output().await.expect("the command line")
    }

    /// Runs a change of the person with this id, such as `["disable"]` or `["set-role", "--role", "user"]`, and keeps the
    /// last SQL text that it ran.
    pub async fn record(&self, change: &str, id: &str, more: &[&str]) -> Recorded {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let file = scratch(&format!("{}.jsonl", LAST.fetch_add(1, Ordering::Relaxed)));
        let words = [&[change, id], more].concat();
        let output = self.run(&words, Some(&file)).await;
        assert!(output.status.success(), "{output:?}");
        let lines = fs::read_to_string(file).expect("statements");
        let last = lines.lines().last().expect("a line");
        Recorded {
            statements: serde_json::from_str(last).expect("a text"),
            id: id.to_owned(),
        }
    }

    /// Runs what was recorded for another person.
    pub async fn repeat(&self, recorded: &Recorded, id: &str) -> Value {
        let sql = recorded.about(id);
        self.control("batch", json!({ "sql": sql })).await
    }
}

impl Recorded {
    /// The text for another user. Texts are hexadecimal in it. Every other id is replaced by a new one, the same for each of
    /// its occurrences, because a row's id is its own.
    fn about(&self, id: &str) -> String {
        let mut sql = String::new();
        let mut pieces = self.statements.split("X'");
        sql.push_str(pieces.next().unwrap_or_default());
        let mut is_found = false;
        let mut ids = HashMap::new();
        for piece in pieces {
            let (digits, rest) = piece.split_once('\'').expect("the end of a text");
            let text = unhex(digits);
            let text = if text == self.id {
                is_found = true;
                id.to_owned()
            } else if has_shape(&text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
                let id = ids.entry(text).or_insert_with(|| next_uuid().to_string());
                id.clone()
            } else {
                text
            };
            write!(sql, "X'{}'{rest}", hex(&text)).expect("text");
        }
        assert!(is_found, "{}", self.statements);
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
    let byte = |place: usize| u8::from_str_radix(&digits[place..place + 2], 16).expect("hex");
    let bytes = (0..digits.len()).step_by(2).map(byte).collect();
    String::from_utf8(bytes).expect("a text")
}
