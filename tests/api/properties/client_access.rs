//! OAuth clients that administer users: which routes take their access tokens, with which scope, and what they may do there.

use crate::support::internals::{AccessClaims, SessionKind, Timestamp};
use crate::support::routes::{self, Route};
use crate::support::services::Service;
use crate::support::{App, Caller, Fault, Request, SIGNING_KEYS, Vars, unique_id};
use serde_json::{Value, json};
use std::future::IntoFuture;

/// The routes of each scope. A change here changes what services may do.
const ROUTES_OF_SCOPES: [(&str, &[&str]); 3] = [
    (
        "users:read",
        &[
            "GET users/{id}",
            "GET users/{id}/export",
            "GET users/{id}/factors",
            "GET users/{id}/sessions",
            "POST users/export",
            "POST users/search",
        ],
    ),
    (
        "users:write",
        &[
            "DELETE users/{id}",
            "DELETE users/{id}/factors",
            "DELETE users/{id}/sessions",
            "DELETE users/{id}/sessions/{session}",
            "PATCH users/{id}",
            "POST users",
            "POST users/import",
            "POST users/{id}/reset-password",
            "POST users/{id}/unlock",
        ],
    ),
    (
        "audit:read",
        &["GET audit", "GET audit/export", "GET audit/verify"],
    ),
];

const ALL: &str = "users:read users:write audit:read";

#[test]
fn known_routes_have_their_scopes_and_no_others() {
    for (scope, names) in ROUTES_OF_SCOPES {
        let routes = routes::all();
        let of_scope = routes.iter().filter(|route| route.scope() == Some(scope));
        let mut found: Vec<String> = of_scope.map(Route::name).collect();
        found.sort_unstable();
        assert_eq!(found, names, "{scope}");
    }
    let count = ROUTES_OF_SCOPES.map(|(_, names)| names.len());
    let with_scope = routes::all()
        .into_iter()
        .filter(|route| route.scope().is_some());
    assert_eq!(with_scope.count(), count.iter().sum::<usize>());
}

/// A service with these scopes.
async fn service(app: &App, scope: &str) -> Service {
    app.service("client_secret_basic", scope).await
}

/// A request that needs the scope, with a small response.
fn probe(caller: &Caller) -> Request {
    caller.search_users(&json!({ "limit": 1 }))
}

/// Claims of a valid token of this service.
fn valid_claims(service: &Service) -> AccessClaims {
    let now = service.app().unix_time();
    AccessClaims {
        subject: service.id.clone(),
        audience: format!("{}/api/auth", service.app().page_origin()),
        client: service.id.clone(),
        issued_at: Timestamp::from_seconds(now),
        expires_at: Timestamp::from_seconds(now + 600),
        id: unique_id(),
        scope: ALL.to_owned(),
        grant: None,
        authenticated_at: None,
        roles: Vec::new(),
    }
}

async fn with_claims(service: &Service, claims: &AccessClaims) -> Caller {
    let app = service.app();
    let token = app.access_token_with(SIGNING_KEYS[0], claims).await;
    app.with_token(token)
}

async fn set(service: &Service, assignment: &str) {
    let sql = format!("UPDATE oauth_clients SET {assignment} WHERE id = ?1");
    service.app().sql(&sql, [service.id.as_str()]).await;
}

#[tokio::test]
async fn each_route_admits_clients_with_its_scope_only() {
    let app = App::shared();
    for (scope, _) in ROUTES_OF_SCOPES {
        let caller = service(&app, scope).await.administrator().await;
        for route in routes::all() {
            let what = format!("{} with {scope}", route.name());
            let response = route.request(&caller).await;
            match (route.scope(), route.required_role()) {
                (Some(required), _) if required == scope => {
                    let is_admitted = ![401, 403].contains(&response.status);
                    assert!(is_admitted, "{what}: {}", response.text());
                }
                (Some(required), _) => {
                    response.assert_error(403, "insufficient_scope");
                    let challenge = format!(
                        r#"Bearer realm="edge-auth", error="insufficient_scope", scope="{required}""#
                    );
                    assert_eq!(response.challenge(), Some(&*challenge), "{what}");
                }
                (None, Some(_)) => drop(response.assert_error(401, "invalid_token")),
                (None, None) => {}
            }
        }
    }
}

