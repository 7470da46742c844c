//! A user has at most 100 live grants, and a new grant costs a bounded number of rows.

use super::token::app;
use crate::support::User;
use crate::support::services::Service;
use crate::support::{App, FAR_FUTURE};
use serde_json::json;

/// Ended grants and those of other users do not count.
#[tokio::test]
async fn grant_beyond_the_limit_revokes_the_least_recently_used_one() {
    let app = app();
    let service = app.application("none").await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let browser = ada.sign_in_with_cookie().await;
    let client = app.seed_oauth_client("App").await;
    let of_bob = app.seed_grant(&bob.id, &client).await;
    let mut seeded = Vec::new();
    for _ in 0..99 {
        seeded.push(app.seed_grant(&ada.id, &client).await);
    }
    let [revoked, expired, without_session] = [
        app.seed_grant(&ada.id, &client).await,
        app.seed_grant(&ada.id, &client).await,
        app.seed_grant(&ada.id, &client).await,
    ];
    let old = "2020-01-01T00:00:00Z";
    for (id, changes) in [
        (&revoked, format!("revoked_at = '{old}'")),
        (&expired, format!("expires_at = '{old}'")),
        (&without_session, "scope = 'openid'".to_owned()),
        // The first one was created first, but the second one is the least recently used one.
        (
            &seeded[0],
            format!("created_at = '{old}', last_used_at = '2025-01-01T00:00:00Z'"),
        ),
        (&seeded[1], "created_at = '2020-01-02T00:00:00Z'".to_owned()),
    ] {
        app.change_grant(id, &changes).await;
    }
    let sql = "SELECT id FROM oauth_grants WHERE user_id = ?1 AND revoked_at > '2021' ORDER BY id";
    let evicted = async || app.sql(sql, [ada.id.as_str()]).await;
    // The hundredth grant. One that ended with its session is marked.
    let first = service.code(&browser, &[]).await;
    assert_eq!(evicted().await, [json!({ "id": without_session })]);
    assert_eq!(ada.audit_entries("grant_revoked").await, 0);
    service.redeem(&first, &[]).await.assert_status(200);
    let second = service.code(&browser, &[]).await;
    let mut ids = [json!({ "id": without_session }), json!({ "id": seeded[1] })];
    ids.sort_by_key(ToString::to_string);
    assert_eq!(evicted().await, ids);
    assert!(!app.is_grant_revoked(&of_bob).await);
    let sql =
        "SELECT actor, session, detail FROM audit WHERE subject = ?1 AND kind = 'grant_revoked'";
    let entry =
        json!({ "actor": ada.id, "session": browser.session_id(), "detail": "more than 100" });
    assert_eq!(app.sql(sql, [ada.id.as_str()]).await, [entry]);
    service.redeem(&second, &[]).await.assert_status(200);
}

/// Another site can begin authorizations without the user, if the user has allowed the application before.
#[tokio::test]
async fn codes_that_are_not_redeemed_end_no_grant() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    let client = app.seed_oauth_client("App").await;
    for _ in 0..99 {
        app.seed_grant(&ada.id, &client).await;
    }
    for _ in 0..5 {
        service.code(&browser, &[]).await;
    }
    let sql =
        "SELECT count(*) AS count FROM oauth_grants WHERE user_id = ?1 AND revoked_at IS NOT NULL";
    assert_eq!(
        app.sql(sql, [ada.id.as_str()]).await,
        [json!({ "count": 0 })]
    );
}

/// Grants that ended with their session.
async fn seed_ended(app: &App, user: &User, service: &Service, count: usize) {
    let sql = "INSERT INTO oauth_grants
                 (id, user_id, client_id, session_id, redirect_uri, scope, code_challenge, authenticated_at, amr, created_at,
                  redeemed_at, generation, rotated_at, expires_at, ends_at)
               WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?4)
               SELECT lower(hex(randomblob(16))), ?1, ?2, 'none', 'https://app.example.com/', 'openid', 'x', '2024-01-01T00:00:00Z',
                      '[\"pwd\"]', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z', 1, '2024-01-01T00:00:00Z', ?3, ?3
               FROM numbers";
    let parameters = [
        json!(user.id),
        json!(service.id),
        json!(FAR_FUTURE),
        json!(count),
    ];
    app.sql(sql, parameters).await;
}

#[tokio::test]
async fn grants_that_ended_with_their_session_are_not_read_again() {
    let app = app();
    let service = app.application("none").await;
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    service.code(&browser, &[]).await;
    let few = service
        .authorize(&browser, &[])
        .await
        .recorded()
        .await
        .rows_read();
    seed_ended(&app, &ada, &service, 2_000).await;
    let mut read = Vec::new();
    for _ in 0..8 {
        let response = service.authorize(&browser, &[]).await;
        drop(response.response_to_client());
        read.push(response.recorded().await.rows_read());
    }
    assert!(
        read.iter().all(|rows| *rows < few + 4_000),
        "{few} {read:?}"
    );
    assert!(read[7] < few + 50, "{few} {read:?}");
    assert_eq!(ada.audit_entries("grant_revoked").await, 0);
}
