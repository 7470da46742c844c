//! Signed requests: valid ones are accepted, altered ones are refused, with the codes of both protocols.

use crate::client::{NOW, Request, caller_identity, identity_store, start};
use aws_simulator::{CallerIdentity, Credentials, Filter, Simulator};
use serde_json::json;
use std::time::Duration;

const MINUTE: i64 = 60_000;

fn session(simulator: &Simulator) -> Credentials {
    simulator.create_session(
        CallerIdentity::role_session("111122223333", "Deploy", "anything"),
        Duration::from_mins(10),
    )
}

fn code(ask: &Request, simulator: &Simulator) -> (u16, String) {
    let response = ask.send(simulator.url());
    let text = response.text();
    let code = text
        .split("<Code>")
        .nth(1)
        .and_then(|rest| rest.split("</Code>").next());
    (response.status, code.unwrap_or_default().to_owned())
}

#[test]
fn valid_signature_returns_the_caller_identity() {
    let simulator = start();
    let url = simulator.url();
    let app = caller_identity()
        .signed(url, simulator.app_credentials(), "sts", NOW)
        .send(url);
    assert_eq!(
        (app.status, app.header("content-type")),
        (200, Some("text/xml"))
    );
    assert!(
        app.text()
            .contains("<Arn>arn:aws:iam::111122223333:user/edge-auth</Arn>"),
        "{}",
        app.text()
    );
    let role = caller_identity()
        .with("accept", "application/json")
        .signed(url, &session(&simulator), "sts", NOW + 14 * MINUTE)
        .send(url);
    let arn = "arn:aws:sts::111122223333:assumed-role/Deploy/anything";
    assert_eq!(
        role.json()["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["Arn"],
        arn
    );
    // With another signed header, as in a proof of identity.
    let proof = caller_identity()
        .with("x-edge-auth-server-id", "here")
        .signed(url, &session(&simulator), "sts", NOW);
    assert_eq!(proof.send(url).status, 200);
    // Special characters are escaped.
    let odd = simulator.create_session(
        CallerIdentity::sso_session("111122223333", "P", "O'Neil&<x>"),
        Duration::from_mins(1),
    );
    let text = caller_identity()
        .signed(url, &odd, "sts", NOW)
        .send(url)
        .text();
    assert!(text.contains("/O&#39;Neil&amp;&lt;x&gt;</Arn>"), "{text}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn altered_request_is_refused() {
    let simulator = start();
    let url = simulator.url();
    let credentials = session(&simulator);
    let signed = |at| caller_identity().signed(url, &credentials, "sts", at);
    let replaced = |name: &str, from: &str, to: &str| {
        let mut ask = signed(NOW);
        for (key, value) in &mut ask.headers {
            if key.eq_ignore_ascii_case(name) {
                assert!(value.contains(from), "{name}: {value}");
                *value = value.replace(from, to);
            }
        }
        ask
    };
    let without = |name: &str| {
        let mut ask = signed(NOW);
        ask.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        ask
    };
    let mut other_secret = credentials.clone();
    other_secret.secret_access_key.push('x');
    let mut other_key = credentials.clone();
    other_key.access_key_id = "ASIAXXXXXXXXXXXXXXXX".into();
    let mut other_body = signed(NOW);
    other_body.body.push_str("&x=y");
    let mut other_path = signed(NOW);
    other_path.target.push_str("?x=y");
    let mismatch = (403, "SignatureDoesNotMatch");
    for (what, ask, expected) in [
        (
            "unsigned",
            caller_identity(),
            (403, "MissingAuthenticationToken"),
        ),
        (
            "two claims",
            signed(NOW).with("authorization", "x"),
            (400, "IncompleteSignature"),
        ),
        (
            "no date",
            without("x-amz-date"),
            (400, "IncompleteSignature"),
        ),
        (
            "no token",
            without("x-amz-security-token"),
            (403, "InvalidClientTokenId"),
        ),
        (
            "two tokens",
            signed(NOW).with("x-amz-security-token", "x"),
            (403, "InvalidClientTokenId"),
        ),
        (
            "another token",
            replaced("x-amz-security-token", "IQo", "IQp"),
            (403, "InvalidClientTokenId"),
        ),
        (
            "unknown key",
            caller_identity().signed(url, &other_key, "sts", NOW),
            (403, "InvalidClientTokenId"),
        ),
        (
            "another secret",
            caller_identity().signed(url, &other_secret, "sts", NOW),
            mismatch,
        ),
        (
            "another service",
            caller_identity().signed(url, &credentials, "s3", NOW),
            mismatch,
        ),
        (
            "another region",
            replaced("authorization", "us-east-1", "us-west-2"),
            mismatch,
        ),
        (
            "another day",
            replaced("authorization", "/20261122/", "/20261121/"),
            mismatch,
        ),
        (
            "another date",
            replaced("x-amz-date", "T0318", "T0319"),
            mismatch,
        ),
        (
            "no date at all",
            replaced("x-amz-date", "T0318", "T9918"),
            (400, "IncompleteSignature"),
        ),
        (
            "another signature",
            replaced("authorization", "Signature=", "Signature=0"),
            mismatch,
        ),
        (
            "host unsigned",
            replaced("authorization", "host;", ""),
            mismatch,
        ),
        (
            "date unsigned",
            replaced("authorization", "x-amz-date;", ""),
            mismatch,
        ),
        (
            "a name unsorted",
            replaced("authorization", "content-type;host", "host;content-type"),
            mismatch,
        ),
        (
            "an absent name",
            replaced("authorization", "host;", "host;nothing;"),
            mismatch,
        ),
        (
            "an unsigned x-amz header",
            signed(NOW).with("x-amz-more", "x"),
            mismatch,
        ),
        (
            "another hash",
            signed(NOW).with("x-amz-content-sha256", "x"),
            mismatch,
        ),
        ("another body", other_body, mismatch),
        ("another query", other_path, mismatch),
        ("16 minutes old", signed(NOW - 16 * MINUTE), mismatch),
        ("16 minutes ahead", signed(NOW + 16 * MINUTE), mismatch),
    ] {
        assert_eq!(
            code(&ask, &simulator),
            (expected.0, expected.1.into()),
            "{what}"
        );
    }
    assert_eq!(
        code(&signed(NOW), &simulator),
        (200, String::new()),
        "unaltered"
    );
    simulator.expire(&Filter::AccessKeyId(credentials.access_key_id.clone()));
    assert_eq!(code(&signed(NOW), &simulator), (403, "ExpiredToken".into()));
}

#[test]
fn errors_are_json_for_clients_that_accept_it() {
    let simulator = start();
    let response = caller_identity()
        .with("accept", "application/json")
        .send(simulator.url());
    assert_eq!(
        response.json()["Error"]["Code"],
        "MissingAuthenticationToken"
    );
    let body = Request::post("/", "Action=AssumeRole&Version=2011-06-15").signed(
        simulator.url(),
        simulator.app_credentials(),
        "sts",
        NOW,
    );
    assert_eq!(code(&body, &simulator), (400, "InvalidAction".into()));
}

#[test]
fn identity_store_has_codes_of_the_json_protocol() {
    let simulator = start();
    let url = simulator.url();
    let ask = || {
        identity_store(
            "DescribeUser",
            &json!({"IdentityStoreId": "d-9067f7a1b2", "UserId": "x"}),
        )
    };
    let session = session(&simulator);
    let mut stranger = session.clone();
    stranger.secret_access_key.clear();
    for (ask, expected) in [
        (ask(), "MissingAuthenticationTokenException"),
        (
            ask().signed(url, &stranger, "identitystore", NOW),
            "InvalidSignatureException",
        ),
        (
            ask().signed(url, &session, "sts", NOW),
            "InvalidSignatureException",
        ),
        (
            ask().signed(url, &session, "identitystore", NOW),
            "AccessDeniedException",
        ),
    ] {
        let response = ask.send(url);
        assert_eq!(
            (response.status, response.member("__type").as_str()),
            (400, expected)
        );
    }
}
