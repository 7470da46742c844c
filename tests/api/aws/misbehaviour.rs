//! AWS failing, in every way that its models list and in many that they do not: the documented reply, soon; nobody signed
//! in; nothing of what AWS said in a reply or in the log; and the next request works.

use super::{
    AUTHORIZE, Alone, INTERVAL, REGISTER, SIMULATOR, all, directory, own_name, portal, text,
};
use crate::support::{App, Fault, Reply};
use aws_simulator::{
    ACCOUNT, Config, Effect, Filter, Operation, ResponseFault, Rule, UPSTREAM_MARKER, User,
};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a client waits at most.
const SOON: Duration = Duration::from_secs(9);

/// The operations of one sign-in, which rules find by its user code or by its person.
const OF_A_LINE: [Operation; 8] = [
    Operation::CreateToken,
    Operation::ListAccounts,
    Operation::ListAccountRoles,
    Operation::GetRoleCredentials,
    Operation::GetCallerIdentity,
    Operation::GetUserId,
    Operation::DescribeUser,
    Operation::Logout,
];

/// What a sign-in is to be answered with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    SignedIn,
    /// A robust client may well succeed.
    SignedInOrFailed,
    Failed,
    /// A list that is left out is an empty one, and the portal refuses a token that is not the one that AWS made.
    FailedOrDenied,
    Denied,
    Pending(&'static str),
    Over,
}

impl Expected {
    fn of_misbehaviour(misbehaviour: ResponseFault, operation: Operation) -> Self {
        if operation == Operation::Logout {
            Self::SignedIn
        } else if misbehaviour.may_leave_response_valid(operation) {
            Self::SignedInOrFailed
        } else {
            match (operation, misbehaviour) {
                (Operation::CreateToken, _)
                | (
                    Operation::ListAccounts | Operation::ListAccountRoles,
                    ResponseFault::MissingMembers,
                ) => Self::FailedOrDenied,
                _ => Self::Failed,
            }
        }
    }

    fn of_error(name: &str, operation: Operation) -> Self {
        match (operation, name) {
            (Operation::Logout, _) => Self::SignedIn,
            (Operation::CreateToken, "AuthorizationPendingException") => Self::Pending("1"),
            (Operation::CreateToken, "SlowDownException") => Self::Pending("6"),
            (Operation::CreateToken, "ExpiredTokenException" | "InvalidGrantException") => {
                Self::Over
            }
            (Operation::CreateToken, "AccessDeniedException")
            | (
                Operation::ListAccounts
                | Operation::ListAccountRoles
                | Operation::GetRoleCredentials,
                "ResourceNotFoundException" | "UnauthorizedException",
            ) => Self::Denied,
            _ => Self::Failed,
        }
    }

    fn check(self, reply: &Reply, what: &str) {
        let shown = format!("{what}: {} {}", reply.status, reply.text());
        let retry_after = reply.header("retry-after");
        match (self, reply.status) {
            (Self::SignedIn | Self::SignedInOrFailed, 200) => {
                assert_eq!(reply.json()["token_type"], "bearer", "{shown}");
            }
            (Self::Failed | Self::SignedInOrFailed | Self::FailedOrDenied, 500) => {
                let detail = json!({ "detail": "Failed to create token from device code" });
                assert_eq!((reply.json(), retry_after), (detail, None), "{shown}");
            }
            (Self::Denied | Self::FailedOrDenied, 403) => {
                let detail = json!({ "detail": "Access denied" });
                assert_eq!((reply.json(), retry_after), (detail, None), "{shown}");
            }
            (Self::Pending(_) | Self::Over, 408) => {
                let detail = json!({ "detail": "Authorization timed out" });
                assert_eq!(reply.json(), detail, "{shown}");
                let expected = match self {
                    Self::Pending(seconds) => Some(seconds),
                    _ => None,
                };
                assert_eq!(retry_after, expected, "{shown}");
            }
            _ => panic!("{self:?} was expected of {shown}"),
        }
    }
}

