//! Failures of connections, and of the calls to AWS that are the same for all clients.

use super::{TIME_LIMIT, assert_nothing_leaked};
use crate::support::aws::{INTERVAL, IsolatedAws, SIMULATOR, directory, portal, run_all, text};
use crate::support::aws_proof::{assert_proof_refused, proof, role_session};
use crate::support::{App, Fault, Request, Response, aws_proof, eventually};
use aws_simulator::{Config, Effect, Filter, Operation, ResponseFault, Rule, UPSTREAM_MARKER};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

fn hangs(response_fault: ResponseFault) -> bool {
    matches!(
        response_fault,
        ResponseFault::HangBeforeStatus
            | ResponseFault::HangMidHeaders
            | ResponseFault::HangMidBody
            | ResponseFault::Trickle
    )
}

/// Injects each failure of an operation, one after the other, except for those that hang.
async fn check_all(aws: &IsolatedAws, operation: Operation, request: impl Fn() -> Request) {
    let detail = match operation {
        Operation::RegisterClient => "Failed to register with AWS SSO",
        _ => "Failed to start device authorization",
    };
    let send = || {
        let request = request();
        async move {
            let start = Instant::now();
            let response = request.await;
            (response, start.elapsed())
        }
    };
    let check = async |(response, elapsed): (Response, Duration), may_succeed: bool, what: &str| {
        assert!(elapsed < TIME_LIMIT, "{what}: {elapsed:?}");
        assert!(
            may_succeed || response.status == 500,
            "{what}: {}",
            response.text()
        );
        if response.status != 200 {
            response.assert_status(500);
            assert_eq!(response.json(), json!({ "detail": detail }), "{what}");
        }
        assert_nothing_leaked(&response, what).await;
    };
    let inject = |effect: Effect, times: Option<u32>| {
        let rule = Rule::new(effect).on(operation);
        let rule = times.map_or(rule.clone(), |times| rule.times(times));
        aws.simulator.add_rule(rule).expect("a rule")
    };
    let mut hanging = JoinSet::new();
    for response_fault in ResponseFault::ALL
        .into_iter()
        .filter(|response_fault| hangs(*response_fault))
    {
        let before = aws.calls(operation);
        inject(response_fault.into(), Some(1));
        hanging.spawn(send());
        eventually("the request hangs", async || aws.calls(operation) > before).await;
    }
    let errors = operation.errors().into_iter();
    let effects = ResponseFault::ALL
        .into_iter()
        .filter(|response_fault| !hangs(*response_fault))
        .map(|response_fault| {
            let may_succeed = response_fault.may_leave_response_valid(operation);
            (Effect::from(response_fault), may_succeed)
        })
        .chain(errors.map(|error| (Effect::Error(error.name.into()), false)));
    for (effect, may_succeed) in effects {
        let what = format!("{operation:?} {effect:?}");
        let rule = inject(effect, None);
        check(send().await, may_succeed, &what).await;
        aws.simulator.remove_rule(rule);
        send().await.0.assert_status(200);
    }
    for outcome in hanging.join_all().await {
        check(outcome, true, "hanging").await;
    }
    assert!(aws.simulator.canary().is_empty());
}

#[tokio::test]
#[ignore = "slow"]
async fn every_failure_of_the_registration_returns_the_documented_500() {
    let aws = IsolatedAws::new(Config::default(), portal);
    // Every request registers a new client.
    aws.app
        .fault(Fault::kv().matching("aws-client").fails())
        .await;
    let anonymous = aws.app.anonymous();
    check_all(&aws, Operation::RegisterClient, || {
        anonymous.register_client()
    })
    .await;
}

#[tokio::test]
#[ignore = "slow"]
async fn every_failure_of_the_device_authorization_returns_the_documented_500() {
    let aws = IsolatedAws::new(Config::default(), portal);
    let client = aws.app.registered_client().await;
    let anonymous = aws.app.anonymous();
    check_all(&aws, Operation::StartDeviceAuthorization, || {
        anonymous.authorize_device(&client.body())
    })
    .await;
}

