//! `PATCH /api/auth/users/{id}`: change a user.

use crate::support::{App, Fault, Vars, assert_refused};
use serde_json::{Value, json};
use std::future::IntoFuture;

/// The kinds and details of the audit entries about a user.
async fn entries(app: &App, user: &str) -> Vec<(String, Value)> {
    let sql = "SELECT kind, detail FROM audit WHERE subject = ?1 AND kind NOT IN ('sign_in', 'access_denied') ORDER BY number";
    let rows = app.sql(sql, [user]).await;
    let entry = |row: &Value| {
        (
            row["kind"].as_str().unwrap().to_owned(),
            row["detail"].clone(),
        )
    };
    rows.iter().map(entry).collect()
}

fn entry(kind: &str, detail: impl Into<Value>) -> (String, Value) {
    (kind.to_owned(), detail.into())
}

#[tokio::test]
async fn update_of_the_profile_is_seen_by_the_user_at_once() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let session = ada.sign_in().await;
    session.validate().await.assert_status(200);
    let changes = json!({
        "name": " Ada King ", "organization": "Royal Society", "aws_region": "eu-west-2", "unknown": null
    });
    let response = admin.update_version(&ada.id, "\"1\"", &changes).await;
    let body = response.assert_status(200).json();
    response.recorded().await;
    assert_eq!(response.header("etag"), Some("\"2\""));
    let user = &body["user"];
    assert_eq!(
        (&user["version"], &body["revoked_sessions"]),
        (&json!(2), &json!(0))
    );
    for (name, value) in [
        ("name", "Ada King"),
        ("organization", "Royal Society"),
        ("aws_region", "eu-west-2"),
    ] {
        assert_eq!(user[name], value);
    }
    let me = session.validate().await.user();
    assert_eq!(
        (&me["name"], &me["organization"]),
        (&json!("Ada King"), &json!("Royal Society"))
    );
    let nulls = json!({ "organization": null, "aws_region": null });
    let user = admin.update_user(&ada.id, &nulls).await.user();
    assert_eq!(
        (&user["organization"], &user["aws_region"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        entries(&app, &ada.id).await,
        [
            entry("user_changed", "name, organization, aws_region"),
            entry("user_changed", "organization, aws_region"),
        ]
    );
}

#[tokio::test]
async fn update_to_the_same_values_writes_nothing() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let same = json!({
        "name": ada.name, "email": ada.email, "organization": null, "role": "user", "is_active": true
    });
    let response = admin.update_user(&ada.id, &same).await;
    assert_eq!(response.user()["version"], 1);
    assert_eq!(
        admin.update_user(&ada.id, &json!({})).await.user()["version"],
        1
    );
    assert_eq!(entries(&app, &ada.id).await, []);
}

#[tokio::test]
async fn update_needs_the_current_version() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let changes = json!({ "name": "Ada King" });
    let path = format!("/api/auth/users/{}", ada.id);
    let without = admin.request("PATCH", &path).json(&changes).await;
    without.assert_error(428, "precondition_required");
    for if_match in ["\"2\"", "1", "W/\"1\"", "\"x\""] {
        let response = admin.update_version(&ada.id, if_match, &changes).await;
        response.assert_error(412, "version_mismatch");
    }
    let update = admin.update_version(&ada.id, "\"1\"", &changes).await;
    update.assert_status(200);
    let again = admin
        .update_version(&ada.id, "\"1\"", &json!({ "name": "B" }))
        .await;
    again.assert_error(412, "version_mismatch");
}

/// Of two administrators who have read the same version, one changes the user.
#[tokio::test]
async fn update_at_the_same_time_as_another_is_refused() {
    let app = App::shared();
    let (first, second) = (
        app.administrator("admin").await,
        app.administrator("admin").await,
    );
    let ada = app.user("ada").await;
    let view = app.another_view();
    let paused = view
        .fault(
            Fault::d1()
                .matching("UPDATE users SET name")
                .times(1)
                .pauses(),
        )
        .await;
    let slow = first.in_view(&view);
    let slow = slow.update_version(&ada.id, "\"1\"", &json!({ "name": "Slow" }));
    let slow = tokio::spawn(slow.into_future());
    paused.wait_for_hits(1).await;
    let fast = second
        .update_version(&ada.id, "\"1\"", &json!({ "name": "Fast" }))
        .await;
    fast.assert_status(200);
    paused.release().await;
    slow.await.unwrap().assert_error(412, "version_mismatch");
    assert_eq!(first.get_user(&ada.id).await.user()["name"], "Fast");
}

/// An administrator who loses the role between the check and the write changes nothing.
#[tokio::test]
async fn update_by_an_administrator_who_was_demoted_meanwhile_is_refused() {
    let app = App::shared();
    let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
    let admin = grace.sign_in().await;
    let paused = app
        .fault(
            Fault::d1()
                .matching("UPDATE users SET name")
                .times(1)
                .pauses(),
        )
        .await;
    let update = admin.update_user(&ada.id, &json!({ "name": "X" }));
    let update = tokio::spawn(update.into_future());
    paused.wait_for_hits(1).await;
    grace.update("role = 'user'").await;
    paused.release().await;
    update.await.unwrap().assert_error(403, "not_permitted");
    assert_eq!(entries(&app, &ada.id).await, []);
}

