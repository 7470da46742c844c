//! Second factors of users, pending sign-ins, and the requests about them. Codes are made by another library than the service's.

use super::app::App;
use super::caller::Caller;
use super::internals::{FactorKeys, RecoveryCode, Secret};
use super::request::Request;
use super::response::Response;
use super::users::{CREATED_AT, User};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use totp_rs::{Builder, Totp};
use uuid::Uuid;

/// An authenticator app with the secret of a user.
#[derive(Clone)]
pub struct Authenticator {
    app: App,
    totp: Totp,
    /// The secret in base32.
    pub secret: String,
}

impl Authenticator {
    /// With this secret in base32.
    pub fn new(app: &App, secret: &str) -> Self {
        let bytes = totp_rs::Secret::try_from_base32(secret).expect("base32");
        let totp = Builder::new().with_secret(bytes).build().expect("TOTP");
        Self {
            app: app.clone(),
            totp,
            secret: secret.to_owned(),
        }
    }

    /// The code by the clock of the test.
    pub async fn code(&self) -> String {
        self.code_in(0).await
    }

    /// The code this many steps later.
    pub async fn code_in(&self, steps: i64) -> String {
        let second = self.app.now().await.seconds() + 30 * steps;
        let second = u64::try_from(second).expect("a time");
        self.totp.generate(second).to_string()
    }

    /// A code that no step near the present one has.
    pub async fn wrong_code(&self) -> String {
        let mut near = Vec::new();
        for steps in -3..=3 {
            near.push(self.code_in(steps).await);
        }
        // Not a number that occurs elsewhere by chance, such as six zeros.
        let codes = (514_229..515_229).map(|number| number.to_string());
        let mut wrong = codes.filter(|code| !near.contains(code));
        wrong.next().expect("a code")
    }
}

/// A sign-in that waits for a second factor.
#[derive(Clone, Debug)]
pub struct PendingSignIn {
    /// The value that the client got.
    pub secret: String,
    /// The pair of name and value of the cookie that it is bound to.
    pub browser: Option<String>,
    pub methods: Value,
    pub enrol: Value,
}

impl Response {
    /// The pending sign-in of this response.
    #[track_caller]
    pub fn pending(&self) -> PendingSignIn {
        let body = self.assert_status(200).json();
        assert_eq!(body["status"], "second_factor_required", "{body}");
        PendingSignIn {
            secret: body["pending"].as_str().expect("a secret").to_owned(),
            browser: self.browser_cookie(),
            methods: body["methods"].clone(),
            enrol: body["enrol"].clone(),
        }
    }

    /// The pair of name and value of the cookie of the browser, if this response sets it.
    pub fn browser_cookie(&self) -> Option<String> {
        let mut cookies = self.set_cookies().into_iter();
        let cookie = cookies.find(|cookie| cookie.contains("edge-auth-browser"))?;
        cookie.split(';').next().map(str::to_owned)
    }
}

impl App {
    /// The keys with which this server seals the secrets of one-time codes.
    pub fn factor_keys(&self) -> FactorKeys {
        let key = Secret::new(self.vars().expect("FACTOR_KEY"));
        FactorKeys::new(&key, None).expect("a key")
    }
}

impl Caller {
    /// Completes a sign-in with a code, from the browser that began it.
    pub fn verify(&self, pending: &PendingSignIn, method: &str, code: &str) -> Request {
        let body = json!({ "pending": pending.secret, "method": method, "code": code });
        let request = self.post("/api/auth/sign-in/verify").json(&body);
        with_browser(request, pending)
    }

    /// Begins to add one-time codes in a sign-in.
    pub fn enrol_totp(&self, pending: &PendingSignIn) -> Request {
        let body = json!({ "pending": pending.secret, "method": "totp" });
        let request = self.post("/api/auth/sign-in/enrol").json(&body);
        with_browser(request, pending)
    }

    pub fn factors(&self) -> Request {
        self.get("/api/auth/factors")
    }

    pub fn create_totp(&self) -> Request {
        self.post("/api/auth/totp")
    }

    pub fn confirm_totp(&self, code: &str) -> Request {
        self.post("/api/auth/totp/confirm")
            .json(&json!({ "code": code }))
    }

    pub fn remove_totp(&self) -> Request {
        self.request("DELETE", "/api/auth/totp")
    }

