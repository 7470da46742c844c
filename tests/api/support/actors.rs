//! The callers of the API, and their requests: one function for each endpoint.

use super::app::App;
use super::request::Request;
use super::response::Response;
use serde_json::{Value, json};
use std::fmt;

/// A client of the API. Its requests carry its token or session cookie, and the cookie of its recognised device, if it has them.
#[derive(Clone)]
pub struct Caller {
    pub(super) app: App,
    pub(super) credential: Credential,
    cookie: Option<String>,
}

/// What a client authenticates with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    None,
    Token(String),
    /// The value of the session cookie. The requests state that they come from the service's own origin, as browsers do.
    Cookie(String),
}

impl AsRef<str> for Caller {
    fn as_ref(&self) -> &str {
        self.token()
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.credential == other.credential
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_tuple("Caller")
            .field(&self.credential)
            .finish()
    }
}

/// The token.
impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.token())
    }
}

impl App {
    /// A client without a token.
    pub fn anonymous(&self) -> Caller {
        Caller {
            app: self.clone(),
            credential: Credential::None,
            cookie: None,
        }
    }

    /// A client with this token.
    pub fn with_token(&self, token: impl Into<String>) -> Caller {
        Caller {
            credential: Credential::Token(token.into()),
            ..self.anonymous()
        }
    }

    /// A browser with this value of the session cookie.
    pub fn with_session_cookie(&self, value: impl Into<String>) -> Caller {
        Caller {
            credential: Credential::Cookie(value.into()),
            ..self.anonymous()
        }
    }

    /// The name of the session cookie of this server.
    pub fn session_cookie_name(&self) -> String {
        let issuer = self.vars().expect("JWT_ISSUER");
        match issuer.strip_prefix("http://localhost:") {
            Some(port) => format!("edge-auth-session-{port}"),
            None => "__Host-edge-auth-session".to_owned(),
        }
    }
}

