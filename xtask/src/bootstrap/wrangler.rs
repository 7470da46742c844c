//! Runs SQL on the database of a target with the pinned wrangler.

use super::Target;
use anyhow::{Context as _, Result, bail};
use cli::node;
use serde_json::Value;
use std::ffi::OsString;
use std::process::Stdio;

/// Runs statements as one transaction. Returns the output of wrangler, which has the rows of each statement as JSON.
///
/// Uses `--command`, because wrangler returns no rows when it imports a `--file` into a deployed database.
///
/// # Errors
/// The error of wrangler, or that it cannot be started.
pub fn execute(target: &Target, sql: &str) -> Result<String> {
    if !node::wrangler_script().is_file() {
        bail!("wrangler is not installed; run `cargo xtask setup`");
    }
    let mut command = node::wrangler();
    command
        .args(["d1", "execute", "DB", "--json", "--yes", "--command", sql])
        .args(arguments(target)?)
        // wrangler asks no questions without a terminal.
        .stdin(Stdio::null());
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!(error_message(&text, &errors));
    }
    Ok(text)
}

fn arguments(target: &Target) -> Result<Vec<OsString>> {
    let place = if target.local { "--local" } else { "--remote" };
    let mut arguments = vec![OsString::from(place)];
    if let Some(folder) = &target.persist_to {
        // wrangler runs in the repository's root.
        arguments.extend(["--persist-to".into(), std::path::absolute(folder)?.into()]);
    }
    if let Some(name) = &target.env {
        arguments.extend(["--env".into(), name.into()]);
    }
    Ok(arguments)
}

/// The error message in the output of a wrangler that failed.
fn error_message(stdout: &str, stderr: &str) -> String {
    let json = serde_json::from_str::<Value>(stdout).ok();
    let text = json
        .as_ref()
        .and_then(|response| response["error"]["text"].as_str())
        .map_or_else(|| format!("{stdout}{stderr}"), str::to_owned);
    if text.contains("no such table") {
        return "the database lacks tables; create them with `cargo dev` (--local) or \
                `npx wrangler d1 migrations apply DB --remote` (--remote)"
            .to_owned();
    }
    format!("wrangler failed: {}", text.trim())
}

#[cfg(test)]
mod tests {
    use super::{Target, arguments, error_message};

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

    #[test]
    fn persist_to_is_absolute_for_wrangler() {
        let target = Target {
            local: true,
            persist_to: Some("x".into()),
            ..Target::default()
        };
        let arguments = arguments(&target).unwrap();
        assert_eq!(arguments[..2], ["--local", "--persist-to"]);
        assert!(std::path::Path::new(&arguments[2]).is_absolute());
    }
}
