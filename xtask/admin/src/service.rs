//! The running service, over HTTP.

use crate::terminal;
use edge_auth::crypto::secret::Secret;
use serde_json::{Value, json};
use std::io::Read as _;
use tokio::runtime::Runtime;

/// Where an access token may be, so that it stands in no list of processes.
const TOKEN: &str = "EDGE_AUTH_TOKEN";

/// A service, and the token that speaks to it.
pub struct Service {
    runtime: Runtime,
    client: reqwest::Client,
    url: String,
    token: Secret,
    /// Whether this command created the session and so has to sign out.
    is_own_session: bool,
}

/// Signs out, however the command ends. Otherwise each run would leave a session behind, and enough of them would evict the
/// user's other sessions.
impl Drop for Service {
    fn drop(&mut self) {
        if !self.is_own_session {
            return;
        }
        let request = self
            .client
            .post(format!("{}/api/auth/logout", self.url))
            .header("authorization", format!("Bearer {}", self.token.reveal()));
        if let Err(error) = self.answer(request) {
            terminal::tell(format_args!(
                "Could not sign out of the session that this command created: {error}"
            ));
        }
    }
}

impl Service {
    /// With the token of `EDGE_AUTH_TOKEN` or, for a user name, with the password on standard input.
    ///
    /// # Errors
    /// What to do about it.
    pub fn enter(url: &str, username: Option<&str>) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| format!("Cannot start: {error}."))?;
        // A redirect would carry the token to somebody else.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| format!("Cannot start: {error}."))?;
        let mut service = Self {
            runtime,
            client,
            url: url.trim_end_matches('/').to_owned(),
            token: Secret::new(""),
            is_own_session: false,
        };
        service.token = match username {
            Some(username) => service.sign_in(username)?,
            None => std::env::var(TOKEN)
                .ok()
                .filter(|token| !token.is_empty())
                .map(Secret::new)
                .ok_or(
                    "Put an access token into EDGE_AUTH_TOKEN, or sign in with --username NAME --password-stdin.",
                )?,
        };
        service.is_own_session = username.is_some();
        Ok(service)
    }

    fn sign_in(&self, username: &str) -> Result<Secret, String> {
        let mut password = String::new();
        std::io::stdin()
            .read_to_string(&mut password)
            .map_err(|error| format!("Cannot read the password from standard input: {error}."))?;
        let password = password.strip_suffix('\n').unwrap_or(&password);
        let password = password.strip_suffix('\r').unwrap_or(password);
        let body = json!({ "username": username, "password": password });
        let request = self
            .client
            .post(format!("{}/api/auth/login", self.url))
            .header("content-type", "application/json")
            .body(body.to_string());
        let reply = self.answer(request)?;
        let token = reply["token"].as_str().map(Secret::new);
        token.ok_or_else(|| format!("{} gave no token.", self.url))
    }

    /// What a path gives.
    ///
    /// # Errors
    /// What the service says, or that it does not answer.
    pub fn get(&self, path: &str) -> Result<Value, String> {
        let request = self
            .client
            .get(format!("{}/api/auth/{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token.reveal()));
        self.answer(request)
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, String> {
        self.runtime.block_on(async {
            let reply = request
                .send()
                .await
                .map_err(|_| format!("{} does not answer.", self.url))?;
            let status = reply.status();
            let text = reply.text().await.unwrap_or_default();
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            if status.is_success() && answer["success"] == true {
                return Ok(answer);
            }
            let said = answer["message"].as_str();
            Err(format!(
                "{status}: {}",
                said.unwrap_or("no reply of Edge Auth")
            ))
        })
    }
}
