//! The local D1: its migrations, and a first administrator if there are no users.
//!
//! wrangler takes 2 s for each of them, so the current state is recorded beside the database.

use super::first_admin::Invitation;
use crate::{cache, node, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The local database, with all migrations.
pub struct Database {
    record: PathBuf,
    state: String,
    invitation: Option<Invitation>,
}

/// Applies the migrations that are missing, and invites the first administrator if there are no users.
pub fn prepare(folder: &Path) -> Result<Database> {
    let record = folder.join("edge-auth-database");
    let migrations = workspace::files_below(&workspace::root().join("migrations"));
    let state = cache::key_of_files(&migrations)?;
    let is_current = fs::read_to_string(&record).is_ok_and(|recorded| recorded == state)
        && folder.join("v3/d1").is_dir();
    let invitation = if is_current {
        None
    } else {
        terminal::note("Applying the migrations …");
        wrangler_d1(folder, &["migrations", "apply", "DB"])?;
        invite(folder)?
    };
    Ok(Database {
        record,
        state,
        invitation,
    })
}

impl Database {
    /// The invitation that has not been accepted yet.
    pub const fn invitation(&self) -> Option<&Invitation> {
        self.invitation.as_ref()
    }

    /// Records that nothing is left to do.
    pub fn record(&self) -> Result<()> {
        fs::write(&self.record, &self.state)
            .with_context(|| format!("cannot write {}", self.record.display()))
    }
}

fn invite(folder: &Path) -> Result<Option<Invitation>> {
    let invitation = Invitation::new()?;
    let sql = invitation.sql();
    let output = wrangler_d1(folder, &["execute", "DB", "--json", "--command", &sql])?;
    let results: Value = serde_json::from_str(&output)
        .with_context(|| format!("wrangler did not print JSON:\n{output}"))?;
    let last = results.as_array().and_then(|statements| statements.last());
    let is_invited = last.is_some_and(|last| last["results"][0]["invited"] == 1);
    Ok(is_invited.then_some(invitation))
}

/// Runs `wrangler d1 …` on the local database; returns its output.
fn wrangler_d1(folder: &Path, args: &[&str]) -> Result<String> {
    let output = node::wrangler()
        .arg("d1")
        .args(args)
        .args(["--local", "--persist-to"])
        .arg(folder)
        // wrangler asks no questions without a terminal.
        .stdin(Stdio::null())
        .env("CI", "true")
        .output()
        .context("cannot start wrangler")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("wrangler could not prepare the database:\n{text}{errors}");
    }
    Ok(text)
}
