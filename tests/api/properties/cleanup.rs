//! The cron event deletes expired rows, and no others.

use crate::support::audit::{CRON, record_users};
use crate::support::failures::{account_key, set_failures, typed_name_key};
use crate::support::internals::network;
use crate::support::{App, Fault, User, Vars};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn links(app: &App, user: &User) -> usize {
    let sql = "SELECT id FROM password_links WHERE user_id = ?1";
    app.sql(sql, [user.id.clone()]).await.len()
}

/// The cron event affects the whole server, so each of these tests has one of its own.
fn app() -> App {
    App::isolated(Vars::new())
}

#[tokio::test]
async fn expired_sessions_are_deleted() {
    let app = app();
    let (ada, eve) = (app.user("ada").await, app.admin("eve").await);
    let (adas, eves) = (ada.sign_in().await, eve.sign_in().await);
    record_users(&app).await;
    let (outcome, recorded) = app.scheduled(CRON).await;
    assert_eq!((outcome.as_str(), recorded.logs.len()), ("ok", 0));
    assert!(adas.is_stored().await && eves.is_stored().await);
    adas.validate().await.assert_status(200);

    // An administrator's session ends after a day.
    app.shift_clock(DAY + 60).await;
    app.scheduled(CRON).await;
    assert!(adas.is_stored().await && !eves.is_stored().await);

    app.shift_clock(30 * DAY + 60).await;
    app.scheduled(CRON).await;
    assert!(!adas.is_stored().await);
    let users = app.run_sql("SELECT id FROM users").await;
    assert_eq!(users.len(), 2);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn counters_of_a_session_are_deleted_with_it() {
    let app = app();
    let (ada, eve) = (app.user("ada").await, app.admin("eve").await);
    let (adas, eves) = (ada.sign_in().await, eve.sign_in().await);
    let (adas, eves) = (adas.session_id(), eves.session_id());
    // A hundred failures lock an account. The last counter belongs to no session.
    for id in [&adas, &eves, "no-session"] {
        let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms) VALUES ('session:' || ?1, 100, 0)";
        app.sql(sql, [id]).await;
    }
    let left = async || {
        let sql = "SELECT substr(key, 9) AS id FROM sign_in_attempts ORDER BY rowid";
        let rows = app.run_sql(sql).await;
        let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
        rows.iter().map(id).collect::<Vec<_>>()
    };
    app.scheduled(CRON).await;
    assert_eq!(left().await, [&adas, &eves, "no-session"]);
    // An administrator's session ends after a day.
    app.shift_clock(DAY + 60).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, [&adas, "no-session"]);
    app.shift_clock(30 * DAY + 60).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, ["no-session"]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn revoked_session_is_kept_until_its_last_token_expires() {
    let app = app();
    let session = app.user("ada").await.sign_in().await;
    session.logout().await.assert_status(200);
    app.shift_clock(DAY / 2).await;
    app.scheduled(CRON).await;
    assert!(session.is_stored().await);
    session.validate().await.assert_status(401);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn expired_reset_links_are_deleted() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    ada.reset_link_until("2026-01-01T01:00:00Z").await;
    bob.reset_link().await;
    app.scheduled(CRON).await;
    assert_eq!((links(&app, &ada).await, links(&app, &bob).await), (0, 1));
}

#[tokio::test]
#[ignore = "slow"]
async fn failed_cleanup_is_logged_and_does_not_stop_the_others() {
    let app = app();
    let ada = app.user("ada").await;
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
        ada.reset_link_until("2026-01-01T01:00:00Z").await;
        let session = ada.sign_in().await;
        app.shift_clock(31 * DAY).await;
        let fault = app.fault(fault).await;
        let (outcome, recorded) = app.scheduled(CRON).await;
        assert_eq!(fault.hits().await, 1);
        fault.remove().await;
        // Thirteen batches, four calls for the checkpoint of the sign-in, one for the tables, three for the users, one for the roles
        // that archived entries state, two for addresses, and one for the record of the event.
        assert_eq!((outcome.as_str(), recorded.d1()), ("ok", 25));
        let line = format!(r#"{{"event":"sweep_failed","table":"{table}"}}"#);
        assert_eq!(recorded.logs, [("error".to_owned(), line)]);
        assert_eq!(session.is_stored().await, table == "sessions");
        assert_eq!(
            links(&app, &ada).await,
            usize::from(table == "password_links")
        );
        // The next event deletes what this one did not.
        app.scheduled(CRON).await;
        assert_eq!(
            (session.is_stored().await, links(&app, &ada).await),
            (false, 0)
        );
        app.shift_clock(0).await;
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn many_sessions_are_deleted_in_bounded_batches() {
    let app = app();
    let ada = app.user("ada").await;
    let sql = "
        WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1500)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        SELECT 'ended-' || n, ?1, 0, ?2, ?2, ?2, ?2 FROM count";
    app.sql(sql, [json!(ada.id), json!("2026-01-01T00:00:00Z")])
        .await;
    let (_, recorded) = app.scheduled(CRON).await;
    let rows = app.run_sql("SELECT count(*) AS n FROM sessions").await;
    assert_eq!(rows[0]["n"], 0);
    // Two batches of sessions, a batch each for attempts, proofs, all kinds of links, challenges, client assertions, revoked access
    // tokens, grants, grants of clients, pending sign-ins, secrets and requests for e-mail, two calls that find no new entries, one for
    // the tables, three for the users, one for the roles that archived entries state, two for addresses, and one for the record of the
    // event.
    assert_eq!(recorded.d1(), 24);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn expired_links_that_change_an_address_are_deleted() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    ada.email_link("revert", "old@example.com", None).await;
    let left = async || {
        let rows = app.run_sql("SELECT user_id FROM email_links").await;
        rows.len()
    };
    app.scheduled(CRON).await;
    assert_eq!(left().await, 1);
    app.shift_clock(3_700).await;
    bob.email_link("revert", "old@example.com", None).await;
    let sql = "UPDATE email_links SET expires_at = '2999-01-01T00:00:00Z' WHERE user_id = ?1";
    app.sql(sql, [bob.id.clone()]).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn requests_for_e_mail_are_deleted_after_an_hour() {
    let app = App::isolated(Vars::with_email());
    let forgot = app.anonymous().forgot_password("unknown").await;
    forgot.assert_status(200).recorded().await;
    let left = async || app.run_sql("SELECT key FROM email_requests").await.len();
    app.scheduled(CRON).await;
    assert_eq!(left().await, 2);
    app.shift_clock(3_700).await;
    app.scheduled(CRON).await;
    assert_eq!(left().await, 0);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn expired_counters_are_removed() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    ada.guess()
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    set_failures(&app, "account:locked", 100).await;
    let keys = async || {
        let sql = "SELECT key AS name FROM sign_in_attempts UNION ALL SELECT address FROM address_attempts";
        let rows = app.run_sql(sql).await;
        let mut names: Vec<String> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    app.scheduled(CRON).await;
    let account = account_key(&ada);
    let network = network(Some(&app.other_ip(1)));
    let name = typed_name_key(&app, &ada.username);
    assert_eq!(
        keys().await,
        [&network, &account, "account:locked", &name]
            .map(str::to_owned)
            .to_vec()
    );
    app.shift_clock(2 * 86_400).await;
    app.scheduled(CRON).await;
    assert_eq!(
        keys().await,
        [account.as_str(), "account:locked"].map(str::to_owned)
    );
    app.shift_clock(31 * 86_400).await;
    app.scheduled(CRON).await;
    assert_eq!(keys().await, ["account:locked"]);
}
