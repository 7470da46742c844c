//! The device flow as its clients see it: register, authorize, approve, token.

use super::{
    AUTHORIZE, Alone, Client, REGISTER, SIMULATOR, TOKEN, directory, portal, somebody, text,
};
use crate::support::{App, Reply, Vars, eventually};
use aws_simulator::{Config, Operation, Rule};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The simulator's interval between two questions for one device code, and a little.
const INTERVAL: Duration = Duration::from_millis(1_100);
const TIMED_OUT: &str = "Authorization timed out";
const NO_TOKEN: &str = "Failed to create token from device code";

fn hide(app: &App, reply: &Reply, names: &[&str]) {
    for name in names {
        app.redact(&text(&reply.json(), name), name);
    }
}

#[tokio::test]
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

    let person = aws_simulator::Person::new(super::own_name("ada"))
        .display_name("Ada Lovelace")
        .email("ada@example.com")
        .assigned(aws_simulator::ACCOUNT, "Developer");
    app.redact(&person.user_name, "ada");
    SIMULATOR.put_person(person.clone());
    device.approve(&person);
    tokio::time::sleep(INTERVAL).await;
    let reply = app.token(&device).await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
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
    let end = edge_auth::account::timestamp::Timestamp::parse(&client.expiration).unwrap();
    let left = end.seconds() - i64::try_from(now.as_secs()).unwrap();
    assert!((1_790..=1_800).contains(&left), "{left}");
    alone.app.shift_clock(1_795).await;
    alone.app.authorize(&client).await;
    alone.app.shift_clock(1_801).await;
    alone.app.try_authorize(&client).await.assert_status(400);
}

#[tokio::test]
async fn prefer_says_how_long_to_wait() {
    let app = App::with(portal(&SIMULATOR).set("DEVICE_TOKEN_WAIT", "2"));
    for (prefer, applied, polls, least) in [
        ("wait=0", Some("wait=0"), 1, 0),
        ("wait=1", Some("wait=1"), 2, 1_000),
        ("wait=99999999999999999999", Some("wait=2"), 3, 2_000),
        ("respond-async, WAIT=\"1\"", Some("wait=1"), 2, 1_000),
        ("wait=soon", None, 3, 2_000),
        ("wait=-1", None, 3, 2_000),
        ("wait=1.5", None, 3, 2_000),
    ] {
        let device = app.device().await;
        let start = Instant::now();
        let reply = app.token_waiting(&device, prefer).await;
        let elapsed = start.elapsed();
        reply.assert_status(408);
        assert_eq!(reply.json(), json!({ "detail": TIMED_OUT }));
        assert_eq!(reply.header("retry-after"), Some("1"), "{prefer}");
        assert_eq!(reply.header("preference-applied"), applied, "{prefer}");
        // The last poll may fall a millisecond behind the deadline.
        let asked = device.operations().len();
        assert!(asked == polls || asked + 1 == polls, "{prefer}: {asked}");
        assert!(
            elapsed >= Duration::from_millis(least).saturating_sub(Duration::from_secs(1)),
            "{prefer}: {elapsed:?}"
        );
        assert!(
            elapsed < Duration::from_millis(least + 2_000),
            "{prefer}: {elapsed:?}"
        );
    }
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    let waiting = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token_waiting(&device, "wait=2").await }
    });
    eventually("AWS was asked", async || !device.operations().is_empty()).await;
    device.approve(&ada);
    let reply = waiting.await.unwrap();
    reply.assert_status(200);
    assert_eq!(reply.header("preference-applied"), Some("wait=2"));
}

#[tokio::test]
async fn slow_down_adds_five_seconds() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    let slow_down = || {
        let rule = Rule::error("SlowDownException").on(Operation::CreateToken);
        SIMULATOR
            .misbehave(rule.only(device.line()).times(1))
            .unwrap();
    };
    slow_down();
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), Some("6"));

    let before = device.journal().len();
    slow_down();
    let reply = app.token_waiting(&device, "wait=7").await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), Some("6"));
    let journal = device.journal();
    let [first, second] = &journal[before..] else {
        panic!("{journal:#?}");
    };
    assert!(second.at - first.at >= 5_950, "{journal:#?}");
}

#[tokio::test]
async fn a_denied_or_ended_code_is_final() {
    let app = App::with(portal(&SIMULATOR));
    let device = app.device().await;
    SIMULATOR.deny(&device.user_code).unwrap();
    let reply = app.token(&device).await;
    reply.assert_status(500);
    assert_eq!(reply.json(), json!({ "detail": NO_TOKEN }));
    assert_eq!(reply.header("retry-after"), None);

    // AWS's code and ours end together, so nobody is waited for.
    let device = app.device().await;
    SIMULATOR.expire(&device.line());
    app.shift_clock(601).await;
    let start = Instant::now();
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.json(), json!({ "detail": TIMED_OUT }));
    assert_eq!(reply.header("retry-after"), None);
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_client_that_hung_up_finds_the_session_when_it_comes_back() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    let (name, body) = (app.next_request(), device.body().to_string());
    let origin = app.server().door().origin;
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://"))
        .await
        .unwrap();
    let request = format!(
        "POST {TOKEN} HTTP/1.1\r\nhost: x\r\nx-test-request: {name}\r\nprefer: wait=20\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("AWS was asked", async || !device.operations().is_empty()).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(300)).await;
    device.approve(&ada);
    eventually("the sign-in is finished", async || {
        device.operations().last() == Some(&Operation::Logout)
    })
    .await;
    let before = device.journal().len();
    let reply = app.token(&device).await;
    let who = app.who(&reply).await;
    assert_eq!(who["username"], ada.user_name);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
    assert_eq!(device.journal().len(), before, "AWS is not asked again");
}

#[tokio::test]
async fn a_retry_within_two_minutes_gets_the_same_bytes() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    // Signed in some seconds after the request came, so that a token of the request's moment would differ.
    let waiting = tokio::spawn({
        let (app, device) = (app.clone(), device.clone());
        async move { app.token_waiting(&device, "wait=9").await }
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    device.approve(&ada);
    let first = waiting.await.unwrap();
    let who = app.who(&first).await;
    for seconds in [0, 60, 118] {
        app.shift_clock(seconds).await;
        let again = app.token(&device).await;
        again.assert_status(200);
        assert_eq!(again.text(), first.text(), "after {seconds} s");
    }
    app.shift_clock(122).await;
    tokio::time::sleep(INTERVAL).await;
    let reply = app.token(&device).await;
    reply.assert_status(408);
    assert_eq!(reply.header("retry-after"), None);
    assert_eq!(app.sessions_of(&who["id"]).await, 1);
}

#[tokio::test]
async fn a_retry_does_not_revive_what_was_signed_out() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let device = app.device().await;
    device.approve(&ada);
    let reply = app.token(&device).await;
    let token = text(&reply.json(), "access_token");
    let logout = app.post("/api/auth/logout").bearer(&token).send().await;
    logout.assert_status(200);
    app.token(&device).await.assert_status(500);
    app.get("/api/auth/validate")
        .bearer(&token)
        .send()
        .await
        .assert_status(401);
}
