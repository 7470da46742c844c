//! A user has at most 100 live sessions. A further sign-in evicts the least recently used one, so that the revocation
//! of all sessions stays cheap.

use crate::support::aws::text;
use crate::support::aws_proof::{proof_in, role_session};
use crate::support::{
    App, NEW_PASSWORD, Response, SEED_PASSWORD, Vars, assert_refused, aws_proof, revoked,
};
use serde_json::{Value, json};
use std::time::Instant;
use tokio::task::JoinSet;

/// The number of live sessions that a user can have.
const MAX_SESSIONS: usize = 100;

/// The audit entries about revoked sessions of this user.
async fn revocations(app: &App, user: &str) -> Vec<Value> {
    let sql = "SELECT kind, actor, session, detail FROM audit WHERE subject = ?1 AND kind = 'session_revoked'";
    app.sql(sql, [user]).await
}

/// Adds sessions of this user, one second apart, without a limit, as an older release could have.
pub async fn add_sessions(app: &App, user: &str, sessions: u32, revoked_at: Option<&str>) {
    let sql = "
        WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?2),
          started (id, at) AS (
            SELECT lower(hex(randomblob(32))), strftime('%Y-%m-%dT%H:%M:%SZ', 'now', format('-%d seconds', n)) FROM count)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, revoked_at)
        SELECT id, ?1, 0, at, at, strftime('%Y-%m-%dT%H:%M:%SZ', at, '+1 day'), '2999-01-01T00:00:00Z', ?3 FROM started";
    app.sql(sql, [json!(user), json!(sessions), json!(revoked_at)])
        .await;
}

#[tokio::test]
async fn sign_in_beyond_the_limit_evicts_the_oldest_session() {
    let app = App::shared();
    let ada = app.seed_user("user", MAX_SESSIONS - 1).await;
    let bob = app.seed_user("user", MAX_SESSIONS).await;
    let (oldest, second) = (&ada.sessions[0], &ada.sessions[1]);
    oldest.validate().await.assert_status(200).recorded().await;
    // The hundredth session.
    let newest = ada.login().await;
    assert_eq!(newest.recorded().await.kv_writes(), 1);
    assert_eq!(ada.live_sessions().await, MAX_SESSIONS as u64);
    assert_eq!(revocations(&app, &ada.id).await, [Value::Null; 0]);
    second.refresh().await.assert_status(200).recorded().await;

    // Later, because the order within a second is undefined.
    app.shift_clock(3_600).await;
    let newest = ada.login().await;
    let recorded = newest.recorded().await;
    assert_eq!(
        (recorded.d1(), recorded.kv_writes()),
        (2, 2),
        "{:?}",
        recorded.calls
    );
    assert_eq!(ada.live_sessions().await, MAX_SESSIONS as u64);
    assert!(oldest.is_revoked().await);
    assert_eq!(oldest.cached_session().await, Some(revoked()));
    assert_refused(&[oldest]).await;
    for live in [
        &newest.session(),
        &ada.sessions[2],
        &ada.sessions[MAX_SESSIONS - 2],
    ] {
        live.refresh().await.assert_status(200);
    }
    let of_newest = newest.session().session_id();
    let entry = json!({ "kind": "session_revoked", "actor": ada.id, "session": of_newest, "detail": "more than 100" });
    assert_eq!(revocations(&app, &ada.id).await, [entry]);
    // Sessions of other users are not affected.
    assert_eq!(bob.live_sessions().await, MAX_SESSIONS as u64);
}

/// A script that signs in repeatedly does not evict the session of the same user's browser.
#[tokio::test]
async fn expired_sessions_do_not_evict_a_live_one() {
    let app = App::shared();
    let ada = app.seed_user("user", 1).await;
    let kept = &ada.sessions[0];
    app.shift_clock(3_600).await;
    // Sessions that started later and have expired.
    let sql = "
        WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 300)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        SELECT lower(hex(randomblob(32))), ?1, 0, created_at, rotated_at, created_at, '2999-01-01T00:00:00Z'
        FROM sessions, count WHERE sessions.id = ?2";
    app.sql(sql, [ada.id.clone(), kept.session_id()]).await;
    let newest = ada.login().await;
    let recorded = newest.recorded().await;
    // The sign-in does not read a row for each expired session.
    assert!(recorded.rows_read() < 100, "{}", recorded.rows_read());
    assert_eq!(revocations(&app, &ada.id).await, [Value::Null; 0]);
    for session in [kept, &newest.session()] {
        session.refresh().await.assert_status(200);
    }
}