#[tokio::test]
async fn token_that_is_not_valid_is_refused_on_every_route() {
    let app = App::shared();
    let owner = service(&app, ALL).await;
    let valid = || valid_claims(&owner);
    let origin = app.page_origin();
    let now = app.unix_time();
    let (early, late) = (
        Timestamp::from_seconds(now - 601),
        Timestamp::from_seconds(now - 1),
    );
    probe(&with_claims(&owner, &valid()).await)
        .await
        .assert_status(200);
    let cases = [
        (
            "the issuer as audience",
            AccessClaims {
                audience: origin.clone(),
                ..valid()
            },
        ),
        (
            "the audience with a slash",
            AccessClaims {
                audience: format!("{origin}/api/auth/"),
                ..valid()
            },
        ),
        (
            "another resource",
            AccessClaims {
                audience: "https://api.example.com/v1".to_owned(),
                ..valid()
            },
        ),
        (
            "a grant of a user",
            AccessClaims {
                grant: Some("grant".to_owned()),
                ..valid()
            },
        ),
        (
            "a user as subject",
            AccessClaims {
                subject: unique_id().to_string(),
                ..valid()
            },
        ),
        ("an unknown client", {
            let id = unique_id().to_string();
            AccessClaims {
                subject: id.clone(),
                client: id,
                ..valid()
            }
        }),
        (
            "a client that has no id",
            AccessClaims {
                subject: "x".to_owned(),
                client: "x".to_owned(),
                ..valid()
            },
        ),
        (
            "a time in the future",
            AccessClaims {
                issued_at: Timestamp::from_seconds(now + 60),
                ..valid()
            },
        ),
    ];
    let mut callers = Vec::new();
    for (what, claims) in cases {
        callers.push((what, with_claims(&owner, &claims).await, "invalid_token"));
    }
    let expired = AccessClaims {
        issued_at: early,
        expires_at: late,
        ..valid()
    };
    callers.push((
        "an expired token",
        with_claims(&owner, &expired).await,
        "token_expired",
    ));
    let other_key = app.access_token_with(SIGNING_KEYS[1], &valid()).await;
    callers.push(("another key", app.with_token(other_key), "invalid_token"));
    for (what, caller, code) in callers {
        for route in routes::all() {
            if route.scope().is_some() {
                let response = route.request(&caller).await;
                assert_eq!(
                    response.error_code(),
                    Some(code),
                    "{what}: {}",
                    route.name()
                );
                response.assert_error(401, code);
            }
        }
    }
}

/// Each is refused from the next request on.
#[tokio::test]
async fn token_of_a_changed_client_is_refused_at_once() {
    let app = App::shared();
    for (assignment, status, code) in [
        ("is_active = 0", 401, "invalid_token"),
        (
            "scope = 'users:write audit:read'",
            403,
            "insufficient_scope",
        ),
        ("scope = ''", 403, "insufficient_scope"),
        (
            "scope = 'users:reads xusers:read USERS:READ'",
            403,
            "insufficient_scope",
        ),
    ] {
        let service = service(&app, ALL).await;
        let caller = service.administrator().await;
        probe(&caller).await.assert_status(200);
        set(&service, assignment).await;
        probe(&caller).await.assert_error(status, code);
    }
    let service = service(&app, ALL).await;
    let caller = service.administrator().await;
    app.sql(
        "DELETE FROM oauth_clients WHERE id = ?1",
        [service.id.as_str()],
    )
    .await;
    probe(&caller).await.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn revoked_token_is_refused_at_once_and_another_one_of_the_client_is_not() {
    let app = App::shared();
    let service = service(&app, ALL).await;
    let (revoked, other) = (service.administrator().await, service.administrator().await);
    probe(&revoked).await.assert_status(200);
    let form = [("token", revoked.token())];
    service
        .post("/oauth/revoke", &form)
        .await
        .assert_status(200);
    probe(&revoked).await.assert_error(401, "invalid_token");
    probe(&other).await.assert_status(200);
}

#[tokio::test]
async fn token_has_the_scopes_that_were_requested_and_no_more() {
    let app = App::shared();
    let service = service(&app, ALL).await;
    let resource = format!("{}/api/auth", app.page_origin());
    let form = [
        ("grant_type", "client_credentials"),
        ("resource", resource.as_str()),
        ("scope", "audit:read"),
    ];
    let response = service.post("/oauth/token", &form).await;
    let token = response.assert_status(200).json()["access_token"].clone();
    let caller = app.with_token(token.as_str().expect("a token"));
    caller.search_audit("limit=1").await.assert_status(200);
    probe(&caller).await.assert_error(403, "insufficient_scope");
    // The administration is a resource without configuration, and gives no scope that the client may not have.
    let other = app.service("client_secret_basic", "users:read").await;
    let response = other.post("/oauth/token", &form).await;
    response.assert_error(400, "invalid_scope");
}

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

/// A token is valid for longer than a step-up.
#[tokio::test]
async fn client_needs_no_step_up() {
    let app = App::shared().another_view();
    let caller = service(&app, ALL).await.administrator().await;
    let user = app.seed_user("user", 1).await;
    app.shift_clock(599).await;
    caller.export_user(&user.id, "").await.assert_status(200);
    caller.erase_user(&user.id, "*").await.assert_status(200);
    app.shift_clock(601).await;
    probe(&caller).await.assert_error(401, "token_expired");
}

/// The write itself checks the client once more.
#[tokio::test]
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

#[tokio::test]
async fn tokens_are_refused_without_a_signing_key() {
    let app = App::shared();
    let token = service(&app, ALL).await.administrator().await;
    let off = App::with(Vars::new().without("OAUTH_KEY_1"));
    let caller = off.with_token(token.token());
    probe(&caller).await.assert_error(401, "invalid_token");
}
