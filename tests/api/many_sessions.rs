//! Somebody who signs in again and again, as a script without a memory does: the oldest sessions end, so that what ends
//! all of a person's sessions stays cheap.

use crate::aws::{SIMULATOR, proof, text};
use crate::sessions::{assert_dead, cached, column, record_id, refresh, revoked, validate};
use crate::support::minted::{CROWD_PASSWORD, Member};
use crate::support::{App, Reply, Vars};
use aws_simulator::Credentials;
use serde_json::{Value, json};
use std::time::Instant;
use tokio::task::JoinSet;

/// So many of a person's sessions live at once.
const MOST: usize = 100;

async fn login(app: &App, member: &Member) -> Reply {
    let body = json!({ "username": member.username, "password": CROWD_PASSWORD });
    let request = app.post("/api/auth/login").json(&body);
    let reply = request.send_until_admitted().await;
    reply.assert_status(200);
    reply
}

fn token(reply: &Reply) -> String {
    text(&reply.json(), "token")
}

async fn live(app: &App, user: &str) -> u64 {
    let sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    app.sql(sql, [user]).await[0]["n"].as_u64().unwrap()
}

async fn entries(app: &App, user: &str) -> Vec<Value> {
    let sql = "SELECT kind, actor, session, detail FROM audit WHERE subject = ?1 AND kind = 'session_revoked'";
    app.sql(sql, [user]).await
}

/// Sessions of this user as another release may have left them, a second between each.
async fn leave(app: &App, user: &str, sessions: u32, revoked_at: Option<&str>) {
    let sql = "
        WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < ?2),
          begun (id, at) AS (
            SELECT lower(hex(randomblob(32))), strftime('%Y-%m-%dT%H:%M:%SZ', 'now', format('-%d seconds', n)) FROM count)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at, revoked_at)
        SELECT id, ?1, 0, at, at, strftime('%Y-%m-%dT%H:%M:%SZ', at, '+1 day'), '2999-01-01T00:00:00Z', ?3 FROM begun";
    app.sql(sql, [json!(user), json!(sessions), json!(revoked_at)])
        .await;
}

#[tokio::test]
async fn of_more_than_a_hundred_the_oldest_ends_at_once_and_its_copy_soon() {
    let app = App::shared();
    let ada = app.crowd(1, "user", MOST - 1).await.remove(0);
    let bob = app.crowd(1, "user", MOST).await.remove(0);
    let (oldest, second) = (&ada.tokens[0], &ada.tokens[1]);
    validate(&app, oldest).await.assert_status(200).seen().await;
    // The hundredth.
    let newest = login(&app, &ada).await;
    assert_eq!(newest.seen().await.kv("put"), 1);
    assert_eq!(live(&app, &ada.id).await, MOST as u64);
    assert_eq!(entries(&app, &ada.id).await, [Value::Null; 0]);
    refresh(&app, second).await.assert_status(200).seen().await;

    // Later, so that the order within a second is no matter.
    app.shift_clock(3_600).await;
    let newest = login(&app, &ada).await;
    let seen = newest.seen().await;
    assert_eq!((seen.d1(), seen.kv("put")), (2, 2), "{:?}", seen.calls);
    assert_eq!(live(&app, &ada.id).await, MOST as u64);
    assert!(!column(&app, oldest, "revoked_at").await.is_null());
    assert_eq!(cached(&app, oldest).await, Some(revoked()));
    assert_dead(&app, &[oldest]).await;
    for alive in [&token(&newest), &ada.tokens[2], &ada.tokens[MOST - 2]] {
        refresh(&app, alive).await.assert_status(200);
    }
    let of_newest = record_id(&token(&newest));
    let entry = json!({ "kind": "session_revoked", "actor": ada.id, "session": of_newest, "detail": "more than 100" });
    assert_eq!(entries(&app, &ada.id).await, [entry]);
    // Nobody else's.
    assert_eq!(live(&app, &bob.id).await, MOST as u64);
}

