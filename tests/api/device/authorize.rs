//! `POST /api/auth/device-authorization`: start a device flow. Also the sealed handles that clients keep for the
//! service.

use super::register_client::REGISTRATION;
use crate::support::App;
use crate::support::aws::{Client, Device, IsolatedAws, portal, start};
use aws_simulator::Config;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

const OLD_KEY: &str = "b2xkIGhhbmRsZSBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";

const NEW_KEY: &str = "bmV3IGhhbmRsZSBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";

/// Fails the test unless `/token` refuses these values.
async fn assert_refused(app: &App, id: &str, secret: &str, code: &str, why: &str) {
    let body = json!({ "client_id": id, "client_secret": secret, "device_code": code });
    let response = app.anonymous().device_token(&body).await;
    assert_eq!(
        (response.status, response.json()),
        (
            400,
            json!({ "detail": "Failed to create token from device code" })
        ),
        "{why}"
    );
}

/// Fails the test unless `/device-authorization` refuses these values.
async fn assert_client_refused(app: &App, id: &str, secret: &str, why: &str) {
    let body = json!({ "client_id": id, "client_secret": secret });
    let response = app.anonymous().authorize_device(&body).await;
    assert_eq!(
        (response.status, response.json()),
        (
            400,
            json!({ "detail": "Failed to start device authorization" })
        ),
        "{why}"
    );
}

#[tokio::test]
async fn handle_of_another_client_or_altered_is_refused_without_calling_aws() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let app = &alone.app;
    let (mine, other) = (app.device().await, app.device().await);
    let before = alone.simulator.journal().len();

    let Client { id, secret, .. } = &mine.client;
    assert_client_refused(
        app,
        id,
        &other.client.secret,
        "the secret of another client",
    )
    .await;
    assert_client_refused(app, &other.client.id, secret, "the id of another client").await;
    assert_client_refused(app, id, &mine.code, "a device code as a secret").await;
    assert_refused(
        app,
        id,
        secret,
        &other.code,
        "the device code of another client",
    )
    .await;
    assert_refused(app, id, secret, secret, "a secret as a device code").await;
    assert_refused(
        app,
        &other.client.id,
        &other.client.secret,
        &mine.code,
        "the device code with another client",
    )
    .await;
    let stored = app.kv_get(REGISTRATION).await.expect("the registration");
    assert_client_refused(app, id, &stored, "the sealed registration as a secret").await;
    assert_client_refused(
        app,
        "us-east-1",
        &stored,
        "the sealed registration with its own associated data",
    )
    .await;

    for (handle, is_code) in [(secret, false), (&mine.code, true)] {
        for (altered, why) in alterations(handle) {
            if is_code {
                assert_refused(app, id, secret, &altered, &why).await;
            } else {
                assert_client_refused(app, id, &altered, &why).await;
                assert_refused(app, id, &altered, &mine.code, &why).await;
            }
        }
    }
    assert_eq!(alone.simulator.journal().len(), before);
    app.token(&mine).await.assert_status(408);
}

/// Altered handles, and a description of each alteration.
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
        "an additional byte".into(),
    ));
    for end in ["=", "==", " ", "\n", "A", "AAAA", "\u{0}"] {
        all.push((format!("{handle}{end}"), format!("{end:?} after it")));
        all.push((format!("{end}{handle}"), format!("{end:?} before it")));
    }
    all
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn handles_expire() {
    let alone = IsolatedAws::new(Config::default(), portal);
    let app = &alone.app;
    let device = app.device().await;
    let before = alone.simulator.journal().len();
    let Device { client, code, .. } = &device;
    app.shift_clock(725).await;
    assert_refused(app, &client.id, &client.secret, code, "an old code").await;
    app.shift_clock(86_405).await;
    assert_client_refused(app, &client.id, &client.secret, "an old client").await;
    assert_refused(
        app,
        &client.id,
        &client.secret,
        code,
        "an old client and code",
    )
    .await;
    assert_eq!(alone.simulator.journal().len(), before);
    app.shift_clock(86_390).await;
    app.device_for(client).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn handle_sealed_with_the_previous_key_is_valid_while_that_is_configured() {
    let simulator = start(Config::default());
    let with_key = |key: &str| portal(&simulator).set("HANDLE_KEY", key);
    let device = App::isolated(with_key(OLD_KEY)).device().await;
    let Client { id, secret, .. } = &device.client;

    let rotating = App::isolated(with_key(NEW_KEY).set("HANDLE_KEY_PREVIOUS", OLD_KEY));
    rotating.device_for(&device.client).await;
    rotating.token(&device).await.assert_status(408);
    let renewed = rotating.device().await;

    let before = simulator.journal().len();
    let rotated = App::isolated(with_key(NEW_KEY));
    assert_client_refused(&rotated, id, secret, "sealed with the old key").await;
    assert_refused(
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
