//! The response headers that the API specifications do not have: an error code, the expiry of a token, and the id of the
//! request. `support/documented.rs` checks for every request of every test that each response has an id, and each error a
//! code of `docs/reference/errors.md`. The tests here check which code an error has.

use crate::aws::{AWS_LOGIN, SIMULATOR, keyed, proof, somebody};
use crate::sessions::{claims, refresh};
use crate::support::{App, Reply, Request};
use crate::throttle::guess;
use aws_simulator::ACCOUNT;
use edge_auth::http::request::Method;
use edge_auth::http::route::Route;
use edge_auth::router::ROUTES;
use serde_json::json;

fn service() -> App {
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Coded/*=user");
    App::with(keyed(&SIMULATOR).set("AWS_LOGIN_ARNS", &arn))
}

/// A valid request for the route, except for its token and its body.
fn request(app: &App, route: &Route) -> Request {
    let method = match route.method {
        Method::Get => "GET",
        Method::Delete => "DELETE",
        _ => "POST",
    };
    let path = route.path.replace("{id}", &"0".repeat(64));
    app.request(method, &path)
}

/// The required role, and whether there is a body.
fn needs(path: &str) -> (Option<&'static str>, bool) {
    match path {
        "/api/auth/aws-login"
        | "/api/auth/device-authorization"
        | "/api/auth/login"
        | "/api/auth/set-password"
        | "/api/auth/token" => (None, true),
        "/api/auth/health"
        | "/api/auth/logout"
        | "/api/auth/openapi.json"
        | "/api/auth/register-client" => (None, false),
        "/api/auth/change-password" => (Some("user"), true),
        "/api/auth/sessions/{id}"
        | "/api/auth/logout-all"
        | "/api/auth/me"
        | "/api/auth/refresh"
        | "/api/auth/sessions"
        | "/api/auth/validate" => (Some("user"), false),
        "/api/auth/audit" | "/api/auth/aws-credentials" | "/api/auth/nvidia-credentials" => {
            (Some("admin"), false)
        }
        "/api/auth/audit/verify" => (Some("super_admin"), false),
        path => panic!("no row for {path}"),
    }
}

#[track_caller]
fn assert_code(reply: &Reply, status: u16, code: &str, what: &str) {
    let found = (reply.status, reply.header("edge-auth-error"));
    assert_eq!(found, (status, Some(code)), "{what}: {}", reply.text());
}

#[tokio::test]
async fn each_route_has_a_distinct_code_for_each_invalid_request() {
    let app = service();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for route in ROUTES {
        let what = format!("{:?}", route.path);
        let path = route.path.replace("{id}", &"0".repeat(64));
        let reply = app.request("OPTIONS", &path).send().await;
        assert_code(&reply, 405, "method_not_allowed", &what);
        let (role, has_body) = needs(route.path);
        if let Some(role) = role {
            let reply = request(&app, route).send().await;
            assert_code(&reply, 401, "no_token", &what);
            let reply = request(&app, route).bearer("x.y.z").send().await;
            assert_code(&reply, 401, "invalid_token", &what);
            if role != "user" {
                let reply = request(&app, route).bearer(&token).send().await;
                assert_code(&reply, 403, &format!("{role}_required"), &what);
            }
        }
        if !has_body {
            continue;
        }
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
        ];
        let numbers = fields.map(|name| format!(r#""{name}":1"#)).join(",");
        for (media_type, encoding, body, status, code) in [
            ("text/plain", "", "{}", 415, "unsupported_media_type"),
            (
                "application/json",
                "gzip",
                "{}",
                415,
                "unsupported_encoding",
            ),
            ("application/json", "", "{", 400, "invalid_json"),
            ("application/json", "", "[]", 400, "invalid_json"),
            (
                "application/json",
                "",
                r#"{"x":1,"x":1}"#,
                400,
                "invalid_json",
            ),
            ("application/json", "", "{}", 400, "missing_field"),
            (
                "application/json",
                "",
                &format!("{{{numbers}}}"),
                400,
                "invalid_field",
            ),
            (
                "application/json",
                "",
                &"x".repeat(20_000),
                413,
                "body_too_large",
            ),
        ] {
            let mut request = request(&app, route)
                .header("content-type", media_type)
                .body(body);
            if role.is_some() {
                request = request.bearer(&token);
            }
            if !encoding.is_empty() {
                request = request.header("content-encoding", encoding);
            }
            let reply = request.send().await;
            assert_code(&reply, status, code, &what);
            let accepted = (code == "unsupported_encoding").then_some("identity");
            assert_eq!(reply.header("accept-encoding"), accepted, "{what}");
        }
    }
    let reply = app.get("/api/auth/nothing").send().await;
    assert_code(&reply, 404, "not_found", "an unknown path");
}

#[tokio::test]
async fn expired_token_has_another_code_than_one_that_is_not_valid() {
    let app = service();
    let token = app.sign_in(&app.password_user("ada").await).await;
    app.shift_clock(86_400 + 31).await;
    for route in ROUTES {
        if needs(route.path).0.is_some() {
            let what = format!("{:?}", route.path);
            let reply = request(&app, route).bearer(&token).send().await;
            assert_code(&reply, 401, "token_expired", &what);
            let challenge = r#"Bearer realm="edge-auth", error="invalid_token""#;
            assert_eq!(reply.header("www-authenticate"), Some(challenge), "{what}");
        }
    }
}

#[tokio::test]
async fn refused_sign_in_has_the_same_code_for_every_name() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let disabled = app.person("off").disabled().create().await;
    let new = app.person("new").without_password().create().await;
    let nobody = format!("nobody-{}", app.address());
    let names = [&ada.username, &disabled.username, &new.email, &nobody];
    for (number, name) in names.into_iter().enumerate() {
        let reply = guess(&app, name, &app.elsewhere(number)).await;
        assert_code(&reply, 401, "invalid_credentials", name);
    }
}

#[tokio::test]
async fn back_off_has_another_code_than_the_rate_limit() {
    let app = App::shared();
    let nobody = format!("nobody-{}", app.address());
    let mut replies = Vec::new();
    for number in 0..6 {
        replies.push(guess(&app, &nobody, &app.elsewhere(number)).await);
    }
    let waits: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(!waits.is_empty());
    for reply in waits {
        assert_code(reply, 429, "back_off", "a guess");
    }

    let busy = app.elsewhere(100);
    let mut last = None;
    // Twice the limit of a minute, because the minute may change in between.
    for _ in 0..230 {
        let request = app.post("/api/auth/login").from(&busy);
        let reply = request.json(&json!({ "x": 1 })).send().await;
        if reply.status == 429 {
            last = Some(reply);
            break;
        }
    }
    let limited = last.expect("a request beyond the limit");
    assert_code(&limited, 429, "rate_limited", "a flood");
}

#[tokio::test]
async fn response_with_a_token_says_when_the_token_expires() {
    let app = service();
    let password = app.login(&app.password_user("ada").await).await;
    let token = password.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let refreshed = refresh(&app, &token).await;
    let device = app.arrive(&somebody(&app, "grace")).await;
    let keys = proof::session("Coded");
    let aws = app.post(AWS_LOGIN).json(&proof::proof(&keys)).send().await;
    for (reply, field) in [
        (password, "token"),
        (refreshed, "access_token"),
        (device, "access_token"),
        (aws, "access_token"),
    ] {
        reply.assert_status(200);
        let expiry = reply.header("edge-auth-expires").expect("an expiry");
        let moment = edge_auth::timestamp::Timestamp::parse(expiry);
        let claims = claims(reply.json()[field].as_str().expect("a token"));
        let said = moment.map(|moment| json!(moment.seconds()));
        assert_eq!(said.as_ref(), Some(&claims["exp"]), "{expiry}");
    }
    let reply = app.get("/api/auth/me").bearer(&token).send().await;
    assert_eq!(reply.header("edge-auth-expires"), None);
}

#[tokio::test]
async fn audit_entry_has_the_request_id_of_its_response() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let mut ids = Vec::new();
    // A value that is not a ray id is ignored.
    for ray in ["230b030023ae2822-SJC", "", "230b030023ae2822-SJCX", "x"] {
        let request = app.post("/api/auth/login").json(&ada.login());
        let reply = request.header("cf-ray", ray).send().await;
        let id = reply.assert_status(200).header("x-request-id");
        let id = id.expect("an id").to_owned();
        assert_eq!(id == ray, ray.len() == 20, "{ray}: {id}");
        ids.push(json!(id));
    }
    let sql = "SELECT request FROM audit WHERE subject = ?1 AND kind = 'sign_in' ORDER BY number";
    let rows = app.sql(sql, [ada.id]).await;
    let recorded: Vec<_> = rows.iter().map(|row| row["request"].clone()).collect();
    assert_eq!(recorded, ids);
    assert_ne!(ids[1], ids[2]);
}

#[tokio::test]
async fn missing_session_and_missing_path_have_different_codes() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let path = format!("/api/auth/sessions/{}", "0".repeat(64));
    let reply = app.request("DELETE", &path).bearer(&token).send().await;
    assert_code(&reply, 404, "session_not_found", "a session");
    assert_eq!(reply.json()["message"], "Not found");
}