#[tokio::test]
async fn change_of_the_role_revokes_sessions_and_deletes_links() {
    let app = App::shared();
    let (admin, ada) = (
        app.administrator("super_admin").await,
        app.user("ada").await,
    );
    let sessions = [ada.sign_in().await, ada.sign_in_with_cookie().await];
    let link = ada.reset_link().await;
    ada.email_link("revert", "earlier@example.com", None).await;
    let response = admin
        .update_user(&ada.id, &json!({ "role": "admin" }))
        .await;
    let body = response.assert_status(200).json();
    response.recorded().await;
    assert_eq!(
        (&body["user"]["role"], &body["revoked_sessions"]),
        (&json!("admin"), &json!(2))
    );
    assert_refused(&[&sessions[0], &sessions[1]]).await;
    let set = app
        .anonymous()
        .set_password(&link, "four unlikely words in a row")
        .await;
    set.assert_error(400, "invalid_link");
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id.clone()]).await, 0);
    assert_eq!(
        entries(&app, &ada.id).await,
        [
            entry("role_changed", "role user -> admin"),
            entry("session_revoked", "role_changed")
        ]
    );
}

#[tokio::test]
async fn disabled_user_is_signed_out_and_signs_in_after_being_enabled() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let session = ada.sign_in().await;
    session.validate().await.assert_status(200);
    let response = admin
        .update_user(&ada.id, &json!({ "is_active": false }))
        .await;
    response.recorded().await;
    assert_eq!(response.json()["revoked_sessions"], 1);
    assert_refused(&[&session]).await;
    ada.login().await.assert_status(401);
    let enable = admin
        .update_user(&ada.id, &json!({ "is_active": true }))
        .await;
    assert_eq!(enable.user()["is_active"], true);
    app.shift_clock(60).await;
    ada.login().await.assert_status(200);
    let entries = entries(&app, &ada.id).await;
    let kinds: Vec<&str> = entries.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "user_disabled",
            "session_revoked",
            "sign_in_failed",
            "user_enabled"
        ]
    );
    assert_eq!(entries[1].1, "user_disabled");
}

#[tokio::test]
async fn change_of_the_address_is_told_to_the_earlier_one_and_voids_links() {
    let app = App::with(Vars::with_email());
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    ada.update("email_verified_at = '2026-01-01T00:00:00Z'")
        .await;
    let link = ada.reset_link().await;
    let email = format!("New.{}", ada.email);
    let response = admin.update_user(&ada.id, &json!({ "email": email })).await;
    let user = response.user();
    response.recorded().await;
    assert_eq!(
        (&user["email"], &user["email_verified_at"]),
        (&json!(email), &Value::Null)
    );
    let subjects = app.subjects_to(&ada.email).await;
    assert_eq!(
        subjects,
        ["The e-mail address of your account at Edge Auth was changed"]
    );
    let set = app
        .anonymous()
        .set_password(&link, "four unlikely words in a row")
        .await;
    set.assert_error(400, "invalid_link");
    let login = app
        .anonymous()
        .login(&email.to_lowercase(), &ada.password)
        .await;
    login.assert_status(200);
    assert_eq!(
        entries(&app, &ada.id).await,
        [entry("email_changed", "administrator")]
    );
}

#[tokio::test]
async fn address_of_another_user_or_one_that_can_be_restored_is_taken() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    bob.email_link("revert", "earlier-bob@example.com", None)
        .await;
    for email in [
        bob.email.to_uppercase(),
        "Earlier-Bob@example.com".to_owned(),
    ] {
        let response = admin.update_user(&ada.id, &json!({ "email": email })).await;
        response.assert_error(409, "email_taken");
    }
    let own = admin
        .update_user(&ada.id, &json!({ "email": ada.email.to_uppercase() }))
        .await;
    own.assert_status(200);
    let restorable = json!({ "email": "earlier-bob@example.com" });
    admin
        .update_user(&bob.id, &restorable)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn update_with_invalid_fields_returns_400_and_changes_nothing() {
    let app = App::shared();
    let (admin, ada) = (
        app.administrator("super_admin").await,
        app.user("ada").await,
    );
    for (changes, code) in [
        (json!({ "name": null }), "invalid_field"),
        (json!({ "name": "" }), "invalid_field"),
        (json!({ "name": "a\u{202e}" }), "invalid_field"),
        (json!({ "email": null }), "invalid_field"),
        (json!({ "email": "x" }), "invalid_email"),
        (json!({ "organization": 7 }), "invalid_field"),
        (json!({ "aws_region": "nowhere" }), "invalid_field"),
        (json!({ "role": "root", "name": "X" }), "invalid_field"),
        (json!({ "is_active": 0 }), "invalid_field"),
    ] {
        let response = admin.update_user(&ada.id, &changes).await;
        response.assert_error(400, code);
    }
    assert_eq!(admin.get_user(&ada.id).await.user()["version"], 1);
}
