//! The counters of failed sign-ins, which determine back-off and lockout.

use super::audit;
use super::internals::LoginName;
use super::{App, User};
use serde_json::{Value, json};

/// The key of the counter of an account.
pub fn account_key(user: &User) -> String {
    format!("account:{}", user.id)
}

/// The key of the counter of a typed name: a keyed hash of its normalised form.
pub fn typed_name_key(app: &App, name: &str) -> String {
    let keys = audit::keys(app.vars());
    let hash = match LoginName::parse(name) {
        Some(LoginName::Username(name)) => keys.name_key("username", &name),
        Some(LoginName::Email(key)) => keys.name_key("email", &key),
        None => keys.name_key("other", name),
    };
    format!("typed:{hash}")
}

/// The number of consecutive failures in a counter.
pub async fn failures(app: &App, key: &str) -> u64 {
    let sql = "SELECT failures FROM sign_in_attempts WHERE key = ?1";
    let rows = app.sql(sql, [key]).await;
    let failures = |row: &Value| row["failures"].as_u64().expect("a number");
    rows.first().map_or(0, failures)
}

/// Sets a counter as if this many attempts had failed long ago.
pub async fn set_failures(app: &App, key: &str, failures: u32) {
    let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms, ends_at) VALUES (?1, ?2, 0, ?3) \
               ON CONFLICT (key) DO UPDATE SET failures = ?2, open_at_ms = 0, ends_at = ?3";
    // The counter of a locked account does not expire.
    let ends_at = (failures < 100).then_some(super::users::FAR_FUTURE);
    app.sql(sql, [json!(key), json!(failures), json!(ends_at)])
        .await;
}

/// Removes a counter, as another isolate would.
pub async fn remove_counter(app: &App, key: &str) {
    let sql = "DELETE FROM sign_in_attempts WHERE key = ?1";
    app.sql(sql, [key]).await;
}

impl User {
    /// The number of consecutive failures of this account.
    pub async fn failures(&self) -> u64 {
        failures(&self.app, &account_key(self)).await
    }

    /// Sets the number of consecutive failures of this account.
    pub async fn set_failures(&self, number: u32) {
        set_failures(&self.app, &account_key(self), number).await;
    }
}
