//! The tokens of `cargo xtask login`: `edge-auth/credentials.json` below `XDG_CONFIG_HOME`, readable by its owner only, with one
//! entry per service.

mod access;

use crate::random;
use access::{check_file, check_folder, no_link, private};
use anyhow::{Context as _, Result};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A stored session.
#[derive(Clone, Debug)]
pub struct Entry {
    /// User name.
    pub username: String,
    /// Session token.
    pub token: Secret,
    /// When the token expires.
    pub expires_at: Timestamp,
}

/// The entries by the origin of their service.
pub type Entries = BTreeMap<String, Entry>;

/// The file.
pub struct Credentials {
    folder: PathBuf,
}

impl Credentials {
    /// The file of this user.
    ///
    /// # Errors
    /// There is no home folder.
    pub fn of_user() -> Result<Self> {
        let base = Xdg::new().context("cannot find the home folder")?;
        Ok(Self {
            folder: base.config_dir().join("edge-auth"),
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.join("credentials.json")
    }

    /// The entries; none if the file does not exist.
    ///
    /// # Errors
    /// A file or folder that belongs or is open to other users, or a file that is not valid.
    pub fn read(&self) -> Result<Entries> {
        check_folder(&self.folder)?;
        let path = self.path();
        let mut file = match no_link(OpenOptions::new().read(true)).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Entries::new()),
            Err(error) => return Err(error).with_context(|| cannot("read", &path)),
        };
        check_file(&file, &path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .with_context(|| cannot("read", &path))?;
        parse(&text).with_context(|| {
            format!(
                "{} is not valid; delete it and sign in again",
                path.display()
            )
        })
    }

    /// Changes the entries. No other command of this user changes them at the same time. Nothing is written if `change` fails.
    ///
    /// # Errors
    /// See [`Credentials::read`]; a file that cannot be written; or the error of `change`.
    pub fn change<T>(&self, change: impl FnOnce(&mut Entries) -> Result<T>) -> Result<T> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .with_context(|| cannot("create", &self.folder))?;
        check_folder(&self.folder)?;
        let lock_path = self.folder.join("credentials.lock");
        let mut options = OpenOptions::new();
        let lock = no_link(private(options.write(true).create(true))).open(&lock_path);
        let lock = lock.with_context(|| cannot("write", &lock_path))?;
        lock.lock().with_context(|| cannot("lock", &lock_path))?;
        let mut entries = self.read()?;
        let result = change(&mut entries)?;
        self.write(&entries)?;
        Ok(result)
    }

    /// Writes a new file, which no other program can have opened, and replaces the earlier one with it.
    fn write(&self, entries: &Entries) -> Result<()> {
        let name = Base64UrlUnpadded::encode_string(&random::bytes::<12>()?);
        let new = self.folder.join(format!("credentials.json.{name}"));
        let written = private(OpenOptions::new().write(true).create_new(true))
            .open(&new)
            .and_then(|mut file| {
                file.write_all(text(entries).as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&new, self.path()));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written.with_context(|| cannot("write", &self.path()))
    }
}

fn cannot(verb: &str, path: &Path) -> String {
    format!("cannot {verb} {}", path.display())
}

fn parse(text: &str) -> Option<Entries> {
    let value: Value = serde_json::from_str(text).ok()?;
    let services = value.get("services")?.as_object()?;
    let entry = |(origin, entry): (&String, &Value)| {
        let field = |name: &str| entry.get(name).and_then(Value::as_str);
        let entry = Entry {
            username: field("username")?.to_owned(),
            token: Secret::new(field("token")?),
            expires_at: Timestamp::parse(field("expires_at")?)?,
        };
        Some((origin.clone(), entry))
    };
    services.iter().map(entry).collect()
}

fn text(entries: &Entries) -> String {
    let services: Map<String, Value> = entries
        .iter()
        .map(|(origin, entry)| {
            let value = json!({
                "username": entry.username,
                "token": entry.token.reveal(),
                "expires_at": entry.expires_at.to_string(),
            });
            (origin.clone(), value)
        })
        .collect();
    format!("{:#}\n", json!({ "services": services }))
}

#[cfg(test)]
mod tests;
