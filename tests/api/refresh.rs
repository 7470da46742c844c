//! `POST /api/auth/refresh`: one token for another, decided by one UPDATE in D1.

use crate::sessions::{
    assert_dead, cached, claims, column, logout, me, record_id, refresh, refreshed, signed_in,
    validate,
};
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const DAY: i64 = 86_400;

fn token_of(reply: &crate::support::Reply) -> String {
    reply.assert_status(200);
    reply.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

#[tokio::test]
async fn a_refresh_gives_the_next_token_of_the_same_session() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    let (before, after) = (claims(&first), claims(&second));
    assert_eq!(
        (&before["sid"], &before["sub"]),
        (&after["sid"], &after["sub"])
    );
    assert_eq!((&before["gen"], &after["gen"]), (&0.into(), &1.into()));
    for reply in [validate(&app, &second).await, me(&app, &second).await] {
        reply.assert_status(200);
    }
}

#[tokio::test]
async fn forty_refreshes_at_once_are_one() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let started: Vec<_> = (0..40)
        .map(|_| {
            let request = app.post("/api/auth/refresh").bearer(&first);
            tokio::spawn(request.send())
        })
        .collect();
    let mut replies = Vec::new();
    for reply in started {
        replies.push(reply.await.expect("a reply"));
    }
    for reply in &replies {
        reply.assert_status(200);
        assert_eq!(reply.text(), replies[0].text());
        reply.seen().await;
    }
    assert_eq!(column(&app, &first, "generation").await, 1);

    let second = token_of(&replies[0]);
    app.shift_clock(31).await;
    validate(&app, &second).await.assert_status(200);
    refresh(&app, &first).await.assert_status(401);
    assert!(!column(&app, &first, "revoked_at").await.is_null());
    assert_dead(&app, &[&second, &first]).await;
}

/// Fails the test unless the session is live and no reuse was recorded.
async fn assert_untouched(app: &App, token: &str) {
    assert!(column(app, token, "revoked_at").await.is_null());
    assert_eq!(kinds(app, token).await, ["sign_in"]);
}

/// What the audit log has about a token's session.
async fn kinds(app: &App, token: &str) -> Vec<Value> {
    let sql = "SELECT kind FROM audit WHERE session = ?1 ORDER BY number";
    let rows = app.sql(sql, [record_id(token)]).await;
    rows.iter().map(|row| row["kind"].clone()).collect()
}

/// The pairs of second and generation in a token's row.
async fn rotations(app: &App, token: &str) -> Vec<(i64, i64)> {
    let json = column(app, token, "recent_rotations").await;
    serde_json::from_str(json.as_str().expect("JSON")).expect("pairs")
}

#[tokio::test]
async fn a_refresh_repeated_within_the_window_returns_the_same_bytes() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let once = refresh(&app, &first).await;
    app.shift_clock(25).await;
    let again = refresh(&app, &first).await;
    assert_eq!(
        (again.status, again.text()),
        (200, once.text()),
        "the same token"
    );
    assert_eq!(column(&app, &first, "generation").await, 1);
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn every_token_rotated_out_within_the_window_gets_the_current_one() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    let third = refresh(&app, &second).await;
    for token in [&first, &second, &first] {
        let reply = refresh(&app, token).await;
        assert_eq!((reply.status, &reply.body), (200, &third.body));
        reply.seen().await;
    }
    let third = token_of(&third);
    for token in [&first, &second, &third] {
        validate(&app, token).await.assert_status(200);
        me(&app, token).await.assert_status(200);
    }
    assert_eq!(column(&app, &first, "generation").await, 2);
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn the_window_of_a_token_begins_with_its_own_rotation() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for (shown, seconds, status) in [
        (0, 25, 200),
        (0, 31, 401),
        (1, 31, 200),
        (1, 45, 200),
        (1, 51, 401),
    ] {
        app.shift_clock(0).await;
        let first = signed_in(&app, &ada).await;
        let second = refreshed(&app, &first).await;
        app.shift_clock(20).await;
        let third = refreshed(&app, &second).await;
        app.shift_clock(seconds).await;
        let token = [&first, &second][shown];
        // First on routes where this revokes nothing.
        let validated = validate(&app, token).await.status;
        let refreshed = refresh(&app, token).await.status;
        assert_eq!(
            [validated, refreshed],
            [status; 2],
            "{shown} after {seconds} s"
        );
        let is_live = validate(&app, &third).await.status == 200;
        assert_eq!(is_live, status == 200, "{shown} after {seconds} s");
    }
}

