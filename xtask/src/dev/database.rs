//! The local D1: its migrations, and a first administrator if there is nobody.
//!
//! Both are asked of wrangler, which takes 2 s each time; so the state that was reached is remembered beside the
//! database, and a start that finds nothing new asks for neither.

use super::first_admin::Invitation;
use crate::{cache, clone, failed::Failed, terminal, tools::Tools};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The local database, with all migrations.
pub struct Database {
    record: PathBuf,
    state: String,
    invitation: Option<Invitation>,
}

/// Applies what has not been applied, and invites the first administrator if nobody is there.
pub fn prepare(tools: &Tools, persist_to: &Path) -> Result<Database, Failed> {
    let record = persist_to.join("edge-auth-database");
    let state = state_of_migrations(&clone::root().join("migrations"))?;
    let is_current = fs::read_to_string(&record).is_ok_and(|recorded| recorded == state)
        && persist_to.join("v3/d1").is_dir();
    let invitation = if is_current {
        None
    } else {
        terminal::tell("Preparing the database …");
        wrangler_d1(tools, persist_to, &["migrations", "apply", "DB"])?;
        invite(tools, persist_to)?
    };
    Ok(Database {
        record,
        state,
        invitation,
    })
}

impl Database {
    /// Who has to be given a password.
    pub const fn invitation(&self) -> Option<&Invitation> {
        self.invitation.as_ref()
    }

    /// Remembers that nothing is left to do, for the next start.
    pub fn remember(&self) -> Result<(), Failed> {
        fs::write(&self.record, &self.state)
            .map_err(|error| Failed::file("write", &self.record, &error))
    }
}

fn state_of_migrations(folder: &Path) -> Result<String, Failed> {
    let entries = fs::read_dir(folder).map_err(|error| Failed::file("read", folder, &error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut parts = Vec::new();
    for file in files {
        parts.push(
            file.file_name()
                .unwrap_or_default()
                .as_encoded_bytes()
                .to_vec(),
        );
        parts.push(fs::read(&file).map_err(|error| Failed::file("read", &file, &error))?);
    }
    Ok(cache::key(
        &parts.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    ))
}

fn invite(tools: &Tools, persist_to: &Path) -> Result<Option<Invitation>, Failed> {
    let invitation = Invitation::new()?;
    let output = wrangler_d1(
        tools,
        persist_to,
        &["execute", "DB", "--json", "--command", &invitation.sql()?],
    )?;
    let results: Value = serde_json::from_str(&output).map_err(|_| {
        Failed::because(format!(
            "{output}\n\nwrangler's answer about the users is above; it should be JSON."
        ))
    })?;
    let last = results.as_array().and_then(|statements| statements.last());
    let is_invited = last.is_some_and(|last| last["results"][0]["invited"] == 1);
    Ok(is_invited.then_some(invitation))
}

/// `wrangler d1 …` on the local database; what it prints.
fn wrangler_d1(tools: &Tools, persist_to: &Path, words: &[&str]) -> Result<String, Failed> {
    let output = tools
        .wrangler(&["d1"])
        .args(words)
        .arg("--local")
        .arg("--persist-to")
        .arg(persist_to)
        // Without a terminal wrangler asks nothing.
        .stdin(Stdio::null())
        .env("CI", "true")
        .output()
        .map_err(|error| Failed::because(format!("Cannot start wrangler: {error}.")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(Failed::because(format!(
        "{text}{}\nwrangler could not prepare the database; its output is above.",
        String::from_utf8_lossy(&output.stderr)
    )))
}
