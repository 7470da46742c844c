//! Users of a test: rows that are written to D1 directly, each with its own name.

use super::app::App;
use super::caller::Caller;
use super::internals::{Password, Peppers, SessionKind, fingerprint, names, password};
use super::request::Request;
use super::vars::PEPPER;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// The password of every user without another one.
pub const PASSWORD: &str = "correct horse battery staple";

/// A valid password for tests that change one.
pub const NEW_PASSWORD: &str = "four unlikely words in a row";

/// The hash of this user's password, with the pepper of all servers.
pub fn hash(user: &str, password: &str) -> String {
    let user = Uuid::parse_str(user).expect("a user id");
    let password = Password::parse(password).expect("a password");
    let peppers = Peppers::new(PEPPER, None);
    password::hash(&password, user, *b"salt of 16 bytes", &peppers).expect("a hash")
}

/// Like [`hash`], in another thread: the connections of a test that are idle meanwhile would otherwise be used after the server
/// has closed them.
pub async fn hash_apart(user: &str, password: &str) -> String {
    let (user, password) = (user.to_owned(), password.to_owned());
    let hash = tokio::task::spawn_blocking(move || hash(&user, &password));
    hash.await.expect("a hash")
}

/// `created_at` of every user.
pub const CREATED_AT: &str = "2024-01-01T00:00:00Z";

/// A time that no clock of a test reaches.
pub const FAR_FUTURE: &str = "2999-01-01T00:00:00Z";

static LAST_USER: AtomicU32 = AtomicU32::new(0);

/// A user with a row in `users`.
#[derive(Clone)]
pub struct User {
    pub(super) app: App,
    pub id: String,
    pub username: String,
    pub email: String,
    pub name: String,
    pub password: String,
}

impl User {
    /// A sign-in by username.
    pub fn login(&self) -> Request {
        self.login_with(&self.password)
    }

    /// A sign-in by username with this password.
    pub fn login_with(&self, password: &str) -> Request {
        self.app.anonymous().login(&self.username, password)
    }

    /// A sign-in by username with a wrong password.
    pub fn guess(&self) -> Request {
        self.login_with("wrong")
    }

    /// The body of [`User::login`].
    pub fn login_body(&self) -> Value {
        json!({ "username": self.username, "password": self.password })
    }

    /// Signs in, with a cookie or a token as the view says, and waits until the session is cached in KV.
    pub async fn sign_in(&self) -> Caller {
        if self.app.kind() == SessionKind::Cookie {
            return self.sign_in_with_cookie().await;
        }
        let response = self.login().await;
        response.assert_status(200).recorded().await;
        response.session()
    }

    /// Signs in with a cookie and waits until the session is cached in KV.
    pub async fn sign_in_with_cookie(&self) -> Caller {
        let caller = self.app.anonymous();
        let response = caller
            .sign_in("cookie", &self.username, &self.password)
            .await;
        response.assert_status(200).recorded().await;
        response.cookie_session()
    }

    /// Signs in and returns the cookie by which the device is recognised.
    pub async fn device_cookie(&self) -> String {
        self.login().await.assert_status(200).cookie()
    }

    /// Adds a one-time link that is valid for an hour, as the command line does; returns its token.
    pub async fn reset_link(&self) -> String {
        self.add_reset_link(None).await
    }

    /// Like [`User::reset_link`], with this expiry.
    pub async fn reset_link_until(&self, expires_at: &str) -> String {
        self.add_reset_link(Some(expires_at)).await
    }

    async fn add_reset_link(&self, expires_at: Option<&str>) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let secret = format!("{}-{number:036}", self.id);
        let sql = "INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, \
                   coalesce(?4, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour')))";
        let parameters = [
            json!(fingerprint(&secret)),
            json!(self.id),
            json!(CREATED_AT),
            json!(expires_at),
        ];
        self.app.sql(sql, parameters).await;
        secret
    }

    /// Adds a link with this purpose for this address, which is valid for an hour; returns its secret.
    pub async fn email_link(&self, purpose: &str, email: &str, session: Option<&str>) -> String {
        let secret = format!("{purpose}-{}", self.id);
        let sql = "INSERT INTO email_links (id, user_id, purpose, email, email_key, session, created_at, expires_at) \
                   VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour'))";
        let parameters = [
            json!(fingerprint(&secret)),
            json!(self.id),
            json!(purpose),
            json!(email),
            json!(session),
            json!(CREATED_AT),
        ];
        self.app.sql(sql, parameters).await;
        secret
    }

    /// Changes the row of this user, as `role = 'admin'`.
    pub async fn update(&self, assignments: &str) {
        let sql = format!("UPDATE users SET {assignments} WHERE id = ?1");
        self.app.sql(&sql, [self.id.clone()]).await;
    }

    pub async fn disable(&self) {
        self.update("is_active = 0").await;
    }

    /// Makes this user one of an identity provider. The password stays in the row.
    pub async fn make_federated(&self) {
        self.update("source = 'https://sso.example', subject = id")
            .await;
    }

    /// These columns of this user's row.
    pub async fn row(&self, columns: &str) -> Value {
        let sql = format!("SELECT {columns} FROM users WHERE id = ?1");
        self.app.sql(&sql, [self.id.clone()]).await.remove(0)
    }

    pub async fn password_hash(&self) -> Value {
        self.row("password_hash").await["password_hash"].clone()
    }

    /// The number of sessions of this user for which this condition holds.
    pub async fn sessions_where(&self, condition: &str) -> u64 {
        let sql = format!("SELECT count(*) AS n FROM sessions WHERE user_id = ?1 AND {condition}");
        self.app.count(&sql, [self.id.clone()]).await
    }

    /// The number of sessions that are not revoked.
    pub async fn live_sessions(&self) -> u64 {
        self.sessions_where("revoked_at IS NULL").await
    }

    /// The number of audit entries of this kind about this user.
    pub async fn audit_entries(&self, kind: &str) -> u64 {
        let sql = "SELECT count(*) AS n FROM audit WHERE subject = ?1 AND kind = ?2";
        self.app.count(sql, [self.id.as_str(), kind]).await
    }
}

