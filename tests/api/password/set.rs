//! `POST /api/auth/set-password`: set a password with a one-time link.

use crate::support::internals::fingerprint;
use crate::support::{App, CREATED_AT, Fault, NEW_PASSWORD, PASSWORD, User, assert_refused};
use serde_json::{Value, json};

async fn reset_links(user: &User, app: &App) -> Vec<Value> {
    let sql = "SELECT id, used_by FROM password_links WHERE user_id = ?1";
    app.sql(sql, [user.id.clone()]).await
}

#[tokio::test]
async fn set_password_with_a_reset_link_sets_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .set_password(&ada.reset_link().await, NEW_PASSWORD)
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "success": true,
      "message": "Password set"
    }
    "#);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
    ada.login_with(PASSWORD).await.assert_status(401);
}

#[tokio::test]
async fn set_password_of_a_user_without_a_password_sets_one() {
    let app = App::shared();
    let ada = app.new_user("ada").without_password().create().await;
    app.anonymous()
        .set_password(&ada.reset_link().await, NEW_PASSWORD)
        .await
        .assert_status(200);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn used_reset_link_returns_400() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(200);
    let response = app
        .anonymous()
        .set_password(&link, "another four unlikely words")
        .await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Invalid or expired link"
    }
    "#);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn unusable_reset_links_return_one_response() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    let expired = ada.reset_link_until("2024-01-01T01:00:00Z").await;
    let of_disabled = disabled.reset_link().await;
    let stranger = app.user("stranger").await;
    let of_stranger = stranger.reset_link().await;
    stranger.make_federated().await;
    let used = ada.reset_link().await;
    app.anonymous()
        .set_password(&used, NEW_PASSWORD)
        .await
        .assert_status(200);

    let unknown = app.anonymous().set_password("unknown", NEW_PASSWORD).await;
    unknown.assert_status(400);
    let long = "x".repeat(10_000);
    for link in [
        &expired,
        &of_disabled,
        &of_stranger,
        &used,
        "",
        "\0",
        &long,
        &fingerprint(&used),
    ] {
        let response = app.anonymous().set_password(link, NEW_PASSWORD).await;
        assert_eq!(
            (response.snapshot(), response.body),
            (unknown.snapshot(), unknown.body.clone()),
            "{link}"
        );
        // Only the holder of a valid link learns why the password is refused.
        assert_eq!(
            app.anonymous().set_password(link, "short").await.snapshot(),
            unknown.snapshot(),
            "{link}"
        );
    }
}

