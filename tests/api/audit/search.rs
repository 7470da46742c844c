//! `GET /api/auth/audit`: search the audit log.

use crate::support::{App, Caller, Fault, Vars, registration};
use serde_json::{Value, json};

/// The numbers of these entries.
fn numbers(entries: &[Value]) -> Vec<u64> {
    let number = |entry: &Value| entry["number"].as_u64().expect("a number");
    entries.iter().map(number).collect()
}

/// The numbers of the entries that a query finds.
async fn found(session: &Caller, query: &str) -> Vec<u64> {
    numbers(&session.search_audit(query).await.list("entries"))
}

#[tokio::test]
async fn audit_returns_the_documented_body_newest_first() {
    let app = App::isolated(Vars::new());
    let ada = app.admin("ada").await;
    app.redact(app.ip(), "address");
    let login = ada.login().header("user-agent", "a browser").await;
    let session = login.session();
    app.redact(&session.session_id(), "session");
    insta::assert_snapshot!(session.search_audit("").await.snapshot(), @r#"
    200
    {
      "success": true,
      "entries": [
        {
          "number": 1,
          "id": "[uuid]",
          "at": "[time]",
          "kind": "sign_in",
          "outcome": "success",
          "actor": "[uuid]",
          "actor_name": "[ada]",
          "actor_client_name": null,
          "subject": "[uuid]",
          "subject_name": "[ada]",
          "subject_client_name": null,
          "name_key": null,
          "session": "[session]",
          "detail": "password",
          "address": "[address]",
          "device": "a browser",
          "request": "[uuid]"
        }
      ],
      "next": null
    }
    "#);
}

#[tokio::test]
#[ignore = "slow"]
async fn audit_names_users_as_they_are_called_now() {
    let app = App::isolated(Vars::new());
    let session = app.admin("ada").await.sign_in().await;
    // More users than D1 allows parameters.
    let users = app.seed_users(150, "user", 0).await;
    for user in &users {
        let id = user.id.clone();
        let sql = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) \
                   SELECT (SELECT max(number) + 1 FROM audit), ?1, '2999-01-01T00:00:00Z', 'sign_in', 'success', ?1, ?1, 'x'";
        app.sql(sql, [id]).await;
    }
    let (renamed, erased) = (&users[149], &users[148]);
    renamed.update("username = 'other'").await;
    app.sql("DELETE FROM users WHERE id = ?1", [erased.id.clone()])
        .await;
    app.sql(
        "INSERT INTO audit (number, id, at, kind, outcome, actor, request) \
         SELECT (SELECT max(number) + 1 FROM audit), ?1, '2999-01-01T00:00:00Z', 'sign_in', 'success', 'command-line', 'x'",
        ["00000000-0000-4000-8000-000000000000"],
    )
    .await;
    let response = session.search_audit("limit=151").await;
    assert_eq!(response.recorded().await.d1(), 3, "session, entries, names");
    let entries = response.list("entries");
    let names = |index: usize| {
        let entry: &Value = &entries[index];
        (entry["actor_name"].clone(), entry["subject_name"].clone())
    };
    assert_eq!(names(0), (Value::Null, Value::Null));
    assert_eq!(names(1), (json!("other"), json!("other")));
    assert_eq!(names(2), (Value::Null, Value::Null));
    for (index, user) in users.iter().rev().enumerate().skip(2) {
        let name = json!(user.username);
        assert_eq!(names(index + 1), (name.clone(), name));
    }
}

