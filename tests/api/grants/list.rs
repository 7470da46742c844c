//! `GET /api/auth/grants`: list the user's connected applications.

use crate::support::services::RESOURCES;
use crate::support::{App, Caller, Fault, Vars, var};
use serde_json::{Value, json};

async fn listed(session: &Caller) -> Vec<Value> {
    session.list_grants().await.list("grants")
}

async fn listed_ids(session: &Caller) -> Vec<Value> {
    let grants = listed(session).await;
    grants.iter().map(|grant| grant["id"].clone()).collect()
}

#[tokio::test]
async fn grants_returns_the_documented_body_newest_first() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("Dashboards").await;
    let first = app.seed_grant(&ada.id, &client).await;
    let second = app.seed_grant(&ada.id, &client).await;
    app.change_grant(
        &second,
        "created_at = '2024-02-01T00:00:00Z', last_used_at = '2024-02-02T00:00:00Z', scope = 'offline_access reports:read', \
         resource = 'https://other.example.com/v1', redirect_uri = 'https://app.example.com:8443/callback?x=1'",
    )
    .await;
    let session = ada.sign_in().await;
    let response = session.list_grants().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "grants": [
        {
          "id": "[uuid]",
          "client": {
            "client_id": "[uuid]",
            "name": "Dashboards"
          },
          "redirect_host": "app.example.com:8443",
          "resource": {
            "uri": "https://other.example.com/v1",
            "name": "https://other.example.com/v1"
          },
          "scopes": [
            "offline_access",
            "reports:read"
          ],
          "created_at": "[time]",
          "last_used_at": "[time]"
        },
        {
          "id": "[uuid]",
          "client": {
            "client_id": "[uuid]",
            "name": "Dashboards"
          },
          "redirect_host": "app.example.com",
          "resource": null,
          "scopes": [
            "openid",
            "offline_access"
          ],
          "created_at": "[time]",
          "last_used_at": null
        }
      ]
    }
    "#);
    assert_eq!(listed_ids(&session).await, [second, first]);
    for grant in listed(&session).await {
        assert_eq!(grant["client"]["client_id"], client.as_str());
    }
}

#[tokio::test]
async fn resource_has_its_configured_name_in_any_case_of_its_host() {
    let app = App::with(Vars::new().set("OAUTH_RESOURCES", RESOURCES));
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let session = ada.sign_in().await;
    let configured: Value = serde_json::from_str(RESOURCES).unwrap();
    let (uri, name) = (&configured[0]["resource"], &configured[0]["name"]);
    let uri = uri.as_str().unwrap();
    let grant = app.seed_grant(&ada.id, &client).await;
    for spelling in [uri.to_owned(), uri.replacen("https", "HTTPS", 1)] {
        app.change_grant(&grant, &format!("resource = '{spelling}'"))
            .await;
        let expected = json!({ "uri": spelling, "name": name });
        assert_eq!(listed(&session).await[0]["resource"], expected);
    }
}

#[tokio::test]
async fn place_of_return_is_shown_for_each_kind_of_redirect_uri() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let session = ada.sign_in().await;
    let grant = app.seed_grant(&ada.id, &client).await;
    for (uri, host) in [
        ("https://app.example.com/callback", "app.example.com"),
        ("http://127.0.0.1:49152/callback", "127.0.0.1"),
        ("http://[::1]:49152/", "[::1]"),
        ("com.example.app:/callback", "com.example.app"),
    ] {
        app.change_grant(&grant, &format!("redirect_uri = '{uri}'"))
            .await;
        assert_eq!(listed(&session).await[0]["redirect_host"], host, "{uri}");
    }
}

