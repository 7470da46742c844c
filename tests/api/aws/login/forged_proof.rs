//! Proofs that are similar to valid ones, but are not signed for this service at the present time.

use crate::support::aws::{SIMULATOR, text};
use crate::support::aws_proof::{
    AUDIENCE, SignedFor, assert_proof_refused, endpoint, named_role_session, now, proof, proof_for,
    proof_in, role_session, signing_keys,
};
use crate::support::internals::{Timestamp, sigv4, sts};
use crate::support::{App, aws_proof};
use serde_json::{Value, json};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn proof_that_is_not_signed_for_this_service_now_is_refused() {
    let app = App::with(aws_proof::vars());
    let keys = role_session("Deployer");
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
    let others = role_session("Deployer");
    for (body, what) in [
        (
            with("amz_date", json!(format!("{}{second}", &date[..13]))),
            "another second",
        ),
        (
            with("signature", json!(flipped(&signature))),
            "an altered signature",
        ),
        (
            with("signature", json!("0".repeat(64))),
            "zeros as a signature",
        ),
        (
            with("signature", json!(signature.to_uppercase())),
            "upper case",
        ),
        (
            with("signature", json!(format!("{signature}\r\nx: y"))),
            "a header after the signature",
        ),
        (
            with("session_token", json!(flipped(&token))),
            "an altered token",
        ),
        (
            with("session_token", json!(others.session_token)),
            "the token of other keys",
        ),
        (with("session_token", json!("")), "an empty token"),
        (
            with("session_token", json!("a\r\nhost: evil")),
            "a header in the token",
        ),
        (without_token, "no token"),
        (
            with("access_key_id", json!(others.access_key_id)),
            "the key id of other keys",
        ),
        (
            with("access_key_id", json!("AKIDEXAMPLE000000000")),
            "an unknown key id",
        ),
        (
            with("access_key_id", json!("AKID/20240101/x")),
            "a scope in the key id",
        ),
        (
            with("amz_date", json!("20240230T000000Z")),
            "an invalid date",
        ),
        (with("amz_date", json!("")), "an empty date"),
        (
            proof_for(
                &keys,
                &SignedFor {
                    audience: "https://other.example.com",
                    ..SignedFor::default()
                },
            ),
            "another audience",
        ),
        (
            proof_for(
                &keys,
                &SignedFor {
                    audience: "https://auth.example.com/",
                    ..SignedFor::default()
                },
            ),
            "a similar audience",
        ),
        (
            proof_for(
                &keys,
                &SignedFor {
                    url: other_host,
                    ..SignedFor::default()
                },
            ),
            "another host",
        ),
        (
            proof_for(
                &keys,
                &SignedFor {
                    region: "eu-west-1",
                    ..SignedFor::default()
                },
            ),
            "another region",
        ),
        (proof_in(&keys, -16 * 60), "16 minutes old"),
        (proof_in(&keys, 6 * 60), "in the future"),
        (proof(&role_session("Nobody")), "a role that is not listed"),
        (
            proof(&named_role_session("444455556666", "Deployer", "x")),
            "the role of another account",
        ),
    ] {
        assert_proof_refused(&app.anonymous().aws_login_with(&body).await, what);
    }
    // None of these attempts has used the proof.
    app.anonymous()
        .aws_login_with(&good)
        .await
        .assert_status(200);
    assert_proof_refused(&app.anonymous().aws_login_with(&good).await, "replayed");
}

#[tokio::test]
async fn proof_with_other_signed_headers_is_refused() {
    let app = App::with(aws_proof::vars());
    let keys = role_session("Deployer");
    let plain = || sts::get_caller_identity(&endpoint(SIMULATOR.url()));
    for (request, what) in [
        (plain(), "without the audience"),
        (
            sts::accepting_json(plain()).with_header("x-edge-auth-server-id", AUDIENCE),
            "an additional header",
        ),
        (
            plain()
                .with_header("x-edge-auth-server-id", AUDIENCE)
                .with_header("x-edge-auth-server-id", AUDIENCE),
            "a header twice",
        ),
    ] {
        let scope = sigv4::Scope {
            region: "us-east-1",
            service: "sts",
        };
        let moment = Timestamp::from_seconds(now());
        let request = sigv4::sign(request, &signing_keys(&keys), scope, moment).unwrap();
        let header = request.header("authorization").unwrap();
        let (_, signature) = header.rsplit_once("Signature=").unwrap();
        let body = json!({
            "access_key_id": keys.access_key_id, "amz_date": request.header("x-amz-date"),
            "signature": signature, "session_token": keys.session_token,
        });
        assert_proof_refused(&app.anonymous().aws_login_with(&body).await, what);
    }
}
