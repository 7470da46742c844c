//! Values in D1: their form, and rows that break the rules.

use super::outages::assert_unavailable;
use crate::support::App;
use serde_json::Value;

#[tokio::test]
async fn invalid_row_returns_503_and_its_column_is_logged() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.update("created_at = 'yesterday'").await;
    let response = ada.login().await;
    response.assert_status(503);
    assert_eq!(response.message(), "Service temporarily unavailable");
    let logs = response.recorded().await.logs;
    assert!(
        logs.iter()
            .any(|(_, line)| line.contains("user_created_at")),
        "{logs:?}"
    );
    assert!(
        logs.iter().all(|(_, line)| !line.contains("yesterday")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn times_are_rfc_3339_in_whole_seconds_of_utc() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada.login().await;
    let user = response.user();
    let session = app
        .sql(
            "SELECT * FROM sessions WHERE user_id = ?1",
            [ada.id.clone()],
        )
        .await
        .remove(0);
    let row = app
        .sql("SELECT * FROM users WHERE id = ?1", [ada.id])
        .await
        .remove(0);
    for (of, fields) in [
        (&user, &["created_at", "updated_at", "last_login"][..]),
        (&row, &["created_at", "updated_at", "last_login"]),
        (
            &session,
            &["created_at", "rotated_at", "token_expires_at", "ends_at"],
        ),
    ] {
        for field in fields {
            let time = of[field].as_str().unwrap_or_default();
            let form: String = time
                .chars()
                .map(|c| if c.is_ascii_digit() { 'd' } else { c })
                .collect();
            assert_eq!(form, "dddd-dd-ddTdd:dd:ddZ", "{field}");
        }
    }
    assert_eq!(session["revoked_at"], Value::Null);
}

#[tokio::test]
async fn invalid_user_row_is_logged_by_refresh_and_login() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.update("updated_at = 'yesterday'").await;
    for response in [session.refresh().await, ada.login().await] {
        assert_unavailable(&response);
        let logs = response.recorded().await.logs;
        assert!(
            logs.iter()
                .any(|(_, line)| line.contains("user_updated_at")),
            "{logs:?}"
        );
    }
}
