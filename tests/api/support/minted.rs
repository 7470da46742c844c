//! Sessions without a sign-in: rows put into D1, and tokens signed here with the server's own secret. A hash of a password
//! takes tens of milliseconds; who needs thousands of sessions begins them this way.

use super::app::App;
use super::people::{CREATED_AT, hash};
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::token::{Keys, Session, SessionId};
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Somebody of a crowd.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub username: String,
    /// One for each session; all are current.
    pub tokens: Vec<String>,
}

/// The password of a whole crowd.
pub const CROWD_PASSWORD: &str = "an orchestra of forty kettledrums";

static LAST: AtomicU64 = AtomicU64::new(0);

const PEOPLE: &str = "
    INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, password_hash,
                       created_at, updated_at)
    SELECT key, 'password', 'crowd-' || key, 'crowd-' || key, key || '@crowd.example', key || '@crowd.example',
           'One of Many', ?2, 1, value, ?3, ?3
    FROM json_each(?1)";

const SESSIONS: &str = "
    INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
    SELECT value ->> 0, value ->> 1, 0, ?2, ?2, ?3, ?3 FROM json_each(?1)";

impl App {
    /// So many people of this role, each with so many live sessions. No copy of them is in KV yet.
    pub async fn crowd(&self, people: usize, role: &str, sessions: usize) -> Vec<Member> {
        let ids: Vec<String> = (0..people).map(|_| next_uuid().to_string()).collect();
        let hashes: serde_json::Map<_, _> = ids
            .iter()
            .map(|id| (id.clone(), hash(id, CROWD_PASSWORD).into()))
            .collect();
        let parameters = [
            json!(json!(hashes).to_string()),
            json!(role),
            json!(CREATED_AT),
        ];
        self.sql(PEOPLE, parameters).await;
        let owners: Vec<&str> = ids
            .iter()
            .flat_map(|id| std::iter::repeat_n(id.as_str(), sessions))
            .collect();
        let mut tokens = self.mint(&owners).await.into_iter();
        let member = |id: String| Member {
            username: format!("crowd-{id}"),
            tokens: tokens.by_ref().take(sessions).collect(),
            id,
        };
        ids.into_iter().map(member).collect()
    }

    /// A live session for each of these users' ids, begun now by this test's clock; gives their tokens.
    pub async fn mint(&self, owners: &[&str]) -> Vec<String> {
        let secret = self.server().vars.get("JWT_SECRET").expect("a secret");
        let name = |name| self.server().vars.get(name).expect("a name").to_owned();
        let keys = Keys::new(
            &Secret::new(secret),
            None,
            &name("JWT_ISSUER"),
            &name("JWT_AUDIENCE"),
        );
        let keys = keys.expect("keys");
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("now");
        let seconds = i64::try_from(since.as_secs()).expect("now") + self.clock();
        // An administrator's session lasts no longer.
        let (now, end) = (
            Timestamp::from_seconds(seconds),
            Timestamp::from_seconds(seconds + 86_400),
        );
        let mut rows: Vec<Value> = Vec::new();
        let mut tokens = Vec::new();
        for owner in owners {
            let session = Session {
                user: Uuid::parse_str(owner).expect("a user's id"),
                sid: SessionId::from_bytes(*next_uuid().as_bytes()),
                generation: 0,
            };
            rows.push(json!([session.sid.record_id(), owner]));
            tokens.push(keys.issue(&session, now, end));
        }
        let parameters = [json!(rows).to_string(), now.to_string(), end.to_string()];
        self.sql(SESSIONS, parameters).await;
        tokens
    }
}

/// One that nobody else has.
pub fn next_uuid() -> Uuid {
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let text = format!("{:08x}-0000-4000-9000-{number:012x}", std::process::id());
    Uuid::parse_str(&text).expect("a UUID")
}