/// A script that signs in repeatedly does not evict the session of the same user's browser.
#[tokio::test]
async fn expired_sessions_do_not_evict_a_live_one() {
    let app = App::shared();
    let ada = app.crowd(1, "user", 1).await.remove(0);
    let kept = &ada.tokens[0];
    app.shift_clock(3_600).await;
    // Signed in after it, and expired since.
    let sql = "
        WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 300)
        INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, token_expires_at, ends_at)
        SELECT lower(hex(randomblob(32))), ?1, 0, created_at, rotated_at, created_at, '2999-01-01T00:00:00Z'
        FROM sessions, count WHERE sessions.id = ?2";
    app.sql(sql, [ada.id.clone(), record_id(kept)]).await;
    let newest = login(&app, &ada).await;
    let seen = newest.seen().await;
    // Nor do they cost a row each.
    assert!(seen.rows() < 100, "{}", seen.rows());
    assert_eq!(entries(&app, &ada.id).await, [Value::Null; 0]);
    for token in [kept, &token(&newest)] {
        refresh(&app, token).await.assert_status(200);
    }
}

#[tokio::test]
async fn the_least_recently_used_of_a_hundred_is_evicted() {
    let app = App::shared();
    let ada = app.crowd(1, "user", MOST).await.remove(0);
    let [first, second, third, ..] = ada.tokens.as_slice() else {
        panic!("no sessions");
    };
    // The first signed in before all others; one is refreshed, one is used, so the third was used least recently.
    for (token, minute) in [(first, 1), (second, 2), (third, 3)] {
        let sql = "UPDATE sessions SET created_at = ?1, rotated_at = ?1 WHERE id = ?2";
        let at = format!("2026-01-01T00:0{minute}:00Z");
        app.sql(sql, [at, record_id(token)]).await;
    }
    app.shift_clock(3_700).await;
    validate(&app, first).await.assert_status(200).seen().await;
    refresh(&app, second).await.assert_status(200).seen().await;
    login(&app, &ada).await.seen().await;
    let is_revoked = async |token| !column(&app, token, "revoked_at").await.is_null();
    let revoked = [
        is_revoked(first).await,
        is_revoked(second).await,
        is_revoked(third).await,
    ];
    assert_eq!(revoked, [false, false, true]);
    assert_eq!(live(&app, &ada.id).await, MOST as u64);
}

/// Proofs of keys are as many as there are seconds to sign at.
fn proof_at(keys: &Credentials, seconds: i64) -> Value {
    let now = proof::now() + seconds;
    proof::signed(keys, SIMULATOR.url(), "us-east-1", proof::AUDIENCE, now)
}

#[tokio::test]
async fn many_at_once_with_aws_leave_as_many_as_there_may_be_and_the_last() {
    // Whoever has a role's keys is one person, so other tests would be in the way.
    let app = App::alone(proof::vars());
    let keys = proof::session("Deployer");
    let first = proof::login(&app, &proof_at(&keys, 0)).await;
    let id = text(&app.who(&first).await, "id");
    // Of an isolate whose clock is ahead.
    app.shift_clock(120).await;
    app.mint(&vec![id.as_str(); MOST + 20]).await;
    app.shift_clock(0).await;
    let mut signing_in = JoinSet::new();
    for number in 1..=6 {
        let (app, body) = (app.clone(), proof_at(&keys, number));
        signing_in.spawn(async move { proof::login(&app, &body).await });
    }
    for reply in signing_in.join_all().await {
        reply.assert_status(200).seen().await;
    }
    assert_eq!(live(&app, &id).await, MOST as u64);
    let last = proof::login(&app, &proof_at(&keys, 7)).await;
    last.assert_status(200).seen().await;
    let last = text(&last.json(), "access_token");
    refresh(&app, &last).await.assert_status(200);
    assert_eq!(live(&app, &id).await, MOST as u64);
}

