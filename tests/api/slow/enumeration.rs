//! Enumeration of accounts, with enough attempts to show small differences.

use crate::properties::enumeration::{
    assert_indistinguishable, assert_locked_is_indistinguishable, attempt,
};
use crate::support::{App, SEED_PASSWORD, Vars};
use serde_json::json;
use std::time::Duration;

const ROUNDS: usize = 500;
const MEASUREMENTS: usize = 3;

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.len() / 2;
    f64::midpoint(ratios[middle - 1], ratios[middle])
}

/// Other tests load the machine, which adds differences at random. A difference of the Worker is in every measurement.
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

#[tokio::test]
#[ignore = "slow: 160 password hashes"]
async fn forty_locked_accounts_cannot_be_distinguished_from_others() {
    assert_locked_is_indistinguishable(40).await;
}

#[tokio::test]
#[ignore = "slow: 144 password hashes"]
async fn four_accounts_and_unknown_names_cannot_be_distinguished() {
    assert_indistinguishable(4, 12).await;
}
