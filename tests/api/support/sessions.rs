//! The stored data of the session of a token: its row in D1, and its cached session in KV.

use super::actors::Caller;
use super::internals::{CacheKeys, Secret, SessionId};
use base64ct::{Base64UrlUnpadded, Encoding};
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

impl Caller {
    pub fn claims(&self) -> Value {
        serde_json::from_str(&token_part(self.token(), 1)).expect("claims")
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
