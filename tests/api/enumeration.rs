//! Sign-in does not reveal which names exist: accounts and invented names that are tried equally often and in the same
//! spellings get the same responses with the same timing.

use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Vars};
use crate::throttle::{counted, has_failed};
use serde_json::json;
use std::time::{Duration, Instant};

/// Number of attempts per name, by user name and by e-mail address in turn. After a hundred the account is locked.
struct Plan {
    accounts: usize,
    attempts: usize,
}

/// One response, without the parts that differ in every response: its date and its id.
type Told = (u16, String, Vec<u8>);

/// Sends one request from a network of its own; returns the response and its duration.
async fn ask(app: &App, from: usize, name: &str, password: &str) -> (Told, Duration) {
    let body = json!({ "username": name, "password": password });
    let login = app.post("/api/auth/login").json(&body);
    let login = login.from(&app.elsewhere(from));
    let start = Instant::now();
    let reply = login.send().await;
    let took = start.elapsed();
    let mut headers = reply.headers.clone();
    headers.remove("date");
    headers.remove("x-request-id");
    let told = (reply.status, format!("{headers:?}"), reply.body.clone());
    (told, took)
}

/// `z` of the rank-sum test (Mann and Whitney): how many standard deviations the ranks of the first are off.
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

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// An account and an invention, in both spellings.
fn spellings(member: &Member) -> [[String; 2]; 2] {
    let invented = member.id.replace("-9000-", "-a000-");
    [&member.id, &invented].map(|id| [format!("crowd-{id}"), format!("{id}@crowd.example")])
}

/// Tries each account and each invented name equally often, and each equally often first and last. After each evaluated
/// attempt, the other spelling and the same spelling are tried once more, which shows the back-off.
async fn cannot_be_told_apart(plan: &Plan) {
    let app = App::alone(Vars::new());
    let accounts = app.crowd(plan.accounts, "user", 0).await;
    let (mut evaluated, mut refused): ([Vec<Duration>; 2], [Vec<Duration>; 2]) = Default::default();
    let mut clock = 0;
    let mut from = 0;
    for round in 0..plan.attempts {
        for (number, member) in accounts.iter().enumerate() {
            let pair = spellings(member);
            let mut told = [Vec::new(), Vec::new()];
            for turn in 0..2 {
                let case = (round + number + turn) % 2;
                let name = &pair[case][round % 2];
                // Half of the attempts at an account come with its password once that cannot open it any more.
                let password = if round > 100 && round / 2 % 2 == 0 {
                    CROWD_PASSWORD
                } else {
                    "wrong"
                };
                let (answer, took) = ask(&app, from, name, password).await;
                assert_eq!(answer.0, 401, "attempt {round}");
                evaluated[case].push(took);
                told[case].push(answer);
                // A busy machine takes longer than the first back-offs last.
                if round >= 6 {
                    let (answer, took) = ask(&app, from, name, password).await;
                    assert_eq!(answer.0, 429, "attempt {round}");
                    refused[case].push(took);
                    // Without the number of seconds, which depends on the duration of the first request.
                    told[case].push((answer.0, String::new(), answer.2));
                }
                from = (from + 1) % 65_536;
            }
            assert_eq!(told[0], told[1], "attempt {round} of account {number}");
        }
        // More than the longest back-off.
        clock += 11;
        app.shift_clock(clock).await;
    }
    for (what, [account, invention]) in [("evaluated", &evaluated), ("refused", &refused)] {
        let z = rank_sum_z(account, invention);
        let off = (median(account) / median(invention) - 1.0) * 100.0;
        println!(
            "{what}: {} of accounts, median {:.3} ms; {} of inventions, median {:.3} ms, {off:+.2} %; z {z:+.2}",
            account.len(),
            median(account) * 1_000.0,
            invention.len(),
            median(invention) * 1_000.0
        );
        // A fair coin is further off once in fifteen thousand.
        assert!(z.abs() < 4.0, "{what}: z {z:+.2}");
    }
    let account = counted(&app, &format!("account:{}", accounts[0].id)).await;
    assert_eq!(account, plan.attempts.min(101) as u64);
}

#[tokio::test]
async fn accounts_and_invented_names_cannot_be_distinguished() {
    cannot_be_told_apart(&Plan {
        accounts: 4,
        attempts: 12,
    })
    .await;
}

/// Takes some ten minutes: `cargo test --test api forty_accounts -- --ignored --nocapture`
#[tokio::test]
#[ignore = "9,600 hashes"]
async fn forty_accounts_and_forty_inventions_cannot_be_told_apart_in_120_attempts_each() {
    cannot_be_told_apart(&Plan {
        accounts: 40,
        attempts: 120,
    })
    .await;
}

/// A wrong attempt by user name, then one by address from another network.
#[tokio::test]
async fn second_spelling_gets_the_same_response_with_and_without_an_account() {
    let app = App::shared();
    for member in app.crowd(3, "user", 0).await {
        let mut told = Vec::new();
        for (case, [name, email]) in spellings(&member).into_iter().enumerate() {
            let first = ask(&app, 10 + case, &name, "wrong").await.0;
            let second = ask(&app, 20 + case, &email, "wrong").await.0;
            told.push([first, second]);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0][1].0, 401);
        app.calm_down().await;
    }
}

/// With and without its password, locked and not, and invented.
#[tokio::test]
async fn locked_account_cannot_be_told_from_any_other() {
    const ROUNDS: usize = 40;
    let app = App::alone(Vars::new());
    let locked = app.crowd(ROUNDS, "user", 0).await;
    let open = app.crowd(ROUNDS, "user", 0).await;
    for member in &locked {
        has_failed(&app, &format!("account:{}", member.id), 100).await;
    }
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut first = None;
    for round in 0..ROUNDS {
        let cases = [
            (locked[round].username.clone(), "wrong"),
            (spellings(&locked[round])[0][1].clone(), CROWD_PASSWORD),
            (open[round].username.clone(), "wrong"),
            (spellings(&open[round])[1][0].clone(), "wrong"),
        ];
        for turn in 0..4 {
            let case = (round + turn) % 4;
            let (name, password) = &cases[case];
            let (told, took) = ask(&app, round * 4 + case, name, password).await;
            times[case].push(took);
            assert_eq!(first.get_or_insert_with(|| told.clone()), &told, "{case}");
        }
    }
    assert_eq!(first.map(|told| told.0), Some(401));
    for case in [0, 1, 3] {
        let z = rank_sum_z(&times[case], &times[2]);
        println!(
            "{case}: median {:.3} ms, z {z:+.2}",
            median(&times[case]) * 1_000.0
        );
        assert!(z.abs() < 4.0, "{case}: z {z:+.2}");
    }
}