impl Caller {
    /// The view of the server that its requests use.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The same client, with this cookie.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self {
            cookie: Some(cookie.to_owned()),
            ..self.clone()
        }
    }

    /// The same client in another view of the server: with the clock and the faults of that view.
    pub fn in_view(&self, app: &App) -> Self {
        Self {
            app: app.clone(),
            ..self.clone()
        }
    }

    pub fn token(&self) -> &str {
        match &self.credential {
            Credential::Token(token) => token,
            _ => panic!("a client with a token"),
        }
    }

    /// The value of the session cookie.
    pub fn session_cookie(&self) -> &str {
        match &self.credential {
            Credential::Cookie(value) => value,
            _ => panic!("a client with a session cookie"),
        }
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        let mut request = self.app.request(method, path);
        let mut cookies: Vec<String> = self.cookie.iter().cloned().collect();
        match &self.credential {
            Credential::None => {}
            Credential::Token(token) => request = request.bearer(token),
            Credential::Cookie(value) => {
                cookies.push(format!("{}={value}", self.app.session_cookie_name()));
                request = request.same_origin();
            }
        }
        if !cookies.is_empty() {
            request = request.cookie(&cookies.join("; "));
        }
        request
    }

    // session/

    /// A sign-in by username or e-mail.
    pub fn login(&self, username: &str, password: &str) -> Request {
        self.post("/api/auth/login")
            .json(&json!({ "username": username, "password": password }))
            .hashes_a_password()
    }

    /// A sign-in by username or e-mail into a session of this kind (`cookie` or `token`), as a page of the service sends it.
    pub fn sign_in(&self, session: &str, username: &str, password: &str) -> Request {
        let fields = json!({
            "method": "password", "session": session, "username": username, "password": password
        });
        self.post("/api/auth/sign-in")
            .same_origin()
            .json(&fields)
            .hashes_a_password()
    }

    /// A sign-in with a device flow into a session of this kind, which asks AWS once.
    pub fn sign_in_with_device(&self, session: &str, device: &Value) -> Request {
        self.with_device("/api/auth/sign-in", device, json!({ "session": session }))
    }

    /// Authenticates again with a device flow, and asks AWS once.
    pub fn step_up_with_device(&self, device: &Value) -> Request {
        self.with_device("/api/auth/step-up", device, json!({}))
    }

    fn with_device(&self, path: &str, device: &Value, mut body: Value) -> Request {
        body["method"] = json!("aws_device");
        for name in ["client_id", "client_secret", "device_code"] {
            body[name] = device[name].clone();
        }
        let request = self.post(path).same_origin().header("prefer", "wait=0");
        request.json(&body)
    }

    /// The session of this client.
    pub fn current_session(&self) -> Request {
        self.get("/api/auth/session")
    }

    pub fn sign_in_options(&self) -> Request {
        self.get("/api/auth/sign-in-options")
    }

    /// Authenticates again with a password.
    pub fn step_up(&self, password: &str) -> Request {
        self.post("/api/auth/step-up")
            .json(&json!({ "method": "password", "password": password }))
            .hashes_a_password()
    }

    /// A sign-in with a wrong password.
    pub fn guess(&self, username: &str) -> Request {
        self.login(username, "wrong")
    }

    pub fn logout(&self) -> Request {
        self.post("/api/auth/logout")
    }

    pub fn logout_all(&self) -> Request {
        self.post("/api/auth/logout-all")
    }

    pub fn refresh(&self) -> Request {
        self.post("/api/auth/refresh")
    }

    pub fn validate(&self) -> Request {
        self.get("/api/auth/validate")
    }

    pub fn me(&self) -> Request {
        self.get("/api/auth/me")
    }

    pub fn list_sessions(&self) -> Request {
        self.get("/api/auth/sessions")
    }

    pub fn revoke_session(&self, id: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/sessions/{id}"))
    }

    // password/

    /// Sets a password with the token of a one-time link.
    pub fn set_password(&self, link: &str, password: &str) -> Request {
        self.post("/api/auth/set-password")
            .json(&json!({ "token": link, "password": password }))
            .hashes_a_password()
    }

    pub fn change_password(&self, current: &str, new: &str) -> Request {
        self.post("/api/auth/change-password")
            .json(&json!({ "current_password": current, "new_password": new }))
            .hashes_a_password()
    }

    /// Requests a link for a forgotten password.
    pub fn forgot_password(&self, username: &str) -> Request {
        self.post("/api/auth/forgot-password")
            .json(&json!({ "username": username }))
    }

    /// Changes a user as an administrator, whatever the version of the user is.
    pub fn change_user(&self, id: &str, fields: &Value) -> Request {
        self.request("PATCH", &format!("/api/auth/users/{id}"))
            .header("if-match", "*")
            .json(fields)
    }

    /// Creates the first super administrator with this body.
    pub fn bootstrap(&self, body: &Value) -> Request {
        self.post("/api/auth/bootstrap")
            .json(body)
            .hashes_a_password()
    }

    // email/

    pub fn change_email(&self, email: &str) -> Request {
        self.post("/api/auth/change-email")
            .json(&json!({ "email": email }))
    }

    pub fn confirm_email(&self, secret: &str) -> Request {
        self.post("/api/auth/confirm-email")
            .json(&json!({ "secret": secret }))
    }

    pub fn revert_email(&self, secret: &str) -> Request {
        self.post("/api/auth/revert-email")
            .json(&json!({ "secret": secret }))
    }

    // aws/, nvidia/

    pub fn aws_credentials(&self) -> Request {
        self.get("/api/auth/aws-credentials")
    }

    pub fn nvidia_credentials(&self) -> Request {
        self.get("/api/auth/nvidia-credentials")
    }

    /// A sign-in as the AWS principal whose keys the service has.
    pub fn aws_login(&self) -> Request {
        self.post("/api/auth/aws-login")
    }

    /// A sign-in with an AWS proof.
    pub fn aws_login_with(&self, proof: &Value) -> Request {
        self.aws_login().json(proof)
    }

    // device/ (`aws` has whole device flows)

    pub fn register_client(&self) -> Request {
        self.post("/api/auth/register-client")
    }

    /// Starts a device flow with these `client_id` and `client_secret`.
    pub fn authorize_device(&self, client: &Value) -> Request {
        self.post("/api/auth/device-authorization").json(client)
    }

    /// Requests the token of a device flow, once.
    pub fn device_token(&self, device: &Value) -> Request {
        self.post("/api/auth/token")
            .header("prefer", "wait=0")
            .json(device)
    }

    // audit/

    /// Searches the audit log with this query string.
    pub fn search_audit(&self, query: &str) -> Request {
        self.get(&with_query("/api/auth/audit", query))
    }

    /// Exports a page of the audit log with this query string.
    pub fn export_audit(&self, query: &str) -> Request {
        self.get(&with_query("/api/auth/audit/export", query))
    }

    /// Verifies the audit log with this query string.
    pub fn verify_audit(&self, query: &str) -> Request {
        self.get(&with_query("/api/auth/audit/verify", query))
    }

    // users/

    /// `version` is the value of `If-Match`.
    pub fn erase_user(&self, id: &str, version: &str) -> Request {
        let path = format!("/api/auth/users/{id}");
        self.request("DELETE", &path).header("if-match", version)
    }

    /// Imports these lines. `query` is empty or begins with a question mark.
    pub fn import_users(&self, query: &str, lines: impl Into<Vec<u8>>) -> Request {
        self.post(&format!("/api/auth/users/import{query}"))
            .header("content-type", "application/x-ndjson")
            .body(lines)
    }

    pub fn export_user(&self, id: &str, query: &str) -> Request {
        self.get(&with_query(&format!("/api/auth/users/{id}/export"), query))
    }

    pub fn export_users(&self, page: &Value) -> Request {
        self.post("/api/auth/users/export").json(page)
    }

    // system/

    pub fn health(&self) -> Request {
        self.get("/api/auth/health")
    }

    pub fn openapi(&self) -> Request {
        self.get("/api/auth/openapi.json")
    }

    // Short forms.

    /// Refreshes the session and waits for the deferred work; returns the client with the new token.
    pub async fn refreshed(&self) -> Self {
        let response = self.refresh().await;
        response.assert_status(200).recorded().await;
        response.session()
    }

    /// Authenticates again with this password and waits for the deferred work; returns the browser with the next cookie.
    pub async fn stepped_up(&self, password: &str) -> Self {
        let response = self.step_up(password).await;
        response.assert_status(200).recorded().await;
        match self.credential {
            Credential::Cookie(_) => response.cookie_session(),
            _ => self.clone(),
        }
    }

    /// Three routes that require a session and are open to every user; the last one reads D1.
    pub fn session_routes(&self) -> [(&'static str, Verb); 3] {
        match self.credential {
            Credential::Cookie(_) => COOKIE_ROUTES,
            _ => TOKEN_ROUTES,
        }
    }

    /// The statuses of [`Caller::session_routes`].
    pub async fn statuses(&self) -> [u16; 3] {
        let mut statuses = [0; 3];
        for (status, (_, request)) in statuses.iter_mut().zip(self.session_routes()) {
            *status = request(self).await.status;
        }
        statuses
    }
}

fn with_query(path: &str, query: &str) -> String {
    match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// A function that builds a request of a caller.
pub type Verb = fn(&Caller) -> Request;

/// Three routes that require a token and are open to every user.
pub const TOKEN_ROUTES: [(&str, Verb); 3] = [
    ("validate", Caller::validate),
    ("me", Caller::me),
    ("refresh", Caller::refresh),
];

/// The same for a session cookie, which cannot be refreshed.
const COOKIE_ROUTES: [(&str, Verb); 3] = [
    ("validate", Caller::validate),
    ("me", Caller::me),
    ("sessions", Caller::list_sessions),
];

/// Fails the test if any of [`Caller::session_routes`] accepts one of these tokens or cookies.
pub async fn assert_refused(sessions: &[&Caller]) {
    for (number, session) in sessions.iter().enumerate() {
        for (name, request) in session.session_routes() {
            let response: Response = request(session).await;
            let text = response.text();
            assert_eq!(response.status, 401, "{name} with token {number}: {text}");
        }
    }
}
