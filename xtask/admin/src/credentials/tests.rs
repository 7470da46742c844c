use super::*;
use anyhow::bail;

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

#[cfg(unix)]
#[test]
fn folder_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("folder");
    let credentials = folder.credentials();
    add(&credentials, "https://a.example");
    for wider in [0o720, 0o702, 0o777] {
        let permissions = fs::Permissions::from_mode(wider);
        fs::set_permissions(&credentials.folder, permissions).unwrap();
        let changed = credentials.change(|_| Ok(())).unwrap_err().to_string();
        for error in [credentials.read().unwrap_err().to_string(), changed] {
            let expected = format!("(mode {wider:03o}); run: chmod go-w ");
            assert!(error.contains(&expected), "{error}");
        }
    }
}

#[cfg(unix)]
#[test]
fn link_in_place_of_a_file_is_refused() {
    for name in ["credentials.json", "credentials.lock"] {
        let folder = Folder::new(name);
        let credentials = folder.credentials();
        add(&credentials, "https://a.example");
        let (path, moved) = (credentials.folder.join(name), folder.0.join("moved"));
        fs::rename(&path, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &path).unwrap();
        let error = credentials.change(|_| Ok(())).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot ") && error.contains(name),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn file_or_folder_of_another_user_is_refused() {
    let refused = |credentials: &Credentials| {
        let error = credentials.read().unwrap_err().to_string();
        assert!(error.ends_with(" belongs to another user"), "{error}");
    };
    if !nix::unistd::geteuid().is_root() {
        // Only root can give a file away.
        return refused(&Credentials {
            folder: PathBuf::from("/"),
        });
    }
    let folder = Folder::new("owner");
    let credentials = folder.credentials();
    add(&credentials, "https://a.example");
    for path in [credentials.path(), credentials.folder.clone()] {
        std::os::unix::fs::chown(&path, Some(1), None).unwrap();
        refused(&credentials);
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
        assert_eq!(credentials.read().unwrap().len(), 1);
    }
}
