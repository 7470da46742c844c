//! What D1 makes of the Worker's statements, by its own plans and by the rows that it reads. `tests/sql` has the rest.

#[path = "../sql/plan.rs"]
mod plan;
#[path = "../sql/source.rs"]
mod source;

use crate::support::{App, Reply, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn d1_reads_no_whole_table_either() {
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

/// So many people with ten sessions and an entry in the audit log each.
async fn populate(app: &App, people: u32) {
    for sql in include_str!("../../bench/many_users.sql").split_terminator(";\n") {
        let parameters = sql.contains("?1").then(|| json!(people));
        app.sql(sql, parameters).await;
    }
}

/// The rows that requests of all kinds read in D1, work after the reply included.
async fn rows_read(app: &App) -> Vec<(&'static str, u64)> {
    async fn rows(reply: Reply) -> u64 {
        reply.assert_status(200);
        reply.seen().await.rows()
    }
    let users = app
        .sql("SELECT id FROM users ORDER BY rowid LIMIT 1", [0; 0])
        .await;
    let user = users[0]["id"].as_str().expect("an id");
    let (ada, grace) = (app.password_user("ada").await, app.admin("grace").await);
    let (token, admin) = (app.sign_in(&ada).await, app.sign_in(&grace).await);
    let get = async |path: &str, token: &str| {
        rows(
            app.get(&format!("/api/auth/{path}"))
                .bearer(token)
                .send()
                .await,
        )
        .await
    };
    let mut read = vec![
        ("sign-in", rows(app.login(&ada).await).await),
        ("validate", get("validate", &token).await),
        ("sessions", get("sessions", &token).await),
        ("audit", get("audit?limit=5", &admin).await),
        (
            "audit by user",
            get(&format!("audit?limit=5&user={user}"), &admin).await,
        ),
        (
            "audit by kind",
            get("audit?limit=5&kind=sign_out", &admin).await,
        ),
        (
            "audit by time",
            get(
                "audit?limit=5&from=2026-01-01T00:00:30Z&to=2026-01-01T00:01:00Z",
                &admin,
            )
            .await,
        ),
    ];
    let refreshed = app.post("/api/auth/refresh").bearer(&token).send().await;
    let token = refreshed.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    read.push(("refresh", rows(refreshed).await));
    let change = json!({ "current_password": ada.password, "new_password": "a wholly different passphrase" });
    let changed = app
        .post("/api/auth/change-password")
        .bearer(&token)
        .json(&change);
    read.push(("change of password", rows(changed.send().await).await));
    read.push((
        "sign-out",
        rows(app.post("/api/auth/logout").bearer(&token).send().await).await,
    ));
    read
}

#[tokio::test]
async fn a_request_reads_as_many_rows_among_many_people_as_among_few() {
    let vars = Vars::new().set("SESSION_CONSISTENCY", "strict");
    let (few, many) = (App::alone(vars.clone()), App::alone(vars));
    populate(&few, 100).await;
    populate(&many, 3_000).await;
    let (few, many) = (rows_read(&few).await, rows_read(&many).await);
    assert!(few.iter().all(|(_, rows)| *rows > 0), "{few:?}");
    assert_eq!(few, many);
}