#[tokio::test]
async fn refused_connections_return_the_documented_500() {
    let aws = IsolatedAws::new(Config::default(), |simulator| {
        directory(simulator).set("AWS_LOGIN", "app")
    });
    let (app, simulator) = (&aws.app, &aws.simulator);
    app.fault(Fault::kv().matching("aws-client").fails()).await;
    let device = app.device().await;
    simulator
        .approve(&device.user_code, "ada.lovelace")
        .unwrap();
    simulator.refuse_connections();
    let mut responses = Vec::new();
    responses.push(app.anonymous().register_client().await);
    responses.push(
        app.anonymous()
            .authorize_device(&device.client.body())
            .await,
    );
    responses.push(app.token(&device).await);
    responses.push(app.anonymous().aws_login().await);
    let details = [
        "Failed to register with AWS SSO",
        "Failed to start device authorization",
        "Failed to create token from device code",
        "Failed to login with AWS credentials: ConnectionError",
    ];
    for (response, detail) in responses.iter().zip(details) {
        response.assert_status(500);
        assert_eq!(text(&response.json(), "detail"), detail);
        assert_nothing_leaked(response, detail).await;
    }
    simulator.accept_connections();
    tokio::time::sleep(INTERVAL).await;
    app.token(&device).await.assert_status(200);
    app.anonymous().aws_login().await.assert_status(200);
    app.device().await;
}

/// `/aws-login` with a failing STS: it is refused, or fails with a code of AWS or of the service.
async fn check_sts(app: App, effect: Effect) {
    let what = format!("{effect:?}");
    let may_succeed = match effect {
        Effect::Fault(response_fault) => {
            response_fault.may_leave_response_valid(Operation::GetCallerIdentity)
        }
        _ => false,
    };
    let body = proof(&role_session("Deployer"));
    let only = Filter::AccessKeyId(text(&body, "access_key_id"));
    let rule = Rule::new(effect)
        .on(Operation::GetCallerIdentity)
        .matching(only);
    let rule = SIMULATOR.add_rule(rule).unwrap();
    let start = Instant::now();
    let response = app.anonymous().aws_login_with(&body).await;
    assert!(
        start.elapsed() < TIME_LIMIT,
        "{what}: {:?}",
        start.elapsed()
    );
    let output = format!("{:?}{}", response.headers, response.text());
    assert!(!output.contains(UPSTREAM_MARKER), "{what}: {output}");
    for (_, line) in response.recorded().await.logs {
        let expected = r#"{"event":"failure","route":"/api/auth/aws-login","code":""#;
        assert!(
            line.starts_with(expected) && !line.contains(UPSTREAM_MARKER),
            "{what}: {line}"
        );
    }
    match response.status {
        200 => assert!(may_succeed, "{what}"),
        401 => assert_proof_refused(&response, &what),
        _ => {
            response.assert_status(500);
            let detail = text(&response.json(), "detail");
            let code = detail.strip_prefix("Failed to login with AWS credentials: ");
            let code = code.unwrap_or_else(|| panic!("{what}: {detail}"));
            assert!(
                code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{what}: {code}"
            );
        }
    }
    SIMULATOR.remove_rule(rule);
    // A proof that AWS has neither accepted nor refused can be sent again.
    let again = app.anonymous().aws_login_with(&body).await;
    again.assert_status(if response.status == 200 { 401 } else { 200 });
}

#[tokio::test]
#[ignore = "slow"]
async fn every_failure_of_sts_returns_the_documented_response() {
    let app = App::with(aws_proof::vars());
    let errors = Operation::GetCallerIdentity.errors();
    let errors = errors
        .into_iter()
        .map(|error| Effect::Error(error.name.into()));
    let effects = ResponseFault::ALL
        .into_iter()
        .map(Effect::from)
        .chain(errors);
    run_all(effects.map(|effect| check_sts(app.clone(), effect))).await;
    assert!(SIMULATOR.canary().is_empty());
}