/// A user that is not added yet.
pub struct NewUser {
    user: User,
    role: &'static str,
    organization: Option<String>,
    aws_region: Option<String>,
    is_active: bool,
    stored: Stored,
}

/// The column `password_hash` of a row.
enum Stored {
    HashOfPassword,
    Text(String),
    Null,
}

impl App {
    /// Adds a secret for the first super administrator that is valid for an hour, as the command line does; returns it.
    pub async fn bootstrap_secret(&self) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let secret = format!("bootstrap-secret-{number:026}");
        let sql = "INSERT INTO bootstrap_secrets (id, created_at, expires_at) \
                   VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour'))";
        self.sql(sql, [fingerprint(&secret).as_str(), CREATED_AT])
            .await;
        secret
    }

    /// An active user with a password. The username starts with `name` and is unique.
    pub async fn user(&self, name: &str) -> User {
        self.new_user(name).create().await
    }

    pub async fn admin(&self, name: &str) -> User {
        self.new_user(name).role("admin").create().await
    }

    pub async fn super_admin(&self, name: &str) -> User {
        self.new_user(name).role("super_admin").create().await
    }

    /// Like [`App::user`], with properties.
    pub fn new_user(&self, name: &str) -> NewUser {
        let number = LAST_USER.fetch_add(1, Ordering::Relaxed);
        let username = format!("{name}-{}", letters(number));
        let user = User {
            app: self.clone(),
            id: format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id()),
            email: format!("{username}@example.com"),
            name: format!("{name} Lovelace"),
            password: PASSWORD.to_owned(),
            username,
        };
        self.redact(&user.username, name);
        NewUser {
            user,
            role: "user",
            organization: None,
            aws_region: None,
            is_active: true,
            stored: Stored::HashOfPassword,
        }
    }
}

impl NewUser {
    pub fn role(mut self, role: &'static str) -> Self {
        self.role = role;
        self
    }

    pub fn named(mut self, full_name: &str) -> Self {
        full_name.clone_into(&mut self.user.name);
        self
    }

    pub fn organization(mut self, organization: &str) -> Self {
        self.organization = Some(organization.to_owned());
        self
    }

    pub fn aws_region(mut self, region: &str) -> Self {
        self.aws_region = Some(region.to_owned());
        self
    }

    pub fn disabled(mut self) -> Self {
        self.is_active = false;
        self
    }

    pub fn without_password(mut self) -> Self {
        self.stored = Stored::Null;
        self
    }

    /// With a password other than [`PASSWORD`].
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.user.password);
        self
    }

    /// With the PHC string that `phc` returns for the id of the user. It is the hash of `password`.
    pub fn stored_password(mut self, password: &str, phc: impl FnOnce(&str) -> String) -> Self {
        self.stored = Stored::Text(phc(&self.user.id));
        self.password(password)
    }

    /// With exactly this username. No other user may have it or a similar one.
    pub fn username(mut self, username: &str) -> Self {
        username.clone_into(&mut self.user.username);
        self
    }

    /// With exactly this e-mail.
    pub fn email(mut self, email: &str) -> Self {
        email.clone_into(&mut self.user.email);
        self
    }

    pub async fn create(self) -> User {
        let User {
            app,
            id,
            username,
            email,
            name,
            password,
        } = &self.user;
        let password_hash = match self.stored {
            Stored::HashOfPassword => Some(hash_apart(id, password).await),
            Stored::Text(text) => Some(text),
            Stored::Null => None,
        };
        let username = names::canonical(username).expect("a username");
        let email = names::email(email).expect("an e-mail");
        let parameters = [
            json!(id),
            json!(username.as_str()),
            json!(names::skeleton(&username)),
            json!(email.as_str()),
            json!(email.key()),
            json!(name),
            json!(self.organization),
            json!(self.aws_region),
            json!(self.role),
            json!(i32::from(self.is_active)),
            json!(password_hash),
            json!(CREATED_AT),
        ];
        let sql = "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
                   aws_region, role, is_active, password_hash, created_at, updated_at) \
                   VALUES (?1, 'password', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)";
        app.sql(sql, parameters).await;
        self.user
    }
}

/// A number in letters that are their own confusable skeletons, so that names differ in their skeletons too.
fn letters(mut number: u32) -> String {
    const LETTERS: &[u8; 16] = b"abcdefghkpqrstuy";
    let mut text = String::new();
    for _ in 0..4 {
        text.push(char::from(LETTERS[number as usize % 16]));
        number /= 16;
    }
    text
}
