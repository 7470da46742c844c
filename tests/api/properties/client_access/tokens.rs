//! Which access tokens of OAuth clients are accepted.

use super::{ALL, probe, service, set};
use crate::support::internals::{AccessClaims, Timestamp};
use crate::support::routes;
use crate::support::services::Service;
use crate::support::{App, Caller, SIGNING_KEYS, Vars, unique_id};

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

/// Claims of tokens that are not valid, with the reason.
fn refused_claims(owner: &Service) -> [(&'static str, AccessClaims); 8] {
    let valid = || valid_claims(owner);
    let origin = owner.app().page_origin();
    let now = owner.app().unix_time();
    [
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
    ]
}

#[tokio::test]
async fn token_that_is_not_valid_is_refused_on_every_route() {
    let app = App::shared();
    let owner = service(&app, ALL).await;
    let valid = || valid_claims(&owner);
    let now = app.unix_time();
    let (early, late) = (
        Timestamp::from_seconds(now - 601),
        Timestamp::from_seconds(now - 1),
    );
    probe(&with_claims(&owner, &valid()).await)
        .await
        .assert_status(200);
    let mut callers = Vec::new();
    for (what, claims) in refused_claims(&owner) {
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
        "UPDATE oauth_clients SET deleted_at = created_at, is_active = 0, version = version + 1 WHERE id = ?1",
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

#[tokio::test]
async fn tokens_are_refused_without_a_signing_key() {
    let app = App::shared();
    let token = service(&app, ALL).await.administrator().await;
    let off = App::with(Vars::new().without("OAUTH_KEY_1"));
    let caller = off.with_token(token.token());
    probe(&caller).await.assert_error(401, "invalid_token");
}
