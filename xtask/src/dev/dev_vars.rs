//! `.dev.vars`: the secrets of this machine. Written once with random values, and never changed again.

use crate::{keys, random, terminal, workspace};
use anyhow::{Context as _, Result, bail};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// The secrets without which the Worker does not start. As in `.dev.vars.example`.
const REQUIRED: [&str; 4] = ["JWT_SECRET", "PASSWORD_PEPPER", "HANDLE_KEY", "AUDIT_KEY"];

/// What else the file gets: without it, users cannot add one-time codes.
const FACTOR_KEY: &str = "FACTOR_KEY";

/// Without it, the OAuth server is off.
const OAUTH_KEY: &str = "OAUTH_KEY_1";

/// Writes the file if there is none. Fails if an existing file lacks a secret.
pub fn ensure(root: &Path) -> Result<()> {
    let path = root.join(".dev.vars");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => {
            terminal::note("Writing .dev.vars with random secrets …");
            let written = content().and_then(|text| Ok(file.write_all(text.as_bytes())?));
            if written.is_err() {
                // Otherwise the next start would treat an incomplete file as one that the user wrote.
                let _ = fs::remove_file(&path);
            }
            written.context("cannot write .dev.vars")
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(&path).context("cannot read .dev.vars")?;
            let missing = missing_in(&text);
            if !missing.is_empty() {
                bail!(
                    ".dev.vars does not set {}; .dev.vars.example describes each secret",
                    missing.join(", ")
                );
            }
            Ok(())
        }
        Err(error) => Err(error).context("cannot write .dev.vars"),
    }
}

fn content() -> Result<String> {
    let mut text = String::from(
        "# Secrets of this machine, written by `cargo dev`. .dev.vars.example describes them, and what may be added.\n",
    );
    for name in REQUIRED.into_iter().chain([FACTOR_KEY]) {
        text += &[name, "=", &random::base64()?, "\n"].concat();
    }
    text += &[OAUTH_KEY, "=", &keys::jwk()?, "\n"].concat();
    Ok(text)
}

fn missing_in(text: &str) -> Vec<&'static str> {
    REQUIRED
        .into_iter()
        .filter(|name| workspace::variable(text, name).is_none())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{FACTOR_KEY, OAUTH_KEY, REQUIRED, content, ensure, missing_in};
    use std::{env, fs, path::PathBuf, process};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("edge-auth-{name}-{}", process::id()));
            fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn file_is_written_once_and_readable_by_its_owner_only() {
        let folder = Folder::new("written-once");
        let path = folder.0.join(".dev.vars");
        ensure(&folder.0).expect("written");
        let first = fs::read_to_string(&path).expect("there");
        assert_eq!(missing_in(&first), Vec::<&str>::new());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(&path).expect("there").permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
        ensure(&folder.0).expect("left alone");
        assert_eq!(fs::read_to_string(&path).expect("there"), first);
    }

    #[test]
    fn existing_file_is_never_overwritten() {
        let folder = Folder::new("own");
        let path = folder.0.join(".dev.vars");
        let own = "export JWT_SECRET = \"x\"\nPASSWORD_PEPPER=\n# HANDLE_KEY=x\nAUDIT_KEY=y\n";
        fs::write(&path, own).expect("written");
        let error = ensure(&folder.0).expect_err("two are missing");
        assert_eq!(
            error.to_string(),
            ".dev.vars does not set PASSWORD_PEPPER, HANDLE_KEY; .dev.vars.example describes each secret"
        );
        assert_eq!(fs::read_to_string(&path).expect("there"), own);
    }

    #[test]
    fn secrets_are_random_and_named_in_the_example() {
        assert_ne!(content().expect("random"), content().expect("random"));
        let example = include_str!("../../../.dev.vars.example");
        for name in REQUIRED.into_iter().chain([FACTOR_KEY, OAUTH_KEY]) {
            assert!(example.contains(&format!("\n{name}=")), "{name}");
        }
    }
}
