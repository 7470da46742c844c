//! Query plans of D1 and rows read. `tests/sql` checks the plans of `SQLite`.

#[path = "../../sql/plan.rs"]
mod plan;
#[path = "../../sql/source.rs"]
mod source;

use crate::support::{App, Request, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn statements_scan_no_table_in_d1() {
    let app = App::shared();
    let mut found = BTreeSet::new();
    for (name, sql) in source::statements() {
        let is_used = |number: &usize| sql.contains(&format!("?{number}"));
        let parameters = vec![Value::Null; (1..=100).rev().find(is_used).unwrap_or(0)];
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let rows = app.sql(&explain, parameters).await;
        let detail = |row: &Value| row["detail"].as_str().expect("a step").to_owned();
        let steps: Vec<String> = rows.iter().map(detail).collect();
        let costly = plan::costly(&steps).into_iter();
        found.extend(costly.map(|step| (name.clone(), step.to_owned())));
    }
    assert_eq!(found, source::allowed());
}

/// Adds this many users with ten sessions and one audit entry each.
async fn populate(app: &App, users: u32) {
    for sql in include_str!("../../../bench/many_users.sql").split_terminator(";\n") {
        let parameters = sql.contains("?1").then(|| json!(users));
        app.sql(sql, parameters).await;
    }
}

/// The rows that a request and its deferred work read in D1.
async fn rows_read_by(request: Request) -> u64 {
    let response = request.await;
    response.assert_status(200);
    response.recorded().await.rows_read()
}

/// The rows that requests of all kinds read in D1.
async fn rows_read(app: &App) -> Vec<(&'static str, u64)> {
    let sql = "SELECT id FROM users ORDER BY rowid LIMIT 1";
    let users = app.run_sql(sql).await;
    let user = users[0]["id"].as_str().expect("an id");
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let (session, admin) = (ada.sign_in().await, grace.sign_in().await);
    let by_user = format!("limit=5&user={user}");
    let by_time = "limit=5&from=2026-01-01T00:00:30Z&to=2026-01-01T00:01:00Z";
    let mut read = Vec::new();
    for (name, request) in [
        ("login", ada.login()),
        ("validate", session.validate()),
        ("sessions", session.list_sessions()),
        ("audit", admin.search_audit("limit=5")),
        ("audit by user", admin.search_audit(&by_user)),
        ("audit by kind", admin.search_audit("limit=5&kind=sign_out")),
        ("audit by time", admin.search_audit(by_time)),
    ] {
        read.push((name, rows_read_by(request).await));
    }
    app.shift_clock(60).await;
    let refresh = session.refresh().await;
    let session = refresh.session();
    read.push(("refresh", refresh.recorded().await.rows_read()));
    let change = session.change_password(&ada.password, "a wholly different passphrase");
    read.push(("change-password", rows_read_by(change).await));
    read.push(("logout", rows_read_by(session.logout()).await));
    read
}

#[tokio::test]
#[ignore = "slow"]
async fn rows_read_do_not_depend_on_the_number_of_users() {
    let vars = Vars::strict();
    let (few, many) = (App::isolated(vars.clone()), App::isolated(vars));
    populate(&few, 100).await;
    populate(&many, 3_000).await;
    let (few, many) = (rows_read(&few).await, rows_read(&many).await);
    assert!(few.iter().all(|(_, rows)| *rows > 0), "{few:?}");
    assert_eq!(few, many);
}
