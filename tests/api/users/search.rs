//! `POST /api/auth/users/search`: list and search users.

use crate::support::{App, Caller, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A server with users of all kinds, some of which have equal times.
async fn populated() -> (App, Caller) {
    let app = App::isolated(Vars::new());
    let admin = app.administrator("super_admin").await;
    let sql = "
        INSERT INTO users (id, source, subject, username, username_skeleton, email, email_key, name, role, is_active, created_at, updated_at,
                           last_login)
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 60)
        SELECT lower(format('%s-0000-4000-8000-%012d', hex(randomblob(4)), n)),
               iif(n % 5 = 0, 'https://sso.example', 'password'), iif(n % 5 = 0, n, NULL), format('%sser%02d', iif(n % 5 = 0, 'U', 'u'), 99 - n),
               n, format('U%02d@Example.com', n), n, format('Name %02d', n % 7),
               iif(n % 3 = 0, 'admin', 'user'), n % 4 > 0, format('2026-01-%02dT00:00:00Z', n % 20 + 1), '2026-01-01T00:00:00Z',
               iif(n % 2 = 0, NULL, format('2026-02-%02dT00:00:00Z', n % 11 + 1))
        FROM numbers";
    app.run_sql(sql).await;
    (app, admin)
}

fn ids(users: &[Value]) -> Vec<String> {
    let id = |user: &Value| user["id"].as_str().expect("an id").to_owned();
    users.iter().map(id).collect()
}

#[tokio::test]
#[ignore = "slow"]
async fn lists_are_complete_and_sorted_for_every_supported_combination() {
    let (app, admin) = populated().await;
    let mut supported = 0;
    for (sort, key) in [
        ("created_at", "created_at"),
        ("username", "lower(username)"),
        ("last_login", "coalesce(last_login, '')"),
    ] {
        for (order, direction) in [("asc", "ASC"), ("desc", "DESC")] {
            for role in [None, Some("user"), Some("admin")] {
                for source in [None, Some("password"), Some("https://sso.example")] {
                    for active in [None, Some(true), Some(false)] {
                        let search = json!({
                            "sort": sort, "order": order, "role": role, "source": source, "active": active, "limit": 7
                        });
                        let is_supported = (role.is_none() || source.is_none())
                            && (sort != "last_login" || role.is_none() && source.is_none());
                        if !is_supported {
                            let response = admin.search_users(&search).await;
                            response.assert_error(400, "unsupported_search");
                            continue;
                        }
                        let sql = format!(
                            "SELECT id FROM users WHERE (?1 IS NULL OR role = ?1) AND (?2 IS NULL OR source = ?2) \
                             AND (?3 IS NULL OR is_active = ?3) ORDER BY {key} {direction}, id {direction}"
                        );
                        let parameters = [json!(role), json!(source), json!(active.map(i32::from))];
                        let expected = ids(&app.sql(&sql, parameters).await);
                        let found = ids(&admin.search_all_users(&search).await);
                        assert_eq!(found, expected, "{search}");
                        supported += 1;
                    }
                }
            }
        }
    }
    assert_eq!(supported, 2 * (2 * 15 + 3));
}

