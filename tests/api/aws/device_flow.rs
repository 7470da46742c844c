//! The device flow as its clients see it: register, authorize, approve, token.

use super::{
    AUTHORIZE, Alone, Client, INTERVAL, REGISTER, SIMULATOR, TOKEN, directory, portal, text,
};
use crate::support::{App, Reply, Vars};
use aws_simulator::{Config, Operation};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NO_TOKEN: &str = "Failed to create token from device code";

fn hide(app: &App, reply: &Reply, names: &[&str]) {
    for name in names {
        app.redact(&text(&reply.json(), name), name);
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "whole replies")]
async fn a_person_signs_in_step_by_step() {
    let app = App::with(directory(&SIMULATOR));
    let reply = app.post(REGISTER).send().await;
    hide(&app, &reply, &["client_id", "client_secret"]);
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "client_id": "[client_id]",
      "client_secret": "[client_secret]",
      "expiration": "[time]"
    }
    "#);
    let client = Client {
        id: text(&reply.json(), "client_id"),
        secret: text(&reply.json(), "client_secret"),
        expiration: text(&reply.json(), "expiration"),
    };

    let reply = app.try_authorize(&client).await;
    app.redact(SIMULATOR.url(), "portal");
    hide(&app, &reply, &["device_code", "user_code"]);
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
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
    let device = super::Device {
        client,
        code: text(&reply.json(), "device_code"),
        user_code: text(&reply.json(), "user_code"),
    };

    insta::assert_snapshot!(app.token(&device).await.snapshot(), @r#"
    408
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-error: authorization_pending
    preference-applied: wait=0
    referrer-policy: no-referrer
    retry-after: 1
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "detail": "Authorization timed out"
    }
    "#);

    let person = aws_simulator::User::new(super::own_name("ada"))
        .display_name("Ada Lovelace")
        .email("ada@example.com")
        .assigned(aws_simulator::ACCOUNT, "Developer");
    app.redact(&person.user_name, "ada");
    SIMULATOR.put_user(person.clone());
    device.approve(&person);
    tokio::time::sleep(INTERVAL).await;
    let reply = app.token(&device).await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-expires: [time]
    preference-applied: wait=0
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
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

    let seen = reply.seen().await;
    assert!(seen.logs.is_empty(), "{:?}", seen.logs);
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
        "and Identity Store, which is asked with our own keys"
    );

    let token = text(&reply.json(), "access_token");
    let me = app.get("/api/auth/me").bearer(&token).send().await;
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
async fn bad_input_is_answered_with_the_routes_text_and_aws_is_not_asked() {
    let alone = Alone::new(Config::default(), portal);
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
        let of_the_device = body["client_id"] == good["client_id"]
            && body["client_secret"] == good["client_secret"];
        let reply = app.post(TOKEN).json(body).send().await;
        reply.assert_status(400);
        assert_eq!(reply.json(), json!({ "detail": NO_TOKEN }), "{body}");
        if !of_the_device {
            let reply = app.post(AUTHORIZE).json(body).send().await;
            reply.assert_status(400);
            let detail = json!({ "detail": "Failed to start device authorization" });
            assert_eq!(reply.json(), detail, "{body}");
        }
    }
    for (path, detail) in [
        (TOKEN, NO_TOKEN),
        (AUTHORIZE, "Failed to start device authorization"),
    ] {
        for bytes in [
            &b""[..],
            b"{",
            b"\xff",
            b"{\"client_id\":\"a\",\"client_id\":\"b\"}",
            b"client_id=a",
        ] {
            let request = app.post(path).header("content-type", "application/json");
            let reply = request.body(bytes).send().await;
            reply.assert_status(400);
            assert_eq!(reply.json(), json!({ "detail": detail }), "{bytes:?}");
        }
        let reply = app.post(path).body(good.to_string()).send().await;
        reply.assert_status(415);
        let long = json!({ "client_id": "a".repeat(17_000) });
        app.post(path).json(&long).send().await.assert_status(413);
        app.get(path).send().await.assert_status(405);
    }
    assert_eq!(alone.simulator.journal().len(), before);
    // None of this has hurt the flow.
    app.token(&device).await.assert_status(408);
}

#[tokio::test]
async fn without_aws_every_step_says_so() {
    let app = App::with(Vars::new());
    let reply = app.post(REGISTER).send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    500
    {
      "detail": "Failed to register with AWS SSO"
    }
    "#);
    // Handles of a server that has a portal open here too, for the key is the same; there is just nobody to ask.
    let device = App::with(portal(&SIMULATOR)).device().await;
    let reply = app.try_authorize(&device.client).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    500
    {
      "detail": "Failed to start device authorization"
    }
    "#);
    let reply = app.post(super::AWS_LOGIN).send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    400
    {
      "detail": "AWS credentials not provided"
    }
    "#);
}

#[tokio::test]
async fn posts_without_a_body_need_no_content_type() {
    let app = App::with(portal(&SIMULATOR));
    for headers in ["content-length: 0\r\n", ""] {
        for (path, status) in [(REGISTER, "200"), (super::AWS_LOGIN, "400")] {
            let request =
                format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n");
            let reply = app.send_raw(request.as_bytes()).await;
            let reply = String::from_utf8_lossy(&reply);
            assert!(
                reply.starts_with(&format!("HTTP/1.1 {status} ")),
                "{path} {headers}: {reply}"
            );
        }
    }
}

#[tokio::test]
async fn a_handle_never_outlives_aws_registration() {
    let config = Config {
        client_lifetime: Duration::from_mins(30),
        ..Config::default()
    };
    let alone = Alone::new(config, portal);
    let client = alone.app.register_client().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let end = edge_auth::timestamp::Timestamp::parse(&client.expiration).unwrap();
    let left = end.seconds() - i64::try_from(now.as_secs()).unwrap();
    assert!((1_790..=1_800).contains(&left), "{left}");
    alone.app.shift_clock(1_795).await;
    alone.app.authorize(&client).await;
    alone.app.shift_clock(1_801).await;
    alone.app.try_authorize(&client).await.assert_status(400);
}
