//! No secret is in a log line, a row of D1 or a value of KV.

mod oauth_clients;
mod sign_in;

use crate::support::audit::CRON;
use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use crate::support::{App, Caller, Fault, Vars};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one run of many routes")]
#[ignore = "slow"]
async fn secrets_are_neither_stored_nor_logged_by_any_route() {
    let vars = Vars::new()
        .set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .set(
            "AWS_SECRET_ACCESS_KEY",
            "canary/of+the/service/own/aws/secret/key",
        )
        .set(
            "AWS_SESSION_TOKEN",
            "canary/of+the/service/own/aws/session/token",
        )
        .set("NVIDIA_API_KEY", "nvapi-canary-of-the-key-of-the-service");
    let app = App::isolated(vars.clone());
    let (first_password, second_password) = (
        "canary: the first passphrase of Ada",
        "canary: the other passphrase of Ada",
    );
    let ada = app.new_user("ada").password(first_password).create().await;
    let link = ada.reset_link().await;
    let no_link = "canary: a link that does not exist";
    let no_name = "canary.unknown@example.com";

    let first = ada.sign_in().await;
    let second = first.refreshed().await;
    second.validate().await.assert_status(200);
    second.me().await.assert_status(200);
    app.anonymous().health().await.assert_status(200);
    let grace = app.admin("grace").await.sign_in().await;
    let pages = async || {
        [
            grace.aws_credentials().await,
            grace.nvidia_credentials().await,
        ]
    };
    for page in pages().await {
        page.assert_status(200);
    }

    // A password as a user name, a wrong password, an incomplete body, and a token in the URL.
    for body in [
        json!({ "username": first_password, "password": "x" }).to_string(),
        json!({ "username": no_name, "password": "x" }).to_string(),
        json!({ "username": ada.username, "password": second_password }).to_string(),
        format!(
            "{{\"username\": \"{}\", \"password\": \"{first_password}",
            ada.username
        ),
    ] {
        let login = app.post("/api/auth/login").body(body);
        login
            .header("content-type", "application/json")
            .header("user-agent", "a browser")
            .await;
    }
    app.get(&format!("/api/auth/validate?token={second}"))
        .await
        .assert_status(401);
    app.with_token(format!("{second}x"))
        .validate()
        .await
        .assert_status(401);
    app.anonymous()
        .set_password(no_link, second_password)
        .await
        .assert_status(400);

    // Errors of the stores are logged.
    for fault in [Fault::d1(), Fault::kv()] {
        let text = format!("canary: {second} {first_password} {link}");
        let fault = app.fault(fault.fails_with(&text)).await;
        ada.login().await;
        second.validate().await;
        second.refresh().await;
        app.anonymous().set_password(&link, first_password).await;
        app.anonymous().health().await;
        pages().await;
        app.scheduled(CRON).await;
        fault.remove().await;
    }

    app.skip_back_off().await;
    let third = ada.sign_in().await;
    app.shift_clock(80).await;
    first.refresh().await.assert_status(401);
    // The link was used above, while only KV failed.
    app.anonymous()
        .set_password(&link, second_password)
        .await
        .assert_status(400);
    // A cookie, the next one after a step-up, its reuse, and a forged one.
    app.skip_back_off().await;
    let cookie = ada.sign_in_with_cookie().await;
    cookie.step_up(second_password).await.assert_status(400);
    app.skip_back_off().await;
    let next = cookie.stepped_up(first_password).await;
    next.list_sessions().await.assert_status(200);
    let forged = format!("{}x", next.session_cookie());
    app.with_session_cookie(forged)
        .validate()
        .await
        .assert_status(401);
    app.shift_clock(app.clock() + 31).await;
    cookie.list_sessions().await.assert_status(401);
    third.logout().await.assert_status(200).recorded().await;
    app.scheduled(CRON).await;

    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("the first password", first_password.into()),
        ("the second password", second_password.into()),
        ("the link", link.into()),
        ("the link that does not exist", no_link.into()),
        ("the name that does not exist", no_name.into()),
    ];
    for (name, token) in [("first", &first), ("second", &second), ("third", &third)] {
        secrets.extend(of_token(token).map(|secret| (name, secret)));
    }
    for (name, cookie) in [("first cookie", &cookie), ("next cookie", &next)] {
        secrets.extend(of_cookie(cookie).map(|secret| (name, secret)));
    }
    secrets.extend(of_configuration(&vars));
    let lines = stored_and_logged(&app).await;
    let places = [
        "D1 users",
        "D1 sessions",
        "D1 audit ",
        "D1 audit_checkpoints",
        "KV session:",
        "KV audit-head",
        "log error",
    ];
    assert_searched(&lines, &places);
    assert_absent(&secrets, &lines);
}

/// The secrets of a token: the whole, its signature and the id of its session.
fn of_token(session: &Caller) -> [Vec<u8>; 4] {
    let token = session.token();
    let signature = token.rsplit('.').next().expect("a signature");
    let sid = session.claims()["sid"].as_str().expect("a sid").to_owned();
    let raw = Base64UrlUnpadded::decode_vec(&sid).expect("base64url");
    [token.into(), signature.into(), sid.into(), raw]
}

/// The secrets of a session cookie: the whole, its end and the id of its session.
fn of_cookie(session: &Caller) -> [Vec<u8>; 3] {
    let value = session.session_cookie();
    let end = &value[value.len() - 24..];
    let sid = session.claims()["sid"].as_str().expect("a sid").to_owned();
    [value.into(), end.into(), sid.into()]
}

/// The secrets of the configuration, as they are and decoded.
fn of_configuration(vars: &Vars) -> Vec<(&'static str, Vec<u8>)> {
    let mut secrets: Vec<(&str, Vec<u8>)> = Vec::new();
    for name in [
        "JWT_SECRET",
        "PASSWORD_PEPPER",
        "HANDLE_KEY",
        "AUDIT_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "NVIDIA_API_KEY",
    ] {
        let Some(value) = vars.get(name) else {
            continue;
        };
        secrets.push((name, value.into()));
        if let Ok(raw) = Base64::decode_vec(value) {
            secrets.push((name, raw));
        }
    }
    let key = vars.get("OAUTH_KEY_1").unwrap_or("{}");
    let key: Value = serde_json::from_str(key).expect("a JWK");
    if let Some(private) = key["d"].as_str() {
        let raw = Base64UrlUnpadded::decode_vec(private).expect("base64url");
        secrets.extend([("OAUTH_KEY_1", private.into()), ("OAUTH_KEY_1", raw)]);
    }
    secrets
}
