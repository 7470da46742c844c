//! `POST /api/auth/refresh`: one token for another, decided by one UPDATE in D1.

use crate::sessions::{
    assert_dead, claims, column, copy_key, logout, me, refresh, refreshed, signed_in, validate,
};
use crate::support::App;

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
    app.shift_clock(11).await;
    validate(&app, &second).await.assert_status(200);
    refresh(&app, &first).await.assert_status(401);
    assert!(!column(&app, &first, "revoked_at").await.is_null());
    assert_dead(&app, &[&second, &first]).await;
}

#[tokio::test]
async fn within_ten_seconds_a_repeated_refresh_gives_the_same_bytes() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let once = refresh(&app, &first).await;
    app.shift_clock(5).await;
    let again = refresh(&app, &first).await;
    assert_eq!(
        (again.status, again.text()),
        (200, once.text()),
        "the same token"
    );
    assert_eq!(column(&app, &first, "generation").await, 1);
}

#[tokio::test]
async fn a_token_older_than_the_one_before_ends_the_session_at_once() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    let third = refreshed(&app, &second).await;
    refresh(&app, &first).await.assert_status(401);
    assert_dead(&app, &[&third, &second]).await;
    // Its copy was already due to end with its ten seconds.
    app.shift_clock(11).await;
    assert_dead(&app, &[&first]).await;
}

#[tokio::test]
async fn the_end_of_one_session_is_not_that_of_another() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (stolen, other) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    refreshed(&app, &stolen).await;
    app.shift_clock(11).await;
    refresh(&app, &stolen).await.assert_status(401);
    refresh(&app, &other).await.assert_status(200);
}

#[tokio::test]
async fn a_superseded_token_opens_nothing_after_ten_seconds() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    for reply in [validate(&app, &first).await, me(&app, &first).await] {
        reply.assert_status(200);
    }
    app.shift_clock(11).await;
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
    assert!(app.kv_get(&copy_key(&second)).await.is_some());
    let user = validate(&app, &second).await.json()["user"].clone();
    assert_eq!(
        (&user["role"], &user["name"]),
        (&"admin".into(), &"Countess".into())
    );
}
