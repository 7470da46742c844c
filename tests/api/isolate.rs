//! What the isolate keeps of KV for a few seconds (`SESSION_LOCAL_CACHE_TTL`): what it saves, what it forgets at once, and
//! that it makes no copy believed for longer.

use crate::sessions::{
    assert_dead, cache, copy_key, logout, me, password_link, refresh, refreshed, revoked,
    set_password, signed_in, validate,
};
use crate::support::{App, Fault, Reply, Vars};
use tokio::task::JoinSet;

fn keeping(seconds: &str) -> App {
    App::with(Vars::new().set("SESSION_LOCAL_CACHE_TTL", seconds))
}

async fn reads_of_kv(reply: &Reply) -> usize {
    let seen = reply.assert_status(200).seen().await;
    assert_eq!(seen.d1(), 0, "{:?}", seen.calls);
    seen.kv("get")
}

#[tokio::test]
async fn a_session_is_one_read_of_kv_in_so_many_seconds() {
    for (app, seconds) in [(App::shared(), 5), (keeping("30"), 30)] {
        let token = signed_in(&app, &app.password_user("ada").await).await;
        assert_eq!(reads_of_kv(&validate(&app, &token).await).await, 1);
        assert_eq!(reads_of_kv(&validate(&app, &token).await).await, 0);
        assert_eq!(reads_of_kv(&me(&app, &token).await).await, 0);
        app.shift_clock(seconds + 1).await;
        assert_eq!(reads_of_kv(&me(&app, &token).await).await, 1);
        assert_eq!(reads_of_kv(&validate(&app, &token).await).await, 0);
    }
}

#[tokio::test]
async fn with_zero_every_question_is_a_read() {
    let app = keeping("0");
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for _ in 0..3 {
        assert_eq!(reads_of_kv(&validate(&app, &token).await).await, 1);
    }
}

#[tokio::test]
async fn an_end_elsewhere_is_noticed_after_so_many_seconds() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    validate(&app, &token).await.assert_status(200);
    cache(&app, &token, &revoked()).await;
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(6).await;
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn a_copy_is_not_believed_for_longer_than_its_trust_bound() {
    let app = keeping("30");
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(290).await;
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(301).await;
    let seen = validate(&app, &token).await.seen().await;
    assert!(seen.d1() > 0, "{:?}", seen.calls);
}

#[tokio::test]
async fn a_token_ends_at_its_end_although_it_is_remembered() {
    let app = App::with(
        Vars::new()
            .set("SESSION_LOCAL_CACHE_TTL", "30")
            .set("TOKEN_LIFETIME", "60"),
    );
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(80).await;
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(91).await;
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn a_sign_out_is_felt_at_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    validate(&app, &token).await.assert_status(200);
    logout(&app, &token).await.assert_status(200);
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_new_password_is_felt_at_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    validate(&app, &token).await.assert_status(200);
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    set_password(&app, &link, "a wholly different passphrase")
        .await
        .assert_status(200);
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_rotated_out_token_is_refused_after_the_replay_window() {
    let app = keeping("30");
    let first = signed_in(&app, &app.password_user("ada").await).await;
    validate(&app, &first).await.assert_status(200);
    let second = refreshed(&app, &first).await;
    validate(&app, &first).await.assert_status(200);
    validate(&app, &second).await.assert_status(200);
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
    refresh(&app, &first).await.assert_status(401);
    // Shown again, so the session has ended.
    validate(&app, &second).await.assert_status(401);
}

#[tokio::test]
async fn a_read_on_its_way_while_a_session_ends_is_not_kept() {
    let app = keeping("30");
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let copy = app.kv_get(&copy_key(&token)).await.expect("a copy");
    let paused = app.fault(Fault::kv().ops(&["get"]).times(1).pauses()).await;
    let (asking, ()) = tokio::join!(validate(&app, &token), async {
        paused.has_hit(1).await;
        logout(&app, &token).await.assert_status(200).seen().await;
        // What a location that has not heard of the end would still read.
        app.kv_put(&copy_key(&token), &copy).await;
        paused.release().await;
    });
    asking.assert_status(200);
    app.kv_delete(&copy_key(&token)).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn while_kv_is_out_what_was_just_read_still_answers() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    validate(&app, &token).await.assert_status(200);
    app.fault(Fault::kv().fails()).await;
    assert_eq!(reads_of_kv(&validate(&app, &token).await).await, 0);
}

#[tokio::test]
async fn many_requests_at_once_each_get_their_own_answer() {
    let app = App::shared();
    let mut people = Vec::new();
    for name in ["ada", "bob", "eve", "kim"] {
        let person = app.password_user(name).await;
        people.push((person.id.clone(), signed_in(&app, &person).await));
    }
    // Slow reads, so that all are on their way at once and refusals overtake them.
    app.fault(Fault::kv().ops(&["get"]).delays(50)).await;
    let mut asking = JoinSet::new();
    for number in 0..200 {
        let (app, (id, token)) = (app.clone(), people[number % people.len()].clone());
        asking.spawn(async move {
            match number % 3 {
                0 => assert_eq!(me(&app, &token).await.json()["id"], id),
                1 => assert_eq!(validate(&app, &token).await.json()["user"]["id"], id),
                _ => drop(validate(&app, "no.such.token").await.assert_status(401)),
            }
        });
    }
    asking.join_all().await;
}
