//! Headers that every response has. `support/contract.rs` checks them for every response of every test; here is one of
//! each kind.

use crate::support::{App, Fault, Vars};
use serde_json::json;

#[tokio::test]
async fn every_kind_of_response_has_the_common_headers() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
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
        (200, ada.login()),
        (200, session.validate()),
        (200, session.me()),
        (
            200,
            session.me().header("origin", "https://app.example.com"),
        ),
        (200, session.request("HEAD", "/api/auth/me")),
        (200, app.anonymous().health()),
        (200, app.anonymous().openapi()),
        (200, app.anonymous().logout()),
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
        (401, app.anonymous().validate()),
        (401, app.anonymous().me().bearer("garbage")),
        (401, app.request("HEAD", "/api/auth/me")),
        (
            401,
            app.anonymous()
                .refresh()
                .header("origin", "https://app.example.com"),
        ),
        (403, session.aws_credentials()),
        (403, session.nvidia_credentials()),
        (302, app.get("/")),
        (200, app.get("/sign-in")),
        (404, app.get("/nothing")),
        (405, app.post("/sign-in")),
        (404, app.post("/api/auth/nothing")),
        (405, app.get("/api/auth/login")),
        (405, app.request("OPTIONS", "/api/auth/me")),
        (413, json(&"x".repeat(20_000))),
        (415, app.post("/api/auth/login").body("{}")),
        (200, session.refresh()),
        (200, session.logout()),
    ] {
        let response = request.await;
        response.assert_status(status);
    }
}

#[tokio::test]
async fn responses_of_a_failing_service_have_the_common_headers() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.fault(Fault::d1().fails()).await;
    // The isolate keeps a result of other tests for five seconds.
    app.shift_clock(10).await;
    for request in [app.anonymous().health(), ada.login()] {
        let response = request.await;
        response.assert_status(503);
    }
    let unconfigured = App::with(Vars::new().without("JWT_SECRET").set("AUDIT_KEY", "short"));
    for (status, path) in [
        (503, "/api/auth/me"),
        (503, "/api/auth/health"),
        (302, "/"),
        (200, "/sign-in"),
        (404, "/nothing"),
        (405, "/api/auth/login"),
    ] {
        let response = unconfigured.get(path).await;
        response.assert_status(status);
    }
}
