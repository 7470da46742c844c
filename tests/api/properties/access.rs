//! The access matrix: each route requires a token or a session cookie, and a role, or is public.

use crate::support::internals::SessionKind;
use crate::support::routes::{self, Route};
use crate::support::{App, Caller};

/// The roles of the routes of the first release. A change here changes who may do what. A new route need not be added: the tests
/// of its endpoint assert its role.
const ROLES_OF_ROUTES: [(Option<&str>, &[&str]); 4] = [
    (
        None,
        &[
            "GET health",
            "GET openapi.json",
            "POST aws-login",
            "POST device-authorization",
            "POST login",
            "POST logout",
            "POST register-client",
            "POST set-password",
            "POST token",
        ],
    ),
    (
        Some("user"),
        &[
            "DELETE sessions/{id}",
            "GET me",
            "GET sessions",
            "GET validate",
            "POST change-password",
            "POST logout-all",
            "POST refresh",
        ],
    ),
    (
        Some("admin"),
        &["GET audit", "GET aws-credentials", "GET nvidia-credentials"],
    ),
    (Some("super_admin"), &["GET audit/verify"]),
];

#[test]
fn known_routes_require_their_roles() {
    let routes = routes::all();
    for (role, names) in ROLES_OF_ROUTES {
        for name in names {
            let route = routes.iter().find(|route| route.name() == *name);
            let route = route.unwrap_or_else(|| panic!("no route {name}"));
            assert_eq!(route.required_role(), role, "{name}");
        }
    }
}

/// From the least to the most privileged.
const ROLES: [&str; 3] = ["user", "admin", "super_admin"];

/// Fails the test unless the route admits exactly the roles that it requires.
async fn check_roles(app: &App, route: &Route, required: &str) {
    let name = route.name();
    let rank = ROLES.iter().position(|role| *role == required);
    for (number, role) in ROLES.into_iter().enumerate() {
        let user = app.seed_user(role, 1).await;
        let response = route.request(&user.sessions[0]).await;
        if Some(number) < rank {
            let code = format!("{required}_required");
            response.assert_error(403, &code);
        } else {
            let is_admitted = ![401, 403].contains(&response.status);
            assert!(is_admitted, "{name} as {role}: {}", response.text());
        }
    }
}

async fn check_challenges(route: &Route, invalid: &Caller) {
    let response = route.request(&invalid.app().anonymous()).await;
    response.assert_error(401, "no_token");
    let response = route.request(invalid).await;
    response.assert_error(401, "invalid_token");
}

#[tokio::test]
async fn each_route_admits_exactly_the_roles_that_it_requires_with_a_token() {
    let app = App::shared();
    for route in routes::all() {
        // The user info endpoint accepts access tokens of OAuth clients, but no session tokens.
        if route.template == "/oauth/userinfo" {
            let user = app.seed_user("super_admin", 1).await;
            for token in [app.with_token("x.y.z"), user.sessions[0].clone()] {
                check_challenges(&route, &token).await;
            }
            continue;
        }
        let Some(required) = route.required_role() else {
            let response = route.request(&app.anonymous()).await;
            assert_ne!(response.status, 401, "{}", route.name());
            continue;
        };
        check_challenges(&route, &app.with_token("x.y.z")).await;
        check_roles(&app, &route, required).await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn each_route_admits_exactly_the_roles_that_it_requires_with_a_cookie() {
    let app = App::shared().with_sessions(SessionKind::Cookie);
    for route in routes::all() {
        let Some(required) = route.required_role() else {
            continue;
        };
        if route.takes_cookie() {
            check_challenges(&route, &app.with_session_cookie("xyz")).await;
            check_roles(&app, &route, required).await;
        } else {
            let user = app.seed_user("super_admin", 1).await;
            let response = route.request(&user.sessions[0]).await;
            response.assert_error(401, "no_token");
        }
    }
}

#[tokio::test]
async fn expired_token_returns_401_with_its_own_code() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(86_400 + 31).await;
    for route in routes::all() {
        if route.required_role().is_some() {
            let response = route.request(&session).await;
            response.assert_error(401, "token_expired");
            let challenge = r#"Bearer realm="edge-auth", error="invalid_token""#;
            assert_eq!(response.challenge(), Some(challenge), "{}", route.name());
        }
    }
}
