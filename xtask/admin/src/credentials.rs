//! The tokens of `cargo xtask login`: `edge-auth/credentials.json` below `XDG_CONFIG_HOME`, readable by its owner only, with one
//! entry per service.

use crate::random;
use anyhow::{Context as _, Result, bail};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A stored session.
#[derive(Clone, Debug)]
pub struct Entry {
    /// User name.
    pub username: String,
    /// Access token.
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
    /// A file that other users may read or that is not valid.
    pub fn read(&self) -> Result<Entries> {
        let path = self.path();
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Entries::new()),
            Err(error) => return Err(error).with_context(|| cannot("read", &path)),
        };
        check_permissions(&file, &path)?;
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
        let lock_path = self.folder.join("credentials.lock");
        let lock = private(OpenOptions::new().write(true).create(true)).open(&lock_path);
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

/// Creates files that their owner only may read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn check_permissions(file: &File, path: &Path) -> Result<()> {
    let metadata = file.metadata().with_context(|| cannot("read", path))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        bail!("other users may read {path} (mode {mode:03o}); run: chmod 600 {path}");
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_permissions(_: &File, _: &Path) -> Result<()> {
    Ok(())
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
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("edge-auth-credentials-{name}-{}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn credentials(&self) -> Credentials {
            Credentials {
                folder: self.0.join("edge-auth"),
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn entry(token: &str) -> Entry {
        Entry {
            username: "ada".to_owned(),
            token: Secret::new(token),
            expires_at: Timestamp::from_seconds(1_000),
        }
    }

    fn add(credentials: &Credentials, origin: &str) {
        let changed = credentials.change(|entries| {
            entries.insert(origin.to_owned(), entry(origin));
            Ok(())
        });
        changed.unwrap();
    }

    #[test]
    fn entries_of_several_services_are_read_back() {
        let folder = Folder::new("several");
        let credentials = folder.credentials();
        assert!(credentials.read().unwrap().is_empty());
        add(&credentials, "https://a.example");
        add(&credentials, "https://b.example");
        let entries = credentials.read().unwrap();
        assert_eq!(entries.len(), 2);
        let other = &entries["https://b.example"];
        assert_eq!(other.username, "ada");
        assert_eq!(other.token.reveal(), "https://b.example");
        assert_eq!(other.expires_at, Timestamp::from_seconds(1_000));
    }

    #[test]
    fn failed_change_writes_nothing() {
        let folder = Folder::new("failed");
        let credentials = folder.credentials();
        add(&credentials, "https://a.example");
        let failed = credentials.change(|entries| -> Result<()> {
            entries.clear();
            bail!("failed")
        });
        assert!(failed.is_err());
        assert_eq!(credentials.read().unwrap().len(), 1);
    }

    #[test]
    fn concurrent_changes_lose_no_entry() {
        let folder = Folder::new("concurrent");
        let credentials = folder.credentials();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let credentials = &credentials;
                scope.spawn(move || add(credentials, &format!("https://{number}.example")));
            }
        });
        assert_eq!(credentials.read().unwrap().len(), 16);
    }

    #[cfg(unix)]
    #[test]
    fn file_is_private_and_wider_permissions_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("private");
        let credentials = folder.credentials();
        add(&credentials, "https://a.example");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&credentials.path()), 0o600);
        assert_eq!(mode(&credentials.folder), 0o700);
        let files = fs::read_dir(&credentials.folder).unwrap().count();
        assert_eq!(files, 2, "the file and its lock");
        for wider in [0o640, 0o604, 0o620, 0o602, 0o610] {
            let permissions = fs::Permissions::from_mode(wider);
            fs::set_permissions(credentials.path(), permissions).unwrap();
            let error = credentials.read().unwrap_err().to_string();
            assert!(
                error.contains(&format!("(mode {wider:03o}); run: chmod 600")),
                "{error}"
            );
        }
    }

    #[test]
    fn file_that_is_not_valid_is_an_error() {
        let folder = Folder::new("invalid");
        let credentials = folder.credentials();
        add(&credentials, "https://a.example");
        for text in ["", "[]", "{}", r#"{"services":{"https://a.example":{}}}"#] {
            fs::write(credentials.path(), text).unwrap();
            let error = credentials.read().unwrap_err().to_string();
            assert!(error.contains("is not valid"), "{error}");
        }
    }
}
