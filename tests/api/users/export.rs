//! `POST /api/auth/users/export`: all users as JSON Lines.

use crate::support::{App, Vars};
use serde_json::{Value, json};

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn export_returns_every_user_once_and_no_hash() {
    let app = App::isolated(Vars::new());
    let grace = app.admin("grace").await;
    let mut ids = vec![grace.id.clone()];
    for _ in 0..6 {
        ids.push(app.user("ada").await.id);
    }
    let admin = grace.sign_in().await;
    let (mut found, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = json!({ "limit": 3, "cursor": cursor });
        let response = admin.export_users(&page).await;
        response.assert_status(200);
        assert_eq!(
            response.header("content-type"),
            Some("application/x-ndjson")
        );
        let text = response.text();
        assert!(!text.contains("argon2") && text.ends_with('\n'), "{text}");
        let users = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        found.extend(users.map(|user| user["id"].as_str().unwrap().to_owned()));
        match response.header("edge-auth-next") {
            Some(next) => cursor = json!(next),
            None => break,
        }
    }
    ids.sort();
    assert_eq!(found, ids);
    let entries = "SELECT count(*) AS n FROM audit WHERE kind = 'users_exported' AND actor = ?1";
    assert_eq!(app.count(entries, [grace.id.clone()]).await, 3);
}

#[tokio::test]
async fn export_needs_an_administrator_and_a_valid_page() {
    let app = App::shared();
    let user = app.user("ada").await.sign_in().await;
    user.export_users(&json!({}))
        .await
        .assert_error(403, "admin_required");
    let admin = app.admin("grace").await.sign_in().await;
    for page in [
        json!({ "limit": 0 }),
        json!({ "limit": 1001 }),
        json!({ "limit": "1" }),
        json!({ "cursor": "x" }),
    ] {
        let response = admin.export_users(&page).await;
        response.assert_error(400, "invalid_field");
    }
}
