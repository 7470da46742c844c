//! Many users and sessions at once: rows in D1, and tokens and cookies made with the server's own secrets. A sign-in hashes a password,
//! which takes tens of milliseconds.

use super::app::App;
use super::caller::Caller;
use super::internals::{Keys, Secret, Session, SessionId, SessionKind, Timestamp};
use super::users::{CREATED_AT, User, hash_apart};
use serde_json::{Map, Value, json};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// A user with sessions.
#[derive(Clone)]
pub struct SeededUser {
    user: User,
    /// All are current.
    pub sessions: Vec<Caller>,
}

impl Deref for SeededUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

/// The password of seeded users.
pub const SEED_PASSWORD: &str = "an orchestra of forty kettledrums";

const INSERT_USERS: &str = "
    INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, password_hash,
                       created_at, updated_at)
    SELECT key, 'password', 'seed-' || key, 'seed-' || key, key || '@seed.example', key || '@seed.example',
           'One of Many', ?2, 1, value, ?3, ?3
    FROM json_each(?1)";

const INSERT_SESSIONS: &str = "
    INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, is_cookie, method)
    SELECT value ->> 0, value ->> 1, 0, ?2, ?2, ?3, ?3, ?4, 'password' FROM json_each(?1)";

impl App {
    /// This many users of a role, each with this many live sessions. The sessions are not cached in KV. The users have no
    /// password, because each hash takes time.
    pub async fn seed_users(&self, users: usize, role: &str, sessions: usize) -> Vec<SeededUser> {
        self.seed(users, role, sessions, None).await
    }

    /// Like [`App::seed_users`], with [`SEED_PASSWORD`].
    pub async fn seed_users_with_password(
        &self,
        users: usize,
        role: &str,
        sessions: usize,
    ) -> Vec<SeededUser> {
        self.seed(users, role, sessions, Some(SEED_PASSWORD)).await
    }

    async fn seed(
        &self,
        users: usize,
        role: &str,
        sessions: usize,
        password: Option<&str>,
    ) -> Vec<SeededUser> {
        let ids: Vec<String> = (0..users).map(|_| unique_id().to_string()).collect();
        let mut hashes = Map::new();
        for id in &ids {
            let hash = match password {
                Some(password) => json!(hash_apart(id, password).await),
                None => Value::Null,
            };
            hashes.insert(id.clone(), hash);
        }
        let parameters = [
            json!(json!(hashes).to_string()),
            json!(role),
            json!(CREATED_AT),
        ];
        self.sql(INSERT_USERS, parameters).await;
        let owners: Vec<&str> = ids
            .iter()
            .flat_map(|id| std::iter::repeat_n(id.as_str(), sessions))
            .collect();
        let mut callers = self.seed_sessions(&owners).await.into_iter();
        let user = |id: String| SeededUser {
            sessions: callers.by_ref().take(sessions).collect(),
            user: User {
                app: self.clone(),
                username: format!("seed-{id}"),
                email: format!("{id}@seed.example"),
                name: "One of Many".to_owned(),
                password: SEED_PASSWORD.to_owned(),
                id,
            },
        };
        ids.into_iter().map(user).collect()
    }

    /// One seeded user, with [`SEED_PASSWORD`].
    pub async fn seed_user(&self, role: &str, sessions: usize) -> SeededUser {
        let mut users = self.seed_users_with_password(1, role, sessions).await;
        users.remove(0)
    }

    /// A session of a super administrator who has just signed in, by this test's clock.
    pub async fn super_admin_session(&self) -> Caller {
        let mut admins = self.seed_users(1, "super_admin", 1).await;
        admins.remove(0).sessions.remove(0)
    }

    /// A live session for each of these user ids, with a cookie or a token as the view says, started now by this test's clock.
    pub async fn seed_sessions(&self, owners: &[&str]) -> Vec<Caller> {
        let vars = self.vars();
        let keys = Keys::new(
            &Secret::new(vars.expect("JWT_SECRET")),
            None,
            vars.expect("JWT_ISSUER"),
            vars.expect("JWT_AUDIENCE"),
        );
        let keys = keys.expect("keys");
        // A session of an administrator lasts a day.
        let now = self.now().await;
        let end = now.plus(86_400);
        let mut rows: Vec<Value> = Vec::new();
        let mut callers = Vec::new();
        for owner in owners {
            let session = Session {
                user: Uuid::parse_str(owner).expect("a user id"),
                sid: SessionId::from_bytes(*unique_id().as_bytes()),
                generation: 0,
            };
            rows.push(json!([session.sid.record_id(), owner]));
            let token = keys.issue(&session, now, end);
            let caller = self.with_token(token);
            callers.push(match self.kind() {
                SessionKind::Token => caller,
                SessionKind::Cookie => {
                    self.with_session_cookie(self.seal_session_cookie(&caller.claims()))
                }
            });
        }
        let is_cookie = i32::from(self.kind() == SessionKind::Cookie);
        let parameters = [
            json!(json!(rows).to_string()),
            json!(now.to_string()),
            json!(end.to_string()),
            json!(is_cookie),
        ];
        self.sql(INSERT_SESSIONS, parameters).await;
        callers
    }

    /// The time by this test's clock.
    pub async fn now(&self) -> Timestamp {
        let milliseconds = self.control("now", json!({ "test": self.name() })).await;
        Timestamp::from_milliseconds(milliseconds.as_f64().expect("a time"))
    }
}

pub fn unique_id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    // It contains a letter, so that it differs from its spelling in upper case.
    let text = format!("{:08x}-0000-4000-a000-{number:012x}", std::process::id());
    Uuid::parse_str(&text).expect("a UUID")
}
