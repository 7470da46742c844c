//! `POST /api/auth/token`: get the token of a device flow.

mod identity;
mod names;
mod polling;
mod roles;

use crate::support::aws::{
    Client, Device, INTERVAL, IsolatedAws, SIMULATOR, directory, portal, text, unique_name,
};
use crate::support::{App, Response, Vars};
use aws_simulator::{ACCOUNT, Assignment, Config, Operation, User};
use serde_json::{Value, json};

/// The text of a failure.
const NO_TOKEN: &str = "Failed to create token from device code";

/// Redacts these members of the response.
fn redact(app: &App, response: &Response, names: &[&str]) {
    for name in names {
        app.redact(&text(&response.json(), name), name);
    }
}

/// An account other than [`ACCOUNT`].
const OTHER_ACCOUNT: &str = "444455556666";

/// Variables with a role map for one account.
fn with_role_map() -> Vars {
    let map = "Administrator=admin, Owner=super_admin, Developer=user";
    let vars = portal(&SIMULATOR).set("AWS_SSO_ACCOUNT_ID", ACCOUNT);
    vars.set("AWS_SSO_ROLE_MAP", map)
}

/// Fails the test unless the sign-in was denied with this code, which is not logged as a failure.
async fn assert_denied(response: &Response, code: &str) {
    response.assert_error(403, code);
    assert_eq!(response.json(), json!({ "detail": "Access denied" }));
    assert_eq!(response.retry_after(), None);
    let logs = response.recorded().await.logs;
    assert!(logs.is_empty(), "{logs:?}");
}

/// Gives a user of the directory this permission set and no other.
fn assign(directory_user: &mut User, permission_set: &str) {
    directory_user.assignments = vec![Assignment {
        account_id: ACCOUNT.into(),
        permission_set: permission_set.into(),
    }];
    SIMULATOR.put_user(directory_user.clone());
}

/// Adds a user of the directory with these permission sets in these accounts, in the order of the portal.
fn add_directory_user_with(name: &str, sets: &[(&str, &str)]) -> User {
    let mut directory_user = User::new(unique_name(name));
    for (account, set) in sets {
        directory_user = directory_user.assigned(*account, *set);
    }
    SIMULATOR.put_user(directory_user.clone());
    directory_user
}

#[tokio::test]
#[ignore = "slow"]
async fn device_flow_returns_the_documented_bodies() {
    let app = App::with(directory(&SIMULATOR));
    app.run_clock().await;
    let response = app.anonymous().register_client().await;
    redact(&app, &response, &["client_id", "client_secret"]);
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "client_id": "[client_id]",
      "client_secret": "[client_secret]",
      "expiration": "[time]"
    }
    "#);
    let client = Client::of(&response);

    let response = app.anonymous().authorize_device(&client.body()).await;
    app.redact(SIMULATOR.url(), "portal");
    redact(&app, &response, &["device_code", "user_code"]);
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "device_code": "[device_code]",
      "user_code": "[user_code]",
      "verification_uri": "[portal]/device",
      "verification_uri_complete": "[portal]/device?user_code=[user_code]",
      "expires_in": 600,
      "interval": 1
    }
    "#);
    let device = Device::of(client, &response);

    insta::assert_snapshot!(app.token(&device).await.snapshot(), @r#"
    408
    edge-auth-error: authorization_pending
    preference-applied: wait=0
    retry-after: 1
    {
      "detail": "Authorization timed out"
    }
    "#);

    let directory_user = User::new(unique_name("ada"))
        .display_name("Ada Lovelace")
        .email("ada@example.com")
        .assigned(ACCOUNT, "Developer");
    app.redact(&directory_user.user_name, "ada");
    SIMULATOR.put_user(directory_user.clone());
    device.approve(&directory_user);
    tokio::time::sleep(INTERVAL).await;
    let response = app.token(&device).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    edge-auth-expires: [time]
    preference-applied: wait=0
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "user": {
        "username": "[ada]",
        "email": "ada@example.com",
        "full_name": "Ada Lovelace"
      }
    }
    "#);

    let recorded = response.recorded().await;
    assert!(recorded.logs.is_empty(), "{:?}", recorded.logs);
    assert_eq!(
        device.operations(),
        [
            Operation::CreateToken,
            Operation::CreateToken,
            Operation::ListAccounts,
            Operation::ListAccountRoles,
            Operation::GetRoleCredentials,
            Operation::GetCallerIdentity,
            Operation::Logout,
        ],
        "calls of Identity Store are made with the service's own keys"
    );

    let session = response.session();
    let me = session.me().await;
    insta::assert_snapshot!(me.snapshot_body(), @r#"
    200
    {
      "id": "[uuid]",
      "username": "[ada]",
      "email": "ada@example.com",
      "full_name": "Ada Lovelace",
      "is_active": true
    }
    "#);
}

#[tokio::test]
async fn invalid_bodies_return_the_documented_400_without_calling_aws() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let app = &alone.app;
    let device = app.device().await;
    let before = alone.simulator.journal().len();
    let good = device.body();
    let changed = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let mut bodies: Vec<Value> = vec![json!({}), json!([]), json!(null), json!("x"), json!(7)];
    for name in ["client_id", "client_secret", "device_code"] {
        for value in [
            json!(null),
            json!(""),
            json!(7),
            json!(true),
            json!([text(&good, name)]),
            json!({}),
            json!("x"),
            json!("\u{0}"),
            json!("é".repeat(2_000)),
            json!(format!("{} ", text(&good, name))),
        ] {
            bodies.push(changed(name, value));
        }
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        bodies.push(without);
    }
    for body in &bodies {
        let has_client = body["client_id"] == good["client_id"]
            && body["client_secret"] == good["client_secret"];
        let response = app.post("/api/auth/token").json(body).await;
        response.assert_status(400);
        assert_eq!(response.json(), json!({ "detail": NO_TOKEN }), "{body}");
        if !has_client {
            let response = app.anonymous().authorize_device(body).await;
            response.assert_status(400);
            let detail = json!({ "detail": "Failed to start device authorization" });
            assert_eq!(response.json(), detail, "{body}");
        }
    }
    for (path, detail) in [
        ("/api/auth/token", NO_TOKEN),
        (
            "/api/auth/device-authorization",
            "Failed to start device authorization",
        ),
    ] {
        for bytes in [
            &b""[..],
            b"{",
            b"\xff",
            b"{\"client_id\":\"a\",\"client_id\":\"b\"}",
            b"client_id=a",
        ] {
            let request = app.post(path).header("content-type", "application/json");
            let response = request.body(bytes).await;
            response.assert_status(400);
            assert_eq!(response.json(), json!({ "detail": detail }), "{bytes:?}");
        }
        let response = app.post(path).body(good.to_string()).await;
        response.assert_status(415);
        let long = json!({ "client_id": "a".repeat(17_000) });
        app.post(path).json(&long).await.assert_status(413);
        app.get(path).await.assert_status(405);
    }
    assert_eq!(alone.simulator.journal().len(), before);
    // The device flow continues.
    app.token(&device).await.assert_status(408);
}
