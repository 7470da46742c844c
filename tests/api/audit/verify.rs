//! `GET /api/auth/audit/verify`: verify the audit log. `properties/audit` tests the changes that it detects.

use crate::support::audit_log::FilledLog;
use crate::support::{App, Vars};
use serde_json::{Value, json};

#[tokio::test]
async fn verify_starts_at_the_checkpoint_of_the_given_row() {
    let log = FilledLog::new().await;
    let mut rows = Vec::new();
    for after in [0, 1, 499, 500, 700, 1_000, 1_001, 9_999] {
        let response = log.session.verify_audit(&format!("after={after}")).await;
        let response = response.json();
        assert_eq!(
            (&response["failure"], &response["next"]),
            (&Value::Null, &Value::Null),
            "{after}"
        );
        assert_eq!(
            (
                &response["checkpointed_to"],
                &response["rows_after_checkpoint"]
            ),
            (&json!(1_000), &json!(2))
        );
        rows.push(response["rows"].as_u64().unwrap());
    }
    // Verification starts with the first row of the checkpoint that contains the given row.
    assert_eq!(rows, [1_002, 1_002, 1_002, 502, 502, 2, 1, 0]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn verify_compares_users_in_pages() {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    let session = ada.sign_in().await;
    let users = "
        WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1200)
        INSERT INTO users (id, source, subject, username, name, role, is_active, created_at, updated_at)
        SELECT format('ffffffff-0000-4000-8000-%012d', n), 'test', n, n, n, 'user', 1, 'x', 'x' FROM count";
    app.run_sql(users).await;
    let entries = "
        INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request)
        SELECT (SELECT max(number) FROM audit) + row_number() OVER (), id, 'x', 'user_added', 'success', 'command-line', id,
               'role user', 'x'
        FROM users";
    app.run_sql(entries).await;
    let last = "ffffffff-0000-4000-8000-000000001200";
    app.sql("UPDATE users SET role = 'admin' WHERE id = ?1", [last])
        .await;
    let pages = session.verify_whole_audit().await;
    let users: Vec<_> = pages.iter().map(|page| page["users"].clone()).collect();
    assert_eq!(users, [500, 500, 201]);
    assert_eq!(
        pages[1]["next"],
        "user.ffffffff-0000-4000-8000-000000000999"
    );
    let all: Vec<_> = pages
        .iter()
        .flat_map(|page| page["user_changes"].as_array().unwrap())
        .map(|change| (change["user"].clone(), change["found"].clone()))
        .collect();
    // The entry of ada has the role `user`.
    assert_eq!(
        all,
        [
            (json!(ada.id), json!("super_admin")),
            (json!(last), json!("admin"))
        ]
    );
}
