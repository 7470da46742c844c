//! Concurrent guesses over several waves.

use crate::support::App;
use std::time::Instant;
use tokio::task::JoinSet;

/// The back-off after this many consecutive failures, in seconds.
fn delay(failures: usize) -> f64 {
    match failures {
        0 => 0.0,
        1 => 1.0,
        2 => 3.0,
        3 => 5.0,
        _ => 10.0,
    }
}

/// The number of evaluations that the back-off allows in this time after this many failures.
fn allowed(seconds: f64, mut failures: usize) -> usize {
    let (mut at, mut count) = (0.0, 0);
    while at <= seconds {
        (failures, count) = (failures + 1, count + 1);
        at += delay(failures);
    }
    count
}

#[tokio::test]
#[ignore = "slow: 100 concurrent guesses"]
async fn evaluated_guesses_are_those_in_the_audit_log() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut evaluated = 0;
    for wave in 0..5 {
        app.skip_back_off().await;
        let start = Instant::now();
        let mut guessing = JoinSet::new();
        for number in 0..20 {
            let name = if number % 2 == 0 {
                ada.username.clone()
            } else {
                ada.username.to_uppercase()
            };
            let guess = app.anonymous().guess(&name);
            let guess = guess.client_ip(&app.other_ip(wave * 20 + number));
            guessing.spawn(async move { guess.await.status });
        }
        let statuses = guessing.join_all().await;
        let most = allowed(start.elapsed().as_secs_f64(), evaluated);
        let wrong = statuses.iter().filter(|status| **status == 401).count();
        let later = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!(wrong + later, 20, "{statuses:?}");
        // One evaluation, unless the machine is so slow that the back-off ended.
        assert!(
            (1..=most).contains(&wrong),
            "wave {wave}: {wrong} of {most}"
        );
        evaluated += wrong;
        // Each evaluation writes one audit entry.
        let entries = ada.audit_entries("sign_in_failed").await;
        assert_eq!(entries, evaluated as u64);
    }
}
