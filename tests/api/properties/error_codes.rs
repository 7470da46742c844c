//! The error code of each invalid request. `support/contract.rs` checks for every error that its code is documented.

use crate::support::aws::{SIMULATOR, keyed};
use crate::support::{App, routes};
use aws_simulator::ACCOUNT;

/// Media type, encoding and body of invalid requests, with their status and code.
fn invalid_bodies() -> Vec<(&'static str, &'static str, String, u16, &'static str)> {
    const JSON: &str = "application/json";
    let fields = [
        "username",
        "token",
        "password",
        "current_password",
        "new_password",
        "client_id",
        "client_secret",
        "device_code",
        "access_key_id",
        "amz_date",
        "signature",
        "email",
        "secret",
        "pending",
        "code",
        "state",
        "credential",
        "name",
        "client_name",
        "request",
        "decision",
        "user",
        "scopes",
    ];
    let numbers = fields.map(|name| format!(r#""{name}":1"#)).join(",");
    vec![
        ("text/plain", "", "{}".into(), 415, "unsupported_media_type"),
        (JSON, "gzip", "{}".into(), 415, "unsupported_encoding"),
        (JSON, "", "{".into(), 400, "invalid_json"),
        (JSON, "", "[]".into(), 400, "invalid_json"),
        (JSON, "", r#"{"x":1,"x":1}"#.into(), 400, "invalid_json"),
        (JSON, "", "{}".into(), 400, "missing_field"),
        (JSON, "", format!("{{{numbers}}}"), 400, "invalid_field"),
        (JSON, "", "x".repeat(20_000), 413, "body_too_large"),
    ]
}

/// Routes whose fields are all optional.
const WITHOUT_REQUIRED_FIELDS: [&str; 5] = [
    "POST users/search",
    "POST users/export",
    "PATCH users/{id}",
    "PATCH clients/{id}",
    "POST sign-in/passkey-options",
];

#[tokio::test]
async fn each_invalid_request_has_its_own_error_code() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Coded/*=user");
    let app = App::with(keyed(&SIMULATOR).set("AWS_LOGIN_ARNS", &arn));
    let session = app.user("ada").await.sign_in().await;
    let admin = app.administrator("admin").await;
    let super_admin = app.administrator("super_admin").await;
    for route in routes::all() {
        let response = app.request("OPTIONS", &route.path()).await;
        response.assert_error(405, "method_not_allowed");
        if !route.takes_body() {
            continue;
        }
        let name = route.name();
        // The body has lines, which have errors of their own.
        if name == "POST users/import" {
            continue;
        }
        let caller = match route.required_role() {
            Some("user") => session.clone(),
            Some("super_admin") => super_admin.clone(),
            Some(_) => admin.clone(),
            None => app.anonymous(),
        };
        for (media_type, encoding, body, status, code) in invalid_bodies() {
            let is_about_fields = ["missing_field", "invalid_field"].contains(&code);
            if is_about_fields && WITHOUT_REQUIRED_FIELDS.contains(&name.as_str()) {
                continue;
            }
            let request = route.request(&caller).header("content-type", media_type);
            let request = request.header("if-match", "*");
            let mut request = request.body(body);
            if ["POST authorization-request", "POST sign-out-request"].contains(&name.as_str()) {
                request = request.same_origin();
            }
            if !encoding.is_empty() {
                request = request.header("content-encoding", encoding);
            }
            let response = request.await;
            response.assert_error(status, code);
            let accepted = (code == "unsupported_encoding").then_some("identity");
            let found = response.header("accept-encoding");
            assert_eq!(found, accepted, "{}", route.name());
        }
    }
    let response = app.get("/api/auth/nothing").await;
    response.assert_error(404, "not_found");
}
