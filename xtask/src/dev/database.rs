//! The local D1: its migrations, and a first administrator if there are no users.
//!
//! wrangler takes 2 s for each of them, so the current state is recorded beside the database.

use crate::bootstrap::{self, Secret};
use crate::{cache, node, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The local database, with all migrations.
pub struct Database {
    record: PathBuf,
    state: String,
    secret: Option<Secret>,
}

/// Applies the migrations that are missing, and adds a secret for the first administrator if there are no users.
pub fn prepare(folder: &Path) -> Result<Database> {
    let record = folder.join("edge-auth-database");
    let migrations = workspace::files_below(&workspace::root().join("migrations"));
    let state = cache::key_of_files(&migrations)?;
    let is_current = fs::read_to_string(&record).is_ok_and(|recorded| recorded == state)
        && folder.join("v3/d1").is_dir();
    let secret = if is_current {
        None
    } else {
        terminal::note("Applying the migrations …");
        wrangler_d1(folder, &["migrations", "apply", "DB"])?;
        add_secret(folder)?
    };
    Ok(Database {
        record,
        state,
        secret,
    })
}

impl Database {
    /// The secret with which the first administrator is created, if there are no users.
    pub const fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Records that nothing is left to do.
    pub fn record(&self) -> Result<()> {
        fs::write(&self.record, &self.state)
            .with_context(|| format!("cannot write {}", self.record.display()))
    }
}

fn add_secret(folder: &Path) -> Result<Option<Secret>> {
    let secret = Secret::new()?;
    let sql = secret.unless_there_is_a_user();
    let output = wrangler_d1(folder, &["execute", "DB", "--json", "--command", &sql])?;
    let is_added = bootstrap::is_added(&output)
        .with_context(|| format!("wrangler did not print JSON:\n{output}"))?;
    Ok(is_added.then_some(secret))
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