#[tokio::test]
async fn grant_of_another_user_or_that_is_not_live_is_not_listed() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let client = app.seed_oauth_client("App").await;
    app.seed_grant(&bob.id, &client).await;
    let live = app.seed_grant(&ada.id, &client).await;
    for change in [
        "revoked_at = '2024-01-02T00:00:00Z'",
        "expires_at = '2024-01-02T00:00:00Z'",
        "ends_at = '2024-01-02T00:00:00Z'",
        "redeemed_at = NULL, generation = 0",
    ] {
        let ended = app.seed_grant(&ada.id, &client).await;
        app.change_grant(&ended, change).await;
    }
    assert_eq!(listed_ids(&ada.sign_in().await).await, [live]);
}

/// With `offline_access`, the session does not matter.
#[tokio::test]
async fn grant_without_offline_access_is_listed_while_its_session_is_live() {
    let app = App::with(Vars::new().set(var::TOKEN_LIFETIME, "60"));
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let offline = app.seed_grant(&ada.id, &client).await;
    let [revoked, expired, own] = [
        ada.sign_in().await,
        ada.sign_in().await,
        ada.sign_in().await,
    ];
    let mut online = Vec::new();
    for (session, scope) in [
        (&revoked, "openid"),
        (&expired, "openid profile"),
        (&own, "offline_access:x openid"),
    ] {
        let grant = app.seed_grant(&ada.id, &client).await;
        let id = session.session_id();
        let changes = format!("scope = '{scope}', session_id = '{id}'");
        app.change_grant(&grant, &changes).await;
        online.push(grant);
    }
    assert_eq!(listed_ids(&own).await.len(), 4);
    revoked.logout().await.assert_status(200);
    let ids = listed_ids(&own).await;
    assert!(
        ids.len() == 3 && !ids.contains(&json!(online[0])),
        "{ids:?}"
    );
    // The token of the other session can no longer be refreshed.
    app.shift_clock(80).await;
    let own = own.refreshed().await;
    app.shift_clock(91).await;
    let mut ids = listed_ids(&own).await;
    let mut expected = [json!(offline), json!(online[2])];
    ids.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn grant_is_listed_until_the_second_in_which_it_expires() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let session = ada.sign_in().await;
    let now = app.now().await;
    let grant = app.seed_grant(&ada.id, &client).await;
    for column in ["expires_at", "ends_at"] {
        for (end, is_listed) in [(now.plus(1), true), (now, false)] {
            app.change_grant(&grant, &format!("{column} = '{end}'"))
                .await;
            assert_eq!(
                listed(&session).await.len(),
                usize::from(is_listed),
                "{column} {end}"
            );
        }
        app.change_grant(&grant, &format!("{column} = '9999-01-01T00:00:00Z'"))
            .await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn at_most_200_grants_are_listed() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let oldest = app.seed_grant(&ada.id, &client).await;
    app.change_grant(&oldest, "expires_at = '2998-01-01T00:00:00Z'")
        .await;
    for _ in 0..200 {
        app.seed_grant(&ada.id, &client).await;
    }
    let ids = listed_ids(&ada.sign_in().await).await;
    assert_eq!(ids.len(), 200);
    assert!(!ids.contains(&json!(oldest)));
}

/// The list reads D1, so a session that was revoked is refused although it is cached.
#[tokio::test]
async fn grants_needs_a_live_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    session.validate().await.assert_status(200);
    app.anonymous()
        .list_grants()
        .await
        .assert_error(401, "no_token");
    ada.disable().await;
    session.list_grants().await.assert_status(401);
}

#[tokio::test]
async fn invalid_row_of_a_grant_returns_503() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let client = app.seed_oauth_client("App").await;
    let session = ada.sign_in().await;
    let grant = app.seed_grant(&ada.id, &client).await;
    app.change_grant(&grant, "redirect_uri = 'javascript:alert(1)'")
        .await;
    session
        .list_grants()
        .await
        .assert_error(503, "storage_unavailable");
    app.change_grant(&grant, "redirect_uri = 'https://app.example.com/'")
        .await;
    app.fault(Fault::d1().matching("FROM oauth_grants").times(1).fails())
        .await;
    session
        .list_grants()
        .await
        .assert_error(503, "storage_unavailable");
    assert_eq!(listed(&session).await.len(), 1);
}
