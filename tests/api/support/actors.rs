//! The requests of the callers: one function for each endpoint.

use super::caller::{Caller, Credential};
use super::request::Request;
use serde_json::{Value, json};

impl Caller {
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
}

fn with_query(path: &str, query: &str) -> String {
    match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
