//! The events that end a grant: sign-out, revocation, and changes of its user or client.

use super::code::entries;
use super::introspect::introspect;
use super::token::{app, claims};
use crate::support::grants::Tokens;
use crate::support::services::{Service, with_resources};
use crate::support::{App, Caller, Response, User};
use serde_json::{Value, json};

const REVOKE: &str = "/oauth/revoke";

/// A user with a session, and two grants: one with `offline_access`, and one without.
struct Setting {
    app: App,
    service: Service,
    user: User,
    browser: Caller,
    offline: Tokens,
    online: Tokens,
}

async fn setting() -> Setting {
    setting_in(app()).await
}

async fn setting_in(app: App) -> Setting {
    let service = app.application("client_secret_basic").await;
    let user = app.user("ada").await;
    let browser = user.sign_in_with_cookie().await;
    let offline = service.tokens(&browser, &[]).await;
    let online = service.tokens(&browser, &[("scope", "reports:read")]).await;
    Setting {
        app,
        service,
        user,
        browser,
        offline,
        online,
    }
}

impl Setting {
    async fn is_active(&self, token: &str) -> bool {
        let response = introspect(&self.service, token).await;
        response.assert_status(200).json()["active"] == true
    }

    /// Whether the access token and the refresh token of a grant are active. Both must have the same state.
    #[track_caller]
    fn is(&self, tokens: &Tokens) -> impl Future<Output = bool> {
        let (access, refresh) = (tokens.access.clone(), tokens.refresh.clone());
        async move {
            let found = [
                self.is_active(&access).await,
                self.is_active(&refresh).await,
            ];
            assert_eq!(found[0], found[1], "{found:?}");
            found[0]
        }
    }

    async fn assert_ended(&self, what: &str, tokens: &Tokens) {
        assert!(!self.is(tokens).await, "{what}");
        let response = self.service.refresh(&tokens.refresh, &[]).await;
        response.assert_error(400, "invalid_grant");
    }

    async fn assert_all_ended(&self, what: &str) {
        self.assert_ended(what, &self.offline).await;
        self.assert_ended(what, &self.online).await;
    }
}

#[tokio::test]
async fn signing_out_ends_the_grants_without_offline_access() {
    let setting = setting().await;
    assert!(setting.is(&setting.offline).await && setting.is(&setting.online).await);
    let other = setting.user.sign_in_with_cookie().await;
    let of_other = setting
        .service
        .tokens(&other, &[("scope", "reports:read")])
        .await;
    setting.browser.logout().await.assert_status(200);
    setting.assert_ended("signed out", &setting.online).await;
    assert!(setting.is(&setting.offline).await && setting.is(&of_other).await);
    let next = setting.service.refresh(&setting.offline.refresh, &[]).await;
    next.assert_status(200);
}