#[tokio::test]
async fn search_finds_beginnings_of_user_name_address_and_name_in_any_case() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let ada = app
        .new_user("quentin")
        .named("Éléonore Quux")
        .create()
        .await;
    let terms = [
        ada.username.clone(),
        ada.username.to_uppercase(),
        format!(" {} ", ada.email),
        ada.email[..ada.email.len() - 3].to_owned(),
        "quentin-".to_owned(),
    ];
    for term in terms {
        let found = admin.search_all_users(&json!({ "term": term })).await;
        let number = found
            .iter()
            .filter(|user| user["id"] == ada.id.as_str())
            .count();
        // User name and address begin with the same text.
        assert_eq!(number, 1, "{term}");
    }
    let sql = "UPDATE users SET name_search = ?1 WHERE id = ?2";
    app.sql(sql, ["éléonore quux", &ada.id]).await;
    for term in ["éléo", "ÉLÉONORE Q", "E\u{301}le\u{301}"] {
        let found = admin.search_all_users(&json!({ "term": term })).await;
        assert!(ids(&found).contains(&ada.id), "{term}");
    }
    for term in ["uentin", "%", "_uentin", "quentin*", "quentin' --"] {
        let found = admin.search_all_users(&json!({ "term": term })).await;
        assert!(found.is_empty(), "{term}");
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn pages_of_a_search_contain_each_user_once() {
    let (_, admin) = populated().await;
    for (search, expected) in [
        (json!({ "term": "u", "limit": 7 }), 60),
        (json!({ "term": "USER", "limit": 1 }), 60),
        (json!({ "term": "name 0", "limit": 3 }), 60),
        (
            json!({ "term": "u", "limit": 7, "role": "admin", "active": false }),
            5,
        ),
        (
            json!({ "term": "u", "limit": 7, "source": "https://sso.example", "role": "user" }),
            8,
        ),
        (json!({ "term": "u01@", "limit": 7 }), 1),
        (json!({ "term": "zzz" }), 0),
    ] {
        let found = ids(&admin.search_all_users(&search).await);
        let distinct: BTreeSet<&String> = found.iter().collect();
        assert_eq!(
            (found.len(), distinct.len()),
            (expected, expected),
            "{search}"
        );
    }
}

#[tokio::test]
async fn search_with_sort_or_order_is_not_supported() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    for search in [
        json!({ "term": "a", "sort": "username" }),
        json!({ "term": "a", "order": "asc" }),
    ] {
        let response = admin.search_users(&search).await;
        response.assert_error(400, "unsupported_search");
    }
    for search in [
        json!({ "limit": 0 }),
        json!({ "limit": 201 }),
        json!({ "limit": "7" }),
        json!({ "sort": "email" }),
        json!({ "order": "up" }),
        json!({ "role": "root" }),
        json!({ "active": "yes" }),
        json!({ "cursor": "x" }),
        json!({ "term": "x".repeat(1_025) }),
    ] {
        let response = admin.search_users(&search).await;
        response.assert_error(400, "invalid_field");
    }
    // The cursor of another search.
    app.user("ada").await;
    let page = admin
        .search_users(&json!({ "term": "ada", "limit": 1 }))
        .await;
    let cursor = page.json()["next"].clone();
    let search = json!({ "term": "zz", "cursor": cursor });
    let response = admin.search_users(&search).await;
    response.assert_error(400, "invalid_field");
    // Empty texts count as absent.
    let empty = json!({ "term": " ", "source": "", "cursor": "", "limit": 1 });
    admin.search_users(&empty).await.assert_status(200);
}

/// D1 refuses LIKE patterns of more than 50 bytes, and NUL ends some texts of `SQLite`.
#[tokio::test]
async fn terms_of_any_length_and_characters_find_only_users_with_this_beginning() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let long = "W".repeat(120);
    let ada = app.new_user("ada").named(&long).create().await;
    for length in [49, 50, 51, 52, 100, 120] {
        let term = &long[..length];
        let found = admin.search_all_users(&json!({ "term": term })).await;
        assert!(ids(&found).contains(&ada.id), "{length}");
    }
    for pattern in [
        "%",
        "_",
        "*",
        "?",
        "[a]",
        "'",
        "\"",
        "\\",
        "\0",
        "\u{10ffff}",
        "\u{1f600}",
        "ß",
        "\u{202e}",
        "--",
        ";",
        "(",
        "\u{fffd}",
    ] {
        for length in [1, 25, 51, 200] {
            let term: String = pattern.repeat(length).chars().take(250).collect();
            let response = admin.search_users(&json!({ "term": term })).await;
            response.assert_status(200);
            let users = response.list("users");
            let begins = |user: &Value| {
                ["username", "email", "name"].iter().any(|name| {
                    let text = user[name].as_str().unwrap_or_default().to_lowercase();
                    text.starts_with(&term.to_lowercase())
                })
            };
            assert!(users.iter().all(begins), "{term:?}");
        }
    }
}

#[tokio::test]
async fn path_of_the_search_is_not_the_id_of_a_user() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let response = admin.get_user("search").await;
    response.assert_error(405, "method_not_allowed");
    assert_eq!(response.header("allow"), Some("POST"));
}
