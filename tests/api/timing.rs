//! Nobody can tell by a stopwatch whether a name is somebody's. The rough comparison is in `login`; this is the fine one.

use crate::support::minted::CROWD_PASSWORD;
use crate::support::{App, Vars};
use serde_json::json;
use std::time::{Duration, Instant};

const ROUNDS: usize = 500;

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    (times[times.len() / 2 - 1] + times[times.len() / 2]).as_secs_f64() / 2.0
}

/// Needs a machine that does nothing else, and a minute and a half:
/// `cargo test --test api medians_differ -- --ignored --nocapture`
#[tokio::test]
#[ignore = "needs a quiet machine"]
async fn medians_differ_by_less_than_two_per_cent() {
    let app = App::alone(Vars::new());
    // An account takes few failures, so each is asked for once.
    let wrong = app.crowd(ROUNDS, "user", 0).await;
    let disabled = app.crowd(ROUNDS, "user", 0).await;
    let passwordless = app.crowd(ROUNDS, "user", 0).await;
    for (people, change) in [
        (&disabled, "is_active = 0"),
        (&passwordless, "password_hash = NULL"),
    ] {
        let ids: Vec<&str> = people.iter().map(|member| member.id.as_str()).collect();
        let sql =
            format!("UPDATE users SET {change} WHERE id IN (SELECT value FROM json_each(?1))");
        app.sql(&sql, [json!(ids).to_string()]).await;
    }
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut answer = None;
    // The first rounds warm up.
    for round in 0..ROUNDS {
        let cases = [
            (
                wrong[round].username.clone(),
                "not the password of that one",
            ),
            (
                format!("crowd-00000000-0000-4000-8000-{round:012}"),
                CROWD_PASSWORD,
            ),
            (disabled[round].username.clone(), CROWD_PASSWORD),
            (passwordless[round].username.clone(), CROWD_PASSWORD),
        ];
        // Each comes first as often as last.
        for turn in 0..4 {
            let case = (round + turn) % 4;
            let (username, password) = &cases[case];
            let body = json!({ "username": username, "password": password });
            let from = app.elsewhere(round * 4 + case);
            let login = app.post("/api/auth/login").json(&body).from(&from);
            let start = Instant::now();
            let reply = login.send().await;
            times[case].push(start.elapsed());
            let mut headers = reply.headers.clone();
            headers.remove("date");
            headers.remove("x-request-id");
            let this = (reply.status, format!("{headers:?}"), reply.body.clone());
            assert_eq!(answer.get_or_insert_with(|| this.clone()), &this);
        }
    }
    let medians = times.each_ref().map(|times| median(times));
    for (what, median) in ["wrong", "unknown", "disabled", "passwordless"]
        .iter()
        .zip(medians)
    {
        let off = (median / medians[0] - 1.0) * 100.0;
        println!("{what}: {:.3} ms, {off:+.2} %", median * 1_000.0);
    }
    for median in medians {
        assert!((median / medians[0] - 1.0).abs() < 0.02, "{medians:?}");
    }
}
