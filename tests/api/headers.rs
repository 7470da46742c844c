//! The headers of every reply, whatever it is: nothing here is for a cache, a frame or another site.

use crate::support::{App, Fault, Reply, Vars};
use serde_json::json;

const ALWAYS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
    ("vary", "Origin"),
    ("x-content-type-options", "nosniff"),
];

/// Beyond what every reply has, what some have, and what the local runtime adds.
const SOMETIMES: [&str; 15] = [
    "accept-encoding",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "edge-auth-error",
    "edge-auth-expires",
    "preference-applied",
    "retry-after",
    "set-cookie",
    "www-authenticate",
    // On every response; its shape is checked for every request of every test: `support/documented.rs`.
    "x-request-id",
];
const TRANSPORT: [&str; 5] = [
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
];

pub fn assert_headers(reply: &Reply) {
    for (name, value) in ALWAYS {
        assert_eq!(reply.header(name), Some(value), "{} {name}", reply.status);
    }
    let expected = (reply.status != 204).then_some("application/json");
    assert_eq!(reply.header("content-type"), expected, "{}", reply.status);
    for name in reply
        .headers
        .keys()
        .map(reqwest::header::HeaderName::as_str)
    {
        let is_known = ALWAYS.iter().any(|(known, _)| *known == name)
            || SOMETIMES.contains(&name)
            || TRANSPORT.contains(&name);
        assert!(is_known, "{} tells {name}", reply.status);
    }
}

#[tokio::test]
async fn every_kind_of_reply_has_them() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    let preflight = app
        .request("OPTIONS", "/api/auth/login")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let json = |body: &str| {
        app.post("/api/auth/login")
            .header("content-type", "application/json")
            .body(body)
    };
    for (status, request) in [
        (200, app.post("/api/auth/login").json(&ada.login())),
        (200, app.get("/api/auth/validate").bearer(&token)),
        (200, app.get("/api/auth/me").bearer(&token)),
        (
            200,
            app.get("/api/auth/me")
                .bearer(&token)
                .header("origin", "https://app.example.com"),
        ),
        (200, app.request("HEAD", "/api/auth/me").bearer(&token)),
        (200, app.get("/api/auth/health")),
        (200, app.get("/api/auth/openapi.json")),
        (200, app.post("/api/auth/logout")),
        (204, preflight),
        (400, json("{")),
        (
            400,
            app.post("/api/auth/set-password")
                .json(&json!({ "token": "x", "password": "y" })),
        ),
        (
            401,
            app.post("/api/auth/login")
                .json(&json!({ "username": "a", "password": "b" })),
        ),
        (401, app.get("/api/auth/validate")),
        (401, app.get("/api/auth/me").bearer("garbage")),
        (401, app.request("HEAD", "/api/auth/me")),
        (
            401,
            app.post("/api/auth/refresh")
                .header("origin", "https://app.example.com"),
        ),
        (403, app.get("/api/auth/aws-credentials").bearer(&token)),
        (403, app.get("/api/auth/nvidia-credentials").bearer(&token)),
        (404, app.get("/")),
        (404, app.post("/api/auth/nothing")),
        (405, app.get("/api/auth/login")),
        (405, app.request("OPTIONS", "/api/auth/me")),
        (413, json(&"x".repeat(20_000))),
        (415, app.post("/api/auth/login").body("{}")),
        (200, app.post("/api/auth/refresh").bearer(&token)),
        (200, app.post("/api/auth/logout").bearer(&token)),
    ] {
        let reply = request.send().await;
        reply.assert_status(status);
        assert_headers(&reply);
    }
}

#[tokio::test]
async fn replies_for_reasons_of_ours_have_them() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.fault(Fault::d1().fails()).await;
    // The isolate keeps a verdict of other tests for five seconds.
    app.shift_clock(10).await;
    for request in [
        app.get("/api/auth/health"),
        app.post("/api/auth/login").json(&ada.login()),
    ] {
        let reply = request.send().await;
        reply.assert_status(503);
        assert_headers(&reply);
    }
    let unconfigured = App::with(Vars::new().without("JWT_SECRET").set("AUDIT_KEY", "short"));
    for (status, path) in [
        (503, "/api/auth/me"),
        (503, "/api/auth/health"),
        (404, "/"),
        (405, "/api/auth/login"),
    ] {
        let reply = unconfigured.get(path).send().await;
        reply.assert_status(status);
        assert_headers(&reply);
    }
}
