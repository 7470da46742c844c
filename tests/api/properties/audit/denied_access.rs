//! Requests that a signed-in user may not make are recorded, and bounded per user.

use crate::support::audit::{entries_about, rows};
use crate::support::{App, Vars};
use serde_json::{Value, json};

/// The entries about refused requests of this user.
async fn denied(app: &App, user: &str) -> Vec<Value> {
    rows(app, "kind = 'access_denied' AND actor = ?1", user).await
}

#[tokio::test]
async fn refused_request_is_recorded_with_its_user_and_route() {
    let app = App::shared();
    for (user, path, detail) in [
        (
            app.user("ada").await,
            "/api/auth/audit",
            "admin_required: GET /api/auth/audit",
        ),
        (
            app.admin("eve").await,
            "/api/auth/audit/verify",
            "super_admin_required: GET /api/auth/audit/verify",
        ),
    ] {
        let session = user.sign_in().await;
        let request = session.request("GET", path);
        request
            .header("user-agent", "a browser")
            .await
            .assert_status(403);
        let found = denied(&app, &user.id).await;
        let [entry] = &found[..] else {
            panic!("{found:?}")
        };
        let fields = [
            "outcome", "subject", "session", "detail", "address", "device",
        ];
        assert_eq!(
            fields.map(|field| entry[field].clone()),
            [
                json!("failure"),
                Value::Null,
                json!(session.session_id()),
                json!(detail),
                json!(app.ip()),
                json!("a browser"),
            ]
        );
        assert_eq!(entries_about(&app, &user.id).await.len(), 1, "the sign-in");
    }
}

#[tokio::test]
async fn refusal_by_the_rules_names_the_user_that_the_request_was_about() {
    let app = App::shared();
    let (ada, kim) = (app.admin("ada").await, app.super_admin("kim").await);
    let session = ada.sign_in().await;
    let response = session.erase_user(&kim.id, "*").await;
    response.assert_error(403, "not_permitted");
    let found = denied(&app, &ada.id).await;
    let fields = ["subject", "detail"].map(|field| found[0][field].clone());
    let detail = "not_permitted: DELETE /api/auth/users/{id}";
    assert_eq!(fields, [json!(kim.id), json!(detail)]);
}

#[tokio::test]
#[ignore = "slow"]
async fn refused_requests_of_a_user_add_ten_entries_per_hour_at_most() {
    let app = App::isolated(Vars::new());
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let (session, other) = (ada.sign_in().await, eve.sign_in().await);
    let mut recorded = Vec::new();
    for minute in (0..60).step_by(4) {
        app.shift_clock(60 * minute).await;
        for _ in 0..7 {
            session.search_audit("").await.assert_status(403);
        }
        recorded.push(denied(&app, &ada.id).await.len());
    }
    assert_eq!(recorded, [5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9]);
    // The limit is that of one user.
    other.search_audit("").await.assert_status(403);
    assert_eq!(denied(&app, &eve.id).await.len(), 1);
}

#[tokio::test]
async fn request_that_is_not_refused_by_role_adds_no_such_entry() {
    let app = App::shared();
    let ada = app.admin("ada").await;
    let session = ada.sign_in().await;
    session.search_audit("").await.assert_status(200);
    session.search_audit("limit=0").await.assert_status(400);
    app.anonymous().search_audit("").await.assert_status(401);
    assert!(denied(&app, &ada.id).await.is_empty());
}