#[tokio::test]
async fn tokens_of_three_generations_shown_in_parallel_all_get_the_next() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    let third = refreshed(&app, &second).await;
    let mut asking = JoinSet::new();
    for number in 0..30 {
        let token = [&first, &second, &third][number % 3];
        asking.spawn(app.post("/api/auth/refresh").bearer(token).send());
    }
    for reply in asking.join_all().await {
        let generation = claims(&token_of(&reply))["gen"].clone();
        reply.seen().await;
        assert!(generation == 2 || generation == 3, "{generation}");
    }
    let fourth = refresh(&app, &first).await;
    assert_eq!(claims(&token_of(&fourth))["gen"], 3);
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn a_client_whose_responses_are_lost_gets_the_current_token() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let lost = || {
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_reply()
    };
    app.fault(lost()).await;
    refresh(&app, &first).await.assert_status(503);
    let second = refreshed(&app, &first).await;
    app.fault(lost()).await;
    refresh(&app, &second).await.assert_status(503);
    let third = refreshed(&app, &first).await;
    assert_eq!(claims(&third)["gen"], 2);
    assert_eq!(refreshed(&app, &second).await, third);
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn a_session_refreshed_in_a_loop_keeps_a_pair_per_second() {
    const REFRESHES: i64 = 60;
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let mut token = first.clone();
    for _ in 0..REFRESHES {
        token = token_of(&refresh(&app, &token).await);
    }
    let kept = rotations(&app, &first).await;
    let span = kept[kept.len() - 1].0 - kept[0].0;
    let pairs = i64::try_from(kept.len()).expect("a count");
    assert!(pairs <= span + 1 && pairs < REFRESHES, "{kept:?}");
    assert!(span < 30, "{kept:?}");
    let again = refreshed(&app, &first).await;
    assert_eq!(
        (claims(&again)["gen"].clone(), again),
        (json!(REFRESHES), token.clone())
    );
    // The refresh after the window removes them.
    app.shift_clock(60).await;
    refreshed(&app, &token).await;
    let kept = rotations(&app, &first).await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].1, REFRESHES);
}

#[tokio::test]
async fn a_window_of_zero_seconds_accepts_no_rotated_out_token() {
    let app = App::with(Vars::new().set("REFRESH_REPLAY_WINDOW", "0"));
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    validate(&app, &second).await.assert_status(200);
    for reply in [validate(&app, &first).await, refresh(&app, &first).await] {
        reply.assert_status(401);
    }
    assert_dead(&app, &[&second]).await;
}

#[tokio::test]
async fn a_window_of_five_minutes_lasts_five_minutes() {
    let app = App::with(Vars::new().set("REFRESH_REPLAY_WINDOW", "300"));
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    app.shift_clock(290).await;
    assert_eq!(refreshed(&app, &first).await, second);
    app.shift_clock(301).await;
    refresh(&app, &first).await.assert_status(401);
    assert_dead(&app, &[&second]).await;
}

#[tokio::test]
async fn a_client_that_slept_for_three_days_is_told_to_sign_in_and_nothing_else_happens() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(3 * DAY).await;
    for _ in 0..2 {
        refresh(&app, &token).await.assert_status(401);
    }
    assert_untouched(&app, &token).await;
}

#[tokio::test]
async fn a_rotated_out_token_that_has_expired_revokes_its_session_and_is_audited() {
    for (vars, step) in [
        (Vars::new(), DAY),
        (Vars::new().set("TOKEN_LIFETIME", "60"), 80),
    ] {
        let app = App::with(vars);
        let stolen = signed_in(&app, &app.password_user("ada").await).await;
        let mut token = stolen.clone();
        for number in 0..4 {
            app.shift_clock(number * step).await;
            token = refreshed(&app, &token).await;
        }
        app.shift_clock(3 * step + 40).await;
        validate(&app, &stolen).await.assert_status(401);
        validate(&app, &token).await.assert_status(200);
        for _ in 0..2 {
            refresh(&app, &stolen).await.assert_status(401);
        }
        assert_dead(&app, &[&token]).await;
        assert_eq!(
            kinds(&app, &stolen).await,
            ["sign_in", "refresh_reuse", "session_revoked"]
        );
    }
}

