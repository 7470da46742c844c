//! `TOKENS_NOT_BEFORE`: older tokens are refused at once, and their sessions stay revoked.

use crate::support::audit::CRON;
use crate::support::internals::{SessionKind, Timestamp};
use crate::support::{App, Caller, Fault, Vars, assert_refused, revoked, var};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time this many seconds ago, in the form of the variable.
fn ago(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    Timestamp::from_seconds(now - seconds).to_string()
}

fn not_before(seconds: i64) -> Vars {
    Vars::new().set(var::NOT_BEFORE, &ago(seconds))
}

/// Signs a user in, one hour ago.
async fn signed_in_an_hour_ago(app: &App, name: &str) -> Caller {
    let user = app.user(name).await;
    app.shift_clock(-3_600).await;
    let session = user.sign_in().await;
    app.shift_clock(0).await;
    session
}

async fn revocations(app: &App) -> Vec<Value> {
    let sql = "SELECT actor, subject, session, detail FROM audit WHERE kind = 'session_revoked' ORDER BY number";
    app.run_sql(sql).await
}

#[tokio::test]
#[ignore = "slow"]
async fn older_token_is_refused_on_every_route_without_reading_a_store() {
    let app = App::isolated(Vars::new());
    let older = signed_in_an_hour_ago(&app, "ada").await;
    let in_browser = app.with_sessions(SessionKind::Cookie);
    let in_browser = signed_in_an_hour_ago(&in_browser, "bob").await;
    app.restart_with(not_before(600)).await;
    // Another tab may have replaced the cookie meanwhile.
    let response = in_browser.current_session().await;
    assert_eq!(response.assert_status(200).json()["user"], Value::Null);
    assert_eq!(response.set_cookies(), [""; 0]);
    for response in [
        older.validate().await,
        older.me().await,
        older.refresh().await,
        older.list_sessions().await,
    ] {
        response.assert_status(401);
        let challenge = response.challenge().unwrap_or_default();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(
            response.recorded().await.calls.is_empty(),
            "a store was read"
        );
    }
    let newer = app.user("eve").await.sign_in().await;
    for response in [newer.validate().await, newer.me().await] {
        response.assert_status(200);
    }
    newer.refresh().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn refresh_of_an_older_token_within_the_replay_window_returns_401() {
    let app = App::isolated(Vars::new());
    let older = app.user("ada").await.sign_in().await;
    app.shift_clock(5).await;
    let newer = older.refreshed().await;
    app.restart_with(not_before(-3)).await;
    older.refresh().await.assert_status(401);
    newer.validate().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn logout_with_an_older_token_revokes_its_session_permanently() {
    let app = App::isolated(Vars::new());
    let older = signed_in_an_hour_ago(&app, "ada").await;
    app.restart_with(not_before(600)).await;
    older.logout().await.assert_status(200);
    assert!(older.is_revoked().await);
    app.restart_with(Vars::new()).await;
    assert_refused(&[&older]).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn logout_with_an_older_token_that_d1_does_not_confirm_returns_503() {
    let app = App::isolated(Vars::new());
    let older = signed_in_an_hour_ago(&app, "ada").await;
    app.restart_with(not_before(600)).await;
    let fault = app.fault(Fault::d1().fails()).await;
    older.logout().await.assert_status(503);
    fault.remove().await;
    older.logout().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn cron_revokes_older_sessions_permanently() {
    let app = App::isolated(Vars::new());
    let (ada, bob) = (
        signed_in_an_hour_ago(&app, "ada").await,
        signed_in_an_hour_ago(&app, "bob").await,
    );
    let newer = app.user("eve").await.sign_in().await;
    // The current token of this session is newer.
    let kept = bob.refreshed().await;
    app.restart_with(not_before(600)).await;
    assert_eq!(app.scheduled(CRON).await.0, "ok");
    assert_eq!(ada.cached_session().await, Some(revoked()));
    let entry = json!({
        "actor": null,
        "subject": ada.claims()["sub"],
        "session": ada.session_id(),
        "detail": "tokens_not_before",
    });
    assert_eq!(revocations(&app).await, [entry]);

    app.restart_with(Vars::new()).await;
    assert_refused(&[&ada]).await;
    for token in [&newer, &kept] {
        token.validate().await.assert_status(200);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn cron_revokes_many_sessions_in_bounded_batches() {
    const SESSIONS: usize = 130;
    let app = App::isolated(not_before(600));
    app.shift_clock(-3_600).await;
    app.seed_users(1, "user", SESSIONS).await;
    app.shift_clock(0).await;
    let (_, recorded) = app.scheduled(CRON).await;
    let batches = recorded.calls.iter().filter(|call| {
        let is_audited = |sql: &String| sql.contains("INTO audit ") || sql.contains("INTO audit\n");
        let updates = call
            .statements
            .iter()
            .filter(|sql| sql.contains("UPDATE sessions"));
        let updates = updates.count();
        assert!(updates <= 50, "{updates}");
        updates > 0 && call.statements.iter().any(is_audited)
    });
    assert_eq!(batches.count(), 3, "{:?}", recorded.calls);
    assert!(recorded.kv_writes() <= 500, "{}", recorded.kv_writes());
    assert_eq!(revocations(&app).await.len(), SESSIONS);

    let (_, recorded) = app.scheduled(CRON).await;
    let statements = recorded.statements();
    assert!(!statements.iter().any(|sql| sql.contains("UPDATE sessions")));
    // When all older tokens have expired, the cron event looks only for cookies; after the highest maximum age of sessions, for nothing.
    for (seconds, searches) in [(86_400, 1), (31_536_000, 0)] {
        app.shift_clock(seconds).await;
        let (_, recorded) = app.scheduled(CRON).await;
        let statements = recorded.statements();
        let found = statements.iter().filter(|sql| sql.contains("rotated_at <"));
        assert_eq!(found.count(), searches, "{statements:?}");
    }
}

/// A cookie session lives for longer than a token.
#[tokio::test]
#[ignore = "slow"]
async fn cron_revokes_cookie_sessions_of_earlier_days_permanently() {
    let app = App::isolated(Vars::new());
    let in_browser = app.with_sessions(SessionKind::Cookie);
    let user = in_browser.user("ada").await;
    in_browser.shift_clock(-3 * 86_400).await;
    let older = user.sign_in().await;
    in_browser.shift_clock(0).await;
    older.validate().await.assert_status(200);
    app.restart_with(not_before(600)).await;
    older.validate().await.assert_status(401);
    assert_eq!(app.scheduled(CRON).await.0, "ok");
    assert!(older.is_revoked().await);

    app.restart_with(Vars::new()).await;
    older.validate().await.assert_status(401);
}

#[tokio::test]
async fn time_in_the_future_is_misconfigured() {
    let app = App::isolated(not_before(-120));
    app.anonymous().me().await.assert_status(503);
    let logs = app.server().logs();
    let names = |(_, line): &(String, String)| line.contains(r#""variable":"TOKENS_NOT_BEFORE""#);
    assert!(logs.iter().any(names), "{logs:?}");
}
