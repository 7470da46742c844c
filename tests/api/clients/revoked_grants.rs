//! What a revocation of all grants to an OAuth client ends: every token of a user, also in requests at the same time, and consents. The
//! deletion of a client revokes its grants in the same way.

use crate::support::grants::Tokens;
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller, Fault, Response, User};
use serde_json::{Value, json};
use std::future::IntoFuture;
use std::time::Duration;

/// The response about this token.
async fn introspect(caller: &Service, token: &str) -> Response {
    let form = [("token", token)];
    caller.post("/oauth/introspect", &form).await
}

/// An application, and a user who signs in to it.
struct Setting {
    app: App,
    service: Service,
    user: User,
    browser: Caller,
    admin: Caller,
}

impl Setting {
    async fn new() -> Self {
        Self::in_app(App::with(with_resources())).await
    }

    async fn in_app(app: App) -> Self {
        let user = app.user("ada").await;
        Self {
            service: app.application("client_secret_basic").await,
            browser: user.sign_in_with_cookie().await,
            admin: app.administrator("super_admin").await,
            user,
            app,
        }
    }

    async fn tokens(&self) -> Tokens {
        self.service.tokens(&self.browser, &[]).await
    }

    async fn revoke(&self) {
        let revoked = self.admin.revoke_client_grants(&self.service.id).await;
        revoked.assert_status(200);
    }

    async fn is_active(&self, token: &str) -> bool {
        let response = introspect(&self.service, token).await;
        response.assert_status(200).json()["active"] == true
    }

    async fn assert_ended(&self, tokens: &Tokens) {
        for token in [&tokens.access, &tokens.refresh] {
            assert!(!self.is_active(token).await);
        }
        let refreshed = self.service.refresh(&tokens.refresh, &[]).await;
        refreshed.assert_error(400, "invalid_grant");
    }

    /// Adds this many live grants.
    async fn add_grants(&self, count: u32) {
        let sql = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             INSERT INTO oauth_grants
               (id, user_id, client_id, session_id, redirect_uri, scope, code_challenge, authenticated_at, amr, created_at, redeemed_at,
                generation, rotated_at, expires_at, ends_at, last_used_at)
             SELECT ?2 || n, ?1, ?2, 'none', 'https://app.example.com/', 'openid offline_access', 'x', ?3, '[]', ?3, ?3, 1, ?3, ?4, ?4, ?4
             FROM numbers"
        );
        let (created, end) = ("2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
        let parameters = [&self.user.id, &self.service.id, created, end];
        self.app.sql(&sql, parameters).await;
    }

    /// The rows of this table about the client.
    async fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) AS n FROM {table} WHERE client_id = ?1");
        self.app.count(&sql, [self.service.id.as_str()]).await
    }
}

#[tokio::test]
async fn refresh_introspection_user_info_and_code_are_refused_at_once() {
    let setting = Setting::new().await;
    let (tokens, code) = (
        setting.tokens().await,
        setting.service.code(&setting.browser, &[]).await,
    );
    let identity = [("resource", ""), ("scope", "openid")];
    let of_user = setting.service.tokens(&setting.browser, &identity).await;
    let user_info = || setting.app.get("/oauth/userinfo").bearer(&of_user.access);
    user_info().await.assert_status(200);
    setting.revoke().await;
    setting.assert_ended(&tokens).await;
    setting.assert_ended(&of_user).await;
    user_info().await.assert_error(401, "invalid_token");
    let redeemed = setting.service.redeem(&code, &[]).await;
    redeemed.assert_error(400, "invalid_grant");
    let list = setting.browser.list_grants().await.json();
    assert_eq!(list["grants"], json!([]));
    let list = setting.admin.list_user_grants(&setting.user.id).await;
    assert_eq!(list.json()["grants"], json!([]));
}

