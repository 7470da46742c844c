//! The requests about OAuth clients.

use super::{App, Caller, Request, Response};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

impl Caller {
    /// A page; `query` begins with a question mark.
    pub fn list_clients(&self, query: &str) -> Request {
        self.get(&format!("/api/auth/clients{query}"))
    }

    pub fn create_client(&self, client: &Value) -> Request {
        self.post("/api/auth/clients").json(client)
    }

    pub fn get_client(&self, id: &str) -> Request {
        self.get(&format!("/api/auth/clients/{id}"))
    }

    /// A change of any version.
    pub fn update_client(&self, id: &str, changes: &Value) -> Request {
        self.update_client_version(id, "*", changes)
    }

    /// A change with this value of `If-Match`.
    pub fn update_client_version(&self, id: &str, if_match: &str, changes: &Value) -> Request {
        let request = self.request("PATCH", &format!("/api/auth/clients/{id}"));
        request.header("if-match", if_match).json(changes)
    }

    pub fn delete_client(&self, id: &str, if_match: &str) -> Request {
        let request = self.request("DELETE", &format!("/api/auth/clients/{id}"));
        request.header("if-match", if_match)
    }

    pub fn revoke_client_grants(&self, id: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/clients/{id}/grants"))
    }

    pub fn new_client_secret(&self, id: &str, if_match: &str) -> Request {
        let request = self.post(&format!("/api/auth/clients/{id}/secret"));
        request.header("if-match", if_match)
    }
}

impl Response {
    /// The OAuth client in this response.
    #[track_caller]
    pub fn client(&self) -> Value {
        self.assert_status(200).json()["client"].clone()
    }

    /// The `client_id` of the OAuth client in this response.
    #[track_caller]
    pub fn client_id(&self) -> String {
        let id = self.client()["client_id"].clone();
        id.as_str().expect("an id").to_owned()
    }
}

impl App {
    /// The row of a confidential client with this name; returns its id.
    pub async fn seed_oauth_client(&self, name: &str) -> String {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:08x}-0000-4000-b000-{number:012x}", std::process::id());
        let sql = "INSERT INTO oauth_clients
                     (id, name, name_search, kind, token_endpoint_auth_method, secret_hash, secret_created_at, redirect_uris,
                      post_logout_redirect_uris, grant_types, scope, is_active, created_at, updated_at)
                   VALUES (?1, ?2, lower(?2), 'confidential', 'client_secret_basic', 'x', ?3, '[\"https://app.example.com/\"]', '[]',
                           '[\"authorization_code\"]', '', 1, ?3, ?3)";
        self.sql(sql, [id.as_str(), name, "2024-01-01T00:00:00Z"])
            .await;
        id
    }

    /// The stored columns of an OAuth client; null if there is no such client.
    pub async fn oauth_client_row(&self, id: &str, columns: &str) -> Value {
        let sql = format!("SELECT {columns} FROM oauth_clients WHERE id = ?1");
        self.sql(&sql, [id]).await.pop().unwrap_or_default()
    }

    /// Kind and detail of each audit entry about an OAuth client, without its id.
    pub async fn client_entries(&self, id: &str) -> Vec<(String, String)> {
        let sql = "SELECT kind, detail FROM audit WHERE detail LIKE 'client ' || ?1 || '%' ORDER BY number";
        let rows = self.sql(sql, [id]).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let without_id = |detail: String| {
            let rest = detail.replace(&format!("client {id}"), "");
            rest.trim_start_matches(": ").to_owned()
        };
        let entry = |row: &Value| (text(&row["kind"]), without_id(text(&row["detail"])));
        rows.iter().map(entry).collect()
    }
}

/// A valid registration with this name.
pub fn registration(name: &str) -> Value {
    json!({ "client_name": name, "redirect_uris": ["https://app.example.com/callback"] })
}
