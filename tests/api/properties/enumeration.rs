//! Sign-in does not reveal which names exist: accounts and unknown names that are tried equally often and in the same
//! spellings get the same responses with the same timing.

use crate::support::{App, PASSWORD, SEED_PASSWORD, SeededUser, Vars};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Sign-ins that are refused: the reason, the name and the password.
async fn refused(app: &App) -> Vec<(&'static str, String, String)> {
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    let passwordless = app
        .new_user("passwordless")
        .without_password()
        .create()
        .await;
    let unreadable = app
        .new_user("unreadable")
        .stored_password(PASSWORD, |_| "$2b$12$abcdefghijklmnopqrstuv".to_owned())
        .create()
        .await;
    let federated = app.new_user("federated").create().await;
    federated.make_federated().await;
    let right = || PASSWORD.to_owned();
    // Attempts at unknown names are counted too, so each test uses a different name.
    let unknown = format!("unknown-{}", app.ip());
    vec![
        ("wrong password", ada.username.clone(), "wrong".into()),
        ("unknown name", unknown.clone(), right()),
        ("unknown e-mail", format!("{unknown}@example.com"), right()),
        ("invalid name", format!("{unknown}\u{7}"), right()),
        ("disabled", disabled.username, right()),
        ("disabled, by e-mail", disabled.email, right()),
        ("no password", passwordless.username, right()),
        ("unreadable hash", unreadable.username, right()),
        ("identity provider", federated.username, right()),
        ("identity provider, by e-mail", federated.email, right()),
        ("more than 1,024 bytes", ada.username, "x".repeat(1025)),
    ]
}

