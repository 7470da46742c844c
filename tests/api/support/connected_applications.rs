//! The requests about connected applications, and the rows of grants and consents.

use super::seed::unique_id;
use super::{App, CREATED_AT, Caller, FAR_FUTURE, Request};
use serde_json::{Value, json};

impl Caller {
    pub fn list_grants(&self) -> Request {
        self.get("/api/auth/grants").same_origin()
    }

    pub fn remove_grant(&self, id: &str) -> Request {
        let request = self.request("DELETE", &format!("/api/auth/grants/{id}"));
        request.same_origin()
    }

    pub fn list_user_grants(&self, id: &str) -> Request {
        self.get(&format!("/api/auth/users/{id}/grants"))
    }

    pub fn remove_user_grant(&self, id: &str, grant: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/users/{id}/grants/{grant}"))
    }
}

impl App {
    /// The row of a live grant of this user for this OAuth client, whose code was redeemed; returns its id.
    pub async fn seed_grant(&self, user: &str, client: &str) -> String {
        let id = unique_id().to_string();
        let sql = "INSERT INTO oauth_grants
                     (id, user_id, client_id, session_id, redirect_uri, scope, code_challenge, authenticated_at, amr, created_at,
                      redeemed_at, generation, rotated_at, expires_at, ends_at)
                   VALUES (?1, ?2, ?3, 'none', 'https://app.example.com/', 'openid offline_access', 'x', ?4, '[\"pwd\"]', ?4, ?4, 1, ?4,
                           ?5, ?5)";
        let parameters = [id.as_str(), user, client, CREATED_AT, FAR_FUTURE];
        self.sql(sql, parameters).await;
        id
    }

    /// Changes the columns of a grant to these values in SQL.
    pub async fn change_grant(&self, id: &str, changes: &str) {
        let sql = format!("UPDATE oauth_grants SET {changes} WHERE id = ?1");
        self.sql(&sql, [id]).await;
    }

    /// Whether the grant is revoked in D1.
    pub async fn is_grant_revoked(&self, id: &str) -> bool {
        let sql = "SELECT revoked_at IS NOT NULL AS is_revoked FROM oauth_grants WHERE id = ?1";
        self.sql(sql, [id]).await == [json!({ "is_revoked": 1 })]
    }

    /// Whether the grant is neither revoked by itself nor with all grants to its client.
    pub async fn is_grant_live(&self, id: &str) -> bool {
        let sql = "SELECT revoked_at IS NULL AND client_version >= grants_from_version AS is_live
                   FROM oauth_grants JOIN oauth_clients ON oauth_clients.id = client_id WHERE oauth_grants.id = ?1";
        self.sql(sql, [id]).await == [json!({ "is_live": 1 })]
    }

    /// The row of a remembered consent.
    pub async fn seed_consent(&self, user: &str, client: &str, host: &str, resource: &str) {
        let sql = "INSERT INTO oauth_consents (user_id, client_id, redirect_host, resource, scope, updated_at)
                   VALUES (?1, ?2, ?3, ?4, 'openid', ?5)";
        self.sql(sql, [user, client, host, resource, CREATED_AT])
            .await;
    }

    /// The OAuth clients of which a consent of the user is remembered, in order.
    pub async fn consents_of(&self, user: &str) -> Vec<Value> {
        let sql = "SELECT client_id FROM oauth_consents WHERE user_id = ?1 ORDER BY client_id, redirect_host, resource";
        let rows = self.sql(sql, [user]).await;
        rows.iter().map(|row| row["client_id"].clone()).collect()
    }
}
