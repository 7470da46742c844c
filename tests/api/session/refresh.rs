//! `POST /api/auth/refresh`: exchange a token for the next one of the session.

use crate::support::{App, assert_refused};

const DAY: i64 = 86_400;

#[tokio::test]
async fn refresh_returns_the_documented_body() {
    let app = App::shared();
    let john = app.new_user("john").named("John Doe").create().await;
    let session = john.sign_in().await;
    let response = session.refresh().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "user": {
        "username": "[john]",
        "email": "[john]@example.com",
        "full_name": "John Doe"
      }
    }
    "#);
}

#[tokio::test]
async fn refresh_returns_the_next_token_of_the_session() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    let second = first.refreshed().await;
    let (before, after) = (first.claims(), second.claims());
    assert_eq!(
        (&before["sid"], &before["sub"]),
        (&after["sid"], &after["sub"])
    );
    assert_eq!((&before["gen"], &after["gen"]), (&0.into(), &1.into()));
    for response in [second.validate().await, second.me().await] {
        response.assert_status(200);
    }
}

#[tokio::test]
async fn refresh_after_three_days_returns_401_and_does_not_revoke_the_session() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(3 * DAY).await;
    for _ in 0..2 {
        session.refresh().await.assert_status(401);
    }
    assert!(!session.is_revoked().await);
    assert_eq!(session.audit_kinds().await, ["sign_in"]);
}

#[tokio::test]
async fn refresh_with_an_expired_token_returns_401_and_does_not_revoke_the_session() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(DAY + 31).await;
    session.refresh().await.assert_status(401);
    assert_eq!(session.column("generation").await, 0);
    assert!(!session.is_revoked().await);
}

#[tokio::test]
async fn refresh_reuse_in_one_session_keeps_the_other_sessions() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (stolen, other) = (ada.sign_in().await, ada.sign_in().await);
    stolen.refreshed().await;
    app.shift_clock(31).await;
    stolen.refresh().await.assert_status(401);
    other.refresh().await.assert_status(200);
}

#[tokio::test]
async fn session_expires_thirty_days_after_login_despite_refreshes() {
    let app = App::shared();
    let mut session = app.user("ada").await.sign_in().await;
    let end = session.claims()["iat"].as_i64().unwrap() + 30 * DAY;
    for day in 1..30 {
        app.shift_clock(day * DAY - 60).await;
        session = session.refreshed().await;
        assert!(
            session.claims()["exp"].as_i64().unwrap() <= end,
            "day {day}"
        );
    }
    app.shift_clock(30 * DAY - 60).await;
    session = session.refreshed().await;
    assert_eq!(session.claims()["exp"], end);
    session.validate().await.assert_status(200);
    app.shift_clock(30 * DAY).await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn session_of_an_administrator_expires_after_a_day() {
    let app = App::shared();
    for user in [app.admin("ada").await, app.super_admin("bob").await] {
        app.shift_clock(0).await;
        let first = user.sign_in().await;
        let end = first.claims()["iat"].as_i64().unwrap() + DAY;
        app.shift_clock(DAY - 3_600).await;
        let second = first.refreshed().await;
        assert_eq!(second.claims()["exp"], end);
        app.shift_clock(DAY).await;
        assert_refused(&[&second]).await;
    }
}

#[tokio::test]
async fn refresh_of_a_disabled_user_returns_401() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.disable().await;
    session.refresh().await.assert_status(401);
    assert_eq!(session.column("generation").await, 0);
}

#[tokio::test]
async fn refresh_returns_the_current_user() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in().await;
    ada.update("role = 'admin', name = 'Countess'").await;
    let response = first.refresh().await;
    assert_eq!(response.user()["full_name"], "Countess");
    let second = response.session();
    response.recorded().await;
    assert!(second.cached_session().await.is_some());
    let user = second.validate().await.user();
    assert_eq!(
        (&user["role"], &user["name"]),
        (&"admin".into(), &"Countess".into())
    );
}
