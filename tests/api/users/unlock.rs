//! `POST /api/auth/users/{id}/unlock`: remove the lockout of a user.

use crate::support::App;

#[tokio::test]
async fn unlock_lets_a_locked_user_sign_in_again() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    ada.set_failures(99).await;
    ada.guess().await.assert_status(401);
    assert_eq!(admin.get_user(&ada.id).await.user()["is_locked"], true);
    app.shift_clock(60).await;
    ada.login().await.assert_status(401);
    admin.unlock_user(&ada.id).await.assert_status(200);
    assert_eq!(admin.get_user(&ada.id).await.user()["is_locked"], false);
    app.shift_clock(120).await;
    ada.login().await.assert_status(200);
    assert_eq!(ada.audit_entries("user_unlocked").await, 1);
}

#[tokio::test]
async fn unlock_of_a_user_without_failures_writes_nothing() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    admin.unlock_user(&ada.id).await.assert_status(200);
    assert_eq!(ada.audit_entries("user_unlocked").await, 0);
}
