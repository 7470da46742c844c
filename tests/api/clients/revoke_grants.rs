//! `DELETE /api/auth/clients/{id}/grants`: revoke all grants to an OAuth client.

use crate::support::{App, Fault};
use serde_json::json;
use std::future::IntoFuture;

fn recorded() -> (String, String) {
    ("client_grants_revoked".to_owned(), String::new())
}

#[tokio::test]
async fn revocation_changes_the_version_and_is_recorded() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let user = app.user("ada").await;
    let grant = app.seed_grant(&user.id, &id).await;
    app.shift_clock(60).await;
    let before = admin.get_client(&id).await.client();
    let response = admin.revoke_client_grants(&id).await;
    assert_eq!(response.header("etag"), Some("\"2\""));
    let mut expected = before.clone();
    let after = response.client();
    expected["version"] = json!(2);
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(
        response.json(),
        json!({ "success": true, "client": expected })
    );
    assert_ne!(after["updated_at"], before["updated_at"]);
    assert!(!app.is_grant_live(&grant).await);
    assert_eq!(app.client_entries(&id).await, [recorded()]);
    let stale = json!({ "client_name": "Stale" });
    let stale = admin.update_client_version(&id, "\"1\"", &stale).await;
    stale.assert_error(412, "version_mismatch");
}

#[tokio::test]
async fn repetition_changes_and_records_nothing() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let without = admin.revoke_client_grants(&id).await.client();
    assert_eq!(without["version"], 1);
    assert_eq!(app.client_entries(&id).await, []);
    // A consent is enough.
    let user = app.user("ada").await;
    app.seed_consent(&user.id, &id, "app.example.com", "").await;
    for _ in 0..3 {
        let client = admin.revoke_client_grants(&id).await.client();
        assert_eq!(client["version"], 2);
    }
    assert_eq!(app.client_entries(&id).await, [recorded()]);
}

#[tokio::test]
async fn of_revocations_at_the_same_time_one_is_recorded() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let user = app.user("ada").await;
    app.seed_grant(&user.id, &id).await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..10 {
        running.spawn(admin.revoke_client_grants(&id).into_future());
    }
    for response in running.join_all().await {
        assert_eq!(response.client()["version"], 2);
    }
    assert_eq!(app.client_entries(&id).await, [recorded()]);
}

/// A super administrator who loses the role between the check and the write revokes nothing.
#[tokio::test]
async fn revocation_of_a_demoted_administrator_is_refused() {
    let app = App::shared();
    let id = app.seed_oauth_client("App").await;
    let user = app.user("ada").await;
    let grant = app.seed_grant(&user.id, &id).await;
    let grace = app.super_admin("grace").await;
    let admin = grace.sign_in().await;
    let fault = Fault::d1().matching("SET grants_from_version").times(1);
    let paused = app.fault(fault.pauses()).await;
    let request = tokio::spawn(admin.revoke_client_grants(&id).into_future());
    paused.wait_for_hits(1).await;
    grace.update("role = 'user'").await;
    paused.release().await;
    let response = request.await.expect("a response");
    response.assert_error(403, "super_admin_required");
    assert!(app.is_grant_live(&grant).await);
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn lost_response_of_d1_leaves_revocation_and_entry_together() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let user = app.user("ada").await;
    let grant = app.seed_grant(&user.id, &id).await;
    let fault = Fault::d1().matching("SET grants_from_version").times(1);
    app.fault(fault.loses_response()).await;
    let response = admin.revoke_client_grants(&id).await;
    response.assert_error(503, "storage_unavailable");
    app.remove_faults().await;
    assert!(!app.is_grant_live(&grant).await);
    assert_eq!(app.client_entries(&id).await, [recorded()]);
    admin.revoke_client_grants(&id).await.assert_status(200);
    assert_eq!(app.client_entries(&id).await, [recorded()]);
}
