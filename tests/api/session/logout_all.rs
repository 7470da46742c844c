//! `POST /api/auth/logout-all`: revoke all sessions of the user.

use crate::support::App;

#[tokio::test]
async fn logout_all_revokes_all_sessions_of_the_user_and_no_others() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let bobs = bob.sign_in().await;
    let sessions = [
        ada.sign_in().await,
        ada.sign_in().await,
        ada.sign_in().await,
    ];
    let response = sessions[1].logout_all().await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Logged out everywhere"
    }
    "#);
    response.recorded().await;
    for session in &sessions {
        assert_eq!(session.statuses().await, [401; 3]);
    }
    assert_eq!(bobs.statuses().await, [200; 3]);
    assert_eq!(ada.audit_entries("sign_out").await, 1);
    sessions[1].logout_all().await.assert_status(401);
}

#[tokio::test]
async fn logout_all_with_a_cookie_revokes_sessions_of_both_kinds_and_deletes_the_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (cookie, token) = (ada.sign_in_with_cookie().await, ada.sign_in().await);
    let response = cookie.logout_all().await;
    let header = response.assert_status(200).set_session_cookie();
    assert!(header.expect("a cookie").contains("=; Path=/; Max-Age=0;"));
    response.recorded().await;
    for session in [&cookie, &token] {
        assert_eq!(session.statuses().await, [401; 3]);
    }
}
