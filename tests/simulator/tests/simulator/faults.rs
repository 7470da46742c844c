//! Faults and errors: the bytes that are sent, and the requests that they apply to.

use crate::client::{
    NOW, Request, SignIn, caller_identity, is_slow, role_credentials, start, valid_request,
};
use aws_simulator::{Effect, Filter, Operation, ResponseFault, Rule, UPSTREAM_MARKER};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// A sign-in that is approved and not redeemed, and the access token of another one.
fn prepared(simulator: &aws_simulator::Simulator) -> (SignIn, String) {
    let token = SignIn::start(simulator).token(simulator, "ada.lovelace");
    let sign_in = SignIn::start(simulator);
    simulator
        .approve(sign_in.user_code(), "ada.lovelace")
        .expect("approved");
    (sign_in, token)
}

#[test]
fn next_request_succeeds_after_every_fault_of_every_operation() {
    let simulator = start();
    let url = simulator.url();
    let (sign_in, token) = prepared(&simulator);
    for operation in Operation::ALL {
        let ask = valid_request(&simulator, operation, &sign_in, &token);
        let genuine = if matches!(operation, Operation::CreateToken | Operation::Logout) {
            Vec::new()
        } else {
            ask.send(url).body
        };
        for fault in ResponseFault::ALL {
            simulator
                .add_rule(Rule::new(fault).on(operation).times(1))
                .expect("a rule");
            // The fault is in the head. This client ignores it and reads the complete body.
            let in_the_head = matches!(
                fault,
                ResponseFault::ShortContentLength
                    | ResponseFault::TwoContentLengths
                    | ResponseFault::InvalidGzip
            );
            let timeout = if is_slow(fault) { 60 } else { 5000 };
            match ask.bytes(url, Duration::from_millis(timeout)) {
                Ok(bytes) => {
                    let good = bytes.starts_with(b"HTTP/1.1 200")
                        && !genuine.is_empty()
                        && bytes.ends_with(&genuine);
                    assert!(
                        !good || in_the_head || fault.may_leave_response_valid(operation),
                        "{operation:?} {fault:?}"
                    );
                }
                Err(error) => assert!(
                    matches!(fault, ResponseFault::Reset | ResponseFault::ResetMidBody),
                    "{operation:?} {fault:?}: {error}"
                ),
            }
        }
        assert_eq!(ask.send(url).status, 200, "{operation:?} afterwards");
    }
    assert!(
        simulator.canary().is_empty(),
        "a socket follows no redirect"
    );
}

#[test]
fn bytes_on_the_wire_are_those_of_the_fault() {
    let simulator = start();
    let url = simulator.url();
    let (sign_in, token) = prepared(&simulator);
    let ask = valid_request(&simulator, Operation::ListAccounts, &sign_in, &token);
    let with = |fault: ResponseFault, timeout: u64| {
        simulator
            .add_rule(Rule::new(fault).times(1))
            .expect("a rule");
        ask.bytes(url, Duration::from_millis(timeout))
    };
    let reset = with(ResponseFault::Reset, 5000).expect_err("a reset");
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        with(ResponseFault::CloseBeforeResponse, 5000).expect("an end"),
        b""
    );
    assert_eq!(
        with(ResponseFault::HangBeforeStatus, 300).expect("silence"),
        b""
    );
    let head = with(ResponseFault::HangMidHeaders, 300).expect("half a head");
    assert!(
        head.starts_with(b"HTTP/1.1 200 OK\r\n")
            && !head.windows(4).any(|four| four == b"\r\n\r\n")
    );
    let body = with(ResponseFault::HangMidBody, 300).expect("half a body");
    assert!(body.windows(4).any(|four| four == b"\r\n\r\n") && !body.ends_with(b"}"));
    let began = Instant::now();
    let trickle = with(ResponseFault::Trickle, 1000).expect("some bytes");
    assert!(began.elapsed() >= Duration::from_secs(1) && !trickle.ends_with(b"}"));
    let flood = with(ResponseFault::HugeBody, 5000).expect("much");
    assert!(flood.len() > 3_000_000 && flood.ends_with(b"aaaa"));
    assert!(String::from_utf8_lossy(&flood[..400]).contains("content-length: 104857"));
    assert!(
        with(ResponseFault::InvalidUtf8, 5000).is_ok_and(|bytes| String::from_utf8(bytes).is_err())
    );

    simulator
        .add_rule(Rule::new(ResponseFault::Redirect307).times(1))
        .expect("a rule");
    let location = ask.send(url);
    let location = location.header("location").expect("a location");
    assert!(location.starts_with(simulator.canary_url()) && !location.starts_with(url));
    // A client that follows the redirect with its token is recorded.
    let target = location.trim_start_matches(simulator.canary_url());
    Request::get(target)
        .with("x-amz-sso_bearer_token", "x")
        .send(simulator.canary_url());
    let caught = simulator.canary();
    assert!(
        caught[0].has_credentials && caught[0].target.contains("operation=ListAccounts"),
        "{caught:?}"
    );
}

