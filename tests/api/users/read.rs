//! `GET /api/auth/users/{id}`: show a user.

use crate::support::{App, CREATED_AT};
use serde_json::json;

#[tokio::test]
async fn read_returns_the_documented_body_and_the_version() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.new_user("ada"));
    let ada = ada.organization("Analytical Engines").create().await;
    let response = admin.get_user(&ada.id).await;
    response.assert_status(200);
    assert_eq!(response.header("etag"), Some("\"1\""));
    let expected = json!({
        "success": true,
        "user": {
            "id": ada.id,
            "source": "password",
            "username": ada.username,
            "email": ada.email,
            "email_verified_at": null,
            "name": "ada Lovelace",
            "organization": "Analytical Engines",
            "aws_region": null,
            "role": "user",
            "is_active": true,
            "has_password": true,
            "is_locked": false,
            "has_factor": false,
            "created_at": CREATED_AT,
            "updated_at": CREATED_AT,
            "last_login": null,
            "version": 1
        }
    });
    assert_eq!(response.json(), expected);
}

#[tokio::test]
async fn read_of_an_unknown_id_returns_404() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    for id in [
        "00000000-0000-4000-8000-00000000dead",
        "x",
        "%00",
        &"1".repeat(36),
    ] {
        let response = admin.get_user(id).await;
        response.assert_error(404, "user_not_found");
    }
}

#[tokio::test]
async fn sign_in_changes_the_time_of_the_last_one_and_not_the_version() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    ada.sign_in().await;
    let response = admin.get_user(&ada.id).await;
    assert_eq!(response.header("etag"), Some("\"1\""));
    assert!(response.user()["last_login"].is_string());
}

#[tokio::test]
async fn first_password_and_each_change_of_the_profile_change_the_version() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.new_user("ada"));
    let ada = ada.without_password().create().await;
    for (number, change) in [
        "name = 'A'",
        "organization = 'O'",
        "aws_region = 'eu-west-1'",
        "role = 'admin'",
        "is_active = 0",
        "password_hash = 'x'",
        "updated_at = '2026-01-01T00:00:00Z'",
    ]
    .into_iter()
    .enumerate()
    {
        ada.update(change).await;
        let version = admin.get_user(&ada.id).await.user()["version"].clone();
        assert_eq!(version, number + 2, "{change}");
    }
    ada.update("password_hash = 'y', last_login = '2026-01-01T00:00:00Z'")
        .await;
    assert_eq!(admin.get_user(&ada.id).await.user()["version"], 8);
}