/// Nothing that AWS said is in the reply or in what was logged.
async fn assert_silent(reply: &Reply, what: &str) {
    let told = format!("{:?}{}", reply.headers, reply.text());
    assert!(!told.contains(UPSTREAM_MARKER), "{what}: {told}");
    let logs = reply.seen().await.logs;
    for (_, line) in &logs {
        let is_ours = line.starts_with(r#"{"event":"failure","route":"/api/auth/"#);
        assert!(is_ours && !line.contains(UPSTREAM_MARKER), "{what}: {line}");
    }
    let is_logged = logs.iter().any(|(level, _)| level == "error");
    assert_eq!(is_logged, reply.status == 500, "{what}: {logs:?}");
}

async fn sessions_of(app: &App, person: &User) -> usize {
    let sql =
        "SELECT sessions.id FROM sessions JOIN users ON users.id = user_id WHERE username = ?1";
    app.sql(sql, [person.user_name.clone()]).await.len()
}

/// One sign-in of which this operation goes wrong, and one after it.
async fn sign_in(app: App, operation: Operation, effect: Effect, expected: Expected) {
    let what = format!("{operation:?} {effect:?}");
    let person = User::new(own_name("ada")).assigned(ACCOUNT, "Developer");
    SIMULATOR.put_user(person.clone());
    let device = app.device().await;
    device.approve(&person);
    let only = match operation {
        Operation::GetUserId | Operation::DescribeUser => Filter::User(person.user_name.clone()),
        _ => device.line(),
    };
    let rule = Rule::new(effect).on(operation).matching(only);
    let rule = SIMULATOR.add_rule(rule).expect("a rule");
    let start = Instant::now();
    let reply = app.token(&device).await;
    let elapsed = start.elapsed();
    assert!(elapsed < SOON, "{what}: {elapsed:?}");
    expected.check(&reply, &what);
    assert_silent(&reply, &what).await;
    let sessions = usize::from(reply.status == 200);
    assert_eq!(sessions_of(&app, &person).await, sessions, "{what}");
    SIMULATOR.remove_rule(rule);

    if operation == Operation::CreateToken && reply.status != 200 {
        // AWS has not given its token yet, so the same device code still signs in once the interval has passed.
        let interval = reply
            .header("retry-after")
            .map_or(1, |text| text.parse().unwrap());
        tokio::time::sleep(Duration::from_secs(interval) + Duration::from_millis(100)).await;
        app.token(&device).await.assert_status(200);
    } else {
        app.arrive(&person).await.assert_status(200);
    }
    assert_eq!(sessions_of(&app, &person).await, sessions + 1, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_misbehaviour_of_every_operation_of_a_sign_in() {
    let app = App::with(directory(&SIMULATOR));
    let cases = ResponseFault::ALL
        .into_iter()
        .flat_map(|misbehaviour| OF_A_LINE.map(|operation| (operation, misbehaviour)));
    all(cases.map(|(operation, misbehaviour)| {
        let expected = Expected::of_misbehaviour(misbehaviour, operation);
        sign_in(app.clone(), operation, misbehaviour.into(), expected)
    }))
    .await;
    assert!(SIMULATOR.canary().is_empty(), "{:?}", SIMULATOR.canary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_modelled_error_of_every_operation_of_a_sign_in() {
    let app = App::with(directory(&SIMULATOR));
    let cases = OF_A_LINE.into_iter().flat_map(|operation| {
        let errors = operation.errors().into_iter();
        errors.map(move |error| (operation, error.name))
    });
    all(cases.map(|(operation, name)| {
        let expected = Expected::of_error(name, operation);
        sign_in(app.clone(), operation, Effect::Error(name.into()), expected)
    }))
    .await;
}

#[tokio::test]
async fn calls_that_are_slow_together_are_not_waited_for_and_still_sign_in() {
    let app = App::with(directory(&SIMULATOR));
    for (delay, expected) in [(700, Expected::SignedIn), (2_500, Expected::Failed)] {
        let person = User::new(own_name("ada")).assigned(ACCOUNT, "Developer");
        SIMULATOR.put_user(person.clone());
        let device = app.device().await;
        device.approve(&person);
        let rule = Rule::new(Effect::DelayMs(delay)).matching(device.line());
        SIMULATOR.add_rule(rule).unwrap();
        let start = Instant::now();
        let reply = app.token(&device).await;
        let elapsed = start.elapsed();
        assert!(elapsed < SOON, "{elapsed:?}");
        expected.check(&reply, "slow");
        assert_silent(&reply, "slow").await;
        // What AWS gave was used to its end, and the client's next question finds it.
        assert_eq!(sessions_of(&app, &person).await, 1);
        assert_eq!(device.operations().last(), Some(&Operation::Logout));
        app.token(&device).await.assert_status(200);
        assert_eq!(sessions_of(&app, &person).await, 1);
    }
}

fn hangs(misbehaviour: ResponseFault) -> bool {
    matches!(
        misbehaviour,
        ResponseFault::HangBeforeStatus
            | ResponseFault::HangMidHeaders
            | ResponseFault::HangMidBody
            | ResponseFault::Trickle
    )
}

/// The two operations whose requests are the same for everybody: one after the other, but for those that hang.
async fn walk(alone: &Alone, operation: Operation, path: &'static str, body: serde_json::Value) {
    let detail = match operation {
        Operation::RegisterClient => "Failed to register with AWS SSO",
        _ => "Failed to start device authorization",
    };
    let ask = |app: App| {
        let body = body.clone();
        async move {
            let start = Instant::now();
            let reply = app.post(path).json(&body).send().await;
            (reply, start.elapsed())
        }
    };
    let check = async |(reply, elapsed): (Reply, Duration), may_succeed: bool, what: &str| {
        assert!(elapsed < SOON, "{what}: {elapsed:?}");
        assert!(
            may_succeed || reply.status == 500,
            "{what}: {}",
            reply.text()
        );
        if reply.status != 200 {
            reply.assert_status(500);
            assert_eq!(reply.json(), json!({ "detail": detail }), "{what}");
        }
        assert_silent(&reply, what).await;
    };
    let add_rule = |effect: Effect, times: Option<u32>| {
        let rule = Rule::new(effect).on(operation);
        let rule = times.map_or(rule.clone(), |times| rule.times(times));
        alone.simulator.add_rule(rule).expect("a rule")
    };
    let mut hanging = JoinSet::new();
    for misbehaviour in ResponseFault::ALL
        .into_iter()
        .filter(|misbehaviour| hangs(*misbehaviour))
    {
        let before = alone.calls(operation);
        add_rule(misbehaviour.into(), Some(1));
        hanging.spawn(ask(alone.app.clone()));
        crate::support::eventually("it hangs", async || alone.calls(operation) > before).await;
    }
    let errors = operation.errors().into_iter();
    let effects = ResponseFault::ALL
        .into_iter()
        .filter(|misbehaviour| !hangs(*misbehaviour))
        .map(|misbehaviour| {
            let may_succeed = misbehaviour.may_leave_response_valid(operation);
            (Effect::from(misbehaviour), may_succeed)
        })
        .chain(errors.map(|error| (Effect::Error(error.name.into()), false)));
    for (effect, may_succeed) in effects {
        let what = format!("{operation:?} {effect:?}");
        let rule = add_rule(effect, None);
        check(ask(alone.app.clone()).await, may_succeed, &what).await;
        alone.simulator.remove_rule(rule);
        ask(alone.app.clone()).await.0.assert_status(200);
    }
    for outcome in hanging.join_all().await {
        check(outcome, true, "hanging").await;
    }
    assert!(alone.simulator.canary().is_empty());
}

#[tokio::test]
async fn every_failure_of_the_registration() {
    let alone = Alone::new(Config::default(), portal);
    // So that each visitor needs a new one.
    alone
        .app
        .fault(Fault::kv().matching("aws-client").fails())
        .await;
    walk(&alone, Operation::RegisterClient, REGISTER, json!({})).await;
}

#[tokio::test]
async fn every_failure_of_the_device_authorization() {
    let alone = Alone::new(Config::default(), portal);
    let client = alone.app.register_client().await;
    let body = json!({ "client_id": client.id, "client_secret": client.secret });
    walk(&alone, Operation::StartDeviceAuthorization, AUTHORIZE, body).await;
}

#[tokio::test]
async fn refused_connections() {
    let alone = Alone::new(Config::default(), |simulator| {
        directory(simulator).set("AWS_LOGIN", "app")
    });
    let (app, simulator) = (&alone.app, &alone.simulator);
    app.fault(Fault::kv().matching("aws-client").fails()).await;
    let device = app.device().await;
    simulator
        .approve(&device.user_code, "ada.lovelace")
        .unwrap();
    simulator.refuse_connections();
    let mut replies = Vec::new();
    replies.push(app.post(REGISTER).send().await);
    replies.push(app.try_authorize(&device.client).await);
    replies.push(app.token(&device).await);
    replies.push(app.post(super::AWS_LOGIN).send().await);
    let details = [
        "Failed to register with AWS SSO",
        "Failed to start device authorization",
        "Failed to create token from device code",
        "Failed to login with AWS credentials: ConnectionError",
    ];
    for (reply, detail) in replies.iter().zip(details) {
        reply.assert_status(500);
        assert_eq!(text(&reply.json(), "detail"), detail);
        assert_silent(reply, detail).await;
    }
    simulator.accept_connections();
    tokio::time::sleep(INTERVAL).await;
    app.token(&device).await.assert_status(200);
    app.post(super::AWS_LOGIN).send().await.assert_status(200);
    app.device().await;
}