#[tokio::test]
async fn an_expired_token_within_the_window_gets_the_current_one() {
    let app = App::with(Vars::new().set("TOKEN_LIFETIME", "60"));
    let first = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(85).await;
    let second = refreshed(&app, &first).await;
    // The response was lost, and the client tries again.
    app.shift_clock(95).await;
    validate(&app, &first).await.assert_status(401);
    assert_eq!(refreshed(&app, &first).await, second);
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn a_rotated_out_token_does_not_outlive_the_session() {
    let vars = Vars::new().set("TOKEN_LIFETIME", "60");
    let app = App::with(vars.set("REFRESH_REPLAY_WINDOW", "300"));
    let first = signed_in(&app, &app.password_user("ada").await).await;
    refreshed(&app, &first).await;
    app.shift_clock(95).await;
    for reply in [validate(&app, &first).await, refresh(&app, &first).await] {
        reply.assert_status(401);
    }
    assert_untouched(&app, &first).await;
}

#[tokio::test]
async fn the_end_of_one_session_is_not_that_of_another() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (stolen, other) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    refreshed(&app, &stolen).await;
    app.shift_clock(31).await;
    refresh(&app, &stolen).await.assert_status(401);
    refresh(&app, &other).await.assert_status(200);
}

#[tokio::test]
async fn a_rotated_out_token_grants_nothing_after_the_window() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    for reply in [validate(&app, &first).await, me(&app, &first).await] {
        reply.assert_status(200);
    }
    app.shift_clock(31).await;
    for reply in [validate(&app, &first).await, me(&app, &first).await] {
        reply.assert_status(401);
    }
    // Looking is no use of a refresh: the session goes on.
    validate(&app, &second).await.assert_status(200);
}

#[tokio::test]
async fn an_expired_token_does_not_refresh_and_ends_nothing() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(DAY + 31).await;
    refresh(&app, &token).await.assert_status(401);
    assert_eq!(column(&app, &token, "generation").await, 0);
    assert!(column(&app, &token, "revoked_at").await.is_null());
}

#[tokio::test]
async fn a_session_ends_thirty_days_after_the_sign_in_however_often_it_is_refreshed() {
    let app = App::shared();
    let mut token = signed_in(&app, &app.password_user("ada").await).await;
    let end = claims(&token)["iat"].as_i64().unwrap() + 30 * DAY;
    for day in 1..30 {
        app.shift_clock(day * DAY - 60).await;
        token = refreshed(&app, &token).await;
        assert!(claims(&token)["exp"].as_i64().unwrap() <= end, "day {day}");
    }
    app.shift_clock(30 * DAY - 60).await;
    token = refreshed(&app, &token).await;
    assert_eq!(claims(&token)["exp"], end);
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(30 * DAY).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn an_administrator_signs_in_every_day() {
    let app = App::shared();
    for person in [app.admin("ada").await, app.super_admin("bob").await] {
        app.shift_clock(0).await;
        let first = signed_in(&app, &person).await;
        let end = claims(&first)["iat"].as_i64().unwrap() + DAY;
        app.shift_clock(DAY - 3_600).await;
        let second = refreshed(&app, &first).await;
        assert_eq!(claims(&second)["exp"], end);
        app.shift_clock(DAY).await;
        assert_dead(&app, &[&second]).await;
    }
}

#[tokio::test]
async fn a_refresh_beside_a_sign_out_leaves_no_token_alive() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for round in 0..12 {
        let first = signed_in(&app, &ada).await;
        let (renewed, over) = if round % 2 == 0 {
            tokio::join!(refresh(&app, &first), logout(&app, &first))
        } else {
            let (over, renewed) = tokio::join!(logout(&app, &first), refresh(&app, &first));
            (renewed, over)
        };
        over.assert_status(200).seen().await;
        renewed.seen().await;
        assert_dead(&app, &[&first]).await;
        if renewed.status == 200 {
            assert_dead(&app, &[&token_of(&renewed)]).await;
        }
    }
}

#[tokio::test]
async fn a_disabled_person_does_not_refresh() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [ada.id])
        .await;
    refresh(&app, &token).await.assert_status(401);
    assert_eq!(column(&app, &token, "generation").await, 0);
}

#[tokio::test]
async fn a_token_shows_the_person_as_they_are_at_the_refresh() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = signed_in(&app, &ada).await;
    app.sql(
        "UPDATE users SET role = 'admin', name = 'Countess' WHERE id = ?1",
        [ada.id],
    )
    .await;
    let reply = refresh(&app, &first).await;
    assert_eq!(reply.json()["user"]["full_name"], "Countess");
    let second = token_of(&reply);
    reply.seen().await;
    assert!(cached(&app, &second).await.is_some());
    let user = validate(&app, &second).await.json()["user"].clone();
    assert_eq!(
        (&user["role"], &user["name"]),
        (&"admin".into(), &"Countess".into())
    );
}
