//! The cron event: removes what has ended, and nothing else.

use crate::audit::record_users;
use crate::sessions::{logout, password_link, record_id, signed_in, validate};
use crate::support::people::Person;
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};

const CRON: &str = "*/10 * * * *";
const DAY: i64 = 86_400;

async fn has_session(app: &App, token: &str) -> bool {
    let sql = "SELECT id FROM sessions WHERE id = ?1";
    !app.sql(sql, [record_id(token)]).await.is_empty()
}

async fn links(app: &App, person: &Person) -> usize {
    let sql = "SELECT id FROM password_links WHERE user_id = ?1";
    app.sql(sql, [person.id.clone()]).await.len()
}

/// Removing is for all tests of a server, so these have one of their own.
fn app() -> App {
    App::alone(Vars::new())
}

#[tokio::test]
async fn sessions_past_their_end_go_and_others_stay() {
    let app = app();
    let (ada, eve) = (app.password_user("ada").await, app.admin("eve").await);
    let (of_ada, of_eve) = (signed_in(&app, &ada).await, signed_in(&app, &eve).await);
    record_users(&app).await;
    let (outcome, seen) = app.scheduled(CRON).await;
    assert_eq!((outcome.as_str(), seen.logs.len()), ("ok", 0));
    assert!(has_session(&app, &of_ada).await && has_session(&app, &of_eve).await);
    validate(&app, &of_ada).await.assert_status(200);

    // An administrator's session ends after a day.
    app.shift_clock(DAY + 60).await;
    app.scheduled(CRON).await;
    assert!(has_session(&app, &of_ada).await && !has_session(&app, &of_eve).await);

    app.shift_clock(30 * DAY + 60).await;
    app.scheduled(CRON).await;
    assert!(!has_session(&app, &of_ada).await);
    let people = app.sql("SELECT id FROM users", [0; 0]).await;
    assert_eq!(people.len(), 2);
}

#[tokio::test]
async fn what_counts_wrong_current_passwords_goes_with_its_session() {
    let app = app();
    let (ada, eve) = (app.password_user("ada").await, app.admin("eve").await);
    let (of_ada, of_eve) = (signed_in(&app, &ada).await, signed_in(&app, &eve).await);
    let (of_ada, of_eve) = (record_id(&of_ada), record_id(&of_eve));
    // Locked after a hundred; the last is of no session.
    for id in [&of_ada, &of_eve, "nobody"] {
        let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms) VALUES ('session:' || ?1, 100, 0)";
        app.sql(sql, [id]).await;
    }
    let left = async || {
        let sql = "SELECT substr(key, 9) AS id FROM sign_in_attempts ORDER BY rowid";
        let rows = app.sql(sql, [0; 0]).await;
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        rows.iter().map(id).collect::<Vec<_>>()
    };
    app.scheduled(CRON).await;
    assert_eq!(left().await, [&of_ada, &of_eve, "nobody"]);
    // An administrator's session ends after a day.
    app.shift_clock(DAY + 60).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, [&of_ada, "nobody"]);
    app.shift_clock(30 * DAY + 60).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, ["nobody"]);
}

#[tokio::test]
async fn a_session_that_was_ended_is_kept_until_its_last_token_is_over() {
    let app = app();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    logout(&app, &token).await.assert_status(200);
    app.shift_clock(DAY / 2).await;
    app.scheduled(CRON).await;
    assert!(has_session(&app, &token).await);
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn links_that_are_over_go_and_others_stay() {
    let app = app();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    password_link(&app, &ada, "2026-01-01T01:00:00Z").await;
    password_link(&app, &bob, "2999-01-01T00:00:00Z").await;
    app.scheduled(CRON).await;
    assert_eq!((links(&app, &ada).await, links(&app, &bob).await), (0, 1));
}

#[tokio::test]
async fn a_sweep_that_fails_is_logged_and_does_not_stop_the_next() {
    let app = app();
    let ada = app.password_user("ada").await;
    record_users(&app).await;
    for (fault, table) in [
        (
            Fault::d1().matching("delete from sessions").fails(),
            "sessions",
        ),
        (
            Fault::d1().matching("delete from password_links").hangs(),
            "password_links",
        ),
    ] {
        password_link(&app, &ada, "2026-01-01T01:00:00Z").await;
        let token = signed_in(&app, &ada).await;
        app.shift_clock(31 * DAY).await;
        let fault = app.fault(fault).await;
        let (outcome, seen) = app.scheduled(CRON).await;
        assert_eq!(fault.hits().await, 1);
        fault.mend().await;
        // One for each of the four batches, four that cover the entry of the sign-in by a checkpoint, one for the tables
        // and three for the users.
        assert_eq!((outcome.as_str(), seen.d1()), ("ok", 12));
        let line = format!(r#"{{"event":"sweep_failed","table":"{table}"}}"#);
        assert_eq!(seen.logs, [("error".to_owned(), line)]);
        assert_eq!(has_session(&app, &token).await, table == "sessions");
        assert_eq!(
            links(&app, &ada).await,
            usize::from(table == "password_links")
        );
        // The next event does what this one could not.
        app.scheduled(CRON).await;
        assert_eq!(
            (has_session(&app, &token).await, links(&app, &ada).await),
            (false, 0)
        );
        app.shift_clock(0).await;
    }
}

#[tokio::test]
async fn a_great_many_sessions_go_in_bounded_pieces() {
    let app = app();
    let ada = app.password_user("ada").await;
    let sql = "
        WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1500)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        SELECT 'ended-' || n, ?1, 0, ?2, ?2, ?2, ?2 FROM count";
    app.sql(sql, [json!(ada.id), json!("2026-01-01T00:00:00Z")])
        .await;
    let (_, seen) = app.scheduled(CRON).await;
    let rows = app.sql("SELECT count(*) AS n FROM sessions", [0; 0]).await;
    assert_eq!(rows[0]["n"], 0);
    // A thousand, the rest, a batch each for attempts, proofs and links, two that find no new entries, one for the tables and
    // three for the users.
    assert_eq!(seen.d1(), 11);
}
