//! `GET /api/auth/session`: the session of the request.

use crate::support::App;

#[tokio::test]
async fn session_of_a_client_without_one_is_null() {
    let app = App::shared();
    insta::assert_snapshot!(app.anonymous().current_session().await.snapshot(), @r#"
    200
    {
      "user": null,
      "method": null,
      "authenticated_at": null,
      "expires_at": null,
      "is_recognised_device": null,
      "session_id": null
    }
    "#);
}

#[tokio::test]
async fn session_with_a_cookie_returns_its_user_and_times() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in_with_cookie().await;
    let response = session.current_session().await;
    app.redact(&session.session_id(), "session");
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "user": {
        "id": "[uuid]",
        "username": "[ada]",
        "email": "[ada]@example.com",
        "name": "ada Lovelace",
        "organization": null,
        "aws_region": null,
        "role": "user",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      },
      "method": "password",
      "authenticated_at": "[time]",
      "expires_at": "[time]",
      "is_recognised_device": false,
      "session_id": "[session]"
    }
    "#);
}
