//! What visitors carry for us: only ours, only theirs, only in time. What is refused here never reaches AWS.

use super::{AUTHORIZE, Alone, Client, Device, TOKEN, portal};
use crate::support::{App, Reply};
use aws_simulator::{Config, Filter, Operation, Simulator};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

const OLD: &str = "b2xkIGhhbmRsZSBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";
const NEW: &str = "bmV3IGhhbmRsZSBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";
const REGISTRATION: &str = "aws-client:us-east-1";

async fn token(app: &App, id: &str, secret: &str, code: &str) -> Reply {
    let body = json!({ "client_id": id, "client_secret": secret, "device_code": code });
    let request = app.post(TOKEN).header("prefer", "wait=0");
    request.json(&body).send().await
}

/// Both routes refuse these with their own texts.
async fn refused(app: &App, id: &str, secret: &str, code: &str, why: &str) {
    let reply = token(app, id, secret, code).await;
    assert_eq!(
        (reply.status, reply.json()),
        (
            400,
            json!({ "detail": "Failed to create token from device code" })
        ),
        "{why}"
    );
}

async fn refused_client(app: &App, id: &str, secret: &str, why: &str) {
    let body = json!({ "client_id": id, "client_secret": secret });
    let reply = app.post(AUTHORIZE).json(&body).send().await;
    assert_eq!(
        (reply.status, reply.json()),
        (
            400,
            json!({ "detail": "Failed to start device authorization" })
        ),
        "{why}"
    );
}

#[tokio::test]
async fn another_clients_or_an_altered_handle_is_refused_and_aws_not_asked() {
    let alone = Alone::new(Config::default(), portal);
    let app = &alone.app;
    let (mine, other) = (app.device().await, app.device().await);
    let before = alone.simulator.journal().len();

    let Client { id, secret, .. } = &mine.client;
    refused_client(app, id, &other.client.secret, "another's secret").await;
    refused_client(app, &other.client.id, secret, "another's id").await;
    refused_client(app, id, &mine.code, "a device code as a secret").await;
    refused(app, id, secret, &other.code, "another's device code").await;
    refused(app, id, secret, secret, "a secret as a device code").await;
    refused(
        app,
        &other.client.id,
        &other.client.secret,
        &mine.code,
        "stolen",
    )
    .await;
    let kept = app.kv_get(REGISTRATION).await.expect("the registration");
    refused_client(app, id, &kept, "the sealed registration as a secret").await;
    refused_client(app, "us-east-1", &kept, "with its own associated data").await;

    for (handle, is_code) in [(secret, false), (&mine.code, true)] {
        for (altered, why) in alterations(handle) {
            if is_code {
                refused(app, id, secret, &altered, &why).await;
            } else {
                refused_client(app, id, &altered, &why).await;
                refused(app, id, &altered, &mine.code, &why).await;
            }
        }
    }
    assert_eq!(alone.simulator.journal().len(), before);
    app.token(&mine).await.assert_status(408);
}

fn alterations(handle: &str) -> Vec<(String, String)> {
    let bytes = Base64UrlUnpadded::decode_vec(handle).expect("a handle is base64url");
    let mut all: Vec<(String, String)> = Vec::new();
    let step = (bytes.len() / 24).max(1);
    for index in (0..bytes.len()).step_by(step).chain([1, bytes.len() - 1]) {
        let mut altered = bytes.clone();
        altered[index] ^= 1;
        let text = Base64UrlUnpadded::encode_string(&altered);
        all.push((text, format!("byte {index}")));
    }
    for length in [0, 1, 8, 24, 40, bytes.len() - 1] {
        let text = Base64UrlUnpadded::encode_string(&bytes[..length]);
        all.push((text, format!("cut to {length}")));
    }
    let longer = [&bytes[..], b"x"].concat();
    all.push((
        Base64UrlUnpadded::encode_string(&longer),
        "a byte more".into(),
    ));
    for end in ["=", "==", " ", "\n", "A", "AAAA", "\u{0}"] {
        all.push((format!("{handle}{end}"), format!("{end:?} behind")));
        all.push((format!("{end}{handle}"), format!("{end:?} before")));
    }
    all
}

#[tokio::test]
async fn handles_end() {
    let alone = Alone::new(Config::default(), portal);
    let app = &alone.app;
    let device = app.device().await;
    let before = alone.simulator.journal().len();
    let Device { client, code, .. } = &device;
    app.shift_clock(725).await;
    refused(app, &client.id, &client.secret, code, "an old code").await;
    app.shift_clock(86_405).await;
    refused_client(app, &client.id, &client.secret, "an old client").await;
    refused(app, &client.id, &client.secret, code, "both old").await;
    assert_eq!(alone.simulator.journal().len(), before);
    app.shift_clock(86_390).await;
    app.authorize(client).await;
}

