//! The requests of users with passkeys.

use super::authenticator::Authenticator;
use super::{App, Caller, request::Request, response::Response};
use serde_json::{Value, json};

/// A challenge for a sign-in with a passkey, and the browser that got it.
pub struct PasskeyPrompt {
    pub options: Value,
    pub state: Value,
    /// The pair of name and value of the browser's cookie.
    pub cookie: String,
}

impl App {
    /// The origin of the pages of the service.
    pub fn page_origin(&self) -> String {
        self.vars().expect("JWT_ISSUER").to_owned()
    }

    /// Begins a sign-in with a passkey in a new browser.
    pub async fn passkey_prompt(&self) -> PasskeyPrompt {
        let response = self.anonymous().passkey_sign_in_options(&json!({})).await;
        let body = response.assert_status(200).json();
        let cookies = response.set_cookies();
        let cookie = cookies.iter().find(|cookie| cookie.contains("-browser"));
        let pair = cookie.expect("a cookie").split(';').next().expect("a pair");
        PasskeyPrompt {
            options: body["options"].clone(),
            state: body["state"].clone(),
            cookie: pair.to_owned(),
        }
    }

    /// Signs in with this passkey in a new browser.
    pub async fn sign_in_with_passkey(&self, passkey: &mut Authenticator) -> Response {
        let prompt = self.passkey_prompt().await;
        let credential = passkey.get(&prompt.options, &self.page_origin());
        self.answer_prompt(&prompt, &credential).await
    }

    /// Sends the response of an authenticator from the browser that got the challenge.
    pub async fn answer_prompt(&self, prompt: &PasskeyPrompt, credential: &Value) -> Response {
        let browser = self.anonymous().with_cookie(&prompt.cookie);
        let request = browser.passkey_sign_in("token", &prompt.state, credential);
        let response = request.await;
        response.recorded().await;
        response
    }
}

impl Caller {
    /// The id of its user.
    pub fn user_id(&self) -> Value {
        self.claims()["sub"].clone()
    }

    pub fn passkey_sign_in_options(&self, body: &Value) -> Request {
        self.post("/api/auth/sign-in/passkey-options")
            .same_origin()
            .json(body)
    }

    pub fn passkey_sign_in(&self, session: &str, state: &Value, credential: &Value) -> Request {
        let body = json!({"method": "passkey", "session": session, "state": state, "credential": credential});
        self.post("/api/auth/sign-in").same_origin().json(&body)
    }

    pub fn passkey_options(&self) -> Request {
        self.post("/api/auth/passkeys/options")
    }

    pub fn register_passkey(&self, state: &Value, credential: &Value, name: &str) -> Request {
        let body = json!({"state": state, "credential": credential, "name": name});
        self.post("/api/auth/passkeys").json(&body)
    }

    pub fn list_passkeys(&self) -> Request {
        self.get("/api/auth/passkeys")
    }

    pub fn rename_passkey(&self, id: &str, name: &str) -> Request {
        self.request("PATCH", &format!("/api/auth/passkeys/{id}"))
            .json(&json!({ "name": name }))
    }

    pub fn delete_passkey(&self, id: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/passkeys/{id}"))
    }

    /// Creates a passkey with this authenticator and sends it.
    pub async fn add_passkey(&self, passkey: &mut Authenticator) -> Response {
        let options = self.passkey_options().await;
        let options = options.assert_status(200).json();
        let credential = passkey.create(&options["options"], &self.app.page_origin());
        let response = self
            .register_passkey(&options["state"], &credential, "Laptop")
            .await;
        response.recorded().await;
        response
    }

    /// Authenticates again with this passkey.
    pub async fn step_up_with_passkey(&self, passkey: &mut Authenticator) -> Response {
        let options = self.step_up_options().await;
        let options = options.assert_status(200).json()["passkey"].clone();
        let credential = passkey.get(&options["options"], &self.app.page_origin());
        self.send_step_up(&options["state"], &credential).await
    }

    pub fn send_step_up(&self, state: &Value, credential: &Value) -> Request {
        let body = json!({"method": "passkey", "state": state, "credential": credential});
        self.post("/api/auth/step-up").json(&body)
    }

    pub fn complete_sign_in(&self, body: &Value) -> Request {
        self.post("/api/auth/sign-in/verify")
            .same_origin()
            .json(body)
    }
}
