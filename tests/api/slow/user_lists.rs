//! Rows that lists and searches of users read, among 100,000 users.

use crate::support::{App, Caller, Vars};
use serde_json::{Value, json};

const USERS: u32 = 100_000;
const LIMIT: u64 = 50;

/// Users of all roles, sources and states. Half of them have never signed in, and few are administrators of an identity source who are
/// disabled. All user names, addresses and names begin with the same letters.
const ADD: &str = "
    INSERT INTO users (id, source, subject, username, username_skeleton, email, email_key, name, role, is_active, created_at, updated_at,
                       last_login)
    WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
    SELECT format('%08x-0000-4000-8000-%012d', n * 7919 % 1000000, n), iif(n % 10 = 0, 'https://sso.example', 'password'),
           iif(n % 10 = 0, n, NULL), format('user%06d', n), n, format('user%06d@example.com', n), n, format('User %06d', n),
           CASE n % 1000 WHEN 0 THEN 'super_admin' WHEN 1 THEN 'admin' ELSE 'user' END, n % 3 > 0,
           strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + n / 5, 'unixepoch'), '2026-01-01T00:00:00Z',
           iif(n % 2 = 0, NULL, strftime('%Y-%m-%dT%H:%M:%SZ', 1750000000 + n / 3, 'unixepoch'))
    FROM numbers";

/// The combinations of filters that are supported, by sort. Each is read in both directions.
fn lists() -> Vec<Value> {
    let mut lists = Vec::new();
    for sort in ["created_at", "username", "last_login"] {
        for order in ["asc", "desc"] {
            for active in [Value::Null, json!(true), json!(false)] {
                let list =
                    json!({ "sort": sort, "order": order, "active": active, "limit": LIMIT });
                lists.push(list.clone());
                if sort == "last_login" {
                    continue;
                }
                for (filter, values) in [
                    ("role", ["user", "admin", "super_admin"]),
                    ("source", ["password", "https://sso.example", "none"]),
                ] {
                    lists.extend(values.map(|value| {
                        let mut list = list.clone();
                        list[filter] = json!(value);
                        list
                    }));
                }
            }
        }
    }
    lists
}

/// Searches with all filters.
fn searches() -> Vec<Value> {
    let mut searches = Vec::new();
    for term in ["u", "user", "user0999", "user 0999", "nothing"] {
        for role in [Value::Null, json!("super_admin")] {
            for active in [Value::Null, json!(true), json!(false)] {
                for source in [Value::Null, json!("https://sso.example")] {
                    searches.push(json!({
                        "term": term, "role": role, "active": active, "source": source, "limit": LIMIT
                    }));
                }
            }
        }
    }
    searches
}

/// The rows that the first, the second and the third page read.
async fn rows_read(admin: &Caller, mut search: Value) -> Vec<u64> {
    let mut rows = Vec::new();
    for _ in 0..3 {
        let response = admin.search_users(&search).await;
        rows.push(response.recorded().await.rows_read());
        match response.assert_status(200).json()["next"].as_str() {
            Some(next) => search["cursor"] = json!(next),
            None => break,
        }
    }
    rows
}

#[tokio::test]
#[ignore = "slow: 100,000 users"]
async fn lists_and_searches_read_at_most_three_rows_per_user_of_a_page() {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("super_admin").await;
    for first in (1..=USERS).step_by(20_000) {
        app.sql(ADD, [json!(first), json!(first + 19_999)]).await;
    }
    let (mut most, mut wrong) = (0, Vec::new());
    let all: Vec<Value> = lists().into_iter().chain(searches()).collect();
    assert_eq!(all.len(), 2 * (2 * 3 * 7 + 3) + 60);
    for search in all {
        let rows = rows_read(&admin, search.clone()).await;
        most = most.max(rows.iter().copied().max().unwrap_or_default());
        if rows.iter().any(|rows| *rows > 3 * LIMIT) {
            wrong.push(format!("{search}: {rows:?}"));
        }
    }
    println!("at most {most} rows for a page of {LIMIT}");
    assert_eq!(wrong, [""; 0]);
}
