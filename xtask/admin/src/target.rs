//! The stores of a target: D1, and the cached sessions in KV.

use crate::{random, settings, wrangler};
use anyhow::{Context as _, Result};
use cli::Target;
use edge_auth::store::session_cache::{self, MAX_ROTATED_OUT};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::{env, fs};

/// Arguments of wrangler for a target.
///
/// # Errors
/// A path that cannot be made absolute.
pub fn wrangler_args(target: &Target) -> Result<Vec<OsString>> {
    let mut args = vec![OsString::from(if target.local {
        "--local"
    } else {
        "--remote"
    })];
    if let Some(folder) = &target.persist_to {
        // wrangler runs in the repository's root.
        args.extend(["--persist-to".into(), std::path::absolute(folder)?.into()]);
    }
    if let Some(name) = &target.env {
        args.extend(["--env".into(), name.into()]);
    }
    Ok(args)
}

/// Runs statements as one transaction; returns the rows of each.
///
/// Uses `--command`, because wrangler returns no rows when it imports a `--file` into a deployed database.
///
/// # Errors
/// The error of wrangler.
pub fn execute(target: &Target, sql: &str) -> Result<Vec<Vec<Value>>> {
    let args = ["d1", "execute", "DB", "--json", "--yes", "--command", sql];
    let output = wrangler::run(target, &args)?;
    let statements = serde_json::from_str::<Vec<Value>>(&output)
        .with_context(|| format!("wrangler did not print JSON:\n{output}"))?;
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
    pub generation: u32,
    /// Generation of the first token that was rotated out recently, if any.
    pub oldest: Option<u32>,
}

/// Overwrites the cached sessions of revoked sessions, for the current token and those that were rotated out recently. The
/// written value has no MAC, so the Worker queries D1.
///
/// # Errors
/// The error of wrangler. The sessions are revoked in D1 nevertheless, and the entries expire at the TTL.
pub fn overwrite_cached_sessions(target: &Target, sessions: &[Revoked]) -> Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    let entries = entries(sessions, settings::cached_session_lifetime(target)?);
    let path = env::temp_dir().join(format!("edge-auth-{}.json", random::uuid()?));
    let written = fs::write(&path, Value::from(entries).to_string())
        .with_context(|| format!("cannot write {}", path.display()));
    let put = written.and_then(|()| {
        let file = path.to_string_lossy();
        let mut args = vec!["kv", "bulk", "put", &file, "--binding", "SESSIONS"];
        if target.remote {
            // Makes wrangler look up the namespace of the deployed Worker if wrangler.toml has no id.
            args.push("--preview=false");
        }
        wrangler::run(target, &args)
    });
    // The file contains no secrets, and the system cleans this folder, so an error does not matter.
    let _ = fs::remove_file(&path);
    put.map(drop)
}

fn entries(sessions: &[Revoked], lifetime: i64) -> Vec<Value> {
    let generations = |session: &Revoked| {
        let last = session.generation;
        let before = last.saturating_sub(1);
        let first = session.oldest.map_or(before, |oldest| oldest.min(before));
        (first.max(last.saturating_sub(MAX_ROTATED_OUT))..=last).rev()
    };
    let entry = |session: &Revoked, generation| {
        json!({
            "key": session_cache::key(&session.id, generation),
            "value": "{}",
            "expiration_ttl": lifetime,
        })
    };
    sessions
        .iter()
        .flat_map(|session| generations(session).map(move |generation| entry(session, generation)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_recent_generations_are_overwritten() {
        let revoked = |(id, generation, oldest): (&str, u32, Option<u32>)| Revoked {
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
            let entries = entries(&[revoked(session)], 1_260);
            let entry = |generation| json!({"key": format!("session:a:{generation}"), "value": "{}", "expiration_ttl": 1_260});
            let expected: Vec<_> = generations.iter().map(entry).collect();
            assert_eq!(entries, expected, "{session:?}");
        }
    }

    #[test]
    fn persist_to_is_absolute_for_wrangler() {
        let target = Target {
            local: true,
            persist_to: Some("x".into()),
            ..Target::default()
        };
        let args = wrangler_args(&target).unwrap();
        assert_eq!(args[..2], ["--local", "--persist-to"]);
        assert!(std::path::Path::new(&args[2]).is_absolute());
    }
}
