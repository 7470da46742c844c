//! What all routes have in common: paths, methods, envelopes of errors, and the order in which a request is judged.
//! Bodies have a file of their own.

use crate::support::{App, Fault, Reply, Vars};
use serde_json::{Value, json};

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

/// The text of an error, which must be in the envelope of its route.
fn text(path: &str, reply: &Reply) -> String {
    let body = reply.json();
    let text = if [DETAIL_GETS, DETAIL_POSTS].concat().contains(&path) {
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
async fn an_unknown_path_is_404() {
    let app = App::shared();
    let reply = app.get("/api/auth/nothing").send().await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    404
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-error: not_found
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": false,
      "message": "Not found"
    }
    "#);
}

#[tokio::test]
async fn a_path_has_one_spelling() {
    let app = App::shared();
    for path in [
        "/",
        "/api",
        "/api/auth",
        "/api/auth/",
        "/api/auth/login/",
        "/api/auth//login",
        "//api/auth/login",
        "/api/auth/Login",
        "/API/AUTH/LOGIN",
        "/api/auth/l%6Fgin",
        "/api/auth/login;x",
        "/api/auth/login.json",
        "/api/auth/login%00",
        "/login",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let reply = app.request(method, path).send().await;
            reply.assert_status(404);
            assert_eq!(text(path, &reply), "Not found", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let app = App::shared();
    app.get("/api/auth/validate?x=/api/auth/health")
        .send()
        .await
        .assert_status(401);
    app.post("/api/auth/logout?")
        .send()
        .await
        .assert_status(200);
}

#[tokio::test]
async fn another_method_is_405_and_is_told_what_is_allowed() {
    let app = App::shared();
    let reply = app.get("/api/auth/login").send().await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    405
    allow: POST
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-error: method_not_allowed
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": false,
      "message": "Method not allowed"
    }
    "#);
    let reply = app.post("/api/auth/me").send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
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
                let reply = app.request(method, path).send().await;
                reply.assert_status(405);
                assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
                assert_eq!(text(path, &reply), "Method not allowed", "{method} {path}");
            }
        }
    }
    for path in posts() {
        app.request("HEAD", path).send().await.assert_status(405);
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for path in [&gets()[..], &["/api/auth/nothing"]].concat() {
        for authorization in [String::new(), format!("Bearer {token}")] {
            let ask = |method| {
                app.request(method, path)
                    .header("authorization", &authorization)
                    .send()
            };
            let (get, head) = (ask("GET").await, ask("HEAD").await);
            assert!(head.body.is_empty(), "{path}");
            let headers = |reply: &Reply| reply.snapshot().split("\n{").next().map(str::to_owned);
            assert_eq!(headers(&head), headers(&get), "{path}");
        }
    }
}

#[tokio::test]
async fn the_first_of_404_405_401_413_415_400_is_the_answer() {
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
        let reply = request.body(body).send().await;
        assert_eq!(reply.status, status, "{method} {path} {media_type}");
    }
}

#[tokio::test]
async fn a_401_names_the_scheme_and_an_error_only_if_a_token_came() {
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
            let reply = request.send().await;
            reply.assert_status(401);
            assert_eq!(
                reply.header("www-authenticate"),
                Some(challenge),
                "{path} {authorization:?}"
            );
            let expected = if path == "/api/auth/validate" {
                message
            } else {
                "Could not validate credentials"
            };
            assert_eq!(text(path, &reply), expected, "{path} {authorization:?}");
        }
    }
}

#[tokio::test]
async fn storage_that_is_out_is_503_and_says_when_to_come_back() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    for fault in [Fault::d1().fails(), Fault::kv().fails()] {
        app.fault(fault).await;
    }
    let reply = app.get("/api/auth/validate").bearer(&token).send().await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    503
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-error: storage_unavailable
    referrer-policy: no-referrer
    retry-after: 2
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": false,
      "message": "Service temporarily unavailable"
    }
    "#);
    let reply = app.get("/api/auth/me").bearer(&token).send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    503
    {
      "detail": "Service temporarily unavailable"
    }
    "#);
    let link = json!({ "token": "x", "password": "y" });
    for request in [
        app.post("/api/auth/login").json(&ada.login()),
        app.post("/api/auth/logout").bearer(&token),
        app.post("/api/auth/refresh").bearer(&token),
        app.post("/api/auth/set-password").json(&link),
    ] {
        let reply = request.send().await;
        reply.assert_status(503);
        assert_eq!(reply.header("retry-after"), Some("2"));
    }
    // Nothing of this needs a store.
    app.get("/api/auth/openapi.json")
        .send()
        .await
        .assert_status(200);
    app.get("/api/auth/me").send().await.assert_status(401);
    app.post("/api/auth/logout").send().await.assert_status(200);
    app.mend_all().await;
    app.get("/api/auth/validate")
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_row_that_breaks_the_rules_is_503_and_only_the_log_names_the_column() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.sql(
        "UPDATE users SET created_at = 'yesterday' WHERE id = ?1",
        [ada.id.clone()],
    )
    .await;
    let reply = app.login(&ada).await;
    reply.assert_status(503);
    assert_eq!(reply.json()["message"], "Service temporarily unavailable");
    let logs = reply.seen().await.logs;
    assert!(
        logs.iter()
            .any(|(_, line)| line.contains("user_created_at")),
        "{logs:?}"
    );
    assert!(
        logs.iter().all(|(_, line)| !line.contains("yesterday")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn a_service_that_is_not_configured_answers_every_route_in_its_envelope() {
    let app = App::with(Vars::new().without("JWT_SECRET").set("AUDIT_KEY", "short"));
    for (method, paths) in [("GET", gets()), ("POST", posts())] {
        for path in paths {
            let reply = app.request(method, path).send().await;
            reply.assert_status(503);
            assert_eq!(
                text(path, &reply),
                "Service temporarily unavailable",
                "{path}"
            );
            assert!(reply.header("retry-after").is_some(), "{path}");
        }
    }
    app.get("/api/auth/nothing").send().await.assert_status(404);
    app.get("/api/auth/login").send().await.assert_status(405);
}

#[tokio::test]
async fn every_time_is_rfc_3339_in_whole_seconds_of_utc_in_d1_too() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    let user = reply.json()["user"].clone();
    let session = app
        .sql(
            "SELECT * FROM sessions WHERE user_id = ?1",
            [ada.id.clone()],
        )
        .await
        .remove(0);
    let row = app
        .sql("SELECT * FROM users WHERE id = ?1", [ada.id])
        .await
        .remove(0);
    for (of, fields) in [
        (&user, &["created_at", "updated_at", "last_login"][..]),
        (&row, &["created_at", "updated_at", "last_login"]),
        (
            &session,
            &["created_at", "rotated_at", "token_expires_at", "ends_at"],
        ),
    ] {
        for field in fields {
            let time = of[field].as_str().unwrap_or_default();
            let form: String = time
                .chars()
                .map(|c| if c.is_ascii_digit() { 'd' } else { c })
                .collect();
            assert_eq!(form, "dddd-dd-ddTdd:dd:ddZ", "{field}");
        }
    }
    assert_eq!(session["revoked_at"], Value::Null);
}
