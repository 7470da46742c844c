//! The stored data of the session of a token: its row in D1, and its cached session in KV.

use super::app::App;
use super::caller::{Caller, Credential};
use super::internals::{CacheKeys, Purpose, Sealer, Secret, SessionId, Timestamp};
use super::seed::unique_id;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The header (0) or the claims (1) of a token.
pub fn token_part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).expect("three parts");
    let bytes = Base64UrlUnpadded::decode_vec(part).expect("base64url");
    String::from_utf8(bytes).expect("UTF-8")
}

/// The value that replaces the cached session when the session is revoked.
pub fn revoked() -> Value {
    json!({ "revoked": true })
}

impl App {
    fn sealer(&self) -> Sealer {
        Sealer::new(&Secret::new(self.vars().expect("HANDLE_KEY")), None).expect("a key")
    }

    /// The content of a session cookie, if it is authentic.
    pub fn open_session_cookie(&self, value: &str) -> Option<Value> {
        let start = Timestamp::from_seconds(0);
        let opened = self
            .sealer()
            .open::<Content>(Purpose::Session, b"", value, start);
        let Content {
            user,
            sid,
            r#gen,
            iat,
            exp,
        } = opened.ok()?;
        Some(json!({ "sub": user, "sid": sid, "gen": r#gen, "iat": iat, "exp": exp }))
    }

    /// A session cookie of this server with the content that [`App::open_session_cookie`] returns.
    pub fn seal_session_cookie(&self, claims: &Value) -> String {
        let number = |name: &str| claims[name].as_i64().expect("a number");
        let text = |name: &str| claims[name].as_str().expect("a text").to_owned();
        let content = Content {
            user: text("sub"),
            sid: text("sid"),
            r#gen: number("gen"),
            iat: number("iat"),
            exp: number("exp"),
        };
        let expires_at = Timestamp::from_seconds(content.exp);
        let mut nonce = [7; 24];
        nonce[..16].copy_from_slice(unique_id().as_bytes());
        let sealed = self
            .sealer()
            .seal(Purpose::Session, b"", expires_at, &content, nonce);
        sealed.expect("a cookie")
    }
}

/// The content of a session cookie.
#[derive(Serialize, Deserialize)]
struct Content {
    user: String,
    sid: String,
    r#gen: i64,
    iat: i64,
    exp: i64,
}

impl Caller {
    /// The claims of the token, or the content of the session cookie with the same names.
    pub fn claims(&self) -> Value {
        let Credential::Cookie(value) = &self.credential else {
            return serde_json::from_str(&token_part(self.token(), 1)).expect("claims");
        };
        self.app
            .open_session_cookie(value)
            .expect("a session cookie")
    }

    /// `exp` minus `iat` of the token, in seconds.
    pub fn token_lifetime(&self) -> i64 {
        let claims = self.claims();
        let number = |name: &str| claims[name].as_i64().expect("a number");
        number("exp") - number("iat")
    }

    /// The id of the session, as the API shows it and D1 stores it.
    pub fn session_id(&self) -> String {
        let claims = self.claims();
        let sid = SessionId::parse(claims["sid"].as_str().expect("a sid")).expect("a sid");
        sid.record_id()
    }

    /// The key of the cached session in KV.
    pub fn cache_key(&self) -> String {
        format!("session:{}:{}", self.session_id(), self.claims()["gen"])
    }

    /// The keys with which this server protects cached sessions.
    fn cache_keys(&self) -> CacheKeys {
        let key = Secret::new(self.app.vars().expect("HANDLE_KEY"));
        CacheKeys::new(&key, None)
    }

    /// The cached session in KV, if its MAC is valid.
    pub async fn cached_session(&self) -> Option<Value> {
        let key = self.cache_key();
        let value = self.app.kv_get(&key).await?;
        let keys = self.cache_keys();
        let text = keys.verify(&key, &value)?;
        Some(serde_json::from_str(text).expect("JSON"))
    }

    /// A text with this server's MAC for the key of this cached session.
    pub fn with_cache_mac(&self, text: &str) -> String {
        self.cache_keys().protect(&self.cache_key(), text)
    }

    /// Writes the cached session as this server does.
    pub async fn write_cached_session(&self, entry: &Value) {
        let value = self.with_cache_mac(&entry.to_string());
        self.write_raw_cached_session(&value).await;
    }

    /// Writes the value of the cached session as it is.
    pub async fn write_raw_cached_session(&self, value: &str) {
        self.app.kv_put(&self.cache_key(), value).await;
    }

    pub async fn raw_cached_session(&self) -> Option<String> {
        self.app.kv_get(&self.cache_key()).await
    }

    pub async fn delete_cached_session(&self) {
        self.app.kv_delete(&self.cache_key()).await;
    }

    /// One column of the session's row in D1.
    pub async fn column(&self, name: &str) -> Value {
        let sql = format!("SELECT {name} AS value FROM sessions WHERE id = ?1");
        let rows = self.app.sql(&sql, [self.session_id()]).await;
        rows[0]["value"].clone()
    }

    pub async fn is_revoked(&self) -> bool {
        !self.column("revoked_at").await.is_null()
    }

    /// Whether D1 still has the session.
    pub async fn is_stored(&self) -> bool {
        let sql = "SELECT id FROM sessions WHERE id = ?1";
        !self.app.sql(sql, [self.session_id()]).await.is_empty()
    }

    /// The kinds of the audit entries about this session.
    pub async fn audit_kinds(&self) -> Vec<Value> {
        let sql = "SELECT kind FROM audit WHERE session = ?1 ORDER BY number";
        let rows = self.app.sql(sql, [self.session_id()]).await;
        rows.iter().map(|row| row["kind"].clone()).collect()
    }
}
