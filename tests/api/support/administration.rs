//! The requests of administrators.

use super::{App, Caller, Request, Response};
use serde_json::{Value, json};

impl Caller {
    pub fn search_users(&self, search: &Value) -> Request {
        self.post("/api/auth/users/search").json(search)
    }

    pub fn create_user(&self, user: &Value) -> Request {
        self.post("/api/auth/users").json(user)
    }

    pub fn get_user(&self, id: &str) -> Request {
        self.get(&format!("/api/auth/users/{id}"))
    }

    /// A change of any version of a user.
    pub fn update_user(&self, id: &str, changes: &Value) -> Request {
        self.update_version(id, "*", changes)
    }

    /// A change with this value of `If-Match`.
    pub fn update_version(&self, id: &str, if_match: &str, changes: &Value) -> Request {
        let request = self.request("PATCH", &format!("/api/auth/users/{id}"));
        request.header("if-match", if_match).json(changes)
    }

    pub fn reset_user_password(&self, id: &str) -> Request {
        self.post(&format!("/api/auth/users/{id}/reset-password"))
    }

    pub fn unlock_user(&self, id: &str) -> Request {
        self.post(&format!("/api/auth/users/{id}/unlock"))
    }

    pub fn list_user_factors(&self, id: &str) -> Request {
        self.get(&format!("/api/auth/users/{id}/factors"))
    }

    pub fn reset_user_factors(&self, id: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/users/{id}/factors"))
    }

    pub fn list_user_sessions(&self, id: &str) -> Request {
        self.get(&format!("/api/auth/users/{id}/sessions"))
    }

    pub fn revoke_user_session(&self, id: &str, session: &str) -> Request {
        self.request(
            "DELETE",
            &format!("/api/auth/users/{id}/sessions/{session}"),
        )
    }

    pub fn revoke_user_sessions(&self, id: &str) -> Request {
        self.request("DELETE", &format!("/api/auth/users/{id}/sessions"))
    }

    /// All pages of a search.
    pub async fn search_all_users(&self, search: &Value) -> Vec<Value> {
        let (mut search, mut users) = (search.clone(), Vec::new());
        loop {
            let response = self.search_users(&search).await;
            users.extend(response.list("users"));
            match response.json()["next"].as_str() {
                Some(next) => search["cursor"] = json!(next),
                None => return users,
            }
        }
    }
}

impl App {
    /// A session of a new administrator of this role, who has just signed in.
    pub async fn administrator(&self, role: &str) -> Caller {
        self.seed_users(1, role, 1)
            .await
            .remove(0)
            .sessions
            .remove(0)
    }
}

impl Response {
    /// The secret of the link in this response.
    #[track_caller]
    pub fn shown_secret(&self) -> String {
        let body = self.assert_status(200).json();
        assert_eq!(body["delivery"], "link_shown", "{body}");
        let link = body["link"].as_str().expect("a link");
        let (page, secret) = link.split_once('#').expect("a fragment");
        assert!(page.ends_with("/set-password"), "{page}");
        secret.to_owned()
    }
}
