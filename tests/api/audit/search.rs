//! `GET /api/auth/audit`: who may ask, filters, pages.

use super::{AUDIT, VERIFY};
use crate::sessions::{logout, signed_in};
use crate::support::{App, Reply, Vars};
use serde_json::{Value, json};

async fn ask(app: &App, token: &str, query: &str) -> Reply {
    let path = format!("{AUDIT}?{query}");
    app.get(&path).bearer(token).send().await
}

async fn numbers(app: &App, token: &str, query: &str) -> Vec<u64> {
    let reply = ask(app, token, query).await;
    reply.assert_status(200);
    let reply = reply.json();
    let entries = reply["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| entry["number"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn administrators_see_what_happened_newest_first() {
    let app = App::alone(Vars::new());
    let ada = app.admin("ada").await;
    app.redact(app.address(), "address");
    let request = app.post("/api/auth/login").json(&ada.login());
    let reply = request.header("user-agent", "a browser").send().await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    let session = crate::sessions::record_id(&token);
    app.redact(&session, "session");
    insta::assert_snapshot!(ask(&app, &token, "").await.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
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
          "subject": "[uuid]",
          "name_key": null,
          "session": "[session]",
          "detail": "password",
          "address": "[address]",
          "device": "a browser",
          "request": "[uuid]",
          "signature": "own"
        }
      ],
      "next": null
    }
    "#);
}

#[tokio::test]
async fn only_administrators_see_it_and_only_super_administrators_verify_it() {
    let app = App::shared();
    let people = [
        (app.password_user("ada").await, 403, 403),
        (app.admin("eve").await, 200, 403),
        (app.super_admin("kim").await, 200, 200),
    ];
    for (person, may_see, may_verify) in people {
        let token = signed_in(&app, &person).await;
        let seen = ask(&app, &token, "limit=1").await;
        let verified = app.get(VERIFY).bearer(&token).send().await;
        assert_eq!((seen.status, verified.status), (may_see, may_verify));
        if may_see == 403 {
            assert_eq!(
                seen.json(),
                json!({"success": false, "message": "Admin access required"})
            );
        }
        if may_verify == 403 {
            let expected = json!({"success": false, "message": "Super admin access required"});
            assert_eq!(verified.json(), expected);
        }
        // At the very next call, whatever a copy says.
        app.sql(
            "UPDATE users SET role = 'user' WHERE id = ?1",
            [person.id.clone()],
        )
        .await;
        ask(&app, &token, "").await.assert_status(403);
        app.get(VERIFY)
            .bearer(&token)
            .send()
            .await
            .assert_status(403);
        app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [person.id])
            .await;
        ask(&app, &token, "").await.assert_status(401);
        app.get(VERIFY)
            .bearer(&token)
            .send()
            .await
            .assert_status(401);
    }
    for path in [AUDIT, VERIFY] {
        app.get(path).send().await.assert_status(401);
        app.get(path).bearer("x").send().await.assert_status(401);
        app.post(path).send().await.assert_status(405);
    }
}

#[tokio::test]
async fn entries_are_found_by_user_kind_and_time() {
    let app = App::alone(Vars::new());
    let (ada, eve) = (app.admin("ada").await, app.password_user("eve").await);
    // Numbers 1 to 6: ada in, eve in, eve out, eve in an hour later, an administrator's work on eve, ada's own view.
    let token = signed_in(&app, &ada).await;
    let of_eve = signed_in(&app, &eve).await;
    logout(&app, &of_eve).await;
    app.shift_clock(3_600).await;
    signed_in(&app, &eve).await;
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
    let at = ask(&app, &token, "limit=1").await.json()["entries"][0]["at"]
        .as_str()
        .unwrap()
        .to_owned();
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
        assert_eq!(numbers(&app, &token, &query).await, expected, "{query}");
        // The same, a page of one at a time.
        let mut paged = Vec::new();
        let mut next = String::new();
        loop {
            let page = ask(&app, &token, &format!("{query}&limit=1{next}"))
                .await
                .json();
            let entries = page["entries"].as_array().unwrap();
            paged.extend(
                entries
                    .iter()
                    .map(|entry| entry["number"].as_u64().unwrap()),
            );
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(paged, expected, "{query}, paged");
    }
}