/// The client keeps its registration and its secret, and gets new grants.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn client_asks_the_user_again_and_other_clients_keep_their_grants() {
    let setting = Setting::new().await;
    let other = setting.app.application("none").await;
    let of_other = other.tokens(&setting.browser, &[]).await;
    setting.tokens().await;
    // The consent is remembered, so the user is not asked.
    let authorize = || setting.service.authorize(&setting.browser, &[]);
    authorize().await.response_to_client();
    setting.revoke().await;
    authorize().await.sealed_request();
    let next = setting.tokens().await;
    assert!(setting.is_active(&next.access).await && setting.is_active(&next.refresh).await);
    authorize().await.response_to_client();
    let refreshed = other.refresh(&of_other.refresh, &[]).await;
    refreshed.assert_status(200);
}

/// A remembered consent that was revoked adds no scopes to the next one.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn scopes_of_a_revoked_consent_are_not_part_of_the_next_one() {
    let setting = Setting::new().await;
    let wide = [("scope", "reports:read openid offline_access")];
    setting.service.tokens(&setting.browser, &wide).await;
    setting.revoke().await;
    let narrow = [("scope", "reports:read")];
    setting.service.tokens(&setting.browser, &narrow).await;
    let asked = setting.service.authorize(&setting.browser, &wide).await;
    asked.sealed_request();
}

/// A token that the client got for itself does not belong to a grant.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn token_without_a_grant_stays_active() {
    let setting = Setting::new().await;
    let service = setting.app.service("client_secret_basic", "reports:read");
    let service = service.await;
    let token = service.token().await;
    setting.app.seed_grant(&setting.user.id, &service.id).await;
    let revoked = setting.admin.revoke_client_grants(&service.id).await;
    assert_eq!(revoked.client()["version"], 2);
    let active = introspect(&service, &token).await.json();
    assert_eq!(active["active"], true);
}

/// The revocation happens after the refresh has read the grant, and before it writes.
#[tokio::test]
async fn refresh_that_has_read_the_grant_gets_no_tokens_after_the_revocation() {
    let setting = Setting::new().await;
    let tokens = setting.tokens().await;
    let view = setting.app.another_view();
    let fault = Fault::d1().matching("SET generation = generation");
    let paused = view.fault(fault.times(1).pauses()).await;
    let refresh = setting.service.in_view(&view);
    let refresh = tokio::spawn(refresh.refresh(&tokens.refresh, &[]).into_future());
    paused.wait_for_hits(1).await;
    setting.revoke().await;
    paused.release().await;
    let refreshed = refresh.await.expect("a response");
    refreshed.assert_error(400, "invalid_grant");
    setting.assert_ended(&tokens).await;
}

/// The revocation happens after the consent page was read, and before the grant is created.
#[tokio::test]
async fn grant_that_is_based_on_a_revoked_consent_is_not_created() {
    let setting = Setting::new().await;
    setting.tokens().await;
    let view = setting.app.another_view();
    let fault = Fault::d1().matching("INSERT INTO oauth_grants");
    let paused = view.fault(fault.times(1).pauses()).await;
    let (service, browser) = (
        setting.service.in_view(&view),
        setting.browser.in_view(&view),
    );
    let authorize = tokio::spawn(service.authorize(&browser, &[]).into_future());
    paused.wait_for_hits(1).await;
    setting.revoke().await;
    paused.release().await;
    authorize.await.expect("a response").sealed_request();
}

#[tokio::test]
#[ignore = "slow: 100 rounds"]
async fn revocation_concurrent_with_refreshes_leaves_no_token() {
    let setting = Setting::new().await;
    let mut issued = 0;
    for round in 0..100_u64 {
        let tokens = setting.tokens().await;
        let mut running = tokio::task::JoinSet::new();
        for place in 0..4 {
            let request = setting.service.refresh(&tokens.refresh, &[]);
            let wait = Duration::from_micros((round * 131 + place * 977) % 5_000);
            running.spawn(async move {
                tokio::time::sleep(wait).await;
                request.await
            });
        }
        tokio::time::sleep(Duration::from_micros(round * 977 % 5_000)).await;
        setting.revoke().await;
        let mut all = vec![tokens];
        for response in running.join_all().await {
            if response.status == 200 {
                issued += 1;
                all.push(response.tokens());
            } else {
                response.assert_error(400, "invalid_grant");
            }
        }
        for tokens in &all {
            setting.assert_ended(tokens).await;
        }
    }
    assert!(issued > 0, "no refresh was faster");
}