#[tokio::test]
async fn an_older_key_opens_while_it_is_rotated_and_not_afterwards() {
    let simulator = aws_simulator::start(Config::default()).unwrap();
    let under = |key: &str| portal(&simulator).set("HANDLE_KEY", key);
    let device = App::alone(under(OLD)).device().await;
    let Client { id, secret, .. } = &device.client;

    let rotating = App::alone(under(NEW).set("HANDLE_KEY_PREVIOUS", OLD));
    rotating.authorize(&device.client).await;
    rotating.token(&device).await.assert_status(408);
    let renewed = rotating.device().await;

    let before = simulator.journal().len();
    let rotated = App::alone(under(NEW));
    refused_client(&rotated, id, secret, "sealed with the old key").await;
    refused(
        &rotated,
        id,
        secret,
        &device.code,
        "sealed with the old key",
    )
    .await;
    assert_eq!(simulator.journal().len(), before);
    rotated.token(&renewed).await.assert_status(408);
}

/// The simulator and the Worker, so many seconds later.
async fn later(simulator: &Simulator, app: &App, seconds: i64) {
    simulator.clock().advance(seconds * 1_000);
    app.shift_server_clock(seconds).await;
}

#[tokio::test]
async fn one_registration_serves_all_and_is_renewed_before_its_end() {
    let alone = Alone::new(Config::default(), portal);
    let (app, simulator) = (&alone.app, &alone.simulator);
    let registrations = || alone.calls(Operation::RegisterClient);
    let first = app.register_client().await;
    crate::support::eventually("it is kept", async || {
        app.kv_get(REGISTRATION).await.is_some()
    })
    .await;
    let mut seen = vec![first.id];
    for _ in 0..20 {
        let client = app.register_client().await;
        assert!(!seen.contains(&client.id));
        assert!(!seen.contains(&client.secret));
        seen.extend([client.id, client.secret]);
    }
    assert_eq!(registrations(), 1);

    let kept = app.kv_get(REGISTRATION).await.unwrap();
    let opened = Base64UrlUnpadded::decode_vec(&kept).expect("sealed");
    for secret in simulator.secrets() {
        assert!(!kept.contains(&secret));
        let secret = secret.as_bytes();
        assert!(!opened.windows(secret.len()).any(|window| window == secret));
    }

    // What cannot be opened is no registration, and is put right.
    app.kv_put(REGISTRATION, "nonsense").await;
    app.register_client().await;
    crate::support::eventually("it is kept", async || {
        app.kv_get(REGISTRATION).await.as_deref() != Some("nonsense")
    })
    .await;
    app.register_client().await;
    assert_eq!(registrations(), 2);

    later(simulator, app, 87 * 86_400).await;
    app.register_client().await;
    assert_eq!(registrations(), 2);
    // Two days before its end; the handle of a day before that still works.
    let client = app.register_client().await;
    simulator.clock().advance(86_399_000);
    app.shift_server_clock(88 * 86_400 - 1).await;
    app.authorize(&client).await;
    simulator.clock().advance(2_000);
    app.shift_server_clock(88 * 86_400 + 1).await;
    let kept = app.kv_get(REGISTRATION).await;
    app.device().await;
    assert_eq!(registrations(), 3);
    crate::support::eventually("it is kept", async || {
        app.kv_get(REGISTRATION)
            .await
            .is_some_and(|now| Some(now) != kept)
    })
    .await;
    app.register_client().await;
    assert_eq!(registrations(), 3);
}

#[tokio::test]
async fn kv_being_out_is_no_reason_to_fail() {
    let alone = Alone::new(Config::default(), portal);
    let app = &alone.app;
    let fault = crate::support::Fault::kv();
    app.fault(fault.matching("aws-client").fails()).await;
    for _ in 0..2 {
        app.device().await;
    }
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
}

#[tokio::test]
async fn a_registration_that_aws_no_longer_knows_is_replaced() {
    let alone = Alone::new(Config::default(), portal);
    let (app, simulator) = (&alone.app, &alone.simulator);
    let first = app.device().await.client;
    simulator.expire(&Filter::ClientName("edge-auth".into()));
    let reply = app.try_authorize(&first).await;
    reply.assert_status(500).seen().await;
    let second = app.device().await.client;
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
    // The old handle does not throw the new registration away.
    let reply = app.try_authorize(&first).await;
    reply.assert_status(500).seen().await;
    app.authorize(&second).await;
    app.device().await;
    assert_eq!(alone.calls(Operation::RegisterClient), 2);
}
