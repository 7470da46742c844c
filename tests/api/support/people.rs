//! The people of a test: rows put into D1 directly, each with a name of its own.

use super::app::App;
use super::server::PEPPER;
use edge_auth::crypto::fingerprint::fingerprint;
use edge_auth::crypto::password::{self, Password, Peppers};
use edge_auth::domain::names;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// The hash of this user's password, with the pepper that all servers have.
pub fn hash(user: &str, password: &str) -> String {
    let user = Uuid::parse_str(user).expect("a user's id");
    let password = Password::parse(password).expect("a password");
    let peppers = Peppers::new(PEPPER, None);
    password::hash(&password, user, *b"salt of 16 bytes", &peppers).expect("a hash")
}

/// When everybody's row was made.
pub const CREATED_AT: &str = "2024-01-01T00:00:00Z";

static LAST_PERSON: AtomicU32 = AtomicU32::new(0);

/// Somebody with a row in `users`.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub username: String,
    pub email: String,
    pub name: String,
    pub password: String,
}

impl Person {
    /// The body of a sign-in by username.
    pub fn login(&self) -> Value {
        json!({ "username": self.username, "password": self.password })
    }
}

/// Somebody in the making.
pub struct NewPerson<'a> {
    app: &'a App,
    person: Person,
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
    /// An active user with a password. The username begins with `name` and is nobody else's.
    pub async fn password_user(&self, name: &str) -> Person {
        self.person(name).create().await
    }

    /// A one-time link as the command line makes it, of one hour.
    pub async fn password_link(&self, person: &Person) -> String {
        self.password_link_until(person, "").await
    }

    /// As [`App::password_link`], ending at this time.
    pub async fn password_link_until(&self, person: &Person, expires_at: &str) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let secret = format!("{}-{number:036}", person.id);
        let sql = "INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, \
                   coalesce(?4, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour')))";
        let end = (!expires_at.is_empty()).then_some(expires_at);
        let parameters = [
            json!(fingerprint(&secret)),
            json!(person.id),
            json!(CREATED_AT),
            json!(end),
        ];
        self.sql(sql, parameters).await;
        secret
    }

    pub async fn admin(&self, name: &str) -> Person {
        self.person(name).role("admin").create().await
    }

    pub async fn super_admin(&self, name: &str) -> Person {
        self.person(name).role("super_admin").create().await
    }

    /// As [`App::password_user`], with more to say.
    pub fn person(&self, name: &str) -> NewPerson<'_> {
        let number = LAST_PERSON.fetch_add(1, Ordering::Relaxed);
        let username = format!("{name}-{}", letters(number));
        let person = Person {
            id: format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id()),
            email: format!("{username}@example.com"),
            name: format!("{name} Lovelace"),
            password: PASSWORD.to_owned(),
            username,
        };
        self.redact(&person.username, name);
        NewPerson {
            app: self,
            person,
            role: "user",
            organization: None,
            aws_region: None,
            is_active: true,
            stored: Stored::HashOfPassword,
        }
    }
}

impl NewPerson<'_> {
    pub fn role(mut self, role: &'static str) -> Self {
        self.role = role;
        self
    }

    pub fn named(mut self, full_name: &str) -> Self {
        full_name.clone_into(&mut self.person.name);
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

    /// With another password than [`PASSWORD`].
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.person.password);
        self
    }

    /// With the PHC string that `phc` gives for the user's id; `password` is what it is of.
    pub fn stored_password(mut self, password: &str, phc: impl FnOnce(&str) -> String) -> Self {
        self.stored = Stored::Text(phc(&self.person.id));
        self.password(password)
    }

    /// With exactly this username, in whatever form; nobody else may have it, nor one that looks like it.
    pub fn username(mut self, username: &str) -> Self {
        username.clone_into(&mut self.person.username);
        self
    }

    /// With exactly this e-mail.
    pub fn email(mut self, email: &str) -> Self {
        email.clone_into(&mut self.person.email);
        self
    }

    pub async fn create(self) -> Person {
        let Person {
            id,
            username,
            email,
            name,
            password,
        } = &self.person;
        let password_hash = match self.stored {
            Stored::HashOfPassword => Some(hash(id, password)),
            Stored::Text(text) => Some(text),
            Stored::Null => None,
        };
        let username = names::canonical(username).expect("a username");
        let email = names::email(email).expect("an e-mail");
        let parameters = json!([
            id,
            username.as_str(),
            names::skeleton(&username),
            email.as_str(),
            email.key(),
            name,
            self.organization,
            self.aws_region,
            self.role,
            i32::from(self.is_active),
            password_hash,
            CREATED_AT
        ]);
        let sql = "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
                   aws_region, role, is_active, password_hash, created_at, updated_at) \
                   VALUES (?1, 'password', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)";
        self.app
            .sql(sql, parameters.as_array().expect("a list").clone())
            .await;
        self.person
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
