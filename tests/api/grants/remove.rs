//! `DELETE /api/auth/grants/{id}`: remove one of the user's connected applications.

use crate::support::services::with_resources;
use crate::support::{App, Fault};
use serde_json::json;
use std::future::IntoFuture as _;
use tokio::task::JoinSet;

#[tokio::test]
async fn removal_revokes_the_grant_forgets_the_consents_and_is_idempotent() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let mut clients = [
        app.seed_oauth_client("App").await,
        app.seed_oauth_client("Other").await,
    ];
    clients.sort();
    let [client, other] = &clients;
    let grant = app.seed_grant(&ada.id, client).await;
    let kept = [
        app.seed_grant(&ada.id, client).await,
        app.seed_grant(&ada.id, other).await,
        app.seed_grant(&bob.id, client).await,
    ];
    for (user, client, host, resource) in [
        (&ada, client, "app.example.com", ""),
        (
            &ada,
            client,
            "app.example.com",
            "https://api.example.com/v1",
        ),
        (&ada, client, "other.example.com", ""),
        (&ada, other, "app.example.com", ""),
        (&bob, client, "app.example.com", ""),
    ] {
        app.seed_consent(&user.id, client, host, resource).await;
    }
    let session = ada.sign_in().await;
    let response = session.remove_grant(&grant).await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Application removed"
    }
    "#);
    for _ in 0..2 {
        assert!(app.is_grant_revoked(&grant).await);
        assert_eq!(app.consents_of(&ada.id).await, [other.as_str()]);
        // A client whose response was lost repeats the request.
        session.remove_grant(&grant).await.assert_status(200);
    }
    assert_eq!(session.list_grants().await.list("grants").len(), 2);
    for id in &kept {
        assert!(!app.is_grant_revoked(id).await, "{id}");
    }
    assert_eq!(app.consents_of(&bob.id).await, [client.as_str()]);
    let sql = "SELECT actor, subject, session, detail FROM audit WHERE subject = ?1 AND kind = 'grant_revoked'";
    let entry = json!({
        "actor": ada.id, "subject": ada.id, "session": session.session_id(), "detail": format!("client {client}: owner")
    });
    assert_eq!(app.sql(sql, [ada.id.clone()]).await, [entry]);
}

/// The user does not see a code that was not redeemed, and expects that the application has no access any more.
#[tokio::test]
async fn removal_revokes_the_codes_of_the_application() {
    let app = App::with(with_resources());
    let (service, other) = (app.application("none").await, app.application("none").await);
    let browser = app.user("ada").await.sign_in_with_cookie().await;
    let tokens = service.tokens(&browser, &[]).await;
    let code = service.code(&browser, &[]).await;
    let of_other = other.code(&browser, &[]).await;
    let id = app.grant_column(&tokens.access, "id").await;
    let removed = browser.remove_grant(id.as_str().expect("an id")).await;
    removed.assert_status(200);
    let redeemed = service.redeem(&code, &[]).await;
    redeemed.assert_error(400, "invalid_grant");
    other.redeem(&of_other, &[]).await.assert_status(200);
}

#[tokio::test]
async fn removal_of_a_grant_of_another_user_returns_404_and_changes_nothing() {
    let app = App::shared();
    let (ada, eve) = (app.super_admin("ada").await, app.super_admin("eve").await);
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.seed_consent(&ada.id, &client, "app.example.com", "")
        .await;
    let session = eve.sign_in().await;
    for id in [
        grant.as_str(),
        &grant.to_uppercase(),
        &grant.replace('-', ""),
        &format!("%7B{grant}%7D"),
        "00000000-0000-4000-8000-000000000000",
        "x",
        "%27%20OR%201=1",
        &"9".repeat(3_000),
    ] {
        let response = session.remove_grant(id).await;
        response.assert_error(404, "grant_not_found");
    }
    assert!(!app.is_grant_revoked(&grant).await);
    assert_eq!(app.consents_of(&ada.id).await.len(), 1);
    assert_eq!(ada.audit_entries("grant_revoked").await, 0);
}

/// A sign-out that came after the list was loaded has revoked the grant. The application still has to ask again.
#[tokio::test]
async fn removal_of_a_grant_that_was_revoked_otherwise_forgets_the_consents() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.change_grant(&grant, "revoked_at = '2024-01-02T00:00:00Z'")
        .await;
    app.seed_consent(&ada.id, &client, "app.example.com", "")
        .await;
    let session = ada.sign_in().await;
    session.remove_grant(&grant).await.assert_status(200);
    assert!(app.consents_of(&ada.id).await.is_empty());
    assert_eq!(ada.audit_entries("grant_revoked").await, 0);
}

#[tokio::test]
async fn expired_grant_can_be_removed() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.change_grant(&grant, "expires_at = '2024-01-02T00:00:00Z'")
        .await;
    let session = ada.sign_in().await;
    session.remove_grant(&grant).await.assert_status(200);
    assert!(app.is_grant_revoked(&grant).await);
}

#[tokio::test]
async fn removal_that_d1_does_not_confirm_returns_503() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.seed_consent(&ada.id, &client, "app.example.com", "")
        .await;
    let session = ada.sign_in().await;
    for matching in [
        "UPDATE oauth_grants",
        "INTO audit",
        "DELETE FROM oauth_consents",
    ] {
        let fault = app.fault(Fault::d1().matching(matching).fails()).await;
        let response = session.remove_grant(&grant).await;
        response.assert_error(503, "storage_unavailable");
        fault.remove().await;
        // The statements are one batch.
        assert!(!app.is_grant_revoked(&grant).await, "{matching}");
        assert_eq!(app.consents_of(&ada.id).await.len(), 1, "{matching}");
    }
    let lost = Fault::d1().matching("UPDATE oauth_grants").times(1);
    let fault = app.fault(lost.loses_response()).await;
    session.remove_grant(&grant).await.assert_status(503);
    fault.remove().await;
    session.remove_grant(&grant).await.assert_status(200);
    assert_eq!(ada.audit_entries("grant_revoked").await, 1);
}

#[tokio::test]
async fn concurrent_removals_write_one_entry() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let grant = app.seed_grant(&ada.id, &client).await;
    let session = ada.sign_in().await;
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        requests.spawn(session.remove_grant(&grant).into_future());
    }
    for response in requests.join_all().await {
        response.assert_status(200);
    }
    assert_eq!(ada.audit_entries("grant_revoked").await, 1);
}
