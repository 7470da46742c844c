//! OAuth clients that administer users: the routes that accept their access tokens, the scope of each route, and their permissions.

mod requests;
mod tokens;

use crate::support::routes::{self, Route};
use crate::support::services::Service;
use crate::support::{App, Caller, Request};
use serde_json::json;

/// The routes of each scope. A change here changes the permissions of services.
const ROUTES_OF_SCOPES: [(&str, &[&str]); 3] = [
    (
        "users:read",
        &[
            "GET users/{id}",
            "GET users/{id}/export",
            "GET users/{id}/factors",
            "GET users/{id}/grants",
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
            "DELETE users/{id}/grants/{grant}",
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
