//! `/aws-login` without a body: the service's own keys sign in whoever asks, where `AWS_LOGIN` says so.

use super::{AWS_LOGIN, SIMULATOR, keyed, own_name, portal, text};
use crate::support::{App, Vars};
use aws_simulator::{ACCOUNT, CallerIdentity};
use serde_json::json;
use std::time::Duration;

/// A well-formed proof by nobody.
fn proof() -> serde_json::Value {
    json!({
        "access_key_id": "AKIDEXAMPLE000000000", "amz_date": "20240110T120000Z", "signature": "0".repeat(64),
    })
}

fn arns(vars: Vars) -> Vars {
    vars.set(
        "AWS_LOGIN_ARNS",
        &format!("arn:aws:iam::{ACCOUNT}:user/x=user"),
    )
}

#[tokio::test]
async fn each_way_is_open_only_where_it_is_configured() {
    let (bare, keys) = (portal(&SIMULATOR), keyed(&SIMULATOR));
    // Variables, then the statuses without a body and with a proof.
    for (vars, without, with) in [
        (bare.clone(), 400, 400),
        (keys.clone(), 400, 400),
        (arns(bare.clone()), 400, 401),
        (arns(keys.clone().set("AWS_LOGIN", "none")), 400, 400),
        (keys.clone().set("AWS_LOGIN", "app"), 200, 400),
        (arns(keys.clone().set("AWS_LOGIN", "app")), 200, 400),
        (bare.set("AWS_LOGIN", "app"), 400, 400),
        (arns(keys.set("AWS_LOGIN", "app,proof")), 200, 401),
    ] {
        let app = App::with(vars.clone());
        let shown = format!(
            "{:?} {:?}",
            vars.get("AWS_LOGIN"),
            vars.get("AWS_LOGIN_ARNS")
        );
        let replies = [
            (app.post(AWS_LOGIN).send().await, without),
            (app.post(AWS_LOGIN).json(&proof()).send().await, with),
        ];
        for (reply, expected) in replies {
            assert_eq!(reply.status, expected, "{shown}: {}", reply.text());
            if expected == 400 {
                let detail = json!({ "detail": "AWS credentials not provided" });
                assert_eq!(reply.json(), detail, "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn the_keys_sign_in_as_their_principal_for_an_hour_and_never_above_user() {
    let app = App::with(
        keyed(&SIMULATOR)
            .set("AWS_LOGIN", "app")
            .set("AWS_EMAIL_DOMAIN", "example.com"),
    );
    let reply = app.post(AWS_LOGIN).send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "user": {
        "username": "edge-auth",
        "email": "edge-auth@example.com",
        "full_name": "Edge Auth"
      }
    }
    "#);
    let user = app.who(&reply).await;
    assert_eq!(
        (&user["username"], &user["role"]),
        (&json!("edge-auth"), &json!("user"))
    );
    let id = text(&user, "id");
    let token = text(&reply.json(), "access_token");

    let sql = "SELECT unixepoch(ends_at) - unixepoch(created_at) AS lasts, \
               unixepoch(token_expires_at) - unixepoch(created_at) AS token FROM sessions WHERE user_id = ?1";
    let lasting = app.sql(sql, [id.clone()]).await;
    assert_eq!(lasting, [json!({ "lasts": 3_600, "token": 3_600 })]);

    // Whoever is raised in the record is lowered by the next who asks.
    app.sql(
        "UPDATE users SET role = 'super_admin' WHERE id = ?1",
        [id.clone()],
    )
    .await;
    let again = app.post(AWS_LOGIN).send().await;
    assert_eq!(app.who(&again).await["role"], "user");
    again.seen().await;
    let refresh = app.post("/api/auth/refresh").bearer(&token).send().await;
    refresh.assert_status(401);

    let token = text(&again.json(), "access_token");
    app.shift_clock(3_500).await;
    let refreshed = app.post("/api/auth/refresh").bearer(&token).send().await;
    refreshed.assert_status(200);
    let token = text(&refreshed.json(), "access_token");
    app.shift_clock(3_640).await;
    for (method, path) in [("POST", "/api/auth/refresh"), ("GET", "/api/auth/validate")] {
        let request = app.request(method, path).bearer(&token);
        request.send().await.assert_status(401);
    }

    app.shift_clock(0).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id])
        .await;
    app.post(AWS_LOGIN).send().await.assert_status(401);
}

#[tokio::test]
async fn temporary_keys_of_a_role_sign_in_as_the_role() {
    let name = own_name("chosen");
    let principal = CallerIdentity::role_session(ACCOUNT, "Workload", &name);
    let keys = SIMULATOR.create_session(principal, Duration::from_hours(1));
    let vars = portal(&SIMULATOR)
        .set("AWS_ACCESS_KEY_ID", &keys.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key)
        .set("AWS_SESSION_TOKEN", keys.session_token.as_deref().unwrap())
        .set("AWS_LOGIN", "app");
    let app = App::with(vars);
    let user = app.who(&app.post(AWS_LOGIN).send().await).await;
    assert_eq!(user["username"], "Workload");
    assert!(!user.to_string().contains(&name));
}

#[tokio::test]
async fn own_keys_that_aws_refuses_are_named_by_their_code() {
    let own = SIMULATOR.app_credentials();
    for (vars, code) in [
        (
            portal(&SIMULATOR)
                .set("AWS_ACCESS_KEY_ID", &own.access_key_id)
                .set(
                    "AWS_SECRET_ACCESS_KEY",
                    "not/the/secret/of/this/key/0000000000000",
                ),
            "SignatureDoesNotMatch",
        ),
        (
            portal(&SIMULATOR)
                .set("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000")
                .set("AWS_SECRET_ACCESS_KEY", &own.secret_access_key),
            "InvalidClientTokenId",
        ),
        (
            keyed(&SIMULATOR).set("AWS_REGION", "eu-west-1"),
            "SignatureDoesNotMatch",
        ),
    ] {
        let app = App::with(vars.set("AWS_LOGIN", "app"));
        let reply = app.post(AWS_LOGIN).send().await;
        reply.assert_status(500);
        assert_eq!(
            reply.json(),
            json!({ "detail": format!("Failed to login with AWS credentials: {code}") })
        );
        assert!(app.sql("SELECT id FROM users", [0; 0]).await.is_empty());
    }
}

#[tokio::test]
async fn who_asks_a_hundred_times_ends_no_session_of_the_application() {
    // The application is one person for every test.
    let app = App::alone(keyed(&SIMULATOR).set("AWS_LOGIN", "app"));
    let first = app.post(AWS_LOGIN).send().await;
    let id = text(&app.who(&first).await, "id");
    app.mint(&vec![id.as_str(); 120]).await;
    app.post(AWS_LOGIN).send().await.assert_status(200);
    let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    assert_eq!(app.sql(sql, [id]).await, [json!({ "n": 122 })]);
}
