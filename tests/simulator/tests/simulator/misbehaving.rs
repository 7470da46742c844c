//! Every misbehaviour on every operation, for one line of requests and nobody else.

use crate::wire::{Ask, NOW, SignIn, caller_identity, good, is_slow, role_credentials, start};
use aws_simulator::{Effect, Misbehaviour, Only, Operation, Rule, UPSTREAM_MARK};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// A sign-in that is approved and not redeemed, and another's access token.
fn prepared(simulator: &aws_simulator::Running) -> (SignIn, String) {
    let token = SignIn::start(simulator).token(simulator, "ada.lovelace");
    let sign_in = SignIn::start(simulator);
    simulator
        .approve(sign_in.user_code(), "ada.lovelace")
        .expect("approved");
    (sign_in, token)
}

#[test]
fn every_one_on_every_operation_leaves_the_next_request_good() {
    let simulator = start();
    let url = simulator.url();
    let (sign_in, token) = prepared(&simulator);
    for operation in Operation::ALL {
        let ask = good(&simulator, operation, &sign_in, &token);
        let genuine = if matches!(operation, Operation::CreateToken | Operation::Logout) {
            Vec::new()
        } else {
            ask.send(url).body
        };
        for misbehaviour in Misbehaviour::ALL {
            simulator
                .misbehave(Rule::new(misbehaviour).on(operation).times(1))
                .expect("a rule");
            // The body is whole there, and this socket reads past what the head says of it.
            let in_the_head = matches!(
                misbehaviour,
                Misbehaviour::ShortContentLength
                    | Misbehaviour::TwoContentLengths
                    | Misbehaviour::FalseGzip
            );
            let patience = if is_slow(misbehaviour) { 60 } else { 5000 };
            match ask.bytes(url, Duration::from_millis(patience)) {
                Ok(bytes) => {
                    let good = bytes.starts_with(b"HTTP/1.1 200")
                        && !genuine.is_empty()
                        && bytes.ends_with(&genuine);
                    assert!(
                        !good || in_the_head || misbehaviour.may_leave_the_reply_good(operation),
                        "{operation:?} {misbehaviour:?}"
                    );
                }
                Err(error) => assert!(
                    matches!(
                        misbehaviour,
                        Misbehaviour::Reset | Misbehaviour::ResetMidBody
                    ),
                    "{operation:?} {misbehaviour:?}: {error}"
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
fn the_wire_shows_what_the_name_says() {
    let simulator = start();
    let url = simulator.url();
    let (sign_in, token) = prepared(&simulator);
    let ask = good(&simulator, Operation::ListAccounts, &sign_in, &token);
    let with = |misbehaviour: Misbehaviour, patience: u64| {
        simulator
            .misbehave(Rule::new(misbehaviour).times(1))
            .expect("a rule");
        ask.bytes(url, Duration::from_millis(patience))
    };
    let reset = with(Misbehaviour::Reset, 5000).expect_err("a reset");
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        with(Misbehaviour::CloseBeforeReply, 5000).expect("an end"),
        b""
    );
    assert_eq!(
        with(Misbehaviour::HangBeforeStatus, 300).expect("silence"),
        b""
    );
    let head = with(Misbehaviour::HangMidHeaders, 300).expect("half a head");
    assert!(
        head.starts_with(b"HTTP/1.1 200 OK\r\n")
            && !head.windows(4).any(|four| four == b"\r\n\r\n")
    );
    let body = with(Misbehaviour::HangMidBody, 300).expect("half a body");
    assert!(body.windows(4).any(|four| four == b"\r\n\r\n") && !body.ends_with(b"}"));
    let began = Instant::now();
    let trickle = with(Misbehaviour::Trickle, 1000).expect("some bytes");
    assert!(began.elapsed() >= Duration::from_secs(1) && !trickle.ends_with(b"}"));
    let flood = with(Misbehaviour::HugeBody, 5000).expect("much");
    assert!(flood.len() > 3_000_000 && flood.ends_with(b"aaaa"));
    assert!(String::from_utf8_lossy(&flood[..400]).contains("Content-Length: 104857"));
    assert!(
        with(Misbehaviour::InvalidUtf8, 5000).is_ok_and(|bytes| String::from_utf8(bytes).is_err())
    );

    simulator
        .misbehave(Rule::new(Misbehaviour::Redirect307).times(1))
        .expect("a rule");
    let location = ask.send(url);
    let location = location.header("location").expect("a location");
    assert!(location.starts_with(simulator.canary_url()) && !location.starts_with(url));
    // Somebody who follows it with the bearer is caught.
    let target = location.trim_start_matches(simulator.canary_url());
    Ask::get(target)
        .with("x-amz-sso_bearer_token", "x")
        .send(simulator.canary_url());
    let caught = simulator.canary();
    assert!(
        caught[0].has_credentials && caught[0].target.contains("operation=ListAccounts"),
        "{caught:?}"
    );
}

#[test]
fn modelled_errors_come_as_modelled() {
    let simulator = start();
    let (sign_in, token) = prepared(&simulator);
    for operation in Operation::ALL {
        for error in operation.errors() {
            simulator
                .misbehave(Rule::error(error.name).on(operation).times(1))
                .expect("a rule");
            let answer = good(&simulator, operation, &sign_in, &token).send(simulator.url());
            assert_eq!(answer.status, error.status, "{operation:?} {}", error.name);
            let text = format!("{}\n{}", answer.head, answer.text());
            assert!(
                text.contains(error.name)
                    && text.contains(error.code)
                    && text.contains(UPSTREAM_MARK),
                "{text}"
            );
        }
    }
    assert!(
        simulator
            .misbehave(Rule::error("SlowDownException").on(Operation::Logout))
            .is_err()
    );
    assert!(simulator.misbehave(Rule::error("Nonsense")).is_err());
    assert!(
        simulator
            .misbehave(Rule::new(Misbehaviour::Html).times(0))
            .is_err()
    );
}

#[test]
fn a_rule_meets_only_whom_it_names() {
    let simulator = start();
    let url = simulator.url();
    let (hit, spared) = (SignIn::start(&simulator), SignIn::start(&simulator));
    let hit_token = hit.token(&simulator, "ada.lovelace");
    let spared_token = spared.token(&simulator, "alan-turing");
    let hit_role = role_credentials(&simulator, &hit_token);
    let accounts = |token: &str| {
        crate::wire::portal("/assignment/accounts", token)
            .send(url)
            .status
    };
    let client = hit.client["clientId"].as_str().expect("an id").to_owned();
    let device = hit.device["deviceCode"]
        .as_str()
        .expect("a code")
        .to_owned();
    for only in [
        Only::Person("Ada.Lovelace".into()),
        Only::UserCode(hit.user_code().into()),
        Only::DeviceCode(device),
        Only::ClientId(client),
    ] {
        let rule = Rule::new(Misbehaviour::BadGateway).only(only.clone());
        let number = simulator.misbehave(rule).expect("a rule");
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
            "{only:?} reaches what is signed with the role's credentials"
        );
        simulator.behave(number);
        assert_eq!(accounts(&hit_token), 200, "{only:?} taken back");
    }
    let ask = good(&simulator, Operation::GetUserId, &spared, &spared_token);
    let person = Rule::new(Misbehaviour::BadGateway).only(Only::Person("ada.lovelace".into()));
    simulator.misbehave(person.times(1)).expect("a rule");
    assert_eq!(
        ask.send(url).status,
        502,
        "Identity Store is asked about the person"
    );
    assert_eq!(ask.send(url).status, 200, "once");
    let key =
        Rule::new(Misbehaviour::BadGateway).only(Only::AccessKeyId(hit_role.access_key_id.clone()));
    simulator.misbehave(key).expect("a rule");
    assert_eq!(
        caller_identity()
            .signed(url, &hit_role, "sts", NOW)
            .send(url)
            .status,
        502
    );
    simulator.behave_wholly();
    simulator
        .misbehave(Rule::new(Effect::DelayMs(200)).times(1))
        .expect("a rule");
    let began = Instant::now();
    assert_eq!(accounts(&hit_token), 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
}
