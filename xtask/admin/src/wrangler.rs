//! Runs the pinned wrangler.

use crate::target;
use anyhow::{Context as _, Result, bail};
use cli::{Target, node};
use serde_json::Value;
use std::process::Stdio;

/// Runs wrangler on a target. Returns its output.
///
/// # Errors
/// The error of wrangler, or that it cannot be started.
pub fn run(target: &Target, args: &[&str]) -> Result<String> {
    if !node::wrangler_script().is_file() {
        bail!("wrangler is not installed; run `cargo xtask setup`");
    }
    let mut command = node::wrangler();
    command
        .args(args)
        .args(target::wrangler_args(target)?)
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

/// The error message in the output of a wrangler that failed.
fn error_message(stdout: &str, stderr: &str) -> String {
    let json = serde_json::from_str::<Value>(stdout).ok();
    let text = json
        .as_ref()
        .and_then(|response| response["error"]["text"].as_str())
        .map_or_else(|| format!("{stdout}{stderr}"), str::to_owned);
    if text.contains("no such table") {
        return "the database has no tables; create them with `cargo dev` (--local) or \
                `npx wrangler d1 migrations apply DB --remote` (--remote)"
            .to_owned();
    }
    format!("wrangler failed: {}", text.trim())
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
