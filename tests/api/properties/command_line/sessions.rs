//! `session`: list and revoke.

use crate::support::{App, Vars};
use serde_json::json;

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sessions_are_listed_and_revoked() {
    let app = App::isolated(Vars::new());
    let line = app.command_line().await;
    let bob = app.seed_user("user", 3).await;
    let id = bob.sessions[0].session_id();
    let listed = line.json(&["session", "list", &bob.username]).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    let table = line.succeed(&["session", "list", &bob.username]).await;
    assert!(table.starts_with("ID ") && table.contains(&id), "{table}");
    let error = line
        .fail(1, &["session", "revoke", &bob.username, "0000000000"])
        .await;
    assert_eq!(error, "error: session '0000000000' not found\n");
    let revoked = line
        .succeed(&["session", "revoke", &bob.email, &id, "--yes"])
        .await;
    assert!(revoked.ends_with(" revoked.\n"), "{revoked}");
    bob.sessions[0].validate().await.assert_status(401);
    bob.sessions[1].validate().await.assert_status(200);
    let revoked = line
        .json(&["session", "revoke-all", &bob.id, "--yes"])
        .await;
    assert_eq!(revoked, json!({ "revoked_sessions": 2 }));
    bob.sessions[1].validate().await.assert_status(401);
}
