//! `POST /api/auth/sign-in`: a session with a cookie or with a token.

use crate::support::App;

#[tokio::test]
async fn sign_in_with_a_cookie_sets_it_and_returns_no_token() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .sign_in("cookie", &ada.username, &ada.password)
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    set-cookie: edge-auth-session-[port]=[cookie]; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "status": "signed_in",
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
      "expires_at": "[time]"
    }
    "#);
    let session = response.cookie_session();
    session.validate().await.assert_status(200);
    assert_eq!(session.me().await.assert_status(200).json()["id"], ada.id);
}

#[tokio::test]
async fn sign_in_with_a_token_returns_it() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = app
        .anonymous()
        .sign_in("token", &ada.username, &ada.password)
        .await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    edge-auth-expires: [time]
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    {
      "status": "signed_in",
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
      "expires_at": "[time]",
      "token": "[token]"
    }
    "#);
    assert_eq!(response.session().statuses().await, [200; 3]);
}
