//! The people of a test. They are put into D1 directly, each with a name of its own; nothing else of the record is set.

use super::app::App;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";

/// [`PASSWORD`] hashed with the pepper of [`super::server::Vars`].
fn password_hash() -> &'static str {
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAA"
}

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
    password_hash: Option<String>,
}

impl App {
    /// An active user with a password. The username begins with `name` and is nobody else's.
    pub async fn password_user(&self, name: &str) -> Person {
        self.person(name).create().await
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
            password_hash: Some(password_hash().to_owned()),
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
        self.password_hash = None;
        self
    }

    /// With a PHC string of the test's own; `password` is what it is of.
    pub fn password(mut self, password: &str, phc: &str) -> Self {
        password.clone_into(&mut self.person.password);
        self.password_hash = Some(phc.to_owned());
        self
    }

    pub async fn create(self) -> Person {
        let Person {
            id,
            username,
            email,
            name,
            ..
        } = &self.person;
        let parameters = json!([
            id,
            username,
            email,
            name,
            self.organization,
            self.aws_region,
            self.role,
            i32::from(self.is_active),
            self.password_hash
        ]);
        let sql = "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
                   aws_region, role, is_active, password_hash, created_at, updated_at) \
                   VALUES (?1, 'password', ?2, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)";
        let parameters = parameters.as_array().expect("a list").iter().cloned();
        self.app
            .sql(sql, parameters.chain([json!("2024-01-01T00:00:00Z")]))
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
