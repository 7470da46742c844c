//! `POST /api/auth/step-up`: authenticate again in a session.

use crate::support::App;

#[tokio::test]
async fn step_up_replaces_the_session_cookie() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let response = session.step_up(&ada.password).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-session-[port]=[cookie]; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax
    {
      "success": true,
      "authenticated_at": "[time]"
    }
    "#);
    let next = response.cookie_session();
    next.validate().await.assert_status(200);
    assert_eq!(next.claims()["gen"], 1);
}
