//! For each route, a request that returns 200 while nothing fails.

use super::InjectedFault;
use crate::support::authenticator::{Algorithm, Authenticator as Passkey};
use crate::support::aws::{Device, SIMULATOR, add_directory_user, portal};
use crate::support::aws_proof::{proof_in, role_session};
use crate::support::grants::sign_out_path;
use crate::support::internals::SessionKind;
use crate::support::routes::Route;
use crate::support::services::{RESOURCES, Service};
use crate::support::{
    App, Authenticator, Caller, NEW_PASSWORD, Response, SEED_PASSWORD, SeededUser, Vars,
};
use aws_simulator::{ACCOUNT, Credentials};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// A request that returns 200 while nothing fails.
pub(super) struct Prepared {
    pub app: App,
    /// The id of a user, or a user name in the directory.
    pub user: Option<String>,
    route: Route,
    path: String,
    caller: Caller,
    body: Option<Value>,
    lines: Option<String>,
    device: Option<Device>,
    keys: Option<Credentials>,
    authenticator: Option<Authenticator>,
    /// With the token that the request is about; without one, it asks for one.
    service: Option<(Service, Option<String>)>,
    form: Option<String>,
}

impl Prepared {
    pub async fn new(app: &App, route: Route) -> Self {
        let app = app.another_view();
        let mut prepared = Self {
            caller: app.anonymous(),
            path: route.path(),
            app,
            route,
            user: None,
            body: None,
            lines: None,
            device: None,
            keys: None,
            authenticator: None,
            service: None,
            form: None,
        };
        prepared.prepare().await;
        prepared
    }

