//! A running service, over HTTP.

use crate::password_input;
use anyhow::{Context as _, Result, bail};
use cli::terminal;
use edge_auth::crypto::secret::Secret;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde_json::{Value, json};
use std::env;
use tokio::runtime::Runtime;

/// The variable that holds an access token. Other users of this machine could read a token on the command line.
const TOKEN_VARIABLE: &str = "EDGE_AUTH_TOKEN";

/// Sends requests to a service.
pub struct Http {
    runtime: Runtime,
    pub client: Client,
    url: String,
}

impl Http {
    /// A client for this URL. It follows no redirects, because they could send credentials to another server.
    ///
    /// # Errors
    /// The system provides no TLS or no threads.
    pub fn new(url: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            runtime,
            client,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// The URL of an endpoint.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}/api/auth/{path}", self.url)
    }

    /// Sends a request. Returns the status and the JSON body, or null if the body is not JSON.
    ///
    /// # Errors
    /// No response.
    pub fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Value)> {
        self.runtime.block_on(async {
            let response = request
                .send()
                .await
                .map_err(reqwest::Error::without_url)
                .with_context(|| format!("{} does not respond", self.url))?;
            let status = response.status();
            let text = response.text().await.unwrap_or_default();
            Ok((status, serde_json::from_str(&text).unwrap_or_default()))
        })
    }
}

/// A service, and a token for it.
pub struct Service {
    http: Http,
    token: Secret,
    /// Whether this command created the session and has to sign out.
    is_own_session: bool,
}

/// Signs out, even if the command fails. Otherwise each command would leave a session behind, and these sessions would
/// evict the user's other sessions.
impl Drop for Service {
    fn drop(&mut self) {
        if !self.is_own_session {
            return;
        }
        let request = self.http.client.post(self.http.endpoint("logout"));
        if let Err(error) = self.successful(request.bearer_auth(self.token.reveal())) {
            terminal::note(format_args!(
                "warning: the session of this command could not be revoked: {error:#}"
            ));
        }
    }
}

impl Service {
    /// Uses the token of `EDGE_AUTH_TOKEN` or, with a username, signs in with the password on standard input.
    ///
    /// # Errors
    /// A missing token, or a sign-in that is refused.
    pub fn connect(service: &cli::Service) -> Result<Self> {
        let mut connected = Self {
            http: Http::new(&service.url)?,
            token: Secret::new(""),
            is_own_session: false,
        };
        if let Some(username) = &service.username {
            connected.token = connected.sign_in(username)?;
            connected.is_own_session = true;
        } else {
            let token = env::var(TOKEN_VARIABLE).unwrap_or_default();
            if token.is_empty() {
                bail!(
                    "missing credentials: set {TOKEN_VARIABLE} to an access token, or use --username NAME --password-stdin"
                );
            }
            connected.token = Secret::new(token);
        }
        Ok(connected)
    }

    fn sign_in(&self, username: &str) -> Result<Secret> {
        let body = json!({ "username": username, "password": password_input::read()? });
        let request = self.http.client.post(self.http.endpoint("login"));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = self.successful(request)?;
        let token = response["token"].as_str().map(Secret::new);
        token.context("the response contained no token")
    }

    /// The response to a GET request.
    ///
    /// # Errors
    /// The error of the service, or no response.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.client.get(self.http.endpoint(path));
        self.successful(request.bearer_auth(self.token.reveal()))
    }

    fn successful(&self, request: RequestBuilder) -> Result<Value> {
        let (status, response) = self.http.send(request)?;
        if status.is_success() && response["success"] == true {
            return Ok(response);
        }
        let message = response["message"].as_str();
        bail!(
            "{status}: {}",
            message.unwrap_or("not an Edge Auth response")
        )
    }
}