#[test]
fn errors_have_the_form_of_the_service_model() {
    let simulator = start();
    let (sign_in, token) = prepared(&simulator);
    for operation in Operation::ALL {
        for error in operation.errors() {
            simulator
                .add_rule(Rule::error(error.name).on(operation).times(1))
                .expect("a rule");
            let response =
                valid_request(&simulator, operation, &sign_in, &token).send(simulator.url());
            assert_eq!(
                response.status, error.status,
                "{operation:?} {}",
                error.name
            );
            let text = format!("{}\n{}", response.head, response.text());
            assert!(
                text.contains(error.name)
                    && text.contains(error.code)
                    && text.contains(UPSTREAM_MARKER),
                "{text}"
            );
        }
    }
    assert!(
        simulator
            .add_rule(Rule::error("SlowDownException").on(Operation::Logout))
            .is_err()
    );
    assert!(simulator.add_rule(Rule::error("Nonsense")).is_err());
    assert!(
        simulator
            .add_rule(Rule::new(ResponseFault::Html).times(0))
            .is_err()
    );
}

#[test]
fn rule_applies_only_to_requests_that_its_filter_selects() {
    let simulator = start();
    let url = simulator.url();
    let (hit, spared) = (SignIn::start(&simulator), SignIn::start(&simulator));
    let hit_token = hit.token(&simulator, "ada.lovelace");
    let spared_token = spared.token(&simulator, "alan-turing");
    let hit_role = role_credentials(&simulator, &hit_token);
    let accounts = |token: &str| {
        crate::client::portal("/assignment/accounts", token)
            .send(url)
            .status
    };
    let client = hit.client["clientId"].as_str().expect("an id").to_owned();
    let device = hit.device["deviceCode"]
        .as_str()
        .expect("a code")
        .to_owned();
    for only in [
        Filter::User("Ada.Lovelace".into()),
        Filter::UserCode(hit.user_code().into()),
        Filter::DeviceCode(device),
        Filter::ClientId(client),
    ] {
        let rule = Rule::new(ResponseFault::BadGateway).matching(only.clone());
        let number = simulator.add_rule(rule).expect("a rule");
        assert_eq!(
            (accounts(&hit_token), accounts(&spared_token)),
            (502, 200),
            "{only:?}"
        );
        let sts = caller_identity()
            .signed(url, &hit_role, "sts", NOW)
            .send(url)
            .status;
        assert_eq!(
            sts, 502,
            "{only:?} selects requests signed with the role credentials"
        );
        simulator.remove_rule(number);
        assert_eq!(accounts(&hit_token), 200, "{only:?} removed");
    }
    let ask = valid_request(&simulator, Operation::GetUserId, &spared, &spared_token);
    let user = Rule::new(ResponseFault::BadGateway).matching(Filter::User("ada.lovelace".into()));
    simulator.add_rule(user.times(1)).expect("a rule");
    assert_eq!(
        ask.send(url).status,
        502,
        "Identity Store is asked about the user"
    );
    assert_eq!(ask.send(url).status, 200, "once");
    let key = Rule::new(ResponseFault::BadGateway)
        .matching(Filter::AccessKeyId(hit_role.access_key_id.clone()));
    simulator.add_rule(key).expect("a rule");
    assert_eq!(
        caller_identity()
            .signed(url, &hit_role, "sts", NOW)
            .send(url)
            .status,
        502
    );
    simulator.remove_all_rules();
    simulator
        .add_rule(Rule::new(Effect::DelayMs(200)).times(1))
        .expect("a rule");
    let began = Instant::now();
    assert_eq!(accounts(&hit_token), 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
}
