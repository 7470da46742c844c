//! Writes whose response from D1 was lost can be repeated.

use super::assert_unavailable;
use crate::support::{App, Fault, NEW_PASSWORD, assert_refused, revoked};

#[tokio::test]
async fn login_whose_response_was_lost_can_be_repeated() {
    let app = App::shared();
    let ada = app.user("ada").await;
    app.fault(
        Fault::d1()
            .matching("insert into sessions")
            .times(1)
            .loses_response(),
    )
    .await;
    let lost = ada.login().await;
    assert_unavailable(&lost);
    assert_eq!(lost.recorded().await.kv_writes(), 0);
    let session = ada.sign_in().await;
    session.validate().await.assert_status(200);
}

#[tokio::test]
async fn refresh_whose_response_was_lost_returns_its_token_when_repeated() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    app.fault(
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_response(),
    )
    .await;
    assert_unavailable(&first.refresh().await);
    assert_eq!(first.column("generation").await, 1);
    let second = first.refreshed().await;
    assert_eq!(first.column("generation").await, 1);
    second.validate().await.assert_status(200);
    // The lost response left the cached session of the first token unchanged. The repeated refresh has shortened its
    // TTL.
    app.shift_clock(31).await;
    first.validate().await.assert_status(401);
}

#[tokio::test]
async fn logout_whose_response_was_lost_is_complete_when_repeated() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.fault(
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_response(),
    )
    .await;
    assert_unavailable(&session.logout().await);
    session.logout().await.assert_status(200);
    // The cached session is overwritten too.
    assert_eq!(session.cached_session().await, Some(revoked()));
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn set_password_whose_response_was_lost_has_set_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let link = ada.reset_link().await;
    app.fault(
        Fault::d1()
            .matching("update password_links")
            .times(1)
            .loses_response(),
    )
    .await;
    assert_unavailable(&app.anonymous().set_password(&link, NEW_PASSWORD).await);
    app.anonymous()
        .set_password(&link, NEW_PASSWORD)
        .await
        .assert_status(400);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn batch_that_fails_in_the_middle_has_no_effect() {
    let app = App::shared();
    let ada = app.user("ada").await;
    // A trigger refuses the second statement of the batch.
    app.run_sql(&format!(
        "CREATE TRIGGER refuse_{0} BEFORE UPDATE ON users WHEN OLD.id = '{1}' \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
        ada.username.replace('-', "_"),
        ada.id
    ))
    .await;
    assert_unavailable(&ada.login().await);
    let sql = "SELECT id FROM sessions WHERE user_id = ?1";
    assert!(app.sql(sql, [ada.id.clone()]).await.is_empty());
    let drop = format!("DROP TRIGGER refuse_{}", ada.username.replace('-', "_"));
    app.run_sql(&drop).await;
    app.skip_back_off().await;
    ada.login().await.assert_status(200);
}
