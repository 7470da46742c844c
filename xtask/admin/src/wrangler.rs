//! Running the pinned wrangler.

use crate::root;
use crate::target;
use admin_args::Target;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs wrangler on a target; returns what it prints.
///
/// # Errors
/// The error of wrangler, or that it cannot be started.
pub fn run(target: &Target, args: &[&str]) -> Result<String> {
    let modules = node_modules()?;
    let mut folders = vec![modules.join(".bin")];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(node(&modules));
    command
        .arg("--no-warnings")
        .arg(modules.join("wrangler/wrangler-dist/cli.js"))
        .args(args)
        .args(target::wrangler_args(target)?)
        .current_dir(root())
        .env("PATH", env::join_paths(folders).unwrap_or_default())
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        // wrangler asks no questions without a terminal.
        .stdin(Stdio::null());
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!(error_message(
            &text,
            &String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(text)
}

/// The message in what wrangler printed when it failed.
fn error_message(stdout: &str, stderr: &str) -> String {
    let json = serde_json::from_str::<Value>(stdout).ok();
    let text = json
        .as_ref()
        .and_then(|answer| answer["error"]["text"].as_str())
        .map_or_else(|| format!("{stdout}{stderr}"), str::to_owned);
    if text.contains("no such table") {
        return "the database has no tables; create them with `cargo dev` (--local) or \
                `npx wrangler d1 migrations apply DB --remote` (--remote)"
            .to_owned();
    }
    format!("wrangler failed: {}", text.trim())
}

fn node_modules() -> Result<PathBuf> {
    let modules = env::var_os("EDGE_AUTH_NODE_MODULES")
        .map_or_else(|| root().join("node_modules"), PathBuf::from);
    if !modules.join("wrangler/wrangler-dist/cli.js").is_file() {
        bail!("wrangler is not installed; run `cargo xtask setup`");
    }
    Ok(modules)
}

/// The Node of the npm packages, which wrangler accepts, or that of PATH if there is no package for this machine.
fn node(modules: &Path) -> PathBuf {
    if let Some(node) = env::var_os("EDGE_AUTH_NODE") {
        return node.into();
    }
    let name = if cfg!(windows) { "node.cmd" } else { "node" };
    let pinned = modules.join(".bin").join(name);
    if pinned.exists() {
        pinned
    } else {
        "node".into()
    }
}

#[cfg(test)]
mod tests {
    use super::error_message;

    #[test]
    fn errors_of_wrangler_are_one_line() {
        let missing = r#"{"error": {"text": "no such table: users: SQLITE_ERROR"}}"#;
        assert!(error_message(missing, "").contains("`cargo dev`"));
        assert_eq!(
            error_message(r#"{"error": {"text": "Not logged in."}}"#, "noise"),
            "wrangler failed: Not logged in."
        );
        assert_eq!(error_message("", "broken\n"), "wrangler failed: broken");
    }
}