    pub fn replace_recovery_codes(&self) -> Request {
        self.post("/api/auth/recovery-codes")
    }

    pub fn remove_password(&self) -> Request {
        self.request("DELETE", "/api/auth/password")
    }

    pub fn step_up_options(&self) -> Request {
        self.post("/api/auth/step-up/options")
    }

    /// Authenticates again with a code.
    pub fn step_up_with(&self, method: &str, code: &str) -> Request {
        self.post("/api/auth/step-up")
            .json(&json!({ "method": method, "code": code }))
    }
}

fn with_browser(request: Request, pending: &PendingSignIn) -> Request {
    match &pending.browser {
        Some(cookie) => request.same_origin().cookie(cookie),
        None => request,
    }
}

impl User {
    /// Gives the user confirmed one-time codes.
    pub async fn add_totp(&self) -> Authenticator {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let keys = self.app.factor_keys();
        let sealed = keys.seal(&self.id, &Secret::new(secret), [7; 24]);
        let sql = "INSERT INTO totp (user_id, secret, key_id, created_at) VALUES (?1, ?2, ?3, ?4)";
        let sealed = sealed.expect("sealed");
        self.app
            .sql(sql, [self.id.as_str(), &sealed, keys.id(), CREATED_AT])
            .await;
        let sql = "UPDATE totp SET confirmed_at = created_at WHERE user_id = ?1";
        self.app.sql(sql, [self.id.as_str()]).await;
        Authenticator::new(&self.app, secret)
    }

    /// Gives the user this many recovery codes.
    pub async fn add_recovery_codes(&self, count: usize) -> Vec<String> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let id = Uuid::parse_str(&self.id).expect("an id");
        let mut shown = Vec::new();
        for _ in 0..count {
            let number = u64::from(LAST.fetch_add(1, Ordering::Relaxed));
            let code = RecoveryCode::new((number + 0x1122_3344_0000_0000).to_be_bytes());
            let sql =
                "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES (?1, ?2, ?3)";
            let hash = code.hash(id);
            self.app
                .sql(sql, [self.id.as_str(), &hash, CREATED_AT])
                .await;
            shown.push(code.shown().reveal().to_owned());
        }
        shown
    }

    /// Gives the user a passkey that no authenticator has.
    pub async fn add_passkey_row(&self) {
        let sql = "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, transports, \
                   is_backup_eligible, is_backed_up, created_at) VALUES (?1, ?1, ?1, 'x', 0, 'Key', '[\"usb\"]', 0, 0, ?2)";
        self.app.sql(sql, [self.id.as_str(), CREATED_AT]).await;
    }

    /// The first step of a sign-in into a session of this kind.
    pub async fn first_step(&self, kind: &str) -> PendingSignIn {
        let caller = self.app.anonymous();
        let response = caller.sign_in(kind, &self.username, &self.password).await;
        response.pending()
    }

    /// Signs in with the password and a code.
    pub async fn sign_in_with_code(&self, kind: &str, method: &str, code: &str) -> Caller {
        let pending = self.first_step(kind).await;
        let response = self.app.anonymous().verify(&pending, method, code).await;
        response.assert_status(200).recorded().await;
        response.session()
    }

    /// Wrong codes in a row.
    pub async fn wrong_codes(&self) -> u64 {
        let sql = "SELECT coalesce(max(failures), 0) AS n FROM factor_attempts WHERE user_id = ?1";
        self.app.count(sql, [self.id.as_str()]).await
    }

    /// Sets the number of wrong codes in a row.
    pub async fn set_wrong_codes(&self, failures: u32) {
        let sql = "INSERT INTO factor_attempts (user_id, failures, open_at_ms) VALUES (?1, ?2, 0) \
                   ON CONFLICT (user_id) DO UPDATE SET failures = ?2, open_at_ms = 0";
        self.app.sql(sql, [json!(self.id), json!(failures)]).await;
    }

    /// The details of the audit entries of this kind about this user.
    pub async fn audit_details(&self, kind: &str) -> Vec<Value> {
        let sql = "SELECT detail FROM audit WHERE subject = ?1 AND kind = ?2 ORDER BY number";
        let rows = self.app.sql(sql, [self.id.as_str(), kind]).await;
        rows.iter().map(|row| row["detail"].clone()).collect()
    }
}
