//! Enumeration of accounts: the times of responses, and thousands of attempts.

use crate::properties::enumeration::{assert_indistinguishable, attempt};
use crate::support::{App, Fault, SEED_PASSWORD, Vars};
use serde_json::json;
use std::time::{Duration, Instant};

const ROUNDS: usize = 500;
const MEASUREMENTS: usize = 3;

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    f64::midpoint(ratios[middle - 1], ratios[middle])
}

/// Other tests load the machine, which adds differences at random. A difference that the Worker causes appears in every measurement.
#[tokio::test]
#[ignore = "slow: 2,000 to 6,000 password hashes, and times that are measured"]
async fn times_of_refused_logins_differ_by_less_than_two_percent() {
    let app = App::isolated(Vars::new());
    let mut measured = Vec::new();
    for measurement in 0..MEASUREMENTS {
        let ratios = measure(&app, measurement * ROUNDS).await;
        measured.push(ratios);
        if ratios.iter().all(|ratio| (ratio - 1.0).abs() < 0.02) {
            return;
        }
    }
    panic!("{measured:?}");
}

/// The times of refusals of an unknown name, a disabled account and an account without a password, each as the median of
/// their ratios to the time of a wrong password in the same round. Each account gets one attempt, because of the back-off.
async fn measure(app: &App, first_round: usize) -> [f64; 3] {
    let wrong = app.seed_users_with_password(ROUNDS, "user", 0).await;
    let disabled = app.seed_users_with_password(ROUNDS, "user", 0).await;
    let passwordless = app.seed_users_with_password(ROUNDS, "user", 0).await;
    for (users, change) in [
        (&disabled, "is_active = 0"),
        (&passwordless, "password_hash = NULL"),
    ] {
        let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
        let sql =
            format!("UPDATE users SET {change} WHERE id IN (SELECT value FROM json_each(?1))");
        app.sql(&sql, [json!(ids).to_string()]).await;
    }
    let mut ratios: [Vec<f64>; 3] = Default::default();
    let mut first = None;
    for round in 0..ROUNDS {
        let number = first_round + round;
        let cases = [
            (wrong[round].username.clone(), "a wrong password"),
            (
                format!("seed-00000000-0000-4000-8000-{number:012}"),
                SEED_PASSWORD,
            ),
            (disabled[round].username.clone(), SEED_PASSWORD),
            (passwordless[round].username.clone(), SEED_PASSWORD),
        ];
        let mut times = [Duration::ZERO; 4];
        // Each case is first as often as last.
        for turn in 0..4 {
            let case = (round + turn) % 4;
            let (username, password) = &cases[case];
            let (response, took) = attempt(app, number * 4 + case, username, password).await;
            times[case] = took;
            assert_eq!(first.get_or_insert_with(|| response.clone()), &response);
        }
        for (case, ratios) in ratios.iter_mut().enumerate() {
            ratios.push(times[case + 1].div_duration_f64(times[0]));
        }
    }
    ratios.map(median)
}

#[tokio::test]
#[ignore = "slow: 9,600 password hashes"]
async fn forty_accounts_and_unknown_names_cannot_be_distinguished_in_120_attempts_each() {
    assert_indistinguishable(40, 120).await;
}

/// The number of standard deviations by which the rank sum of the first times differs from that of equal distributions (Mann and
/// Whitney).
fn rank_difference(first: &[Duration], second: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = first.iter().map(|time| (*time, true)).collect();
    all.extend(second.iter().map(|time| (*time, false)));
    all.sort();
    let ranks = all.iter().zip(1_u32..);
    let sum: f64 = ranks
        .filter(|((_, is_first), _)| *is_first)
        .map(|(_, rank)| f64::from(rank))
        .sum();
    let length = |times: &[Duration]| f64::from(u32::try_from(times.len()).expect("a length"));
    let (one, other) = (length(first), length(second));
    let mean = one * (one + other + 1.0) / 2.0;
    let deviation = (one * other * (one + other + 1.0) / 12.0).sqrt();
    (sum - mean) / deviation
}

#[test]
fn rank_difference_is_that_of_a_textbook() {
    let times = |all: &[u64]| -> Vec<Duration> {
        all.iter()
            .map(|time| Duration::from_millis(*time))
            .collect()
    };
    let (low, high) = (times(&[1, 2, 3, 4, 5]), times(&[6, 7, 8, 9, 10]));
    // The rank sum is 15, its mean 27.5 and its deviation 4.787.
    assert!((rank_difference(&low, &high) + 2.611).abs() < 0.001);
    assert!((rank_difference(&high, &low) - 2.611).abs() < 0.001);
    let mixed = rank_difference(&times(&[1, 4, 5, 8]), &times(&[2, 3, 6, 7]));
    assert!(mixed.abs() < 0.001);
}

/// The times of `/forgot-password` for names of users and for unknown names, alternately. The next request is sent when everything that
/// the last one deferred is done.
async fn forgotten(app: &App, first: usize) -> [Vec<Duration>; 2] {
    const ROUNDS: usize = 300;
    let users = app.seed_users(ROUNDS, "user", 0).await;
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut response: Option<(String, Vec<u8>)> = None;
    for (round, user) in users.iter().enumerate() {
        let number = first + round;
        let unknown = format!("seed-00000000-0000-4000-8000-{number:012}");
        for turn in 0..2 {
            let case = (round + turn) % 2;
            let name = [&user.username, &unknown][case];
            let request = app.anonymous().forgot_password(name);
            // A client site sends 10 requests per hour.
            let request = request.client_ip(&app.other_ip(number / 5));
            let start = Instant::now();
            let sent = request.await;
            times[case].push(start.elapsed());
            let found = (sent.snapshot(), sent.body.clone());
            assert_eq!(response.get_or_insert_with(|| found.clone()), &found);
            sent.recorded().await;
        }
    }
    times
}

/// A difference that the Worker causes appears in every measurement. The times of equal distributions differ by 3.3 standard
/// deviations or more in one of a thousand measurements.
async fn assert_forgotten_is_indistinguishable(app: &App) {
    let mut measured = Vec::new();
    for measurement in 0..MEASUREMENTS {
        let [known, unknown] = forgotten(app, measurement * 300).await;
        let difference = rank_difference(&known, &unknown);
        measured.push(difference);
        if difference.abs() < 3.3 {
            return;
        }
    }
    panic!("{measured:?}");
}

#[tokio::test]
#[ignore = "slow: 600 to 1,800 requests, and times that are measured"]
async fn times_of_forgotten_passwords_do_not_reveal_which_names_exist() {
    let app = App::isolated(Vars::with_email());
    assert_forgotten_is_indistinguishable(&app).await;
}

#[tokio::test]
#[ignore = "slow: 600 to 1,800 requests, and times that are measured"]
async fn times_of_forgotten_passwords_do_not_reveal_which_names_exist_while_e_mail_fails() {
    let app = App::isolated(Vars::with_email());
    // A failure that is not retried, because each retry waits for a second.
    app.fault(Fault::email().fails_with("E_SENDER_NOT_VERIFIED"))
        .await;
    assert_forgotten_is_indistinguishable(&app).await;
}
