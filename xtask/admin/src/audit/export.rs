//! `cargo xtask audit export`, and `audit verify --file`, which needs no service.

use crate::http::Call;
use crate::output::Output;
use crate::service::Service;
use anyhow::{Context as _, Result, anyhow};
use base64ct::{Base64, Encoding as _};
use cli::Output as OutputOptions;
use edge_auth::domain::audit::{AuditKeys, ExportFailure, ExportReport, verify_export};
use serde_json::json;
use std::path::Path;
use std::{env, fs};

/// Writes the entries after this one. Returns the text to print.
///
/// # Errors
/// A file that exists, or the error of the service.
pub fn write(options: &cli::Service, after: u32, output: &OutputOptions) -> Result<String> {
    let service = Service::connect(options)?;
    let mut output = Output::create(output.output.as_deref())?;
    let mut after = after.to_string();
    loop {
        let response = service.call(&Call::get(format!("audit/export?after={after}")))?;
        let is_wanted = output.write(&response.text)?;
        match response.header("edge-auth-next") {
            Some(next) if is_wanted && next != after => next.clone_into(&mut after),
            _ => break,
        }
    }
    Ok(match output.place() {
        Some(path) => format!("Audit log written to {path}."),
        None => String::new(),
    })
}

/// Verifies a file. Returns the text to print, and whether everything matches.
///
/// # Errors
/// A file that cannot be read, or an invalid key.
pub fn verify(file: &Path, is_json: bool) -> Result<(String, bool)> {
    let name = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let keys = keys(|name| env::var(name).ok())?;
    let result = verify_export(text.lines(), keys.as_ref());
    let matches = result.is_ok();
    let text = match &result {
        Ok(report) if is_json => report_json(report),
        Ok(report) => summary(report),
        Err(failure) if is_json => json!({
            "line": failure.line,
            "failure": {
                "number": failure.violation.number,
                "reason": failure.violation.reason.as_str(),
            },
        })
        .to_string(),
        Err(failure) => failure_text(failure),
    };
    Ok((text, matches))
}

/// The keys of `AUDIT_KEY` and `AUDIT_KEY_PREVIOUS`; `None` without the first.
fn keys(variable: impl Fn(&str) -> Option<String>) -> Result<Option<AuditKeys>> {
    let value = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
    let Some(current) = value("AUDIT_KEY") else {
        return Ok(None);
    };
    let previous = value("AUDIT_KEY_PREVIOUS").unwrap_or_default();
    let previous = previous.split(',').map(str::trim);
    let previous = previous
        .filter(|text| !text.is_empty())
        .map(|text| key("AUDIT_KEY_PREVIOUS", text));
    let previous = previous.collect::<Result<Vec<_>>>()?;
    Ok(Some(AuditKeys::new(
        &key("AUDIT_KEY", &current)?,
        &previous,
    )))
}

fn key(name: &str, text: &str) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    let decoded = Base64::decode(text.trim(), &mut key).map(<[u8]>::len);
    if decoded == Ok(key.len()) {
        return Ok(key);
    }
    Err(anyhow!("{name} is not the base64 of 32 bytes"))
}

fn report_json(report: &ExportReport) -> String {
    json!({
        "entries": report.entries,
        "first": report.first,
        "last": report.last,
        "checkpoints": report.checkpoints,
        "covered_to": report.covered_to,
        "partly_covered": report.partly_covered,
        "has_keys": report.has_keys,
        "failure": null,
    })
    .to_string()
}

fn summary(report: &ExportReport) -> String {
    let ExportReport {
        entries,
        first,
        last,
        checkpoints,
        covered_to,
        ..
    } = report;
    let range = if *entries == 0 {
        "no entries".to_owned()
    } else {
        format!("{entries} entries, {first} to {last}")
    };
    if report.has_keys {
        return format!(
            "OK: verified {range}, and {checkpoints} checkpoints, which cover entries up to {covered_to}."
        );
    }
    format!(
        "OK: {range}, without a gap, and {checkpoints} checkpoints, which name entries up to {covered_to}. Signatures were not \
         verified: set AUDIT_KEY to the key of the service."
    )
}

fn failure_text(failure: &ExportFailure) -> String {
    format!(
        "Entry {} fails verification, at line {} of the file: {}. All entries before it are valid.",
        failure.violation.number,
        failure.line,
        failure.violation.reason.as_str(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_variables() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let with = |current: &str, previous: &str| {
            let (current, previous) = (current.to_owned(), previous.to_owned());
            keys(move |name| match name {
                "AUDIT_KEY" => Some(current.clone()),
                _ => Some(previous.clone()),
            })
        };
        assert!(with("", key).unwrap().is_none());
        assert!(with(key, "").unwrap().is_some());
        assert!(with(key, &format!("{key}, {key}")).unwrap().is_some());
        for (current, previous, name) in [
            ("AAECAwQ=", "", "AUDIT_KEY is"),
            (key, "not base64", "AUDIT_KEY_PREVIOUS is"),
        ] {
            let error = with(current, previous).err().unwrap().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn summary_says_whether_signatures_were_verified() {
        let report = ExportReport {
            entries: 3,
            first: 2,
            last: 4,
            checkpoints: 1,
            covered_to: 3,
            ..ExportReport::default()
        };
        assert!(summary(&report).ends_with("set AUDIT_KEY to the key of the service."));
        let report = ExportReport {
            has_keys: true,
            ..report
        };
        assert_eq!(
            summary(&report),
            "OK: verified 3 entries, 2 to 4, and 1 checkpoints, which cover entries up to 3."
        );
    }
}