#[tokio::test]
async fn reset_link_is_valid_for_an_hour() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (first, second) = (ada.reset_link().await, ada.reset_link().await);
    app.shift_clock(3_601).await;
    app.anonymous()
        .set_password(&first, NEW_PASSWORD)
        .await
        .assert_status(400);
    app.shift_clock(3_500).await;
    app.anonymous()
        .set_password(&second, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn weak_password_returns_400_with_the_reason() {
    let app = App::shared();
    let ada = app
        .new_user("ada")
        .organization("Analytical Engines")
        .create()
        .await;
    let link = ada.reset_link().await;
    for (password, reason) in [
        ("", "Password must have at least 15 characters"),
        (
            "fourteen chars",
            "Password must have at least 15 characters",
        ),
        // Code points count, not bytes.
        (
            "éééèèèêêêëëëàà",
            "Password must have at least 15 characters",
        ),
        (
            &"zq kiwi tram ".repeat(10)[..129],
            "Password must have at most 128 characters",
        ),
        (
            &"x".repeat(2_000),
            "Password must have at most 128 characters",
        ),
        ("passwordpassword", "Password is too common"),
        ("aaaaaaaaaaaaaaaaaaaa", "Password is too common"),
        ("abcdefghijklmnopqrst", "Password is too common"),
        (
            &format!("{}-1234", ada.email),
            "Password must not be derived from your name, username, e-mail or organization",
        ),
        (
            "AnalyticalEngines1",
            "Password must not be derived from your name, username, e-mail or organization",
        ),
    ] {
        let response = app.anonymous().set_password(&link, password).await;
        let expected = json!({ "success": false, "message": reason });
        assert_eq!(
            (response.status, response.json()),
            (400, expected),
            "{password}"
        );
    }
    // A refused password does not use the link.
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn long_passwords_of_any_composition_are_accepted() {
    let app = App::shared();
    let ada = app.user("ada").await;
    // 128 code points, the maximum, with up to four bytes each.
    let emoji: String = ('\u{1f400}'..).take(125).chain("zqx".chars()).collect();
    for password in ["fifteen letters", "            a b c d", &emoji] {
        app.anonymous()
            .set_password(&ada.reset_link().await, password)
            .await
            .assert_status(200);
        ada.login_with(password).await.assert_status(200);
    }
}

#[tokio::test]
async fn new_password_is_normalized_and_not_trimmed() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.anonymous()
        .set_password(
            &ada.reset_link().await,
            " cre\u{300}me bru\u{302}le\u{301}e, deux fois ",
        )
        .await
        .assert_status(200);
    ada.login_with(" crème brûlée, deux fois ")
        .await
        .assert_status(200);
    ada.login_with("crème brûlée, deux fois")
        .await
        .assert_status(401);
}

#[tokio::test]
async fn set_password_revokes_all_sessions_of_the_user_and_no_others() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (first, other) = (ada.sign_in().await, ada.sign_in().await);
    let refreshed = first.refreshed().await;
    let of_bob = bob.sign_in().await;
    app.anonymous()
        .set_password(&ada.reset_link().await, NEW_PASSWORD)
        .await
        .assert_status(200);
    for session in [&first, &refreshed, &other] {
        let validated = session.validate().await;
        validated.assert_status(401);
        // The cached session is overwritten, so D1 is not read.
        assert_eq!(validated.recorded().await.d1(), 0);
    }
    assert_refused(&[&first, &refreshed, &other]).await;
    of_bob.validate().await.assert_status(200);
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn set_password_invalidates_other_reset_links_of_the_user_and_no_others() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (used, other, of_bob) = (
        ada.reset_link().await,
        ada.reset_link().await,
        bob.reset_link().await,
    );
    app.anonymous()
        .set_password(&used, NEW_PASSWORD)
        .await
        .assert_status(200);
    app.anonymous()
        .set_password(&other, "another four unlikely words")
        .await
        .assert_status(400);
    assert_eq!(reset_links(&ada, &app).await.len(), 1);
    app.anonymous()
        .set_password(&of_bob, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn set_password_sets_updated_at_and_not_last_login() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.anonymous()
        .set_password(&ada.reset_link().await, NEW_PASSWORD)
        .await
        .assert_status(200);
    let row = ada.row("updated_at, last_login").await;
    let updated_at = row["updated_at"].as_str().unwrap();
    assert!(updated_at > CREATED_AT, "{updated_at}");
    assert_eq!(row["last_login"], Value::Null);
    let user = ada.login_with(NEW_PASSWORD).await.user();
    assert_eq!(user["updated_at"], updated_at);
}

#[tokio::test]
async fn set_password_of_a_user_who_is_disabled_meanwhile_returns_400() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE password_links").pauses())
        .await;
    let request = app.anonymous().set_password(&link, NEW_PASSWORD);
    let setting = tokio::spawn(request.into_future());
    paused.wait_for_hits(1).await;
    let before = ada.password_hash().await;
    ada.disable().await;
    paused.release().await;
    setting.await.unwrap().assert_status(400);
    assert_eq!(ada.password_hash().await, before);
}

#[tokio::test]
async fn set_password_that_d1_does_not_confirm_returns_503_and_keeps_the_reset_link() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    for fault in [Fault::d1(), Fault::d1().matching("UPDATE password_links")] {
        let fault = app.fault(fault.fails()).await;
        let response = app.anonymous().set_password(&link, NEW_PASSWORD).await;
        response.assert_status(503);
        assert!(response.retry_after().is_some());
        fault.remove().await;
        ada.login_with(PASSWORD).await.assert_status(200);
    }
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn set_password_stores_neither_the_reset_link_nor_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    let response = app.anonymous().set_password(&link, NEW_PASSWORD).await;
    let row = ada.row("*").await;
    let links = reset_links(&ada, &app).await;
    let logs = response.recorded().await.logs;
    let stored = format!("{row:?} {links:?} {logs:?}");
    assert!(!stored.contains(NEW_PASSWORD) && !stored.contains(&link));
}