    #[expect(clippy::too_many_lines, reason = "a list of routes")]
    async fn prepare(&mut self) {
        static LAST_ROLE: AtomicU32 = AtomicU32::new(0);
        match self.route.name().as_str() {
            "DELETE sessions/{id}" => {
                let user = self.sign_in("user").await;
                let id = user.sessions[1].session_id();
                self.path = self.route.template.replace("{id}", &id);
            }
            "DELETE grants/{id}" => {
                let user = self.sign_in("user").await;
                let grant = self.grant_of(&user.id).await;
                self.path = self.route.template.replace("{id}", &grant);
            }
            name if name.contains(" users") => self.prepare_administration(name).await,
            name if name.contains(" clients") => self.prepare_clients(name).await,
            "POST login" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                self.body = Some(user.login_body());
            }
            "POST sign-in" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                self.body = Some(json!({
                    "method": "password", "session": "token",
                    "username": user.username, "password": user.password
                }));
            }
            "POST sign-in/passkey-options" => self.body = Some(json!({})),
            "POST sign-in/verify" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                user.add_totp().await;
                let code = user.add_recovery_codes(1).await.remove(0);
                let pending = user.first_step("token").await.secret;
                self.body =
                    Some(json!({ "pending": pending, "method": "recovery_code", "code": code }));
            }
            "POST sign-in/enrol" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                user.add_totp().await;
                let pending = user.first_step("token").await.secret;
                // As if the policy demanded a factor of a user who has none.
                let sql = "DELETE FROM totp WHERE user_id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
                let sql = "UPDATE pending_sign_ins SET factor_version = (SELECT factor_version FROM users \
                           WHERE users.id = pending_sign_ins.user_id) WHERE user_id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
                self.body = Some(json!({ "pending": pending, "method": "totp" }));
            }
            "POST totp/confirm" => {
                let user = self.sign_in("user").await;
                let authenticator = user.add_totp().await;
                let sql = "UPDATE totp SET confirmed_at = NULL WHERE user_id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
                let sql = "UPDATE users SET has_factor = 0 WHERE id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
                self.authenticator = Some(authenticator);
            }
            "DELETE totp" | "DELETE password" | "POST recovery-codes" => {
                let user = self.sign_in("user").await;
                user.add_passkey_row().await;
                if self.route.name() == "DELETE totp" {
                    user.add_totp().await;
                }
                let sql = "UPDATE sessions SET factor_at = created_at WHERE user_id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
            }
            "POST passkeys" => {
                self.sign_in("user").await;
                let options = self.caller.passkey_options().await;
                let options = options.assert_status(200).json();
                let mut passkey = Passkey::new(Algorithm::Ed25519);
                let credential = passkey.create(&options["options"], &self.app.page_origin());
                self.body = Some(
                    json!({ "state": options["state"], "credential": credential, "name": "Key" }),
                );
            }
            "PATCH passkeys/{id}" | "DELETE passkeys/{id}" => {
                let user = self.sign_in("user").await;
                user.add_passkey_row().await;
                self.path = self.route.template.replace("{id}", &user.id);
                let sql = "UPDATE sessions SET factor_at = created_at WHERE user_id = ?1";
                self.app.sql(sql, [user.id.as_str()]).await;
                self.body = (self.route.method == "PATCH").then(|| json!({ "name": "Key" }));
            }
            "POST step-up" => {
                self.sign_in("user").await;
                self.body = Some(json!({ "method": "password", "password": SEED_PASSWORD }));
            }
            "POST change-password" => {
                self.sign_in("user").await;
                self.body = Some(
                    json!({ "current_password": SEED_PASSWORD, "new_password": NEW_PASSWORD }),
                );
            }
            "POST set-password" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                let link = user.reset_link().await;
                self.body = Some(json!({ "token": link, "password": NEW_PASSWORD }));
            }
            "POST bootstrap" => {
                self.app.seed_user("super_admin", 1).await;
                self.body = Some(json!({
                    "secret": self.app.bootstrap_secret().await, "username": "ada",
                    "email": "ada@example.com", "password": NEW_PASSWORD
                }));
            }
            "POST forgot-password" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                self.body = Some(json!({ "username": user.username }));
            }
            "POST change-email" => {
                let user = self.sign_in("user").await;
                self.body = Some(json!({ "email": format!("new-{}", user.email) }));
            }
            "POST confirm-email" => {
                let user = self.sign_in("user").await;
                let (email, session) = (format!("new-{}", user.email), self.caller.session_id());
                let link = user.email_link("confirm", &email, Some(&session)).await;
                self.body = Some(json!({ "secret": link }));
            }
            "POST revert-email" => {
                let user = self.sign_in("user").await;
                self.caller = self.app.anonymous();
                let email = format!("old-{}", user.email);
                let link = user.email_link("revert", &email, None).await;
                self.body = Some(json!({ "secret": link }));
            }
            "POST /oauth/token" => {
                let service = self.app.service("private_key_jwt ES256", "reports:read");
                self.service = Some((service.await, None));
            }
            "POST /oauth/introspect" | "POST /oauth/revoke" => {
                let service = self.app.service("private_key_jwt ES256", "reports:read");
                let service = service.await;
                let token = service.token().await;
                self.service = Some((service, Some(token)));
            }
            "GET /oauth/authorize" | "POST /oauth/authorize" => {
                let service = self.app.application("none").await;
                let mut form = form_urlencoded::Serializer::new(String::new());
                let form = form.extend_pairs(service.parameters(&[])).finish();
                if self.route.method == "GET" {
                    self.path = format!("{}?{form}", self.path);
                } else {
                    self.form = Some(form);
                }
            }
            "GET /oauth/logout" | "POST /oauth/logout" => {
                let service = self.app.application("none").await;
                let form = format!("client_id={}&state=x", service.id);
                if self.route.method == "GET" {
                    self.path = format!("{}?{form}", self.path);
                } else {
                    self.form = Some(form);
                }
            }
            "POST sign-out-request" => {
                let in_browser = self.app.with_sessions(SessionKind::Cookie);
                let user = in_browser.seed_user("user", 1).await;
                let browser = user.sessions[0].in_view(&self.app);
                let service = self.app.application("none").await;
                let path = sign_out_path(&[("client_id", &service.id)]);
                let request = browser.get(&path).await.sign_out_request();
                self.body = Some(json!({ "request": request }));
                self.caller = browser;
                self.user = Some(user.id.clone());
            }
            "GET /oauth/userinfo" | "POST /oauth/userinfo" => {
                let in_browser = self.app.with_sessions(SessionKind::Cookie);
                let user = in_browser.seed_user("user", 1).await;
                let browser = user.sessions[0].in_view(&self.app);
                let service = self.app.application("none").await;
                let changes = [("resource", ""), ("scope", "openid")];
                let tokens = service.tokens(&browser, &changes).await;
                self.caller = self.app.with_token(tokens.access);
                self.user = Some(user.id.clone());
            }
            "POST authorization-request" | "POST consent" => {
                let in_browser = self.app.with_sessions(SessionKind::Cookie);
                let user = in_browser.seed_user("user", 1).await;
                let browser = user.sessions[0].in_view(&self.app);
                let service = self.app.application("none").await;
                let pending = service.pending(&browser, &[]).await;
                let shown = pending.shown(&browser).await;
                self.body = Some(json!({
                    "request": pending.request, "decision": "allow", "user": shown.user, "scopes": shown.scopes
                }));
                self.caller = browser.with_cookie(&pending.cookie);
                self.user = Some(user.id.clone());
            }
            "POST device-authorization" => {
                let client = self.app.registered_client().await;
                self.body = Some(client.body());
            }
            "POST token" => {
                let directory_user = add_directory_user(&self.app, "ada");
                let response = self.app.sign_in_with_device(&directory_user).await;
                response.assert_status(200);
                self.user = Some(directory_user.user_name);
                self.begin_device_flow().await;
            }
            "POST aws-login" => {
                let number = LAST_ROLE.fetch_add(1, Ordering::Relaxed) % ROLES;
                let role = format!("Matrix{number}");
                self.keys = Some(role_session(&role));
                self.send().await.assert_status(200);
                self.user = Some(role);
            }
            // No preparation but the sign-in. A route that takes a body needs a row above.
            name => {
                assert!(
                    !self.route.takes_body() || name == "POST register-client",
                    "{name}: prepare a request"
                );
                if let Some(role) = self.role() {
                    self.sign_in(role).await;
                }
            }
        }
    }

    /// The routes of administrators. Other tests of this server have rows that are invalid, so only one user is searched for, and none is
    /// exported.
    async fn prepare_administration(&mut self, name: &str) {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let admin = self.sign_in("admin").await;
        match name {
            "POST users" => {}
            "POST users/search" => self.body = Some(json!({ "term": admin.username })),
            "POST users/export" => {
                self.body = Some(json!({ "cursor": "ffffffff-ffff-4fff-8fff-ffffffffffff" }));
            }
            "POST users/import" => {
                let number = LAST.fetch_add(1, Ordering::Relaxed);
                let (name, email) = (
                    format!("imported-{number}"),
                    format!("{number}@imported.example"),
                );
                self.lines = Some(json!({ "username": name, "email": email }).to_string());
            }
            _ => {
                let user = self.app.seed_user("user", 2).await;
                let session = user.sessions[1].session_id();
                let path = self.route.template.replace("{id}", &user.id);
                self.path = path.replace("{session}", &session);
                if self.path.contains("{grant}") {
                    let grant = self.grant_of(&user.id).await;
                    self.path = self.path.replace("{grant}", &grant);
                }
                if self.route.method == "PATCH" {
                    self.body = Some(json!({ "name": "Another Name" }));
                }
            }
        }
    }

    /// A connected application of a user.
    async fn grant_of(&self, user: &str) -> String {
        let client = self.app.seed_oauth_client("App").await;
        self.app.seed_grant(user, &client).await
    }

    /// The routes of OAuth clients.
    async fn prepare_clients(&mut self, name: &str) {
        self.sign_in("super_admin").await;
        match name {
            "GET clients" => {}
            "POST clients" => {
                let uris = ["https://app.example.com/callback"];
                self.body = Some(json!({ "client_name": "App", "redirect_uris": uris }));
            }
            _ => {
                let id = self.app.seed_oauth_client("App").await;
                self.path = self.route.template.replace("{id}", &id);
                if name == "DELETE clients/{id}/grants" {
                    let user = self.user.as_deref().expect("a user");
                    self.app.seed_grant(user, &id).await;
                }
                self.body =
                    (self.route.method == "PATCH").then(|| json!({ "client_name": "Other" }));
            }
        }
    }

    /// Lets an OAuth client send the request.
    pub async fn call_as_client(&mut self) {
        let scope = self.route.scope().expect("a scope");
        let service = self.app.service("client_secret_basic", scope).await;
        self.caller = service.administrator().await;
    }

    /// The role of a user who may call the route; `None` if it reads no session.
    fn role(&self) -> Option<&'static str> {
        match self.route.name().as_str() {
            // The token is optional.
            "POST logout" | "GET session" => Some("user"),
            _ => self.route.required_role(),
        }
    }

    /// A user with two sessions, of which the first is used and has been cached for two minutes.
    async fn sign_in(&mut self, role: &str) -> SeededUser {
        let user = self.app.seed_user(role, 2).await;
        let session = &user.sessions[0];
        let response = session.validate().await;
        response.assert_status(200).recorded().await;
        self.caller = session.clone();
        self.user = Some(user.id.clone());
        self.app.shift_clock(120).await;
        user
    }

    async fn begin_device_flow(&mut self) {
        let device = self.app.device().await;
        let user = self.user.as_deref().expect("a user");
        SIMULATOR
            .approve(&device.user_code, user)
            .expect("approved");
        self.body = Some(device.body());
        self.device = Some(device);
    }

    pub async fn send(&self) -> Response {
        // Each proof is signed for a separate time, because a proof signs in once.
        static LAST_PROOF: AtomicI64 = AtomicI64::new(-300);
        let request = self.caller.request(self.route.method, &self.path);
        let request = request
            .header("prefer", "wait=0")
            .header("if-match", "*")
            .hashes_a_password();
        if let Some((service, token)) = &self.service {
            // Each assertion is used once.
            match token {
                Some(token) => service.post(&self.path, &[("token", token)]).await,
                None => service.request_token().await,
            }
        } else if let Some(authenticator) = &self.authenticator {
            let code = authenticator.code().await;
            request.json(&json!({ "code": code })).await
        } else if let Some(keys) = &self.keys {
            let proof = proof_in(keys, LAST_PROOF.fetch_add(1, Ordering::Relaxed));
            request.json(&proof).await
        } else if let Some(lines) = &self.lines {
            let request = request.header("content-type", "application/x-ndjson");
            request.body(lines.as_str()).await
        } else if self.route.name() == "POST users" {
            static LAST: AtomicU32 = AtomicU32::new(0);
            let number = LAST.fetch_add(1, Ordering::Relaxed);
            let (name, email) = (
                format!("created-{number}"),
                format!("{number}@created.example"),
            );
            request
                .json(&json!({ "username": name, "email": email }))
                .await
        } else if let Some(form) = &self.form {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body(form.as_str()).await
        } else if let Some(body) = &self.body {
            request.json(body).await
        } else {
            request.await
        }
    }

    /// Repeats the request, as a client does after a 503.
    pub async fn send_again(&mut self, fault: InjectedFault) -> Response {
        match self.route.name().as_str() {
            // The attempt counts as a failure.
            "POST login"
            | "POST sign-in"
            | "POST sign-in/verify"
            | "POST totp/confirm"
            | "POST step-up"
            | "POST change-password" => {
                self.app.skip_back_off().await;
            }
            // The isolate keeps the result for five seconds.
            "GET health" => self.app.shift_clock(self.app.clock() + 10).await,
            // AWS returns its token once, and D1 could not store the outcome.
            "POST token"
                if matches!(
                    fault,
                    InjectedFault::D1FailsLater | InjectedFault::CorruptRow
                ) =>
            {
                self.begin_device_flow().await;
            }
            _ => {}
        }
        self.send().await
    }
}

/// Roles whose sessions may sign in with a proof: `Matrix0` to `Matrix39`.
const ROLES: u32 = 40;

pub(super) fn vars() -> Vars {
    let arns: Vec<String> = (0..ROLES)
        .map(|number| format!("arn:aws:sts::{ACCOUNT}:assumed-role/Matrix{number}/*=user"))
        .collect();
    portal(&SIMULATOR)
        .set("AWS_LOGIN_ARNS", &arns.join(","))
        .set("EMAIL_FROM", "no-reply@auth.example.com")
        .set("OAUTH_RESOURCES", RESOURCES)
        // For the credentials routes.
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set("AWS_SECRET_ACCESS_KEY", "a-secret-access-key-of-the-tests")
        .set("NVIDIA_API_KEY", "nvapi-a-key-of-the-tests")
}
