//! `cargo xtask user factors` and `reset-factors`: the second factors of a user.

use super::{Subject, without_success};
use crate::http::Call;
use crate::table::{self, cell};
use crate::{input, sessions};
use anyhow::{Result, bail};
use cli::Consent;
use serde_json::Value;

pub fn show(options: &cli::Service, typed: &str) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    let factors = of(&subject)?;
    Ok(if options.json {
        without_success(factors).to_string()
    } else {
        text(&factors)
    })
}

pub fn reset(options: &cli::Service, typed: &str, consent: Consent) -> Result<String> {
    let subject = Subject::find(options, typed)?;
    if subject.is_own() {
        bail!("your own second factors are changed on the page /account");
    }
    let name = subject.name();
    let factors = of(&subject)?;
    let statement = format!(
        "This removes all second factors of user {name}: {}. It also revokes all sessions: {} at the moment. The password stays.",
        contents(&factors),
        sessions::of(&subject.service, &subject.user)?.len()
    );
    input::confirm(&statement, "yes", consent)?;
    let response = subject
        .service
        .json(&Call::delete(subject.path("/factors")))?;
    let mut sentence = format!(
        "Second factors of user {name} removed; sessions revoked: {}.",
        response["revoked_sessions"]
    );
    if subject.text("source") == "password" && factors["has_password"] == false {
        sentence += "\nThe user has no password. Send a link that sets one with `cargo xtask user reset-password`.";
    }
    Ok(subject.result(response, sentence))
}

fn of(subject: &Subject) -> Result<Value> {
    subject.service.json(&Call::get(subject.path("/factors")))
}

fn passkeys(factors: &Value) -> &[Value] {
    let passkeys = factors["passkeys"].as_array();
    passkeys.map(Vec::as_slice).unwrap_or_default()
}

/// The factors, for a sentence.
fn contents(factors: &Value) -> String {
    let mut contents = Vec::new();
    let passkeys = passkeys(factors).len();
    if passkeys > 0 {
        contents.push(format!("passkeys: {passkeys}"));
    }
    if !factors["totp"].is_null() {
        contents.push("one-time codes".to_owned());
    }
    if let Some(left) = factors["recovery_codes"]["remaining"].as_u64() {
        contents.push(format!("unused recovery codes: {left}"));
    }
    if contents.is_empty() {
        contents.push("none at the moment".to_owned());
    }
    contents.join(", ")
}

fn text(factors: &Value) -> String {
    let header = ["FACTOR", "NAME", "CREATED", "LAST USED", "NOTE"];
    let mut rows = Vec::new();
    let mut row = |factor: &str, of: &Value, note: String| {
        let text = |name: &str| cell(of[name].as_str());
        let [name, created, used] = ["name", "created_at", "last_used_at"].map(text);
        rows.push([factor.to_owned(), name, created, used, note]);
    };
    for passkey in passkeys(factors) {
        let is_backed_up = passkey["is_backed_up"] == true;
        let note = cell(is_backed_up.then_some("backed up"));
        row("passkey", passkey, note);
    }
    let (totp, codes) = (&factors["totp"], &factors["recovery_codes"]);
    if !totp.is_null() {
        row("one-time codes", totp, cell(None));
    }
    if let Some(left) = codes["remaining"].as_u64() {
        row("recovery codes", codes, format!("{left} unused"));
    }
    let mut text = if rows.is_empty() {
        "No second factor.".to_owned()
    } else {
        table::table(header, rows)
    };
    if factors["codes_locked"] == true {
        text += "\nCodes are locked after 100 wrong ones in a row.";
    }
    if factors["has_password"] == false {
        text += "\nNo password is set.";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{contents, text};
    use serde_json::json;

    #[test]
    fn factors_are_listed_in_columns() {
        let factors = json!({
            "has_password": true,
            "passkeys": [{"name": "\u{1b}[2JPhone", "created_at": "t1", "last_used_at": null, "is_backed_up": true}],
            "totp": {"created_at": "t2"},
            "recovery_codes": {"remaining": 9, "created_at": "t2"},
            "codes_locked": true,
        });
        let expected = "\
FACTOR          NAME       CREATED  LAST USED  NOTE
passkey         ?[2JPhone  t1       -          backed up
one-time codes  -          t2       -          -
recovery codes  -          t2       -          9 unused
Codes are locked after 100 wrong ones in a row.";
        assert_eq!(text(&factors), expected);
        assert_eq!(
            contents(&factors),
            "passkeys: 1, one-time codes, unused recovery codes: 9"
        );
    }

    #[test]
    fn user_without_factors_is_described() {
        let factors = json!({
            "has_password": false, "passkeys": [], "totp": null, "recovery_codes": null, "codes_locked": false
        });
        assert_eq!(text(&factors), "No second factor.\nNo password is set.");
        assert_eq!(contents(&factors), "none at the moment");
    }
}
