//! Imports of many lines, at the same time, and whose write failed.

use super::{HASHES, import, line, new_name, outcomes, text};
use crate::support::audit::record_users;
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};
use std::future::IntoFuture;
use tokio::task::JoinSet;

/// The longest request: the limit of D1 for parameters and that of the CPU time.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn import_of_500_long_lines_adds_all_and_keeps_the_log_valid() {
    let app = App::isolated(Vars::new());
    let root = app.super_admin("root").await;
    record_users(&app).await;
    let root = root.sign_in().await;
    let long = "\u{e9}".repeat(128);
    let lines: Vec<Value> = (0..500)
        .map(|number| {
            let name = format!("{}-{number}", "b".repeat(50));
            line(
                &name,
                &json!({ "name": long, "organization": long, "password_hash": HASHES[number % 5], "is_active": number % 2 == 0 }),
            )
        })
        .collect();
    let report = import(&root, &lines).await.json();
    assert_eq!(
        (&report["created"], &report["refused"]),
        (&json!(500), &json!(0))
    );
    let repeated = import(&root, &lines).await.json();
    assert_eq!(repeated["existing"], 500);
    assert!(root.audit_failure().await.is_null());
    let detail = "SELECT detail FROM audit WHERE kind = 'users_imported'";
    let detail = app.run_sql(detail).await;
    assert_eq!(
        detail,
        [json!({ "detail": "500 users, 500 with a password, 0 with a confirmed address" })]
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_imports_of_the_same_lines_add_each_user_once() {
    let app = App::isolated(Vars::new());
    let root = app.super_admin("root").await;
    record_users(&app).await;
    let root = root.sign_in().await;
    let lines: Vec<Value> = (0..20).map(|_| line(&new_name(), &json!({}))).collect();
    let mut running = JoinSet::new();
    for number in 0..8 {
        // Each from another network, because a network may not upload more than a megabyte at a time.
        let request = root.import_users("", text(&lines));
        running.spawn(request.client_ip(&app.other_ip(number)).into_future());
    }
    let mut created = 0;
    for response in running.join_all().await {
        let report = response.assert_status(200).json();
        created += report["created_without_password"].as_u64().unwrap();
    }
    assert_eq!(created, 20);
    let sql = "SELECT count(*) AS n FROM users WHERE email_key LIKE '%@import.example'";
    assert_eq!(app.count(sql, [0; 0]).await, 20);
    assert!(root.audit_failure().await.is_null());
}

/// D1 makes the write, but its response is lost.
#[tokio::test]
async fn import_whose_write_failed_adds_all_users_or_none() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("grace").await.sign_in().await;
    let lines = [line(&new_name(), &json!({})), line(&new_name(), &json!({}))];
    app.fault(Fault::d1().matching("INTO users")).await;
    let response = admin.import_users("", text(&lines)).await;
    response.assert_error(503, "storage_unavailable");
    app.remove_faults().await;
    let sql = "SELECT count(*) AS n FROM users WHERE email_key LIKE '%@import.example'";
    assert_eq!(app.count(sql, [0; 0]).await, 0);
    let response = import(&admin, &lines).await;
    assert_eq!(outcomes(&response), ["created_without_password"; 2]);
}
