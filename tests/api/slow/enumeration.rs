//! Enumeration of accounts, with the number of attempts that shows small differences.

use crate::properties::enumeration::{assert_indistinguishable, attempt};
use crate::support::{App, SEED_PASSWORD, Vars};
use serde_json::json;
use std::time::Duration;

const ROUNDS: usize = 500;

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    (times[times.len() / 2 - 1] + times[times.len() / 2]).as_secs_f64() / 2.0
}

/// It measures times, so a machine without other load gives the best result.
#[tokio::test]
#[ignore = "slow: 2,000 password hashes, and times that are measured"]
async fn medians_of_refused_logins_differ_by_less_than_two_percent() {
    let app = App::isolated(Vars::new());
    // Each account gets one attempt, because of the back-off.
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
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut first = None;
    for round in 0..ROUNDS {
        let cases = [
            (wrong[round].username.clone(), "a wrong password"),
            (
                format!("seed-00000000-0000-4000-8000-{round:012}"),
                SEED_PASSWORD,
            ),
            (disabled[round].username.clone(), SEED_PASSWORD),
            (passwordless[round].username.clone(), SEED_PASSWORD),
        ];
        // Each case is first as often as last.
        for turn in 0..4 {
            let case = (round + turn) % 4;
            let (username, password) = &cases[case];
            let (response, took) = attempt(&app, round * 4 + case, username, password).await;
            times[case].push(took);
            assert_eq!(first.get_or_insert_with(|| response.clone()), &response);
        }
    }
    let medians = times.each_ref().map(|times| median(times));
    for median in medians {
        assert!((median / medians[0] - 1.0).abs() < 0.02, "{medians:?}");
    }
}

#[tokio::test]
#[ignore = "slow: 9,600 password hashes"]
async fn forty_accounts_and_unknown_names_cannot_be_distinguished_in_120_attempts_each() {
    assert_indistinguishable(40, 120).await;
}
