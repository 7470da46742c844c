//! The audit entries, rate limits and changes of requests by OAuth clients.

use super::{ALL, probe, service, set};
use crate::support::internals::SessionKind;
use crate::support::{App, Fault, Request, Vars, unique_id};
use serde_json::{Value, json};
use std::future::IntoFuture;

#[tokio::test]
async fn refusal_is_recorded_with_the_client_as_actor() {
    let app = App::shared();
    let service = service(&app, "users:read users:write").await;
    let caller = service.administrator().await;
    let admin = app.seed_user("admin", 1).await;
    caller
        .search_audit("")
        .await
        .assert_error(403, "insufficient_scope");
    let erase = caller.erase_user(&admin.id, "*").await;
    erase.assert_error(403, "not_permitted");
    let sql = "SELECT subject, session, detail FROM audit WHERE actor = ?1 AND kind = 'access_denied' ORDER BY number";
    let expected = json!([
        { "subject": null, "session": null, "detail": "insufficient_scope: GET /api/auth/audit" },
        { "subject": admin.id, "session": null, "detail": "not_permitted: DELETE /api/auth/users/{id}" },
    ]);
    let found = app.sql(sql, [service.id.as_str()]).await;
    assert_eq!(json!(found), expected);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn change_is_recorded_with_the_client_as_actor_whose_name_is_shown() {
    let app = App::isolated(Vars::new());
    let service = service(&app, ALL).await;
    set(&service, "name = 'Onboarding'").await;
    let (caller, ada) = (service.administrator().await, app.user("ada").await);
    let change = caller.update_user(&ada.id, &json!({ "name": "Ada L" }));
    change.await.assert_status(200);
    let admin = app.administrator("admin").await;
    for reader in [&admin, &caller] {
        let entries = reader
            .search_audit("kind=user_changed")
            .await
            .list("entries");
        let entry = &entries[0];
        assert_eq!(entry["actor"], json!(service.id));
        assert_eq!(entry["actor_name"], Value::Null);
        assert_eq!(entry["actor_client_name"], "Onboarding");
        assert_eq!(entry["subject_name"], json!(ada.username));
        assert_eq!(entry["subject_client_name"], Value::Null);
        assert_eq!(entry["session"], Value::Null);
    }
    let issued = admin
        .search_audit("kind=client_token_issued")
        .await
        .list("entries");
    assert_eq!(issued[0]["subject_client_name"], "Onboarding");
    assert_eq!(issued[0]["subject_name"], Value::Null);
}

/// The write itself checks the client again.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn client_that_is_changed_during_a_request_changes_nothing() {
    let app = App::isolated(Vars::new());
    for assignment in ["is_active = 0", "scope = 'users:read audit:read'"] {
        for action in [
            "update",
            "erase",
            "reset password",
            "reset factors",
            "revoke",
            "revoke all",
            "create",
        ] {
            let service = service(&app, ALL).await;
            let (caller, user) = (
                service.administrator().await,
                app.seed_user("user", 1).await,
            );
            let before = user.row("name, version, is_active, factor_version").await;
            let name = format!("x{}", unique_id().simple());
            let new = json!({ "username": name, "email": format!("{name}@example.com") });
            let request = match action {
                "update" => caller.update_user(&user.id, &json!({ "name": "X" })),
                "erase" => caller.erase_user(&user.id, "*"),
                "reset password" => caller.reset_user_password(&user.id),
                "reset factors" => caller.reset_user_factors(&user.id),
                "revoke" => caller.revoke_user_session(&user.id, &user.sessions[0].session_id()),
                "revoke all" => caller.revoke_user_sessions(&user.id),
                _ => caller.create_user(&new),
            };
            let paused = app
                .fault(
                    Fault::d1()
                        .matching("FROM administrators|JOIN administrators")
                        .times(1)
                        .pauses(),
                )
                .await;
            let request = tokio::spawn(request.into_future());
            paused.wait_for_hits(1).await;
            set(&service, assignment).await;
            paused.release().await;
            let response = request.await.expect("a response");
            app.remove_faults().await;
            assert_eq!(
                response.error_code(),
                Some("not_permitted"),
                "{action}, {assignment}: {}",
                response.text()
            );
            assert_eq!(
                user.row("name, version, is_active, factor_version").await,
                before,
                "{action}"
            );
            assert_eq!(user.live_sessions().await, 1, "{action}");
            let sql = "SELECT count(*) AS n FROM users WHERE username = ?1";
            assert_eq!(app.count(sql, [name.as_str()]).await, 0, "{action}");
            let sql =
                "SELECT count(*) AS n FROM audit WHERE actor = ?1 AND kind <> 'access_denied'";
            assert_eq!(app.count(sql, [service.id.as_str()]).await, 0, "{action}");
        }
    }
}

/// A session cookie beside the token does not count, and neither does the origin of the request.
#[tokio::test]
async fn token_decides_beside_a_session_cookie() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    let root = app.seed_user("super_admin", 1).await.sessions.remove(0);
    let cookie = format!("{}={}", app.session_cookie_name(), root.session_cookie());
    let caller = service(&app, "users:read").await.administrator().await;
    let both = |request: Request| {
        request
            .cookie(&cookie)
            .header("origin", "https://attacker.example")
    };
    both(probe(&caller)).await.assert_status(200);
    let audit = both(caller.search_audit("")).await;
    audit.assert_error(403, "insufficient_scope");
}

/// The first 300 requests per minute are admitted without the rate limit's binding.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn requests_count_towards_the_rate_limit_of_the_client() {
    let app = App::isolated(Vars::new());
    let service = service(&app, ALL).await;
    let callers = [service.administrator().await, service.administrator().await];
    let mut keys = Vec::new();
    for number in 0..320 {
        let response = probe(&callers[number % 2]).await;
        keys.extend(response.recorded().await.rate_limit_keys);
    }
    assert!(!keys.is_empty());
    assert!(keys.iter().all(|key| key.contains(&service.id)), "{keys:?}");
}
