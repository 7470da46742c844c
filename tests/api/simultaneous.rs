//! Correct sign-ins at the same moment: a double click, jobs that start together.

use crate::support::people::Person;
use crate::support::{App, Fault, Vars};
use crate::throttle::{attempt, counted, typed};
use serde_json::json;
use tokio::task::JoinSet;

/// Sends this many correct sign-ins of one user at the same time, from these networks in turn; returns their statuses.
async fn at_once(app: &App, ada: &Person, times: usize, networks: usize) -> Vec<u16> {
    let mut running = JoinSet::new();
    for number in 0..times {
        let (app, ada) = (app.clone(), ada.clone());
        running.spawn(async move {
            let address = app.elsewhere(number % networks);
            let reply = attempt(&app, &ada.username, &ada.password, &address, None).await;
            reply.status
        });
    }
    running.join_all().await
}

#[tokio::test]
async fn correct_sign_ins_at_the_same_moment_all_succeed() {
    let app = App::alone(Vars::new());
    for (times, networks) in [(2, 1), (2, 2), (3, 1), (4, 1), (4, 2), (4, 4)] {
        let ada = app.password_user("ada").await;
        let statuses = at_once(&app, &ada, times, networks).await;
        assert_eq!(statuses, vec![200; times], "from {networks} networks");
        let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1";
        assert_eq!(app.sql(sql, [ada.id.clone()]).await[0]["n"], times);
        // None of them stays counted as failed.
        for key in [typed(&app, &ada.username), format!("account:{}", ada.id)] {
            assert_eq!(counted(&app, &key).await, 0);
        }
    }
}

/// As in two isolates: only D1 knows about the attempt of the other one.
#[tokio::test]
async fn sign_in_that_finds_another_in_flight_succeeds_once_that_has_ended() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let now = "CAST(1000 * unixepoch('subsec') AS INTEGER)";
    for (ends, status) in [("+ 400", 200), ("+ 15000", 429)] {
        let sql = format!(
            "INSERT INTO sign_in_attempts (key, failures, open_at_ms, busy_until_ms) \
             VALUES (?1, 1, 0, {now} {ends}) \
             ON CONFLICT (key) DO UPDATE SET open_at_ms = 0, busy_until_ms = excluded.busy_until_ms"
        );
        app.sql(&sql, [typed(&app, &ada.username)]).await;
        let reply = attempt(&app, &ada.username, &ada.password, &app.elsewhere(1), None).await;
        reply.assert_status(status);
    }
    // A lease that was not released expires.
    app.shift_clock(16).await;
    let reply = attempt(&app, &ada.username, &ada.password, &app.elsewhere(2), None).await;
    reply.assert_status(200);
}

#[tokio::test]
async fn attempt_waits_for_a_wrong_password_in_flight_only_once() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let paused = app
        .fault(Fault::d1().matching("INTO audit").times(1).pauses())
        .await;
    let wrong = tokio::spawn({
        let (app, ada) = (app.clone(), ada.clone());
        async move {
            let address = app.elsewhere(1);
            attempt(&app, &ada.username, "wrong", &address, None).await
        }
    });
    paused.has_hit(1).await;
    let right = tokio::spawn({
        let (app, ada) = (app.clone(), ada.clone());
        async move {
            let address = app.elsewhere(2);
            attempt(&app, &ada.username, &ada.password, &address, None).await
        }
    });
    paused.release().await;
    wrong.await.unwrap().assert_status(401);
    // Its back-off is over by the last retry, or is told.
    let status = right.await.unwrap().status;
    assert!([200, 429].contains(&status), "{status}");
}

#[tokio::test]
async fn changes_of_password_in_one_session_at_the_same_moment_are_serial() {
    let app = App::alone(Vars::new());
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    let mut running = JoinSet::new();
    for number in 0..3 {
        let body = json!({
            "current_password": ada.password,
            "new_password": format!("a wholly different passphrase {number}"),
        });
        let change = app.post("/api/auth/change-password").bearer(&token);
        running.spawn(change.json(&body).send());
    }
    let replies = running.join_all().await;
    let changed = replies.iter().filter(|reply| reply.status == 200).count();
    // For the others, the given password is no longer the current one.
    assert_eq!(
        changed,
        1,
        "{:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    assert!(
        replies
            .iter()
            .all(|reply| [200, 400, 429].contains(&reply.status))
    );
}
