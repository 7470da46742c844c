//! The configuration of a target: the variables of `wrangler.toml` and, for the local one, `.dev.vars`.

use anyhow::{Context as _, Result, bail};
use base64ct::{Base64, Encoding as _};
use cli::{Target, workspace};
use edge_auth::crypto::secret::Secret;
use edge_auth::store::session_cache::{MARGIN_SECONDS, OUTAGE_SECONDS};
use std::fs;

/// Default of `SESSION_CACHE_TTL` in seconds.
const DEFAULT_CACHE_TTL_SECONDS: i64 = 300;

/// A variable, if it is set. `.dev.vars` overrides `wrangler.toml` locally.
///
/// # Errors
/// A file that cannot be read, or an unknown environment.
pub fn variable(target: &Target, name: &str) -> Result<Option<String>> {
    if target.local
        && let Some(value) = secret(name)?
    {
        return Ok(Some(value.reveal().to_owned()));
    }
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

/// A value in `.dev.vars`, if the file exists and sets it.
///
/// # Errors
/// A file that cannot be read.
pub fn secret(name: &str) -> Result<Option<Secret>> {
    let path = workspace::root().join(".dev.vars");
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).context("cannot read .dev.vars")?;
    Ok(workspace::variable(&text, name).map(Secret::new))
}

/// A key of `.dev.vars`.
///
/// # Errors
/// As for [`secret`], or a value that is not the base64 of 32 bytes.
pub fn key(name: &str) -> Result<Option<[u8; 32]>> {
    secret(name)?
        .map(|text| decode_key(name, text.reveal()))
        .transpose()
}

fn decode_key(name: &str, text: &str) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    let length = Base64::decode(text, &mut key).map(<[u8]>::len);
    if length != Ok(key.len()) {
        bail!("{name} in .dev.vars is not the base64 of 32 bytes");
    }
    Ok(key)
}

/// Seconds for which the Worker may accept a cached session after it was written: the TTL, the extension while D1 is
/// unavailable, and the margin for late writes.
///
/// # Errors
/// See [`variable`]; and a `SESSION_CACHE_TTL` that is not a number.
pub fn cached_session_lifetime(target: &Target) -> Result<i64> {
    let ttl = match variable(target, "SESSION_CACHE_TTL")? {
        None => DEFAULT_CACHE_TTL_SECONDS,
        Some(text) => text
            .parse()
            .with_context(|| format!("SESSION_CACHE_TTL is not a number of seconds: {text}"))?,
    };
    Ok(ttl + OUTAGE_SECONDS + MARGIN_SECONDS)
}

/// The address of the service: for the local target the one that `cargo dev` recorded, else `JWT_ISSUER`.
///
/// # Errors
/// See [`variable`].
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
    fn key_is_32_bytes() {
        let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert!(decode_key("AUDIT_KEY", text).is_ok());
        for text in ["", "AAECAwQ=", "not base64"] {
            let error = decode_key("AUDIT_KEY", text).unwrap_err().to_string();
            assert!(error.starts_with("AUDIT_KEY in .dev.vars"), "{error}");
        }
    }

    #[test]
    fn variables_are_those_of_the_environment() {
        let production = production();
        assert!(variable(&production, "JWT_AUDIENCE").unwrap().is_some());
        assert_eq!(variable(&production, "NO_SUCH_VARIABLE").unwrap(), None);
        let unknown = Target {
            env: Some("nowhere".into()),
            ..production.clone()
        };
        let error = variable(&unknown, "JWT_AUDIENCE").unwrap_err().to_string();
        assert_eq!(error, "environment 'nowhere' not found in wrangler.toml");
        assert_eq!(cached_session_lifetime(&production).unwrap(), 1_260);
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