#[tokio::test]
async fn audit_requires_an_administrator_and_verify_a_super_administrator() {
    let app = App::shared();
    let users = [
        (app.user("ada").await, 403, 403),
        (app.admin("eve").await, 200, 403),
        (app.super_admin("kim").await, 200, 200),
    ];
    for (user, search_status, verify_status) in users {
        let session = user.sign_in().await;
        let found = session.search_audit("limit=1").await;
        let verified = session.verify_audit("").await;
        let statuses = (found.status, verified.status);
        assert_eq!(statuses, (search_status, verify_status));
        if search_status == 403 {
            let expected = json!({"success": false, "message": "Admin access required"});
            assert_eq!(found.json(), expected);
        }
        if verify_status == 403 {
            let expected = json!({"success": false, "message": "Super admin access required"});
            assert_eq!(verified.json(), expected);
        }
        // A change applies to the next request, although the session is cached.
        user.update("role = 'user'").await;
        session.search_audit("").await.assert_status(403);
        session.verify_audit("").await.assert_status(403);
        user.disable().await;
        session.search_audit("").await.assert_status(401);
        session.verify_audit("").await.assert_status(401);
    }
    for caller in [app.anonymous(), app.with_token("x")] {
        caller.search_audit("").await.assert_status(401);
        caller.verify_audit("").await.assert_status(401);
    }
    for path in ["/api/auth/audit", "/api/auth/audit/verify"] {
        app.post(path).await.assert_status(405);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn audit_filters_by_user_kind_and_time() {
    let app = App::isolated(Vars::new());
    let (ada, eve) = (app.admin("ada").await, app.user("eve").await);
    // Entries 1 to 6: sign-ins of ada and eve, sign-out of eve, sign-in of eve an hour later, eve disabled by ada, credentials
    // viewed by ada.
    let session = ada.sign_in().await;
    let eves = eve.sign_in().await;
    eves.logout().await;
    app.shift_clock(3_600).await;
    eve.sign_in().await;
    app.shift_clock(0).await;
    let row = "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, request) VALUES (?1, ?2, ?3, ?4, \
               'success', ?5, ?6, 'x')";
    for (number, kind, subject) in [
        (5, "user_disabled", json!(eve.id)),
        (6, "aws_credentials_viewed", Value::Null),
    ] {
        let values = [
            json!(number),
            json!(format!("00000000-0000-4000-8000-00000000000{number}")),
            json!("2026-01-01T00:00:00Z"),
            json!(kind),
            json!(ada.id),
            subject,
        ];
        app.sql(row, values).await;
    }
    let newest = session.search_audit("limit=1").await.list("entries");
    let at = newest[0]["at"].as_str().expect("a time");
    for (query, expected) in [
        (String::new(), &[4, 3, 2, 1, 6, 5][..]),
        (format!("user={}", eve.id), &[4, 3, 2, 5]),
        (format!("user={}", ada.id), &[1, 6, 5]),
        (format!("user={}", ada.id.to_uppercase()), &[1, 6, 5]),
        (format!("user={}&kind=sign_in", eve.id), &[4, 2]),
        ("kind=sign_in".into(), &[4, 2, 1]),
        ("kind=role_changed".into(), &[]),
        (format!("from={at}"), &[4]),
        ("to=2026-01-01T00:00:00Z".into(), &[6, 5]),
        ("to=2025-12-31T23:59:59Z".into(), &[]),
        ("from=2026-01-01T00:00:01Z&kind=sign_out".into(), &[3]),
        (
            "from=2026-01-01T00%3A00%3A00Z&to=2026-01-01T00:00:00Z".into(),
            &[6, 5],
        ),
        ("user=00000000-0000-4000-8000-000000000000".into(), &[]),
    ] {
        assert_eq!(found(&session, &query).await, expected, "{query}");
        // The same search in pages of one entry.
        let mut paged = Vec::new();
        let mut next = String::new();
        loop {
            let query = format!("{query}&limit=1{next}");
            let page = session.search_audit(&query).await;
            paged.extend(numbers(&page.list("entries")));
            match page.json()["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(paged, expected, "{query}, paged");
    }
}

/// Entries about a grant have its user as subject.
#[tokio::test]
async fn audit_search_by_client_id_finds_entries_before_and_after_deletion() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&registration("App")).await;
    let id = created.client_id();
    let changes = json!({ "client_name": "Boards" });
    admin.update_client(&id, &changes).await.assert_status(200);
    let secret = admin.new_client_secret(&id, "*").await;
    secret.assert_status(200);
    let ada = app.user("ada").await;
    let grant = app.seed_grant(&ada.id, &id).await;
    app.change_grant(&grant, "client_version = 3").await;
    let removed = admin.remove_user_grant(&ada.id, &grant).await;
    removed.assert_status(200);
    let revoked = admin.revoke_client_grants(&id).await;
    revoked.assert_status(200);
    let query = format!("user={id}");
    let entries = admin.search_audit(&query).await.list("entries");
    assert_eq!(entries.len(), 4);
    for entry in entries {
        assert_eq!(entry["subject_client_name"], "Boards");
    }
    admin.delete_client(&id, "*").await.assert_status(200);
    let entries = admin.search_audit(&query).await.list("entries");
    let kinds: Vec<_> = entries
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    let expected = [
        "client_deleted",
        "client_grants_revoked",
        "client_secret_created",
        "client_changed",
        "client_created",
    ];
    assert_eq!(kinds, expected);
    for entry in entries {
        assert_eq!(entry["subject"], id.as_str());
        assert_eq!(entry["subject_client_name"], Value::Null);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn audit_page_has_the_requested_size_and_a_cursor() {
    let app = App::isolated(Vars::new());
    let session = app.admin("ada").await.sign_in().await;
    let sql = "
        WITH RECURSIVE count(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM count WHERE n < 451)
        INSERT INTO audit (number, id, at, kind, outcome, request)
        SELECT n, format('00000000-0000-4000-8000-%012d', n), '2999-01-01T00:00:00Z', 'sign_out', 'success', 'x' FROM count";
    app.run_sql(sql).await;
    assert_eq!(found(&session, "").await.len(), 50);
    for limit in [1, 2, 199, 200] {
        let found = found(&session, &format!("limit={limit}")).await;
        let expected: Vec<u64> = (0..limit).map(|index| 451 - index).collect();
        assert_eq!(found, expected);
    }
    let first = session.search_audit("limit=200").await.json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(next, "2999-01-01T00:00:00Z.252");
    // New entries do not shift the pages.
    app.user("eve").await.sign_in().await;
    let second = found(&session, &format!("limit=200&cursor={next}")).await;
    assert_eq!((second[0], second.len()), (251, 200));
    let query = "limit=200&cursor=2999-01-01T00:00:00Z.52";
    let last = session.search_audit(query).await;
    // The other fifty entries of that second, and the older ones.
    assert_eq!(last.list("entries").len(), 52);
    assert_eq!(last.json()["next"], Value::Null);
}

#[tokio::test]
async fn audit_ignores_empty_parameters() {
    let app = App::shared();
    let session = app.super_admin("ada").await.sign_in().await;
    for query in ["user=&kind=&from=&to=&cursor=&limit=1", "limit=&limit=1"] {
        let found = session.search_audit(query).await.list("entries");
        assert_eq!(found.len(), 1, "{query}");
    }
    session.verify_audit("after=").await.assert_status(200);
}

#[tokio::test]
async fn audit_with_an_invalid_parameter_returns_400_that_names_it() {
    let app = App::shared();
    let session = app.super_admin("ada").await.sign_in().await;
    for query in [
        "user=ada",
        "user=1b4e28ba2fa141d2883f0016d3cca427",
        "kind=sign-in",
        "from=yesterday",
        "from=2026-01-01",
        "to=2026-13-01T00:00:00Z",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1.0",
        "limit=%2B1",
        "cursor=1",
        "cursor=2026-01-01T00:00:00Z.0",
        "cursor=2026-01-01T00:00:00Z.99999999999",
        "user=%00",
        "kind=%FF%FE",
        "kind=sign_in'%20OR%201=1--",
    ] {
        let response = session.search_audit(query).await;
        response.assert_status(400);
        let name = query.split('=').next().unwrap_or_default();
        let message = format!("Invalid request parameter: {name}");
        let expected = json!({"success": false, "message": message});
        assert_eq!(response.json(), expected, "{query}");
        assert_eq!(response.error_code(), Some("invalid_parameter"));
    }
    for (query, code, message) in [
        (
            "limit=1&limit=1",
            "repeated_parameter",
            "Repeated request parameter: limit",
        ),
        (
            "Kind=sign_in",
            "unknown_parameter",
            "Unknown request parameter",
        ),
        (
            "order=asc",
            "unknown_parameter",
            "Unknown request parameter",
        ),
        ("after=1", "unknown_parameter", "Unknown request parameter"),
    ] {
        let response = session.search_audit(query).await;
        response.assert_status(400);
        assert_eq!(response.message(), message, "{query}");
        assert_eq!(response.error_code(), Some(code), "{query}");
    }
    for query in [
        "after=-1",
        "after=x",
        "after=4294967296",
        "after=1&after=1",
        "limit=1",
    ] {
        session.verify_audit(query).await.assert_status(400);
    }
    // The token is checked before the parameters.
    app.with_token("x")
        .search_audit("limit=0")
        .await
        .assert_status(401);
}

#[tokio::test]
async fn audit_without_a_store_returns_503() {
    let app = App::shared();
    let session = app.super_admin("ada").await.sign_in().await;
    for (fault, request) in [
        (Fault::d1().matching("from audit"), session.search_audit("")),
        (Fault::d1().matching("from audit"), session.verify_audit("")),
        (Fault::kv().matching("audit-head"), session.verify_audit("")),
    ] {
        let fault = app.fault(fault.fails()).await;
        request.await.assert_status(503);
        assert_eq!(fault.hits().await, 1);
        fault.remove().await;
    }
}