#[tokio::test]
async fn a_sign_in_reads_few_rows_however_many_sessions_there_are() {
    let app = App::alone(Vars::new());
    let mut read = Vec::new();
    for (live, ended) in [(0, 0), (90, 0), (90, 20_000), (20_000, 0)] {
        let ada = app.crowd(1, "user", 0).await.remove(0);
        leave(&app, &ada.id, live, None).await;
        leave(&app, &ada.id, ended, Some("2026-01-01T00:00:00Z")).await;
        read.push(login(&app, &ada).await.seen().await.rows());
    }
    println!("rows read: {read:?}");
    // Two of the index and one of the table for each live session: for the eviction, and for the check that it is recorded.
    assert!(read[1] <= read[0] + 3 * 100, "{read:?}");
    assert!(read[2] <= read[1] + 2, "{read:?}");
    // Of 300 that are looked at 200 are revoked.
    assert!(read[3] <= read[0] + 3 * 300 + 200 * 7, "{read:?}");
}

#[tokio::test]
async fn twenty_thousand_from_before_end_in_bounded_pieces_and_all_at_once() {
    let app = App::alone(Vars::new());
    let ada = app.crowd(1, "user", 0).await.remove(0);
    leave(&app, &ada.id, 20_000, None).await;
    let first = login(&app, &ada).await;
    let seen = first.seen().await;
    assert_eq!((seen.d1(), seen.given()), (2, 200));
    assert_eq!(live(&app, &ada.id).await, 19_801);
    let own = token(&login(&app, &ada).await);
    assert_eq!(live(&app, &ada.id).await, 19_602);

    let new = "four unlikely words in a row";
    let body = json!({ "current_password": CROWD_PASSWORD, "new_password": new });
    let start = Instant::now();
    let request = app.post("/api/auth/change-password").bearer(&own);
    let reply = request.json(&body).send().await;
    let took = start.elapsed();
    println!("a change of password that ends 19,601 sessions: {took:?}");
    let seen = reply.assert_status(200).seen().await;
    assert!(seen.given() <= 200, "{}", seen.given());
    assert_eq!(live(&app, &ada.id).await, 1);
    assert_dead(&app, &[&token(&first)]).await;

    leave(&app, &ada.id, 20_000, None).await;
    let reply = app.post("/api/auth/logout-all").bearer(&own).send().await;
    let seen = reply.assert_status(200).seen().await;
    assert!(seen.given() <= 200, "{}", seen.given());
    assert_eq!(live(&app, &ada.id).await, 0);

    leave(&app, &ada.id, 20_000, None).await;
    let sql =
        "INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
    let secret = "the secret of a link";
    let parameters = [
        edge_auth::crypto::fingerprint::fingerprint(secret),
        ada.id.clone(),
        "2026-01-01T00:00:00Z".to_owned(),
        "2999-01-01T00:00:00Z".to_owned(),
    ];
    app.sql(sql, parameters).await;
    let reply = crate::sessions::set_password(&app, secret, "five other unlikely words here").await;
    let seen = reply.assert_status(200).seen().await;
    assert!(seen.given() <= 200, "{}", seen.given());
    assert_eq!(live(&app, &ada.id).await, 0);
}

#[tokio::test]
async fn another_role_ends_twenty_thousand_as_well() {
    let app = App::alone(proof::vars());
    let keys = proof::session("Deployer");
    let first = proof::login(&app, &proof_at(&keys, 0)).await;
    let id = text(&app.who(&first).await, "id");
    leave(&app, &id, 20_000, None).await;
    let sql = "UPDATE users SET role = 'admin' WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    let reply = proof::login(&app, &proof_at(&keys, 1)).await;
    let seen = reply.assert_status(200).seen().await;
    assert!(seen.given() <= 200, "{}", seen.given());
    assert_eq!(live(&app, &id).await, 1);
}
