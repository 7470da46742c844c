//! An import of many users survives kills of the runtime.

use crate::support::audit::{CRON, record_users};
use crate::support::{App, Caller, Response, SEED_PASSWORD, Vars};
use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const LINES: usize = 500;

fn part(number: usize) -> String {
    let line = |user: usize| {
        let line = json!({
            "username": format!("imported-{user}"),
            "email": format!("{user}@import.example"),
            "password_hash": "$2b$04$TawCdRj9BDP0y92lD80tuevoAfjGeDInaCoG33TUCjR/vMvCmov62"
        });
        format!("{line}\n")
    };
    (number * LINES..(number + 1) * LINES).map(line).collect()
}

/// Sends a part until it is acknowledged, as the command line does.
async fn send(caller: &Caller, number: usize) -> Response {
    loop {
        let request = caller.import_users("", part(number));
        match timeout(Duration::from_secs(30), request.try_send()).await {
            Ok(Ok(response)) if response.status == 200 => return response,
            // A step-up lasts for five minutes.
            Ok(Ok(response)) if response.status == 401 => {
                let _ = caller.step_up(SEED_PASSWORD).try_send().await;
            }
            _ => {}
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Imports this many parts. The runtime is killed this many times, at regular distances, while a part is being imported.
async fn import(parts: usize, kills: usize) {
    let app = App::isolated(Vars::new());
    let root = app.seed_user("super_admin", 1).await;
    record_users(&app).await;
    let caller = &root.sessions[0];
    let (mut created, mut existing) = (0, 0);
    for number in 0..parts {
        let distance = parts / (kills + 1);
        let is_killed = number > 0 && number % distance == 0 && number / distance <= kills;
        let response = if is_killed {
            let sending = tokio::spawn({
                let caller = caller.clone();
                async move { send(&caller, number).await }
            });
            sleep(Duration::from_millis(20 * (number as u64 % 7))).await;
            let server = app.clone();
            let restarted = tokio::task::spawn_blocking(move || {
                server.server().kill();
                server.server().restart();
            });
            restarted.await.expect("restarted");
            sending.await.expect("a response")
        } else {
            send(caller, number).await
        };
        let report = response.json();
        created += report["created"].as_u64().expect("a count");
        existing += report["existing"].as_u64().expect("a count");
        assert_eq!(report["refused"], 0, "{}", response.text());
    }
    // Users of a part whose response was lost exist when it is sent again. No acknowledged user is lost.
    let users = (parts * LINES) as u64;
    assert_eq!(created + existing, users);
    assert!(existing <= (kills * LINES) as u64, "{existing}");
    for sql in [
        "SELECT count(*) AS n FROM users WHERE email_key LIKE '%@import.example' AND password_hash LIKE '$sealed$%'",
        "SELECT count(DISTINCT audit.subject) AS n FROM audit JOIN users ON users.id = audit.subject \
         WHERE kind = 'user_added' AND email_key LIKE '%@import.example'",
    ] {
        assert_eq!(app.count(sql, [0; 0]).await, users, "{sql}");
    }
    let numbers = app
        .run_sql("SELECT count(*) AS n, max(number) AS last FROM audit")
        .await;
    assert_eq!(
        numbers[0]["n"], numbers[0]["last"],
        "a gap in the audit log"
    );
    app.scheduled(CRON).await;
    assert!(caller.audit_failure().await.is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: starts a server"]
async fn import_survives_a_kill() {
    import(3, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: 100,000 users"]
async fn import_of_100_000_users_survives_kills() {
    import(200, 5).await;
}
