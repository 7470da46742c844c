//! What is no proof, however near it comes.

use super::SIMULATOR;
use super::proof::{
    AUDIENCE, at, keys as sigv4_keys, login, now, proof, refused, session, session_named, signed,
    vars,
};
use super::text;
use crate::support::App;
use edge_auth::aws::sigv4::{self, Scope};
use edge_auth::aws::sts;
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn what_is_not_signed_for_this_service_now_is_refused() {
    let app = App::with(vars());
    let keys = session("Deployer");
    let url = SIMULATOR.url();
    let good = proof(&keys);
    let other_host = SIMULATOR.canary_url();
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let date = text(&good, "amz_date");
    let signature = text(&good, "signature");
    let token = text(&good, "session_token");
    let flipped = |text: &str| {
        let last = if text.ends_with('0') { '1' } else { '0' };
        format!("{}{last}", &text[..text.len() - 1])
    };
    let second = if date.ends_with("00Z") { "01Z" } else { "00Z" };
    let mut without_token = good.clone();
    without_token
        .as_object_mut()
        .unwrap()
        .remove("session_token");
    let others = session("Deployer");
    for (body, what) in [
        (
            with("amz_date", json!(format!("{}{second}", &date[..13]))),
            "another second",
        ),
        (
            with("signature", json!(flipped(&signature))),
            "an altered signature",
        ),
        (with("signature", json!("0".repeat(64))), "no signature"),
        (
            with("signature", json!(signature.to_uppercase())),
            "upper case",
        ),
        (
            with("signature", json!(format!("{signature}\r\nx: y"))),
            "a header behind it",
        ),
        (
            with("session_token", json!(flipped(&token))),
            "an altered token",
        ),
        (
            with("session_token", json!(others.session_token)),
            "another's token",
        ),
        (with("session_token", json!("")), "an empty token"),
        (
            with("session_token", json!("a\r\nhost: evil")),
            "a header in the token",
        ),
        (without_token, "no token"),
        (
            with("access_key_id", json!(others.access_key_id)),
            "another's key id",
        ),
        (
            with("access_key_id", json!("AKIDEXAMPLE000000000")),
            "an unknown key id",
        ),
        (
            with("access_key_id", json!("AKID/20240101/x")),
            "a scope in the key id",
        ),
        (with("amz_date", json!("20240230T000000Z")), "no date"),
        (with("amz_date", json!("")), "an empty date"),
        (
            signed(&keys, url, "us-east-1", "https://other.example.com", now()),
            "another audience",
        ),
        (
            signed(&keys, url, "us-east-1", "https://auth.example.com/", now()),
            "nearly the audience",
        ),
        (
            signed(&keys, other_host, "us-east-1", AUDIENCE, now()),
            "another host",
        ),
        (
            signed(&keys, url, "eu-west-1", AUDIENCE, now()),
            "another region",
        ),
        (
            signed(&keys, url, "us-east-1", AUDIENCE, now() - 16 * 60),
            "16 minutes old",
        ),
        (
            signed(&keys, url, "us-east-1", AUDIENCE, now() + 6 * 60),
            "of the future",
        ),
        (
            signed(&session("Nobody"), url, "us-east-1", AUDIENCE, now()),
            "a role that is not listed",
        ),
        (
            signed(
                &session_named("444455556666", "Deployer", "x"),
                url,
                "us-east-1",
                AUDIENCE,
                now(),
            ),
            "the role of another account",
        ),
    ] {
        refused(&login(&app, &body).await, what);
    }
    // None of this has used the proof up, and none signed anybody in.
    login(&app, &good).await.assert_status(200);
    refused(&login(&app, &good).await, "replayed");
}

#[tokio::test]
async fn a_signature_over_other_headers_is_refused() {
    let app = App::with(vars());
    let keys = session("Deployer");
    let plain = || sts::get_caller_identity(&at(SIMULATOR.url()));
    for (request, what) in [
        (plain(), "without the audience"),
        (
            sts::accepting_json(plain()).with_header("x-edge-auth-server-id", AUDIENCE),
            "one header more",
        ),
        (
            plain()
                .with_header("x-edge-auth-server-id", AUDIENCE)
                .with_header("x-edge-auth-server-id", AUDIENCE),
            "a header twice",
        ),
    ] {
        let scope = Scope {
            region: "us-east-1",
            service: "sts",
        };
        let moment = Timestamp::from_seconds(now());
        let request = sigv4::sign(request, &sigv4_keys(&keys), scope, moment).unwrap();
        let header = request.header("authorization").unwrap();
        let (_, signature) = header.rsplit_once("Signature=").unwrap();
        let body = json!({
            "access_key_id": keys.access_key_id, "amz_date": request.header("x-amz-date"),
            "signature": signature, "session_token": keys.session_token,
        });
        refused(&login(&app, &body).await, what);
    }
}