#[tokio::test]
async fn a_page_has_as_many_as_asked_for_and_says_where_the_next_begins() {
    let app = App::alone(Vars::new());
    let token = signed_in(&app, &app.admin("ada").await).await;
    let sql = "
        WITH RECURSIVE count(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM count WHERE n < 451)
        INSERT INTO audit (number, id, at, kind, outcome, request)
        SELECT n, 'id ' || n, '2999-01-01T00:00:00Z', 'sign_out', 'success', 'x' FROM count";
    // Ids of the API are UUIDs; what a page shows of these is not looked at.
    app.sql(
        &sql.replace("'id ' || n", "format('00000000-0000-4000-8000-%012d', n)"),
        [0; 0],
    )
    .await;
    assert_eq!(numbers(&app, &token, "").await.len(), 50);
    for limit in [1, 2, 199, 200] {
        let found = numbers(&app, &token, &format!("limit={limit}")).await;
        let expected: Vec<u64> = (0..limit).map(|index| 451 - index).collect();
        assert_eq!(found, expected);
    }
    let first = ask(&app, &token, "limit=200").await.json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(next, "2999-01-01T00:00:00Z.252");
    // What is written meanwhile moves nothing.
    signed_in(&app, &app.password_user("eve").await).await;
    let second = numbers(&app, &token, &format!("limit=200&cursor={next}")).await;
    assert_eq!((second[0], second.len()), (251, 200));
    let last = ask(&app, &token, "limit=200&cursor=2999-01-01T00:00:00Z.52")
        .await
        .json();
    let entries = last["entries"].as_array().unwrap();
    // The fifty that are left of that second, and what is older.
    assert_eq!((entries.len(), &last["next"]), (52, &Value::Null));
}

#[tokio::test]
async fn audit_with_empty_parameters_returns_what_it_returns_without_them() {
    let app = App::shared();
    let token = signed_in(&app, &app.super_admin("ada").await).await;
    for query in ["user=&kind=&from=&to=&cursor=&limit=1", "limit=&limit=1"] {
        let reply = ask(&app, &token, query).await;
        reply.assert_status(200);
        assert_eq!(reply.json()["entries"].as_array().map(Vec::len), Some(1));
    }
    let path = format!("{VERIFY}?after=");
    app.get(&path)
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
}

#[tokio::test]
async fn audit_with_a_wrong_parameter_returns_400_that_names_it() {
    let app = App::shared();
    let token = signed_in(&app, &app.super_admin("ada").await).await;
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
        let reply = ask(&app, &token, query).await;
        reply.assert_status(400);
        let name = query.split('=').next().unwrap_or_default();
        let message = format!("Invalid request parameter: {name}");
        let expected = json!({"success": false, "message": message});
        assert_eq!(reply.json(), expected, "{query}");
        assert_eq!(reply.header("edge-auth-error"), Some("invalid_parameter"));
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
        let reply = ask(&app, &token, query).await;
        reply.assert_status(400);
        assert_eq!(reply.json()["message"], message, "{query}");
        assert_eq!(reply.header("edge-auth-error"), Some(code), "{query}");
    }
    for query in [
        "after=-1",
        "after=x",
        "after=4294967296",
        "after=1&after=1",
        "limit=1",
    ] {
        let path = format!("{VERIFY}?{query}");
        app.get(&path)
            .bearer(&token)
            .send()
            .await
            .assert_status(400);
    }
    // Nobody learns about parameters who may not ask.
    ask(&app, "x", "limit=0").await.assert_status(401);
}

#[tokio::test]
async fn a_store_that_is_out_is_503() {
    let app = App::shared();
    let token = signed_in(&app, &app.super_admin("ada").await).await;
    for (store, path) in [
        (crate::support::Fault::d1().matching("from audit"), AUDIT),
        (crate::support::Fault::d1().matching("from audit"), VERIFY),
        (crate::support::Fault::kv().matching("audit-head"), VERIFY),
    ] {
        let fault = app.fault(store.fails()).await;
        app.get(path).bearer(&token).send().await.assert_status(503);
        assert_eq!(fault.hits().await, 1);
        fault.mend().await;
    }
}
