//! The address of the service that uses a database.

use super::Target;
use anyhow::{Context as _, Result};
use cli::workspace;
use std::fs;

/// For the local database the address that `cargo dev` recorded; otherwise `JWT_ISSUER`.
///
/// # Errors
/// A file that cannot be read, or an unknown environment.
pub fn address(target: &Target) -> Result<String> {
    if target.local {
        let folder = target.persist_to.clone();
        let folder = folder.unwrap_or_else(|| workspace::root().join(".wrangler/state"));
        if let Ok(address) = fs::read_to_string(folder.join("edge-auth-address")) {
            return Ok(address);
        }
    }
    let issuer = variable(target, "JWT_ISSUER")?;
    Ok(issuer.unwrap_or_else(|| "https://YOUR-WORKER".to_owned()))
}

/// A variable of `wrangler.toml`, if it is set.
fn variable(target: &Target, name: &str) -> Result<Option<String>> {
    let text = workspace::read("wrangler.toml")?;
    let manifest: toml::Table = text.parse().context("wrangler.toml is not valid")?;
    let environment = match &target.env {
        Some(name) => manifest
            .get("env")
            .and_then(|all| all.get(name))
            .and_then(toml::Value::as_table)
            .with_context(|| format!("environment '{name}' not found in wrangler.toml"))?,
        None => &manifest,
    };
    let value = environment.get("vars").and_then(|vars| vars.get(name));
    Ok(value
        .and_then(toml::Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    fn production() -> Target {
        Target {
            remote: true,
            env: Some("production".into()),
            ..Target::default()
        }
    }

    #[test]
    fn variables_are_those_of_the_environment() {
        let production = production();
        assert!(variable(&production, "JWT_AUDIENCE").unwrap().is_some());
        assert_eq!(variable(&production, "NO_SUCH_VARIABLE").unwrap(), None);
        let unknown = Target {
            env: Some("nowhere".into()),
            ..production
        };
        let error = variable(&unknown, "JWT_AUDIENCE").unwrap_err().to_string();
        assert_eq!(error, "environment 'nowhere' not found in wrangler.toml");
    }

    #[test]
    fn address_is_the_recorded_one_or_the_issuer() {
        let folder = env::temp_dir().join(format!("edge-auth-address-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let local = Target {
            local: true,
            persist_to: Some(folder.clone()),
            ..Target::default()
        };
        assert!(address(&local).unwrap().starts_with("http://localhost:"));
        fs::write(folder.join("edge-auth-address"), "http://localhost:9000").unwrap();
        assert_eq!(address(&local).unwrap(), "http://localhost:9000");
        let _ = fs::remove_dir_all(&folder);
        assert_eq!(address(&production()).unwrap(), "https://YOUR-WORKER");
    }
}
