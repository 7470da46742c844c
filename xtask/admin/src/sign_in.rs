//! A sign-in with a password and, if the service asks for it, a second factor.

use crate::code;
use crate::credentials::Entry;
use crate::http::{Call, Http};
use anyhow::{Context as _, Result, bail};
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};

/// What a user signs in with.
pub struct SignIn<'a> {
    /// Username or e-mail address.
    pub username: &'a str,
    /// Password.
    pub password: &'a Secret,
    /// The code of `--code`.
    pub code: Option<&'a str>,
}

impl SignIn<'_> {
    /// Signs in. If the user has a second factor and no code is given, asks for one on the terminal.
    ///
    /// # Errors
    /// The error of the service, or no response; or a second factor that only a browser can use.
    pub fn run(&self, http: &Http) -> Result<Entry> {
        // `/login` starts no session for a user with a second factor.
        let body = json!({
            "method": "password",
            "session": "token",
            "username": self.username,
            "password": self.password.reveal(),
        });
        let call = Call::post("sign-in").json(&body);
        let mut json = http.send(&call, None)?.successful()?.json();
        if json["status"] == "second_factor_required" {
            json = self.verify(http, &json)?;
        }
        entry(&json).context("not an Edge Auth response")
    }

    fn verify(&self, http: &Http, pending: &Value) -> Result<Value> {
        let page = format!("{}/sign-in", http.origin());
        if list(&pending["methods"]).is_empty() {
            bail!(
                "the service demands a second factor, and you have none; add one at {page}, then run the command again"
            );
        }
        let Some(question) = code::question(&list(&pending["methods"])) else {
            bail!(
                "your only second factor is a passkey, which the command line cannot use; sign in at {page} and add one-time codes or \
                 recovery codes to your account"
            );
        };
        let code = code::given_or_typed(self.code, question, self.username)?;
        let body = json!({
            "pending": pending["pending"],
            "method": code::method(&code),
            "code": code.reveal(),
        });
        let call = Call::post("sign-in/verify").json(&body);
        Ok(http.send(&call, None)?.successful()?.json())
    }
}

/// The strings of a JSON list.
pub fn list(value: &Value) -> Vec<&str> {
    let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_str).collect()
}

fn entry(json: &Value) -> Option<Entry> {
    Some(Entry {
        username: json["user"]["username"].as_str()?.to_owned(),
        token: Secret::new(json["token"].as_str()?),
        expires_at: Timestamp::parse(json["expires_at"].as_str()?)?,
    })
}