/// Otherwise, the new grant of another client would revoke a live one in place of these.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn revoked_grants_do_not_count_towards_the_maximum() {
    let setting = Setting::new().await;
    let other = setting.app.application("none").await;
    let of_other = other.tokens(&setting.browser, &[]).await;
    setting.add_grants(120).await;
    setting.revoke().await;
    setting.tokens().await;
    other
        .refresh(&of_other.refresh, &[])
        .await
        .assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_event_deletes_the_revoked_grants_and_consents_only() {
    // The event would delete those of other tests too.
    let setting = Setting::in_app(App::isolated(with_resources())).await;
    let other = setting.app.application("none").await;
    let of_other = other.tokens(&setting.browser, &[]).await;
    setting.tokens().await;
    let sql = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1500)
               INSERT INTO oauth_consents (user_id, client_id, redirect_host, resource, scope, updated_at)
               SELECT ?1, ?2, 'host' || n, '', 'openid', ?3 FROM numbers";
    let parameters = [
        &setting.user.id,
        &setting.service.id,
        "2024-01-01T00:00:00Z",
    ];
    setting.app.sql(sql, parameters).await;
    setting.revoke().await;
    // The user consents again, to the same application.
    let next = setting.tokens().await;
    assert_eq!(setting.count("oauth_grants").await, 2);
    assert_eq!(setting.count("oauth_consents").await, 1_501);
    setting.app.scheduled("0 * * * *").await;
    assert_eq!(setting.count("oauth_grants").await, 1);
    assert_eq!(setting.count("oauth_consents").await, 1);
    assert!(setting.is_active(&next.refresh).await);
    let refreshed = other.refresh(&of_other.refresh, &[]).await;
    refreshed.assert_status(200);
    let rows: Vec<Value> = setting.app.consents_of(&setting.user.id).await;
    assert_eq!(rows.len(), 2);
}

/// A client may have a million grants, whose deletion would exceed the timeout of D1.
#[tokio::test]
async fn deletion_of_a_client_reads_no_more_rows_if_it_has_many_grants() {
    let mut read = Vec::new();
    for grants in [1, 2_000] {
        let setting = Setting::new().await;
        setting.add_grants(grants).await;
        let deleted = setting.admin.delete_client(&setting.service.id, "*").await;
        deleted.assert_status(200);
        read.push(deleted.recorded().await.rows_read());
        assert_eq!(setting.count("oauth_grants").await, u64::from(grants));
    }
    assert_eq!(read[0], read[1]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_event_deletes_grants_and_consents_of_a_deleted_client_and_then_the_client() {
    let setting = Setting::in_app(App::isolated(with_resources())).await;
    let other = setting.app.application("none").await;
    let of_other = other.tokens(&setting.browser, &[]).await;
    setting.tokens().await;
    setting.add_grants(1_500).await;
    let deleted = setting.admin.delete_client(&setting.service.id, "*").await;
    deleted.assert_status(200);
    assert_eq!(setting.count("oauth_grants").await, 1_501);
    setting.app.scheduled("0 * * * *").await;
    for table in ["oauth_grants", "oauth_consents"] {
        assert_eq!(setting.count(table).await, 0, "{table}");
    }
    let row = setting.app.oauth_client_row(&setting.service.id, "id");
    assert_eq!(row.await, Value::Null);
    let refreshed = other.refresh(&of_other.refresh, &[]).await;
    refreshed.assert_status(200);
}
