//! `POST /api/auth/users/{id}/reset-password`: create a link that sets the password of a user.

use crate::support::{App, NEW_PASSWORD, Vars};
use serde_json::json;

#[tokio::test]
async fn reset_password_sends_a_link_and_keeps_the_password_until_it_is_used() {
    let app = App::with(Vars::with_email());
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let response = admin.reset_user_password(&ada.id).await;
    let body = response.assert_status(200).json();
    assert_eq!(body["delivery"], "sent");
    assert!(body["link"].is_null() && body["link_expires_at"].is_string());
    let secret = app.mail_to(&ada.email).await.secret(&app, "set-password");
    ada.login().await.assert_status(200);
    let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
    set.assert_status(200);
    ada.login().await.assert_status(401);
    app.shift_clock(60).await;
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
    let sql = "SELECT detail FROM audit WHERE subject = ?1 AND kind = 'password_link_created'";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(rows, [json!({ "detail": "reset" })]);
}

#[tokio::test]
async fn reset_password_without_email_shows_the_link() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let secret = admin.reset_user_password(&ada.id).await.shown_secret();
    let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
    set.assert_status(200);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
    let sql = "SELECT detail FROM audit WHERE subject = ?1 AND kind = 'password_link_created'";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(rows, [json!({ "detail": "link_shown" })]);
}

#[tokio::test]
async fn reset_password_of_a_disabled_or_federated_user_returns_409() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    ada.disable().await;
    let response = admin.reset_user_password(&ada.id).await;
    response.assert_error(409, "user_disabled");
    let bob = app.user("bob").await;
    bob.make_federated().await;
    let response = admin.reset_user_password(&bob.id).await;
    response.assert_error(409, "managed_by_identity_source");
}
