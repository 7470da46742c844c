//! `POST /api/auth/register-client`: register a client for the AWS device flow.

use crate::support::aws::{IsolatedAws, SIMULATOR, portal};
use crate::support::internals::Timestamp;
use crate::support::{App, Fault, Vars, eventually};
use aws_simulator::{Config, Filter, Operation, Simulator};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::time::Duration;

/// The key of the sealed registration in KV.
pub const REGISTRATION: &str = "aws-client:us-east-1";

/// Advances the clocks of the simulator and the Worker.
async fn advance(simulator: &Simulator, app: &App, seconds: i64) {
    simulator.clock().advance(seconds * 1_000);
    app.shift_server_clock(seconds).await;
}

#[tokio::test]
async fn device_flow_without_aws_returns_the_documented_500() {
    let app = App::with(Vars::new());
    let response = app.anonymous().register_client().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    500
    {
      "detail": "Failed to register with AWS SSO"
    }
    "#);
    // Handles of a server with AWS are valid here too, because the key is the same.
    let device = App::with(portal(&SIMULATOR)).device().await;
    let response = app
        .anonymous()
        .authorize_device(&device.client.body())
        .await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    500
    {
      "detail": "Failed to start device authorization"
    }
    "#);
    let response = app.anonymous().aws_login().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    400
    {
      "detail": "AWS credentials not provided"
    }
    "#);
}

#[tokio::test]
async fn post_without_a_body_needs_no_content_type() {
    let app = App::with(portal(&SIMULATOR));
    for headers in ["content-length: 0\r\n", ""] {
        for (path, status) in [("register-client", "200"), ("aws-login", "400")] {
            let request = format!(
                "POST /api/auth/{path} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n"
            );
            let response = app.send_raw(request.as_bytes()).await;
            let response = String::from_utf8_lossy(&response);
            assert!(
                response.starts_with(&format!("HTTP/1.1 {status} ")),
                "{path} {headers}: {response}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn client_expires_with_the_registration_at_aws() {
    let config = Config {
        client_lifetime: Duration::from_mins(30),
        ..Config::default()
    };
    let alone = IsolatedAws::new(config, portal);
    let client = alone.app.registered_client().await;
    let end = Timestamp::parse(&client.expiration).unwrap();
    let left = end.seconds() - alone.app.now().await.seconds();
    assert!((1_740..=1_800).contains(&left), "{left}");
    alone.app.shift_clock(1_740).await;
    alone.app.device_for(&client).await;
    alone.app.shift_clock(1_860).await;
    alone
        .app
        .anonymous()
        .authorize_device(&client.body())
        .await
        .assert_status(400);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn one_registration_at_aws_serves_all_clients_and_is_renewed_before_it_expires() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let (app, simulator) = (&alone.app, &alone.simulator);
    let registrations = || alone.calls(Operation::RegisterClient);
    let first = app.registered_client().await;
    eventually("the registration is stored", async || {
        app.kv_get(REGISTRATION).await.is_some()
    })
    .await;
    let mut seen = vec![first.id];
    for _ in 0..20 {
        let client = app.registered_client().await;
        assert!(!seen.contains(&client.id));
        assert!(!seen.contains(&client.secret));
        seen.extend([client.id, client.secret]);
    }
    assert_eq!(registrations(), 1);

    let stored = app.kv_get(REGISTRATION).await.unwrap();
    let sealed = Base64UrlUnpadded::decode_vec(&stored).expect("base64url");
    for secret in simulator.secrets() {
        assert!(!stored.contains(&secret));
        let secret = secret.as_bytes();
        assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    }

    // A value that cannot be opened is replaced.
    app.kv_put(REGISTRATION, "nonsense").await;
    app.registered_client().await;
    eventually("the registration is stored", async || {
        app.kv_get(REGISTRATION).await.as_deref() != Some("nonsense")
    })
    .await;
    app.registered_client().await;
    assert_eq!(registrations(), 2);

    advance(simulator, app, 87 * 86_400).await;
    app.registered_client().await;
    assert_eq!(registrations(), 2);
    // The registration is renewed two days before it expires; a handle from the day before is still valid.
    let client = app.registered_client().await;
    simulator.clock().advance(86_340_000);
    app.shift_server_clock(88 * 86_400 - 60).await;
    app.device_for(&client).await;
    simulator.clock().advance(120_000);
    app.shift_server_clock(88 * 86_400 + 60).await;
    let stored = app.kv_get(REGISTRATION).await;
    app.device().await;
    assert_eq!(registrations(), 3);
    eventually("the registration is stored", async || {
        app.kv_get(REGISTRATION)
            .await
            .is_some_and(|now| Some(now) != stored)
    })
    .await;
    app.registered_client().await;
    assert_eq!(registrations(), 3);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn register_client_without_kv_registers_each_client_at_aws() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let app = &alone.app;
    app.fault(Fault::kv().matching("aws-client").fails()).await;
    for _ in 0..2 {
        app.device().await;
    }
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn registration_that_aws_no_longer_knows_is_replaced() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let (app, simulator) = (&alone.app, &alone.simulator);
    let first = app.device().await.client;
    simulator.expire(&Filter::ClientName("edge-auth".into()));
    let response = app.anonymous().authorize_device(&first.body()).await;
    response.assert_status(500).recorded().await;
    let second = app.device().await.client;
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
    // A failure with the old handle does not remove the new registration.
    let response = app.anonymous().authorize_device(&first.body()).await;
    response.assert_status(500).recorded().await;
    app.device_for(&second).await;
    app.device().await;
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
}