#[tokio::test]
async fn refused_logins_of_every_reason_return_one_response() {
    let app = App::shared();
    let mut first: Option<(String, Vec<u8>)> = None;
    for (reason, username, password) in refused(&app).await {
        app.skip_back_off().await;
        let response = app.anonymous().login(&username, &password).await;
        response.assert_status(401);
        let recorded = response.recorded().await;
        // Only an unreadable hash is logged. The user needs a new password.
        let is_logged = reason == "unreadable hash";
        assert_eq!(
            recorded.logs.len(),
            usize::from(is_logged),
            "{reason}: {:?}",
            recorded.logs
        );
        // The client knows that it sent a password that is too long, and no user has such a password.
        let calls = if reason == "more than 1,024 bytes" {
            0
        } else {
            2
        };
        assert_eq!(
            (recorded.d1(), recorded.calls.len()),
            (calls, calls),
            "{reason}: {:?}",
            recorded.calls
        );
        let body = (response.snapshot(), response.body);
        assert_eq!(first.get_or_insert_with(|| body.clone()), &body, "{reason}");
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn refused_logins_of_every_reason_take_the_same_time() {
    const ROUNDS: u32 = 7;
    let app = App::shared();
    let mut users = refused(&app).await;
    users.retain(|(reason, _, _)| *reason != "more than 1,024 bytes");
    let mut best: HashMap<&str, Duration> = HashMap::new();
    for _ in 0..ROUNDS {
        for (reason, username, password) in &users {
            app.skip_back_off().await;
            let start = Instant::now();
            app.anonymous()
                .login(username, password)
                .await
                .assert_status(401);
            let took = start.elapsed();
            let least = best.entry(reason).or_insert(took);
            *least = took.min(*least);
        }
    }
    // Without the hash, a response takes less than a tenth of the time. Other tests load the machine.
    let wrong = best["wrong password"];
    for (reason, took) in &best {
        let is_similar = *took < wrong * 3 && wrong < *took * 3;
        assert!(is_similar, "{reason}: {took:?}, wrong: {wrong:?}");
    }
}

#[tokio::test]
async fn refused_logins_of_every_reason_have_one_error_code() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let disabled = app.new_user("off").disabled().create().await;
    let new = app.new_user("new").without_password().create().await;
    let unknown = format!("unknown-{}", app.ip());
    let names = [&ada.username, &disabled.username, &new.email, &unknown];
    for (number, name) in names.into_iter().enumerate() {
        let response = app
            .anonymous()
            .guess(name)
            .client_ip(&app.other_ip(number))
            .await;
        response.assert_error(401, "invalid_credentials");
    }
}

/// A response without its date and its id: status, headers and body.
type Comparable = (u16, String, Vec<u8>);

/// Sends one sign-in from a separate network. Returns the response and its duration.
pub async fn attempt(
    app: &App,
    network: usize,
    name: &str,
    password: &str,
) -> (Comparable, Duration) {
    let login = app.anonymous().login(name, password);
    let login = login.client_ip(&app.other_ip(network));
    let start = Instant::now();
    let response = login.await;
    let took = start.elapsed();
    let mut headers = response.headers.clone();
    headers.remove("date");
    headers.remove("x-request-id");
    let comparable = (
        response.status,
        format!("{headers:?}"),
        response.body.clone(),
    );
    (comparable, took)
}

/// `z` of the rank-sum test (Mann and Whitney): the number of standard deviations by which the ranks of the first
/// sample differ from the expected ranks.
#[expect(clippy::cast_precision_loss, reason = "counts of a test")]
fn rank_sum_z(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = one.iter().map(|time| (*time, true)).collect();
    all.extend(other.iter().map(|time| (*time, false)));
    all.sort();
    let ranks = (1..).zip(&all).filter(|(_, (_, is_one))| *is_one);
    let sum: f64 = ranks.map(|(rank, _)| f64::from(rank)).sum();
    let (n, m) = (one.len() as f64, other.len() as f64);
    let mean = n * (n + m + 1.0) / 2.0;
    (sum - mean) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// User name and e-mail of an account and of an unknown user.
fn spellings(user: &SeededUser) -> [[String; 2]; 2] {
    let unknown = user.id.replace("-a000-", "-b000-");
    assert_ne!(unknown, user.id);
    [&user.id, &unknown].map(|id| [format!("seed-{id}"), format!("{id}@seed.example")])
}

/// Attempts at each account and at an unknown name, by user name and by e-mail in turn, and the account and the unknown name
/// are equally often the first of the two. After each evaluated attempt, a second one shows the back-off. After a hundred
/// attempts the account is locked.
pub async fn assert_indistinguishable(accounts: usize, attempts: usize) {
    let app = App::isolated(Vars::new());
    let accounts = app.seed_users_with_password(accounts, "user", 0).await;
    let (mut evaluated, mut refused): ([Vec<Duration>; 2], [Vec<Duration>; 2]) = Default::default();
    let mut clock = 0;
    let mut network = 0;
    for round in 0..attempts {
        for (number, user) in accounts.iter().enumerate() {
            let pair = spellings(user);
            let mut responses = [Vec::new(), Vec::new()];
            for turn in 0..2 {
                let case = (round + number + turn) % 2;
                let name = &pair[case][round % 2];
                // Half of the attempts at a locked account are with its password.
                let password = if round > 100 && round / 2 % 2 == 0 {
                    SEED_PASSWORD
                } else {
                    "wrong"
                };
                let (response, took) = attempt(&app, network, name, password).await;
                assert_eq!(response.0, 401, "attempt {round}");
                evaluated[case].push(took);
                responses[case].push(response);
                // On a loaded machine, a request takes longer than the first back-offs.
                if round >= 6 {
                    let (response, took) = attempt(&app, network, name, password).await;
                    assert_eq!(response.0, 429, "attempt {round}");
                    refused[case].push(took);
                    // The number of seconds is not compared, because it depends on the duration of the first request.
                    responses[case].push((response.0, String::new(), response.2));
                }
                network = (network + 1) % 65_536;
            }
            assert_eq!(
                responses[0], responses[1],
                "attempt {round} of account {number}"
            );
        }
        // More than the longest back-off.
        clock += 11;
        app.shift_clock(clock).await;
    }
    for (what, [account, unknown]) in [("evaluated", &evaluated), ("refused", &refused)] {
        let z = rank_sum_z(account, unknown);
        // If the times are equally distributed, |z| exceeds this once in fifteen thousand runs.
        assert!(z.abs() < 4.0, "{what}: z {z:+.2}");
    }
    assert_eq!(accounts[0].failures().await, attempts.min(101) as u64);
}

#[tokio::test]
#[ignore = "slow"]
async fn accounts_and_unknown_names_cannot_be_distinguished() {
    assert_indistinguishable(2, 8).await;
}

/// A wrong password by user name, then one by e-mail from another network.
#[tokio::test]
async fn second_spelling_returns_the_same_with_and_without_an_account() {
    let app = App::shared();
    for user in app.seed_users_with_password(3, "user", 0).await {
        let mut responses = Vec::new();
        for (case, [name, email]) in spellings(&user).into_iter().enumerate() {
            let first = attempt(&app, 10 + case, &name, "wrong").await.0;
            let second = attempt(&app, 20 + case, &email, "wrong").await.0;
            responses.push([first, second]);
        }
        assert_eq!(responses[0], responses[1]);
        assert_eq!(responses[0][1].0, 401);
        app.skip_back_off().await;
    }
}

/// A locked account with a wrong and with its own password, another account, and an unknown name.
pub async fn assert_locked_is_indistinguishable(rounds: usize) {
    let app = App::isolated(Vars::new());
    let locked = app.seed_users_with_password(rounds, "user", 0).await;
    let open = app.seed_users_with_password(rounds, "user", 0).await;
    for user in &locked {
        user.set_failures(100).await;
    }
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut first = None;
    for round in 0..rounds {
        let cases = [
            (locked[round].username.clone(), "wrong"),
            (spellings(&locked[round])[0][1].clone(), SEED_PASSWORD),
            (open[round].username.clone(), "wrong"),
            (spellings(&open[round])[1][0].clone(), "wrong"),
        ];
        for turn in 0..4 {
            let case = (round + turn) % 4;
            let (name, password) = &cases[case];
            let (response, took) = attempt(&app, round * 4 + case, name, password).await;
            times[case].push(took);
            assert_eq!(
                first.get_or_insert_with(|| response.clone()),
                &response,
                "{case}"
            );
        }
    }
    assert_eq!(first.map(|response| response.0), Some(401));
    for case in [0, 1, 3] {
        let z = rank_sum_z(&times[case], &times[2]);
        assert!(z.abs() < 4.0, "{case}: z {z:+.2}");
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn locked_account_cannot_be_distinguished_from_others() {
    assert_locked_is_indistinguishable(12).await;
}
