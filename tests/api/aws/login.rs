//! `POST /api/auth/aws-login`: sign in as an AWS principal, with the service credentials or with a proof.

mod forged_proof;
mod proof;
mod refused_proof;

use crate::support::aws::{SIMULATOR, keyed, portal, text, unique_name};
use crate::support::{App, Cases, Vars, assert_refused};
use aws_simulator::{ACCOUNT, CallerIdentity};
use serde_json::{Value, json};
use std::time::Duration;

/// A well-formed proof with an unknown key.
fn unknown_proof() -> Value {
    json!({
        "access_key_id": "AKIDEXAMPLE000000000", "amz_date": "20240110T120000Z", "signature": "0".repeat(64),
    })
}

/// Variables with principals that may sign in with a proof.
fn with_arns(vars: Vars) -> Vars {
    vars.set(
        "AWS_LOGIN_ARNS",
        &format!("arn:aws:iam::{ACCOUNT}:user/x=user"),
    )
}

async fn try_methods(cases: Cases) {
    let (bare, keys) = (portal(&SIMULATOR), keyed(&SIMULATOR));
    // The variables, and the expected statuses without a body and with a proof.
    let configurations = [
        (bare.clone(), 400, 400),
        (keys.clone(), 400, 400),
        (with_arns(bare.clone()), 400, 401),
        (with_arns(keys.clone().set("AWS_LOGIN", "none")), 400, 400),
        (keys.clone().set("AWS_LOGIN", "app"), 200, 400),
        (with_arns(keys.clone().set("AWS_LOGIN", "app")), 200, 400),
        (bare.set("AWS_LOGIN", "app"), 400, 400),
        (with_arns(keys.set("AWS_LOGIN", "app,proof")), 200, 401),
    ];
    let configurations = cases.of_each_class(configurations, |(_, without_proof, with_proof)| {
        (*without_proof, *with_proof)
    });
    for (vars, without_proof, with_proof) in configurations {
        let app = App::with(vars.clone());
        let shown = format!(
            "{:?} {:?}",
            vars.get("AWS_LOGIN"),
            vars.get("AWS_LOGIN_ARNS")
        );
        let responses = [
            (app.anonymous().aws_login().await, without_proof),
            (
                app.anonymous().aws_login_with(&unknown_proof()).await,
                with_proof,
            ),
        ];
        for (response, expected) in responses {
            assert_eq!(response.status, expected, "{shown}: {}", response.text());
            if expected == 400 {
                let detail = json!({ "detail": "AWS credentials not provided" });
                assert_eq!(response.json(), detail, "{shown}");
            }
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn aws_login_accepts_only_configured_methods() {
    try_methods(Cases::of_this_run()).await;
}

#[tokio::test]
async fn own_keys_sign_in_for_an_hour_with_the_role_user() {
    let app = App::with(
        keyed(&SIMULATOR)
            .set("AWS_LOGIN", "app")
            .set("AWS_EMAIL_DOMAIN", "example.com"),
    );
    let response = app.anonymous().aws_login().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
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
    let user = response.signed_in_user().await;
    assert_eq!(
        (&user["username"], &user["role"]),
        (&json!("edge-auth"), &json!("user"))
    );
    let id = text(&user, "id");
    let session = response.session();

    let sql = "SELECT unixepoch(ends_at) - unixepoch(created_at) AS session, \
               unixepoch(token_expires_at) - unixepoch(created_at) AS token FROM sessions WHERE user_id = ?1";
    let lifetimes = app.sql(sql, [id.clone()]).await;
    assert_eq!(lifetimes, [json!({ "session": 3_600, "token": 3_600 })]);

    // The next sign-in replaces a role that was set in D1.
    app.sql(
        "UPDATE users SET role = 'super_admin' WHERE id = ?1",
        [id.clone()],
    )
    .await;
    let again = app.anonymous().aws_login().await;
    assert_eq!(again.signed_in_user().await["role"], "user");
    again.recorded().await;
    let refresh = session.refresh().await;
    refresh.assert_status(401);

    let session = again.session();
    app.shift_clock(3_500).await;
    let refreshed = session.refresh().await;
    refreshed.assert_status(200);
    let session = refreshed.session();
    app.shift_clock(3_640).await;
    assert_refused(&[&session]).await;

    app.shift_clock(0).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id])
        .await;
    app.anonymous().aws_login().await.assert_status(401);
}

#[tokio::test]
async fn temporary_own_keys_sign_in_as_their_role() {
    let name = unique_name("session");
    let principal = CallerIdentity::role_session(ACCOUNT, "Workload", &name);
    let keys = SIMULATOR.create_session(principal, Duration::from_hours(1));
    let vars = portal(&SIMULATOR)
        .set("AWS_ACCESS_KEY_ID", &keys.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key)
        .set("AWS_SESSION_TOKEN", keys.session_token.as_deref().unwrap())
        .set("AWS_LOGIN", "app");
    let app = App::with(vars);
    let user = app.anonymous().aws_login().await.signed_in_user().await;
    assert_eq!(user["username"], "Workload");
    assert!(!user.to_string().contains(&name));
}

#[tokio::test]
#[ignore = "slow"]
async fn own_keys_that_aws_rejects_return_500_with_the_error_code() {
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
        let response = app.anonymous().aws_login().await;
        response.assert_status(500);
        assert_eq!(
            response.json(),
            json!({ "detail": format!("Failed to login with AWS credentials: {code}") })
        );
        assert!(app.run_sql("SELECT id FROM users").await.is_empty());
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sign_ins_with_own_keys_evict_no_session() {
    // The application is the same user in every test.
    let app = App::isolated(keyed(&SIMULATOR).set("AWS_LOGIN", "app"));
    let first = app.anonymous().aws_login().await;
    let id = text(&first.signed_in_user().await, "id");
    app.seed_sessions(&vec![id.as_str(); 120]).await;
    app.anonymous().aws_login().await.assert_status(200);
    let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    assert_eq!(app.count(sql, [id]).await, 122);
}
