//! `/api/auth/users/{id}/grants`: list and remove the connected applications of a user.

use crate::support::{App, Fault};
use serde_json::json;
use std::future::IntoFuture as _;

#[tokio::test]
async fn grants_of_a_user_are_listed_as_the_user_sees_them() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let client = app.seed_oauth_client("App").await;
    app.seed_grant(&ada.id, &client).await;
    app.seed_grant(&ada.id, &client).await;
    let listed = admin.list_user_grants(&ada.id).await.list("grants");
    let own = ada.sign_in().await.list_grants().await.list("grants");
    assert_eq!(listed, own);
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn removed_grant_of_a_user_is_revoked_once_and_its_client_must_ask_again() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let client = app.seed_oauth_client("App").await;
    let (grant, kept) = (
        app.seed_grant(&ada.id, &client).await,
        app.seed_grant(&ada.id, &client).await,
    );
    app.seed_consent(&ada.id, &client, "app.example.com", "")
        .await;
    for _ in 0..2 {
        let response = admin.remove_user_grant(&ada.id, &grant).await;
        response.assert_status(200).recorded().await;
    }
    assert!(app.is_grant_revoked(&grant).await);
    assert!(!app.is_grant_revoked(&kept).await);
    assert!(app.consents_of(&ada.id).await.is_empty());
    let sql = "SELECT actor IS subject AS is_own, detail FROM audit WHERE subject = ?1 AND kind = 'grant_revoked'";
    let entry = json!({ "is_own": 0, "detail": format!("client {client}: administrator") });
    assert_eq!(app.sql(sql, [ada.id.clone()]).await, [entry]);
}

#[tokio::test]
async fn grant_of_another_user_is_not_found() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&bob.id, &client).await;
    for id in [grant.as_str(), "x"] {
        let response = admin.remove_user_grant(&ada.id, id).await;
        response.assert_error(404, "grant_not_found");
    }
    assert!(!app.is_grant_revoked(&grant).await);
    let unknown = "00000000-0000-4000-8000-000000000000";
    let response = admin.remove_user_grant(unknown, &grant).await;
    response.assert_error(404, "user_not_found");
    let response = admin.list_user_grants(unknown).await;
    response.assert_error(404, "user_not_found");
}

/// An administrator removes nothing if the administrator loses the role, or the user becomes an administrator, between the check
/// and the write.
#[tokio::test]
async fn removal_that_is_no_longer_permitted_at_the_write_is_refused() {
    for is_demoted in [true, false] {
        let app = App::shared();
        let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
        let admin = grace.sign_in().await;
        let client = app.seed_oauth_client("App").await;
        let grant = app.seed_grant(&ada.id, &client).await;
        app.seed_consent(&ada.id, &client, "app.example.com", "")
            .await;
        let fault = Fault::d1().matching("UPDATE oauth_grants SET revoked_at");
        let paused = app.fault(fault.times(1).pauses()).await;
        let remove = tokio::spawn(admin.remove_user_grant(&ada.id, &grant).into_future());
        paused.wait_for_hits(1).await;
        if is_demoted {
            grace.update("role = 'user'").await;
        } else {
            ada.update("role = 'admin'").await;
        }
        paused.release().await;
        remove.await.unwrap().assert_error(403, "not_permitted");
        assert!(!app.is_grant_revoked(&grant).await);
        assert_eq!(app.consents_of(&ada.id).await.len(), 1);
        assert_eq!(ada.audit_entries("grant_revoked").await, 0);
    }
}

/// The consents also stay if the grant had already been revoked.
#[tokio::test]
async fn refused_removal_of_a_revoked_grant_keeps_the_consents() {
    let app = App::shared();
    let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
    let admin = grace.sign_in().await;
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.change_grant(&grant, "revoked_at = '2024-01-02T00:00:00Z'")
        .await;
    app.seed_consent(&ada.id, &client, "app.example.com", "")
        .await;
    let fault = Fault::d1().matching("UPDATE oauth_grants SET revoked_at");
    let paused = app.fault(fault.times(1).pauses()).await;
    let remove = tokio::spawn(admin.remove_user_grant(&ada.id, &grant).into_future());
    paused.wait_for_hits(1).await;
    grace.update("role = 'user'").await;
    paused.release().await;
    remove.await.unwrap().assert_error(403, "not_permitted");
    assert_eq!(app.consents_of(&ada.id).await.len(), 1);
}
