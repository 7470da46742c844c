//! Failures of AWS, both those in its service models and others: the client gets the documented response within the
//! time limit, and no session. No text of AWS is in a response or a log line, and the next request works.

mod shared_calls;

use crate::support::aws::{SIMULATOR, directory, run_all, unique_name};
use crate::support::{App, Cases, Response};
use aws_simulator::{
    ACCOUNT, Effect, Filter, Operation, ResponseFault, Rule, UPSTREAM_MARKER, User,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// The maximum time that a client waits.
const TIME_LIMIT: Duration = Duration::from_secs(9);

/// The operations of one sign-in.
const OPERATIONS: [Operation; 8] = [
    Operation::CreateToken,
    Operation::ListAccounts,
    Operation::ListAccountRoles,
    Operation::GetRoleCredentials,
    Operation::GetCallerIdentity,
    Operation::GetUserId,
    Operation::DescribeUser,
    Operation::Logout,
];

/// The expected response of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    SignedIn,
    /// A lenient client can succeed.
    SignedInOrFailed,
    Failed,
    /// A missing list is read as an empty one, and the portal refuses a wrong token.
    FailedOrDenied,
    Denied,
    Pending(&'static str),
    Over,
}

impl Expected {
    fn of_fault(response_fault: ResponseFault, operation: Operation) -> Self {
        if operation == Operation::Logout {
            Self::SignedIn
        } else if response_fault.may_leave_response_valid(operation) {
            Self::SignedInOrFailed
        } else {
            match (operation, response_fault) {
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

    fn check(self, response: &Response, what: &str) {
        let found = format!("{what}: {} {}", response.status, response.text());
        let retry_after = response.header("retry-after");
        match (self, response.status) {
            (Self::SignedIn | Self::SignedInOrFailed, 200) => {
                assert_eq!(response.json()["token_type"], "bearer", "{found}");
            }
            (Self::Failed | Self::SignedInOrFailed | Self::FailedOrDenied, 500) => {
                let detail = json!({ "detail": "Failed to create token from device code" });
                assert_eq!((response.json(), retry_after), (detail, None), "{found}");
            }
            (Self::Denied | Self::FailedOrDenied, 403) => {
                let detail = json!({ "detail": "Access denied" });
                assert_eq!((response.json(), retry_after), (detail, None), "{found}");
            }
            (Self::Pending(_) | Self::Over, 408) => {
                let detail = json!({ "detail": "Authorization timed out" });
                assert_eq!(response.json(), detail, "{found}");
                let expected = match self {
                    Self::Pending(seconds) => Some(seconds),
                    _ => None,
                };
                assert_eq!(retry_after, expected, "{found}");
            }
            _ => panic!("expected {self:?}, found {found}"),
        }
    }
}

/// Fails the test if a text of AWS is in the response or in a log line.
async fn assert_nothing_leaked(response: &Response, what: &str) {
    let output = format!("{:?}{}", response.headers, response.text());
    assert!(!output.contains(UPSTREAM_MARKER), "{what}: {output}");
    let logs = response.recorded().await.logs;
    for (_, line) in &logs {
        let is_expected = line.starts_with(r#"{"event":"failure","route":"/api/auth/"#);
        assert!(
            is_expected && !line.contains(UPSTREAM_MARKER),
            "{what}: {line}"
        );
    }
    let is_logged = logs.iter().any(|(level, _)| level == "error");
    assert_eq!(is_logged, response.status == 500, "{what}: {logs:?}");
}

async fn sessions_of(app: &App, directory_user: &User) -> usize {
    let sql =
        "SELECT sessions.id FROM sessions JOIN users ON users.id = user_id WHERE username = ?1";
    app.sql(sql, [directory_user.user_name.clone()]).await.len()
}

/// A sign-in during which this operation fails, and one after it.
async fn check_sign_in(app: App, operation: Operation, effect: Effect, expected: Expected) {
    let what = format!("{operation:?} {effect:?}");
    let directory_user = User::new(unique_name("ada")).assigned(ACCOUNT, "Developer");
    SIMULATOR.put_user(directory_user.clone());
    let device = app.device().await;
    device.approve(&directory_user);
    let only = match operation {
        Operation::GetUserId | Operation::DescribeUser => {
            Filter::User(directory_user.user_name.clone())
        }
        _ => device.requests(),
    };
    let rule = Rule::new(effect).on(operation).matching(only);
    let rule = SIMULATOR.add_rule(rule).expect("a rule");
    let start = Instant::now();
    let response = app.token(&device).await;
    let elapsed = start.elapsed();
    assert!(elapsed < TIME_LIMIT, "{what}: {elapsed:?}");
    expected.check(&response, &what);
    assert_nothing_leaked(&response, &what).await;
    let sessions = usize::from(response.status == 200);
    assert_eq!(sessions_of(&app, &directory_user).await, sessions, "{what}");
    SIMULATOR.remove_rule(rule);

    if operation == Operation::CreateToken && response.status != 200 {
        // AWS has not returned its token yet, so the same device code still signs in once the interval has passed.
        let interval = response.retry_after().unwrap_or(1);
        tokio::time::sleep(Duration::from_secs(u64::from(interval)) + Duration::from_millis(100))
            .await;
        app.token(&device).await.assert_status(200);
    } else {
        app.sign_in_with_device(&directory_user)
            .await
            .assert_status(200);
    }
    assert_eq!(
        sessions_of(&app, &directory_user).await,
        sessions + 1,
        "{what}"
    );
}

async fn check_faulty_responses(cases: Cases) {
    let app = App::with(directory(&SIMULATOR));
    let pairs = cases.pairs(&OPERATIONS, &ResponseFault::ALL).into_iter();
    run_all(pairs.map(|(operation, response_fault)| {
        let expected = Expected::of_fault(response_fault, operation);
        check_sign_in(app.clone(), operation, response_fault.into(), expected)
    }))
    .await;
    assert!(SIMULATOR.canary().is_empty(), "{:?}", SIMULATOR.canary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow"]
async fn faulty_response_during_a_sign_in_has_the_expected_result() {
    check_faulty_responses(Cases::of_this_run()).await;
}

async fn check_modelled_errors(cases: Cases) {
    let app = App::with(directory(&SIMULATOR));
    let errors = OPERATIONS.into_iter().flat_map(|operation| {
        let errors = operation.errors().into_iter();
        errors.map(move |error| (operation, error.name))
    });
    let errors = cases.of_each_class(errors, |(operation, name)| {
        (*operation, Expected::of_error(name, *operation))
    });
    run_all(errors.into_iter().map(|(operation, name)| {
        let expected = Expected::of_error(name, operation);
        check_sign_in(app.clone(), operation, Effect::Error(name.into()), expected)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow"]
async fn modelled_error_during_a_sign_in_has_the_expected_result() {
    check_modelled_errors(Cases::of_this_run()).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn slow_calls_within_the_time_limit_sign_in() {
    sign_in_with_slow_calls(700, Expected::SignedIn).await;
}

#[tokio::test]
#[ignore = "slow: each call to AWS takes 2.5 seconds"]
async fn slow_calls_exceed_the_time_limit_and_still_sign_in() {
    sign_in_with_slow_calls(2_500, Expected::Failed).await;
}

/// A sign-in with this number of milliseconds for each call to AWS.
async fn sign_in_with_slow_calls(delay: u64, expected: Expected) {
    let app = App::with(directory(&SIMULATOR));
    let directory_user = User::new(unique_name("ada")).assigned(ACCOUNT, "Developer");
    SIMULATOR.put_user(directory_user.clone());
    let device = app.device().await;
    device.approve(&directory_user);
    let rule = Rule::new(Effect::DelayMs(delay)).matching(device.requests());
    SIMULATOR.add_rule(rule).unwrap();
    let start = Instant::now();
    let response = app.token(&device).await;
    let elapsed = start.elapsed();
    assert!(elapsed < TIME_LIMIT, "{elapsed:?}");
    expected.check(&response, "slow");
    assert_nothing_leaked(&response, "slow").await;
    // The sign-in was completed, and the next request of the client finds it.
    assert_eq!(sessions_of(&app, &directory_user).await, 1);
    assert_eq!(device.operations().last(), Some(&Operation::Logout));
    app.token(&device).await.assert_status(200);
    assert_eq!(sessions_of(&app, &directory_user).await, 1);
}
