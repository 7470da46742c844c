//! Paths, methods, error formats, and the order in which a request is checked.

use crate::support::{App, Response};
use serde_json::json;

/// A sample of the routes. New routes need not be added.
const MESSAGE_GETS: [&str; 5] = [
    "/api/auth/validate",
    "/api/auth/aws-credentials",
    "/api/auth/nvidia-credentials",
    "/api/auth/health",
    "/api/auth/openapi.json",
];

const MESSAGE_POSTS: [&str; 3] = [
    "/api/auth/login",
    "/api/auth/logout",
    "/api/auth/set-password",
];

const DETAIL_GETS: [&str; 1] = ["/api/auth/me"];

const DETAIL_POSTS: [&str; 1] = ["/api/auth/refresh"];

/// The text of an error, which must be in the format of its route.
fn text(path: &str, response: &Response) -> String {
    let body = response.json();
    let is_of_oauth = ["/oauth", "/.well-known"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    let text = if is_of_oauth {
        let expected =
            json!({ "error": "invalid_request", "error_description": body["error_description"] });
        assert_eq!(body, expected, "{path}");
        &body["error_description"]
    } else if [DETAIL_GETS, DETAIL_POSTS].concat().contains(&path) {
        assert_eq!(body, json!({ "detail": body["detail"] }), "{path}");
        &body["detail"]
    } else {
        assert_eq!(
            body,
            json!({ "success": false, "message": body["message"] }),
            "{path}"
        );
        &body["message"]
    };
    text.as_str().expect("a text").to_owned()
}

fn gets() -> Vec<&'static str> {
    [&MESSAGE_GETS[..], &DETAIL_GETS[..]].concat()
}

fn posts() -> Vec<&'static str> {
    [&MESSAGE_POSTS[..], &DETAIL_POSTS[..]].concat()
}

#[tokio::test]
async fn unknown_path_returns_404() {
    let app = App::shared();
    let response = app.get("/api/auth/nothing").await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    404
    edge-auth-error: not_found
    {
      "success": false,
      "message": "Not found"
    }
    "#);
}

#[tokio::test]
async fn other_spellings_of_a_path_return_404() {
    let app = App::shared();
    for path in [
        "/api",
        "/api/auth",
        "/api/auth/",
        "/api/auth/login/",
        "/api/auth//login",
        "/api/auth/Login",
        "/api/auth/l%6Fgin",
        "/api/auth/login;x",
        "/api/auth/login.json",
        "/api/auth/login%00",
        "/oauth",
        "/oauth/authorize/",
        "/oauth/logout/",
        "/.well-known/openid-configuration/",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let response = app.request(method, path).await;
            response.assert_status(404);
            assert_eq!(text(path, &response), "Not found", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn query_does_not_affect_routing() {
    let app = App::shared();
    app.get("/api/auth/validate?x=/api/auth/health")
        .await
        .assert_status(401);
    app.post("/api/auth/logout?").await.assert_status(200);
}

#[tokio::test]
async fn other_method_returns_405_with_the_allowed_ones() {
    let app = App::shared();
    let response = app.get("/api/auth/login").await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    405
    allow: POST
    edge-auth-error: method_not_allowed
    {
      "success": false,
      "message": "Method not allowed"
    }
    "#);
    let response = app.post("/api/auth/me").await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    405
    {
      "detail": "Method not allowed"
    }
    "#);
    for (paths, others, allow) in [
        (
            gets(),
            ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            "GET, HEAD",
        ),
        (
            posts(),
            ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"],
            "POST",
        ),
    ] {
        for path in paths {
            for method in others {
                let response = app.request(method, path).await;
                response.assert_status(405);
                assert_eq!(response.header("allow"), Some(allow), "{method} {path}");
                assert_eq!(
                    text(path, &response),
                    "Method not allowed",
                    "{method} {path}"
                );
            }
        }
    }
    for path in posts() {
        app.request("HEAD", path).await.assert_status(405);
    }
}

#[tokio::test]
async fn head_returns_the_headers_of_get() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    for path in [&gets()[..], &["/api/auth/nothing"]].concat() {
        for authorization in [String::new(), format!("Bearer {session}")] {
            let ask = |method| {
                app.request(method, path)
                    .header("authorization", &authorization)
                    .send()
            };
            let (get, head) = (ask("GET").await, ask("HEAD").await);
            assert!(head.body.is_empty(), "{path}");
            let headers =
                |response: &Response| response.snapshot().split("\n{").next().map(str::to_owned);
            assert_eq!(headers(&head), headers(&get), "{path}");
        }
    }
}

#[tokio::test]
async fn first_applicable_error_of_404_405_401_413_415_400_is_returned() {
    let app = App::shared();
    let large = "x".repeat(20_000);
    for (method, path, media_type, body, status) in [
        (
            "POST",
            "/api/auth/nothing",
            "text/plain",
            large.as_str(),
            404,
        ),
        ("PUT", "/api/auth/nothing", "text/plain", &large, 404),
        ("PUT", "/api/auth/login", "text/plain", &large, 405),
        ("DELETE", "/api/auth/refresh", "text/plain", &large, 405),
        ("POST", "/api/auth/refresh", "text/plain", &large, 401),
        ("POST", "/api/auth/login", "text/plain", &large, 413),
        ("POST", "/api/auth/set-password", "text/plain", &large, 413),
        ("POST", "/api/auth/login", "text/plain", "{", 415),
        ("POST", "/api/auth/set-password", "text/plain", "{", 415),
        ("POST", "/api/auth/login", "application/json", "{", 400),
        (
            "POST",
            "/api/auth/set-password",
            "application/json",
            "{",
            400,
        ),
    ] {
        let request = app.request(method, path).header("content-type", media_type);
        let response = request.body(body).await;
        assert_eq!(response.status, status, "{method} {path} {media_type}");
    }
}

#[tokio::test]
async fn challenge_of_a_401_has_an_error_only_if_a_token_was_sent() {
    const NONE: &str = r#"Bearer realm="edge-auth""#;
    const INVALID: &str = r#"Bearer realm="edge-auth", error="invalid_token""#;
    let app = App::shared();
    for (authorization, challenge, message) in [
        (None, NONE, "No token provided"),
        (Some(""), NONE, "No token provided"),
        (Some("Bearer"), NONE, "No token provided"),
        (Some("Bearer "), NONE, "No token provided"),
        (Some("Bearer    "), NONE, "No token provided"),
        (Some("Basic YTpi"), NONE, "No token provided"),
        (Some("Bearertoken"), NONE, "No token provided"),
        (Some("token"), NONE, "No token provided"),
        (Some("Bearer token"), INVALID, "Invalid or expired token"),
        (Some("bearer token"), INVALID, "Invalid or expired token"),
        (Some("Bearer a b"), INVALID, "Invalid or expired token"),
        (Some("Bearer é"), INVALID, "Invalid or expired token"),
    ] {
        for (method, path) in [
            ("GET", "/api/auth/validate"),
            ("GET", "/api/auth/me"),
            ("POST", "/api/auth/refresh"),
        ] {
            let mut request = app.request(method, path);
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let response = request.await;
            response.assert_status(401);
            assert_eq!(
                response.challenge(),
                Some(challenge),
                "{path} {authorization:?}"
            );
            let expected = if path == "/api/auth/validate" {
                message
            } else {
                "Could not validate credentials"
            };
            assert_eq!(text(path, &response), expected, "{path} {authorization:?}");
        }
    }
}
