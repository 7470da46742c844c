//! `TOKENS_NOT_BEFORE`: older tokens are refused at once, and their sessions stay revoked.

use crate::audit::CRON;
use crate::sessions::{
    assert_dead, cached, column, logout, me, record_id, refresh, refreshed, revoked, signed_in,
    validate,
};
use crate::support::{App, Vars};
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time this many seconds ago, in the form of the variable.
fn ago(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    Timestamp::from_seconds(now - seconds).to_string()
}

fn not_before(seconds: i64) -> Vars {
    Vars::new().set("TOKENS_NOT_BEFORE", &ago(seconds))
}

/// Signs a user in, one hour ago.
async fn an_hour_ago(app: &App, name: &str) -> String {
    let person = app.password_user(name).await;
    app.shift_clock(-3_600).await;
    let token = signed_in(app, &person).await;
    app.shift_clock(0).await;
    token
}

async fn revocations(app: &App) -> Vec<Value> {
    let sql = "SELECT actor, subject, session, detail FROM audit WHERE kind = 'session_revoked' ORDER BY number";
    app.sql(sql, [0; 0]).await
}

#[tokio::test]
async fn an_older_token_is_refused_on_every_route_without_asking_a_store() {
    let app = App::alone(Vars::new());
    let older = an_hour_ago(&app, "ada").await;
    app.restart_with(not_before(600)).await;
    for reply in [
        validate(&app, &older).await,
        me(&app, &older).await,
        refresh(&app, &older).await,
        app.get("/api/auth/sessions").bearer(&older).send().await,
    ] {
        reply.assert_status(401);
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(reply.seen().await.calls.is_empty(), "no store is asked");
    }
    let newer = signed_in(&app, &app.password_user("eve").await).await;
    for reply in [validate(&app, &newer).await, me(&app, &newer).await] {
        reply.assert_status(200);
    }
    refresh(&app, &newer).await.assert_status(200);
}

#[tokio::test]
async fn an_older_token_within_the_replay_window_gets_no_newer_one() {
    let app = App::alone(Vars::new());
    let older = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(5).await;
    let newer = refreshed(&app, &older).await;
    app.restart_with(not_before(-3)).await;
    refresh(&app, &older).await.assert_status(401);
    validate(&app, &newer).await.assert_status(200);
}

#[tokio::test]
async fn logout_with_an_older_token_revokes_its_session_for_good() {
    let app = App::alone(Vars::new());
    let older = an_hour_ago(&app, "ada").await;
    app.restart_with(not_before(600)).await;
    logout(&app, &older).await.assert_status(200);
    assert!(!column(&app, &older, "revoked_at").await.is_null());
    app.restart_with(Vars::new()).await;
    assert_dead(&app, &[&older]).await;
}

#[tokio::test]
async fn logout_with_an_older_token_is_503_if_d1_does_not_confirm() {
    let app = App::alone(Vars::new());
    let older = an_hour_ago(&app, "ada").await;
    app.restart_with(not_before(600)).await;
    let fault = app.fault(crate::support::Fault::d1().fails()).await;
    logout(&app, &older).await.assert_status(503);
    fault.mend().await;
    logout(&app, &older).await.assert_status(200);
}

#[tokio::test]
async fn the_cron_revokes_older_sessions_and_they_stay_revoked_without_the_variable() {
    let app = App::alone(Vars::new());
    let (ada, bob) = (
        an_hour_ago(&app, "ada").await,
        an_hour_ago(&app, "bob").await,
    );
    let newer = signed_in(&app, &app.password_user("eve").await).await;
    // Refreshed since, so that its current token is newer.
    let kept = refreshed(&app, &bob).await;
    app.restart_with(not_before(600)).await;
    assert_eq!(app.scheduled(CRON).await.0, "ok");
    assert_eq!(cached(&app, &ada).await, Some(revoked()));
    let entry = json!({
        "actor": null,
        "subject": crate::sessions::claims(&ada)["sub"],
        "session": record_id(&ada),
        "detail": "tokens_not_before",
    });
    assert_eq!(revocations(&app).await, [entry]);

    app.restart_with(Vars::new()).await;
    assert_dead(&app, &[&ada]).await;
    for token in [&newer, &kept] {
        validate(&app, token).await.assert_status(200);
    }
}

#[tokio::test]
async fn the_cron_revokes_many_in_bounded_pieces_and_then_nothing() {
    const SESSIONS: usize = 130;
    let app = App::alone(not_before(600));
    app.shift_clock(-3_600).await;
    app.crowd(1, "user", SESSIONS).await;
    app.shift_clock(0).await;
    let (_, seen) = app.scheduled(CRON).await;
    let batches = seen.calls.iter().filter(|call| {
        let is_audited = |sql: &String| sql.contains("INTO audit ") || sql.contains("INTO audit\n");
        let updates = call
            .statements
            .iter()
            .filter(|sql| sql.contains("UPDATE sessions"));
        let updates = updates.count();
        assert!(updates <= 50, "{updates}");
        updates > 0 && call.statements.iter().any(is_audited)
    });
    assert_eq!(batches.count(), 3, "{:?}", seen.calls);
    assert!(seen.kv("put") <= 500, "{}", seen.kv("put"));
    assert_eq!(revocations(&app).await.len(), SESSIONS);

    let (_, seen) = app.scheduled(CRON).await;
    let statements = seen.statements();
    assert!(!statements.iter().any(|sql| sql.contains("UPDATE sessions")));
    // When all older tokens have expired, there is nothing to look for.
    app.shift_clock(86_400).await;
    let (_, seen) = app.scheduled(CRON).await;
    let statements = seen.statements();
    assert!(
        !statements.iter().any(|sql| sql.contains("rotated_at <")),
        "{statements:?}"
    );
}

#[tokio::test]
async fn a_moment_in_the_future_is_a_configuration_error() {
    let app = App::alone(not_before(-120));
    app.get("/api/auth/me").send().await.assert_status(503);
    let logs = app.server().logs();
    let names = |(_, line): &(String, String)| line.contains(r#""variable":"TOKENS_NOT_BEFORE""#);
    assert!(logs.iter().any(names), "{logs:?}");
}