#[tokio::test]
async fn least_recently_used_session_is_evicted() {
    let app = App::shared();
    let ada = app.seed_user("user", MAX_SESSIONS).await;
    let [first, second, third, ..] = ada.sessions.as_slice() else {
        panic!("no sessions");
    };
    // The first is used and the second refreshed, so the third was used least recently.
    for (session, minute) in [(first, 1), (second, 2), (third, 3)] {
        let sql = "UPDATE sessions SET created_at = ?1, rotated_at = ?1 WHERE id = ?2";
        let at = format!("2026-01-01T00:0{minute}:00Z");
        app.sql(sql, [at, session.session_id()]).await;
    }
    app.shift_clock(3_700).await;
    first.validate().await.assert_status(200).recorded().await;
    second.refresh().await.assert_status(200).recorded().await;
    ada.login().await.recorded().await;
    for (session, is_revoked) in [(first, false), (second, false), (third, true)] {
        assert_eq!(session.is_revoked().await, is_revoked);
    }
    assert_eq!(ada.live_sessions().await, MAX_SESSIONS as u64);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_sign_ins_with_aws_keep_the_limit() {
    // The keys of a role are one user, so the server is not shared with other tests.
    let app = App::isolated(aws_proof::vars());
    let keys = role_session("Deployer");
    let sign_in = |seconds: i64| app.anonymous().aws_login_with(&proof_in(&keys, seconds));
    let first = sign_in(0).await;
    let id = text(&first.signed_in_user().await, "id");
    // The clock of another isolate can be ahead.
    app.shift_clock(120).await;
    app.seed_sessions(&vec![id.as_str(); MAX_SESSIONS + 20])
        .await;
    app.shift_clock(0).await;
    let mut requests = JoinSet::new();
    for number in 1..=6 {
        requests.spawn(sign_in(number).into_future());
    }
    for response in requests.join_all().await {
        response.assert_status(200).recorded().await;
    }
    assert_eq!(live_sessions_of(&app, &id).await, MAX_SESSIONS as u64);
    let last = sign_in(7).await;
    last.assert_status(200).recorded().await;
    last.session().refresh().await.assert_status(200);
    assert_eq!(live_sessions_of(&app, &id).await, MAX_SESSIONS as u64);
}

/// Signs in users with up to this many sessions.
pub async fn sign_in_reads_few_rows(sessions: u32) {
    let app = App::isolated(Vars::new());
    let mut read = Vec::new();
    for (live, revoked) in [(0, 0), (90, 0), (90, sessions), (sessions, 0)] {
        let ada = app.seed_user("user", 0).await;
        add_sessions(&app, &ada.id, live, None).await;
        add_sessions(&app, &ada.id, revoked, Some("2026-01-01T00:00:00Z")).await;
        read.push(ada.login().await.recorded().await.rows_read());
    }
    println!("rows read: {read:?}");
    // Two rows of the index and one of the table for each live session: for the eviction, and for the check of its entry.
    assert!(read[1] <= read[0] + 3 * 100, "{read:?}");
    assert!(read[2] <= read[1] + 2, "{read:?}");
    // 300 sessions are read, of which 200 are revoked.
    assert!(read[3] <= read[0] + 3 * 300 + 200 * 7, "{read:?}");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sign_in_reads_few_rows_with_many_sessions() {
    sign_in_reads_few_rows(2_000).await;
}

/// Fails the test unless no statement of this successful request returned more than 200 rows.
async fn assert_bounded(response: &Response) {
    let recorded = response.assert_status(200).recorded().await;
    let rows = recorded.rows_returned();
    assert!(rows <= 200, "{rows}");
}

/// Revokes this many sessions of a user, in each way that revokes all of them.
pub async fn many_sessions_are_revoked(sessions: u32) {
    let app = App::isolated(Vars::new());
    let ada = app.seed_user("user", 0).await;
    add_sessions(&app, &ada.id, sessions, None).await;
    let first = ada.login().await;
    let recorded = first.recorded().await;
    assert_eq!((recorded.d1(), recorded.rows_returned()), (2, 200));
    let sessions_left = u64::from(sessions) - 199;
    assert_eq!(ada.live_sessions().await, sessions_left);
    let own = ada.login().await.session();
    assert_eq!(ada.live_sessions().await, sessions_left - 199);
    let start = Instant::now();
    let changed = own.change_password(SEED_PASSWORD, NEW_PASSWORD).await;
    println!("a change of password: {:?}", start.elapsed());
    assert_bounded(&changed).await;
    assert_eq!(ada.live_sessions().await, 1);
    assert_refused(&[&first.session()]).await;

    add_sessions(&app, &ada.id, sessions, None).await;
    assert_bounded(&own.logout_all().await).await;
    assert_eq!(ada.live_sessions().await, 0);

    add_sessions(&app, &ada.id, sessions, None).await;
    let link = ada.reset_link().await;
    let password = "five other unlikely words here";
    let set = app.anonymous().set_password(&link, password).await;
    assert_bounded(&set).await;
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
#[ignore = "slow"]
async fn many_sessions_are_revoked_in_bounded_batches() {
    many_sessions_are_revoked(1_000).await;
}

/// Revokes this many sessions of a user by a sign-in that changes the role.
pub async fn role_change_revokes(sessions: u32) {
    let app = App::isolated(aws_proof::vars());
    let keys = role_session("Deployer");
    let sign_in = |seconds: i64| app.anonymous().aws_login_with(&proof_in(&keys, seconds));
    let first = sign_in(0).await;
    let id = text(&first.signed_in_user().await, "id");
    add_sessions(&app, &id, sessions, None).await;
    let sql = "UPDATE users SET role = 'admin' WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    assert_bounded(&sign_in(1).await).await;
    assert_eq!(live_sessions_of(&app, &id).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn role_change_revokes_many_sessions() {
    role_change_revokes(1_000).await;
}

async fn live_sessions_of(app: &App, id: &str) -> u64 {
    let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    app.count(sql, [id]).await
}
