//! `/api/auth/users/{id}/sessions`: list and revoke the sessions of a user.

use crate::support::{App, Fault, assert_refused};
use serde_json::json;
use std::future::IntoFuture as _;

#[tokio::test]
async fn sessions_of_a_user_are_listed_as_the_user_sees_them() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let session = ada.sign_in().await;
    ada.sign_in_with_cookie().await;
    let listed = admin.list_user_sessions(&ada.id).await.list("sessions");
    let mut own = session.list_sessions().await.list("sessions");
    for session in &mut own {
        session.as_object_mut().unwrap().remove("is_current");
    }
    assert_eq!(listed, own);
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn revoked_session_of_a_user_is_refused_at_once_and_the_others_are_not() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let (first, second) = (ada.sign_in().await, ada.sign_in().await);
    first.validate().await.assert_status(200);
    for _ in 0..2 {
        let revoke = admin
            .revoke_user_session(&ada.id, &first.session_id())
            .await;
        revoke.assert_status(200).recorded().await;
    }
    assert_refused(&[&first]).await;
    second.me().await.assert_status(200);
    let sql = "SELECT detail, session FROM audit WHERE subject = ?1 AND kind = 'session_revoked'";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(
        rows,
        [json!({ "detail": "administrator", "session": first.session_id() })]
    );
}

#[tokio::test]
async fn session_of_another_user_is_not_found() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = bob.sign_in().await;
    let response = admin
        .revoke_user_session(&ada.id, &session.session_id())
        .await;
    response.assert_error(404, "session_not_found");
    session.me().await.assert_status(200);
}

#[tokio::test]
async fn all_sessions_of_a_user_are_revoked_and_counted() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let sessions = [ada.sign_in().await, ada.sign_in_with_cookie().await];
    for (number, count) in [(1, 2), (2, 0)] {
        let response = admin.revoke_user_sessions(&ada.id).await;
        response.recorded().await;
        let body = response.assert_status(200).json();
        assert_eq!(body["revoked_sessions"], count, "request {number}");
    }
    assert_refused(&[&sessions[0], &sessions[1]]).await;
    assert_eq!(ada.audit_entries("session_revoked").await, 1);
}

/// An administrator who loses the role between the check and the write revokes nothing.
#[tokio::test]
async fn revocation_by_an_administrator_who_was_demoted_meanwhile_is_refused() {
    for is_one in [true, false] {
        let app = App::shared();
        let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
        let (admin, session) = (grace.sign_in().await, ada.sign_in().await);
        let fault = Fault::d1().matching("UPDATE sessions SET revoked_at");
        let paused = app.fault(fault.times(1).pauses()).await;
        let revoke = if is_one {
            admin.revoke_user_session(&ada.id, &session.session_id())
        } else {
            admin.revoke_user_sessions(&ada.id)
        };
        let revoke = tokio::spawn(revoke.into_future());
        paused.wait_for_hits(1).await;
        grace.update("role = 'user'").await;
        paused.release().await;
        revoke.await.unwrap().assert_error(403, "not_permitted");
        session.me().await.assert_status(200);
        assert_eq!(ada.audit_entries("session_revoked").await, 0);
    }
}

/// Also if the role of the user has changed.
#[tokio::test]
async fn revocation_of_a_user_who_became_administrator_meanwhile_is_refused() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let session = ada.sign_in().await;
    let fault = Fault::d1().matching("UPDATE sessions SET revoked_at");
    let paused = app.fault(fault.times(1).pauses()).await;
    let revoke = tokio::spawn(admin.revoke_user_sessions(&ada.id).into_future());
    paused.wait_for_hits(1).await;
    ada.update("role = 'admin'").await;
    paused.release().await;
    revoke.await.unwrap().assert_error(403, "not_permitted");
    session.me().await.assert_status(200);
}
