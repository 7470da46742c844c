//! `POST /api/auth/users/import`: what an administrator may import, checked again when the users are added.

use super::{import, line, new_name, outcomes, text};
use crate::support::audit::record_users;
use crate::support::{App, Fault, Response, User, Vars};
use serde_json::{Value, json};
use std::future::IntoFuture;

/// The number of users who were imported.
async fn imported(app: &App) -> u64 {
    let sql = "SELECT count(*) AS n FROM users WHERE email_key LIKE '%@import.example'";
    app.count(sql, [0; 0]).await
}

/// Imports lines, and changes the rows with `change` between the check and the write.
async fn import_during(
    app: &App,
    importer: &User,
    lines: &[Value],
    change: impl Future<Output = ()>,
) -> Response {
    let session = importer.sign_in().await;
    let fault = Fault::d1().matching("INTO users").times(1).pauses();
    let paused = app.fault(fault).await;
    let import = tokio::spawn(session.import_users("", text(lines)).into_future());
    paused.wait_for_hits(1).await;
    change.await;
    paused.release().await;
    import.await.unwrap()
}

#[tokio::test]
async fn only_super_administrators_import_confirmed_addresses() {
    let app = App::isolated(Vars::new());
    let lines = [
        line(&new_name(), &json!({ "email_verified": true })),
        line(&new_name(), &json!({ "email_verified": false })),
    ];
    let admin = app.admin("grace").await.sign_in().await;
    assert_eq!(
        outcomes(&import(&admin, &lines).await),
        ["not_permitted", "created_without_password"]
    );
    let root = app.super_admin("root").await.sign_in().await;
    assert_eq!(
        outcomes(&import(&root, &lines).await),
        ["created_without_password", "exists"]
    );
    let confirmed = "SELECT count(*) AS n FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(app.count(confirmed, [0; 0]).await, 1);
    let details = "SELECT detail FROM audit WHERE kind = 'users_imported' ORDER BY number";
    assert_eq!(
        app.run_sql(details).await,
        [0, 1].map(|confirmed| {
            let detail =
                format!("1 users, 0 with a password, {confirmed} with a confirmed address");
            json!({ "detail": detail })
        })
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn import_by_an_administrator_who_was_changed_meanwhile_is_refused_and_recorded() {
    for (role, change, field) in [
        ("admin", "role = 'user'", json!({})),
        ("admin", "is_active = 0", json!({})),
        ("super_admin", "role = 'admin'", json!({ "role": "admin" })),
        (
            "super_admin",
            "role = 'admin'",
            json!({ "email_verified": true }),
        ),
    ] {
        let app = App::isolated(Vars::new());
        let grace = app.user("grace").await;
        grace.update(&format!("role = '{role}'")).await;
        let lines = [line(&new_name(), &field)];
        let response = import_during(&app, &grace, &lines, grace.update(change)).await;
        response.assert_error(403, "not_permitted");
        assert_eq!(imported(&app).await, 0, "{role}: {change}");
        let denied = "SELECT detail FROM audit WHERE kind = 'access_denied' AND actor = ?1";
        assert_eq!(
            app.sql(denied, [grace.id.clone()]).await,
            [json!({ "detail": "not_permitted: POST /api/auth/users/import" })],
            "{role}: {change}"
        );
    }
}

/// The unique indexes do not prevent this.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn address_that_a_user_can_restore_meanwhile_is_not_imported() {
    let app = App::isolated(Vars::new());
    let (grace, eve) = (app.admin("grace").await, app.user("eve").await);
    let lines = [
        line(&new_name(), &json!({ "email": "old-eve@import.example" })),
        line(&new_name(), &json!({})),
    ];
    let reserve = async {
        eve.email_link("revert", "old-eve@import.example", None)
            .await;
    };
    let response = import_during(&app, &grace, &lines, reserve).await;
    response.assert_status(200);
    assert_eq!(
        outcomes(&response),
        ["email_taken", "created_without_password"]
    );
    assert_eq!(imported(&app).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn super_administrator_imports_any_role() {
    let app = App::isolated(Vars::new());
    let root = app.super_admin("root").await;
    record_users(&app).await;
    let root = root.sign_in().await;
    let lines =
        ["user", "admin", "super_admin"].map(|role| line(&new_name(), &json!({ "role": role })));
    assert_eq!(
        outcomes(&import(&root, &lines).await),
        ["created_without_password"; 3]
    );
    assert!(root.audit_failure().await.is_null());
}
