//! Lockout: after a hundred consecutive failures an account is locked until its password is set with a one-time link. Each test
//! has its own server, because failures are counted by the isolate's clock, which other tests shift.

use crate::support::audit::CRON;
use crate::support::failures::{failures, set_failures};
use crate::support::{App, FAR_FUTURE, Vars};
use serde_json::json;

#[tokio::test]
async fn account_is_locked_after_a_hundred_failures_until_a_reset_link_is_used() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    ada.set_failures(99).await;
    ada.guess()
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    assert_eq!(ada.failures().await, 100);
    app.shift_clock(86_400 * 40).await;
    app.scheduled(CRON).await;
    assert_eq!(ada.failures().await, 100);
    // The right password, by user name and by e-mail.
    for name in [&ada.username, &ada.email] {
        let locked = app
            .anonymous()
            .login(name, &ada.password)
            .client_ip(&app.other_ip(2))
            .await;
        locked.assert_status(401);
    }
    assert_eq!(ada.failures().await, 101);
    ada.login()
        .client_ip(&app.other_ip(2))
        .cookie(&cookie)
        .await
        .assert_status(200);
    assert_eq!(ada.failures().await, 101);
    let link = ada.reset_link_until(FAR_FUTURE).await;
    app.anonymous()
        .set_password(&link, "another long password")
        .await
        .assert_status(200);
    app.skip_back_off().await;
    ada.login_with("another long password")
        .client_ip(&app.other_ip(2))
        .await
        .assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn locked_account_responds_and_records_like_an_unlocked_one() {
    let app = App::isolated(Vars::new());
    let (locked, open) = (app.user("locked").await, app.user("open").await);
    locked.set_failures(100).await;
    let mut responses = Vec::new();
    for (number, (user, password)) in [
        (&open, "wrong"),
        (&locked, "wrong"),
        (&locked, locked.password.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        app.skip_back_off().await;
        let address = app.other_ip(number);
        let response = user.login_with(password).client_ip(&address).await;
        let later = user.login_with(password).client_ip(&address).await;
        let recorded = response.recorded().await;
        responses.push((
            response.assert_status(401).snapshot(),
            recorded.d1(),
            recorded.statements().len(),
            later.assert_status(429).snapshot_body(),
        ));
    }
    assert_eq!(responses[1], responses[0]);
    // Its back-off is longer, as after any failure.
    let (snapshot, calls, statements, _) = &responses[2];
    assert_eq!(
        (snapshot, calls, statements),
        (&responses[0].0, &responses[0].1, &responses[0].2)
    );
    let sql = "SELECT detail FROM audit WHERE subject = ?1 ORDER BY number";
    let details = app.sql(sql, [locked.id]).await;
    assert_eq!(details, vec![json!({ "detail": "password: locked" }); 2]);
}

#[tokio::test]
async fn reset_link_unlocks_account_and_devices_of_its_user_only() {
    let app = App::isolated(Vars::new());
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let keys = [
        format!("account:{}", ada.id),
        format!("device:{}:abc", ada.id),
        format!("account:{}", bob.id),
        format!("device:{}:abc", bob.id),
    ];
    for key in &keys {
        set_failures(&app, key, 100).await;
    }
    let link = ada.reset_link().await;
    app.anonymous()
        .set_password(&link, "another long password")
        .await
        .assert_status(200);
    let mut left = Vec::new();
    for key in &keys {
        if failures(&app, key).await > 0 {
            left.push(key);
        }
    }
    assert_eq!(left, [&keys[2], &keys[3]]);
}
