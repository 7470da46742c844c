//! The time after which `validateToken` notices that a token was revoked or that its client was changed.

use super::{access, app, assert_refused, call, invalid, service, service_token, session};
use crate::support::access_tokens::RESOURCE;
use crate::support::services::{Service, with_resources};
use crate::support::{App, Fault};
use serde_json::{Value, json};

async fn set(service: &Service, assignment: &str) {
    let sql = format!("UPDATE oauth_clients SET {assignment} WHERE id = ?1");
    service.app().sql(&sql, [service.id.as_str()]).await;
}

/// A session in the cache of the isolate is found without a read of a store, as on `/validate`.
#[tokio::test]
async fn valid_tokens_are_cached_for_a_few_seconds() {
    let app = app().another_view();
    let caller = app.user("ada").await.sign_in().await;
    let token = service(&app).await.token().await;
    let session = json!([caller.token()]);
    let access = json!([token, { "audience": RESOURCE }]);
    call(&app, session.clone()).await;
    call(&app, access.clone()).await;
    app.shift_clock(4).await;
    for arguments in [&session, &access] {
        let (result, recorded) = call(&app, arguments.clone()).await;
        assert_eq!(result["valid"], true);
        assert!(recorded.calls.is_empty(), "{:?}", recorded.calls);
    }
    app.shift_clock(5).await;
    let (result, recorded) = call(&app, access).await;
    assert_eq!((&result["valid"], recorded.d1()), (&json!(true), 1));
}

/// The isolate that revokes a token or changes a client empties its cache.
#[tokio::test]
async fn revocation_by_the_same_isolate_is_immediate() {
    let app = App::isolated(with_resources());
    let root = app.super_admin("root").await.sign_in().await;
    let service = service(&app).await;
    let (one, two) = (service.token().await, service.token().await);
    for token in [&one, &two] {
        assert_eq!(access(&app, token).await["valid"], true);
    }
    let revoke = service.post("/oauth/revoke", &[("token", one.as_str())]);
    revoke.await.assert_status(200);
    assert_eq!(access(&app, &one).await, invalid());
    assert_eq!(access(&app, &two).await["valid"], true);
    let disable = root.update_client(&service.id, &json!({ "is_active": false }));
    disable.await.assert_status(200);
    assert_eq!(access(&app, &two).await, invalid());
    let enable = root.update_client(&service.id, &json!({ "is_active": true }));
    enable.await.assert_status(200);
    assert_eq!(access(&app, &two).await["valid"], true);
    root.delete_client(&service.id, "*")
        .await
        .assert_status(200);
    assert_eq!(access(&app, &two).await, invalid());
    root.logout().await.assert_status(200);
    assert_eq!(session(&app, root.token()).await, invalid());
}

/// The isolate that ends a grant empties its cache.
#[tokio::test]
async fn end_of_a_grant_by_the_same_isolate_is_immediate() {
    let app = App::isolated(with_resources());
    let application = app.application("none").await;
    let admin = app.administrator("admin").await;
    let root = app.administrator("super_admin").await;
    for end in [
        "removal",
        "second use of the code",
        "second use of the refresh token",
        "sign-out everywhere",
        "administrator",
        "revocation of all grants to the client",
        "disabled",
        "password reset",
        "erasure",
    ] {
        let user = app.user("ada").await;
        let browser = user.sign_in_with_cookie().await;
        let code = application.code(&browser, &[]).await;
        let tokens = application.redeem(&code, &[]).await.tokens();
        if end == "second use of the refresh token" {
            application.refresh(&tokens.refresh, &[]).await.tokens();
            app.shift_clock(120).await;
        }
        assert_eq!(access(&app, &tokens.access).await["valid"], true, "{end}");
        let response = match end {
            "removal" => {
                let id = app.grant_column(&tokens.access, "id").await;
                browser.remove_grant(id.as_str().expect("an id")).await
            }
            "second use of the code" => application.redeem(&code, &[]).await,
            "second use of the refresh token" => application.refresh(&tokens.refresh, &[]).await,
            "sign-out everywhere" => browser.logout_all().await,
            "administrator" => admin.revoke_user_sessions(&user.id).await,
            "revocation of all grants to the client" => {
                root.revoke_client_grants(&application.id).await
            }
            "disabled" => {
                let change = json!({ "is_active": false });
                admin.change_user(&user.id, &change).await
            }
            "password reset" => {
                let link = user.reset_link().await;
                let new = "another long password of ada";
                app.anonymous().set_password(&link, new).await
            }
            _ => admin.erase_user(&user.id, "*").await,
        };
        if end.starts_with("second use") {
            response.assert_error(400, "invalid_grant");
        } else {
            response.assert_status(200);
        }
        assert_eq!(access(&app, &tokens.access).await, invalid(), "{end}");
        app.shift_clock(0).await;
    }
}

/// The rows are changed directly, as by another isolate.
#[tokio::test]
async fn revocation_elsewhere_takes_effect_after_the_ttl_of_the_isolate() {
    let app = app().another_view();
    let service = service(&app).await;
    let token = service.token().await;
    assert_eq!(access(&app, &token).await["valid"], true);
    set(&service, "is_active = 0").await;
    app.shift_clock(4).await;
    assert_eq!(access(&app, &token).await["valid"], true);
    app.shift_clock(5).await;
    assert_eq!(access(&app, &token).await, invalid());
}

#[tokio::test]
async fn strict_consistency_refuses_a_revoked_token_at_once() {
    let app = App::with(with_resources().set("SESSION_CONSISTENCY", "strict"));
    let caller = app.user("ada").await.sign_in().await;
    let service = service(&app).await;
    let token = service.token().await;
    for _ in 0..2 {
        let (result, recorded) = call(&app, json!([token, { "audience": RESOURCE }])).await;
        assert_eq!((&result["valid"], recorded.d1()), (&json!(true), 1));
        assert_eq!(session(&app, caller.token()).await["valid"], true);
    }
    set(&service, "is_active = 0").await;
    assert_eq!(access(&app, &token).await, invalid());
    let sql = "UPDATE sessions SET revoked_at = '2024-01-01T00:00:00Z' WHERE id = ?1";
    app.sql(sql, [caller.session_id()]).await;
    assert_eq!(session(&app, caller.token()).await, invalid());
}

#[tokio::test]
async fn cached_tokens_are_used_while_d1_is_unavailable_and_others_are_not() {
    let app = app().another_view();
    let service = service(&app).await;
    let (cached, other) = (service.token().await, service.token().await);
    assert_eq!(access(&app, &cached).await["valid"], true);
    app.fault(Fault::d1().fails()).await;
    let result = access(&app, &other).await;
    assert_refused(&result, 503, "storage_unavailable");
    assert_eq!(
        (&result["retry_after"], &result["challenge"]),
        (&json!(2), &Value::Null)
    );
    app.shift_clock(599).await;
    assert_eq!(access(&app, &cached).await["valid"], true);
    // Never after it expires.
    app.shift_clock(600).await;
    assert_refused(&access(&app, &cached).await, 401, "token_expired");
    app.remove_faults().await;
    // A strict service accepts nothing without D1.
    let app = App::with(with_resources().set("SESSION_CONSISTENCY", "strict")).another_view();
    let token = service_token(&app).await;
    assert_eq!(access(&app, &token).await["valid"], true);
    app.fault(Fault::d1().fails()).await;
    assert_refused(&access(&app, &token).await, 503, "storage_unavailable");
}