#[tokio::test]
async fn expired_session_ends_the_grants_without_offline_access() {
    let setting = setting().await;
    for (column, is_active) in [("ends_at", false), ("token_expires_at", false)] {
        let online = setting
            .service
            .tokens(&setting.browser, &[("scope", "reports:read")])
            .await;
        let id = setting.browser.session_id();
        let of = format!("SELECT {column} AS value FROM sessions WHERE id = ?1");
        let before = setting.app.sql(&of, [id.as_str()]).await[0]["value"].clone();
        let set = format!("UPDATE sessions SET {column} = ?2 WHERE id = ?1");
        setting
            .app
            .sql(&set, [json!(id), json!("2024-01-01T00:00:00Z")])
            .await;
        assert_eq!(setting.is(&online).await, is_active, "{column}");
        assert!(setting.is(&setting.offline).await, "{column}");
        setting.app.sql(&set, [json!(id), before]).await;
    }
    let ends_at = setting.browser.column("ends_at").await;
    let of_grant = setting
        .app
        .grant_column(&setting.online.access, "ends_at")
        .await;
    assert_eq!(of_grant, ends_at);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_grants() {
    let setting = setting().await;
    setting.browser.logout_all().await.assert_status(200);
    setting.assert_all_ended("signed out everywhere").await;
    assert_eq!(setting.user.audit_entries("grant_revoked").await, 1);
}

/// An isolate whose clock is behind could still renew a grant that has just expired.
#[tokio::test]
async fn signing_out_everywhere_revokes_grants_that_have_just_expired() {
    let setting = setting().await;
    let column = async |tokens: &Tokens, name| setting.app.grant_column(&tokens.access, name).await;
    let id = column(&setting.offline, "id").await;
    let id = id.as_str().expect("an id");
    let expired = "expires_at = '2024-01-02T00:00:00Z'";
    setting.app.change_grant(id, expired).await;
    setting.browser.logout_all().await.assert_status(200);
    assert!(setting.app.is_grant_revoked(id).await);
    assert_eq!(setting.user.audit_entries("grant_revoked").await, 1);
}

#[tokio::test]
async fn administrator_who_ends_all_sessions_ends_all_grants() {
    let setting = setting().await;
    setting.browser.logout().await.assert_status(200);
    // No session is live, but a grant is.
    let admin = setting.app.administrator("admin").await;
    let response = admin.revoke_user_sessions(&setting.user.id).await;
    assert_eq!(response.assert_status(200).json()["revoked_sessions"], 0);
    setting.assert_all_ended("administrator").await;
    assert_eq!(setting.user.audit_entries("grant_revoked").await, 1);
}

#[tokio::test]
async fn disabling_ends_all_grants_for_good() {
    let setting = setting().await;
    let admin = setting.app.administrator("admin").await;
    let change =
        |is_active: bool| admin.change_user(&setting.user.id, &json!({ "is_active": is_active }));
    change(false).await.assert_status(200);
    setting.assert_all_ended("disabled").await;
    change(true).await.assert_status(200);
    setting.assert_all_ended("enabled again").await;
}

#[tokio::test]
async fn change_of_the_role_ends_the_session_and_not_the_grant() {
    let setting = setting().await;
    let root = setting.app.administrator("super_admin").await;
    let changed = root
        .change_user(&setting.user.id, &json!({ "role": "admin" }))
        .await;
    changed.assert_status(200);
    setting.assert_ended("role", &setting.online).await;
    assert!(setting.is(&setting.offline).await);
}

/// Services that ask must not accept the permissions of the former role until the token expires.
#[tokio::test]
async fn demotion_ends_access_tokens_with_scopes_of_the_former_role() {
    let app = app();
    let service = app.application("client_secret_basic").await;
    let user = app.admin("bea").await;
    let browser = user.sign_in_with_cookie().await;
    let tokens = async |scope: &str| service.tokens(&browser, &[("scope", scope)]).await;
    let former = tokens("reports:read reports:write offline_access").await;
    let with_role = tokens("reports:read roles offline_access").await;
    let other = tokens("reports:read offline_access").await;
    let active = async |token: &str| introspect(&service, token).await.assert_status(200).json();
    for tokens in [&former, &with_role, &other] {
        assert_eq!(active(&tokens.access).await["active"], true);
    }
    user.update("role = 'user'").await;
    for tokens in [&former, &with_role] {
        assert_eq!(active(&tokens.access).await, json!({ "active": false }));
    }
    assert_eq!(active(&other.access).await["active"], true);
    let refresh = active(&former.refresh).await;
    assert_eq!(refresh["scope"], "reports:read offline_access");
    let next = service.refresh(&former.refresh, &[]).await.tokens();
    assert_eq!(active(&next.access).await["active"], true);
}

#[tokio::test]
async fn password_reset_and_change_end_all_grants() {
    let setting = setting().await;
    let link = setting.user.reset_link().await;
    let new = "another long password of ada";
    let set = setting.app.anonymous().set_password(&link, new).await;
    set.assert_status(200);
    setting.assert_all_ended("password reset").await;

    let changed = self::setting().await;
    let response = changed
        .browser
        .change_password(&changed.user.password, new)
        .await;
    response.assert_status(200);
    changed.assert_all_ended("password changed").await;
}

#[tokio::test]
async fn erasure_removes_grants_and_consents() {
    let setting = setting().await;
    let admin = setting.app.administrator("admin").await;
    let erased = admin.erase_user(&setting.user.id, "*").await;
    assert!([200, 204].contains(&erased.status), "{}", erased.text());
    setting.assert_all_ended("erased").await;
    for table in ["oauth_grants", "oauth_consents"] {
        let sql = format!("SELECT count(*) AS count FROM {table} WHERE user_id = ?1");
        let rows = setting.app.sql(&sql, [setting.user.id.as_str()]).await;
        assert_eq!(rows[0]["count"], 0, "{table}");
    }
}

#[tokio::test]
async fn deletion_of_the_client_revokes_its_grants() {
    let setting = setting().await;
    let root = setting.app.administrator("super_admin").await;
    let caller = setting.app.service("client_secret_basic", "").await;
    let stale = root.delete_client(&setting.service.id, "\"9\"").await;
    stale.assert_error(412, "version_mismatch");
    assert!(setting.is(&setting.offline).await);
    let deleted = root.delete_client(&setting.service.id, "*").await;
    assert!([200, 204].contains(&deleted.status), "{}", deleted.text());
    let response = introspect(&caller, &setting.offline.access).await;
    assert_eq!(response.json(), json!({ "active": false }));
    let response = setting.service.refresh(&setting.offline.refresh, &[]).await;
    response.assert_error(401, "client_authentication_failed");
    let list = setting.browser.list_grants().await.json();
    assert_eq!(list["grants"], json!([]));
}

async fn revoke(service: &Service, token: &str) -> Response {
    service.post(REVOKE, &[("token", token)]).await
}

#[tokio::test]
async fn revoked_refresh_token_ends_the_grant_and_access_token_only_itself() {
    for method in ["client_secret_basic", "private_key_jwt ES256"] {
        let app = app();
        let service = app.application(method).await;
        let browser = app.user("ada").await.sign_in_with_cookie().await;
        let tokens = service.tokens(&browser, &[]).await;
        revoke(&service, &tokens.access).await.assert_status(200);
        let is_active =
            async |token: &str| introspect(&service, token).await.json()["active"] == true;
        assert!(
            !is_active(&tokens.access).await && is_active(&tokens.refresh).await,
            "{method}"
        );
        let next = service.refresh(&tokens.refresh, &[]).await.tokens();
        // An earlier refresh token is enough.
        for _ in 0..2 {
            revoke(&service, &tokens.refresh).await.assert_status(200);
        }
        assert!(
            !is_active(&next.access).await && !is_active(&next.refresh).await,
            "{method}"
        );
        let response = service.refresh(&next.refresh, &[]).await;
        response.assert_error(400, "invalid_grant");
        let expected = json!({ "outcome": "success", "actor": null, "detail": format!("client {}", service.id) });
        let found = entries(&app, &service, "grant_revoked").await;
        assert_eq!(found, [expected], "{method}");
    }
}

#[tokio::test]
async fn public_client_revokes_its_own_tokens_only() {
    let setting = setting().await;
    let public = setting.app.application("none").await;
    let other = setting.app.application("client_secret_post").await;
    for client in [&public, &other] {
        for token in [&setting.offline.access, &setting.offline.refresh] {
            revoke(client, token).await.assert_status(200);
        }
    }
    assert!(setting.is(&setting.offline).await);
    let own = public.tokens(&setting.browser, &[]).await;
    revoke(&public, &own.refresh).await.assert_status(200);
    let response = public.refresh(&own.refresh, &[]).await;
    response.assert_error(400, "invalid_grant");
    let code = public.code(&setting.browser, &[]).await;
    revoke(&public, &code).await.assert_status(200);
    public.redeem(&code, &[]).await.assert_status(200);
}

#[tokio::test]
async fn introspection_describes_tokens_of_users() {
    let setting = setting().await;
    let claims = claims(&setting.offline.access);
    let response = introspect(&setting.service, &setting.offline.refresh).await;
    let body = response.assert_status(200).json();
    let expected = json!({
        "active": true, "iss": setting.app.page_origin(), "sub": setting.user.id, "aud": claims["aud"],
        "client_id": setting.service.id, "exp": body["exp"], "iat": claims["iat"], "scope": "reports:read offline_access"
    });
    assert_eq!(body, expected);
    // Another client may ask about access tokens, but not about refresh tokens.
    let other = setting.app.service("client_secret_basic", "").await;
    let access = introspect(&other, &setting.offline.access).await.json();
    assert_eq!(
        (&access["active"], &access["sub"]),
        (&json!(true), &json!(setting.user.id))
    );
    let refresh = introspect(&other, &setting.offline.refresh).await.json();
    assert_eq!(refresh, json!({ "active": false }));
    let code = setting.service.code(&setting.browser, &[]).await;
    let of_code = introspect(&setting.service, &code).await.json();
    assert_eq!(of_code, json!({ "active": false }));
    let of_user = setting
        .service
        .tokens(&setting.browser, &[("resource", ""), ("scope", "openid")])
        .await;
    let of_user: Value = introspect(&other, &of_user.access).await.json();
    assert_eq!(
        (&of_user["active"], &of_user["aud"]),
        (&json!(true), &json!(setting.app.page_origin()))
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_removes_grants_that_have_expired() {
    // The event would remove those of other tests too.
    let setting = setting_in(App::isolated(with_resources())).await;
    let unused = setting.service.code(&setting.browser, &[]).await;
    let count = async || {
        let sql = "SELECT count(*) AS count FROM oauth_grants WHERE client_id = ?1";
        let rows = setting.app.sql(sql, [setting.service.id.as_str()]).await;
        rows[0]["count"].as_u64().expect("a count")
    };
    assert_eq!(count().await, 3);
    setting.app.shift_clock(61).await;
    setting.app.scheduled("0 * * * *").await;
    assert_eq!(count().await, 2);
    setting
        .service
        .redeem(&unused, &[])
        .await
        .assert_error(400, "invalid_grant");
    // A revoked grant is kept until its access tokens have expired.
    let response = revoke(&setting.service, &setting.online.refresh).await;
    response.assert_status(200);
    for (seconds, left) in [(650, 2), (670, 1)] {
        setting.app.shift_clock(seconds).await;
        setting.app.scheduled("0 * * * *").await;
        assert_eq!(count().await, left);
    }
    setting.app.shift_clock(2_592_100).await;
    setting.app.scheduled("0 * * * *").await;
    assert_eq!(count().await, 0);
}
