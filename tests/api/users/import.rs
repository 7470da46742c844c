//! `POST /api/auth/users/import`: add users in bulk.

mod rules;
mod writes;

use crate::support::audit::record_users;
use crate::support::{App, Caller, Response, Vars};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// `correct horse battery staple`, hashed by other programs: see `src/crypto/password/imported/tests.rs`.
const PASSWORD: &str = "correct horse battery staple";
const BCRYPT: &str = "$2b$04$TawCdRj9BDP0y92lD80tuevoAfjGeDInaCoG33TUCjR/vMvCmov62";
const HASHES: [&str; 5] = [
    BCRYPT,
    "$argon2i$v=19$m=65536,t=3,p=4$c2l4dGVlbmJ5dGVzc2FsdA$AjX0zhAlE5kL9R2hTknaquKU54CITiQpV/EIYcW0jEU",
    "$scrypt$ln=15,r=8,p=1$c2l4dGVlbmJ5dGVzc2FsdA$Zc0Z3JyEL1XStrKAYv9zI1btuCipaQxQrcezWNBfYP3kmi2ZEU/TtdySM8YvzIhooxWTCF2Avrf6skn6VE3f2A",
    "$pbkdf2-sha256$29000$c2l4dGVlbmJ5dGVzc2FsdA$MNiZISEjKPgfCINlOcUDo4RoTLwikI.CQwtg55xx9JE",
    "$2b$12$b4D3JNh0cQsS.NrsTvcgLe6rbRPv09yJosZCdlvQISp7PgK3pWDvy",
];

/// A user name that no other user has or can be confused with.
pub fn new_name() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let letter = |digit: u32| char::from(b"abcdefghkpqrstuy"[digit as usize % 16]);
    let letters: String = [number / 256, number / 16, number]
        .map(letter)
        .iter()
        .collect();
    format!("imported-{letters}")
}

pub fn line(name: &str, more: &Value) -> Value {
    let mut line = json!({ "username": name, "email": format!("{name}@import.example") });
    let fields = line.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    line
}

pub fn text(lines: &[Value]) -> String {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

/// The outcomes of the lines, in their order.
pub fn outcomes(response: &Response) -> Vec<String> {
    let report = response.json();
    let lines = report["lines"].as_array().expect("lines").iter();
    lines
        .map(|line| line["outcome"].as_str().expect("an outcome").to_owned())
        .collect()
}

pub async fn import(caller: &Caller, lines: &[Value]) -> Response {
    let response = caller.import_users("", text(lines)).await;
    response.assert_status(200);
    response
}

#[tokio::test]
async fn import_returns_the_documented_report_and_its_users_can_sign_in() {
    let app = App::shared();
    let admin = app.super_admin("root").await.sign_in().await;
    let names = [new_name(), new_name()];
    let lines = [
        line(
            &names[0],
            &json!({ "password_hash": BCRYPT, "name": "Ada Byron", "organization": "Acme", "aws_region": "eu-north-1",
                     "created_at": "2020-02-03T04:05:06+00:00", "email_verified": true }),
        ),
        line(&names[1], &json!({ "is_active": false })),
    ];
    let response = import(&admin, &lines).await;
    let report = response.json();
    let first = report["lines"][0]["user"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        report,
        json!({
            "success": true, "dry_run": false, "created": 1, "created_without_password": 1, "existing": 0, "refused": 0,
            "lines": [
                { "line": 1, "outcome": "created", "user": first, "password_hash": "imported" },
                { "line": 2, "outcome": "created_without_password", "user": report["lines"][1]["user"], "password_hash": "none" }
            ]
        })
    );
    let login = app.anonymous().login(&names[0], PASSWORD).await;
    let user = login.assert_status(200).json()["user"].clone();
    assert_eq!(user["id"], first);
    assert_eq!(
        [
            &user["name"],
            &user["organization"],
            &user["aws_region"],
            &user["role"],
            &user["created_at"]
        ],
        [
            "Ada Byron",
            "Acme",
            "eu-north-1",
            "user",
            "2020-02-03T04:05:06Z"
        ]
    );
    let kinds = "SELECT kind, detail FROM audit WHERE subject IN (?1, ?2) AND kind LIKE 'user%' ORDER BY number";
    let second = report["lines"][1]["user"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        app.sql(kinds, [first, second]).await,
        [
            json!({ "kind": "user_added", "detail": "role user" }),
            json!({ "kind": "user_added", "detail": "role user" }),
            json!({ "kind": "user_disabled", "detail": null }),
        ]
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn imported_hash_is_sealed_and_replaced_at_the_first_sign_in() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("grace").await.sign_in().await;
    for hash in HASHES {
        let name = new_name();
        let report = import(&admin, &[line(&name, &json!({ "password_hash": hash }))]).await;
        assert_eq!(outcomes(&report), ["created"], "{hash}");
        let stored = async || {
            let sql = "SELECT password_hash FROM users WHERE username = ?1";
            let row = app.sql(sql, [name.clone()]).await.remove(0);
            row["password_hash"].as_str().expect("a hash").to_owned()
        };
        let sealed = stored().await;
        let output = hash.rsplit('$').next().unwrap();
        assert!(sealed.starts_with("$sealed$keyid=") && !sealed.contains(output));
        let wrong = app
            .anonymous()
            .login(&name, "wrong")
            .client_ip(&app.other_ip(1));
        wrong.await.assert_error(401, "invalid_credentials");
        assert_eq!(stored().await, sealed);
        app.skip_back_off().await;
        for ip in [2, 3] {
            let login = app.anonymous().login(&name, PASSWORD);
            login.client_ip(&app.other_ip(ip)).await.assert_status(200);
            let hash = stored().await;
            assert!(
                hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="),
                "{hash}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn dry_run_reports_and_adds_nothing() {
    let app = App::isolated(Vars::new());
    let admin = app.admin("grace").await.sign_in().await;
    let lines = [
        line(&new_name(), &json!({ "password_hash": BCRYPT })),
        line(
            &new_name(),
            &json!({ "password_hash": BCRYPT.replace("$04$", "$13$") }),
        ),
        line(&new_name(), &json!({ "password_hash": "$6$salt$abc" })),
        line(&new_name(), &json!({ "role": "admin" })),
    ];
    let rows =
        "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM audit) AS entries";
    let before = app.run_sql(rows).await;
    let response = admin.import_users("?dry_run=true", text(&lines)).await;
    let report = response.assert_status(200).json();
    assert_eq!(app.run_sql(rows).await, before);
    assert_eq!(
        report,
        json!({
            "success": true, "dry_run": true, "created": 1, "created_without_password": 2, "existing": 0, "refused": 1,
            "lines": [
                { "line": 1, "outcome": "created", "user": null, "password_hash": "imported" },
                { "line": 2, "outcome": "created_without_password", "user": null, "password_hash": "too_expensive" },
                { "line": 3, "outcome": "created_without_password", "user": null, "password_hash": "unsupported" },
                { "line": 4, "outcome": "not_permitted", "user": null, "password_hash": null }
            ]
        })
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn existing_users_are_not_changed_and_other_lines_are_added() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let eve = app.user("eve").await;
    eve.email_link("revert", "old-eve@example.com", None).await;
    let root = app.super_admin("root").await;
    record_users(&app).await;
    let (admin, auditor) = (grace.sign_in().await, root.sign_in().await);
    let columns = "username, email, name, role, is_active, password_hash, version, updated_at";
    let before = ada.row(columns).await;
    let names = [new_name(), new_name()];
    let confusable = ada.username.replacen('a', "\u{430}", 1);
    let lines = [
        line(&names[0], &json!({ "password_hash": BCRYPT })),
        json!({ "username": ada.username.to_uppercase(), "email": "other@import.example", "role": "user", "name": "X" }),
        line(&new_name(), &json!({ "email": ada.email.to_uppercase() })),
        line(&new_name(), &json!({ "email": "old-eve@example.com" })),
        line(&names[0], &json!({})),
        line("a b", &json!({})),
        line(&new_name(), &json!({ "email": "none" })),
        json!({ "username": new_name() }),
        json!([]),
        line(&new_name(), &json!({ "is_active": "yes" })),
        line(&new_name(), &json!({ "role": "super_admin" })),
        line(&names[1], &json!({})),
    ];
    let response = import(&admin, &lines).await;
    assert_eq!(
        outcomes(&response),
        [
            "created",
            "exists",
            "email_taken",
            "email_taken",
            "duplicate",
            "invalid_username",
            "invalid_email",
            "missing_field",
            "invalid_json",
            "invalid_field",
            "not_permitted",
            "created_without_password",
        ]
    );
    assert_eq!(ada.row(columns).await, before);
    let response = import(&admin, &[line(&confusable, &json!({}))]).await;
    let found = outcomes(&response).remove(0);
    assert!(
        ["username_taken", "invalid_username"].contains(&found.as_str()),
        "{found}"
    );
    // The same lines again add nothing.
    let entries = "SELECT count(*) AS n FROM audit WHERE kind IN ('user_added', 'users_imported')";
    let before = app.count(entries, [0; 0]).await;
    let response = import(&admin, &[lines[0].clone(), lines[11].clone()]).await;
    assert_eq!(outcomes(&response), ["exists", "exists"]);
    assert_eq!(app.count(entries, [0; 0]).await, before);
    let text = response.text() + &import(&admin, &lines).await.text();
    assert!(
        !text.contains("import.example") && !text.contains(&names[0]),
        "{text}"
    );
    assert!(auditor.audit_failure().await.is_null());
}

#[tokio::test]
async fn import_refuses_what_is_not_json_lines_or_too_long() {
    let app = App::shared();
    let (admin, user) = (
        app.admin("grace").await.sign_in().await,
        app.user("ada").await.sign_in().await,
    );
    let response = user.import_users("", "{}").await;
    response.assert_error(403, "admin_required");
    let response = admin.post("/api/auth/users/import").json(&json!({})).await;
    response.assert_error(415, "unsupported_media_type");
    let response = admin.import_users("", b"\xff\n".as_slice()).await;
    response.assert_error(400, "invalid_json");
    let response = admin.import_users("?dry_run=yes", "{}").await;
    response.assert_error(400, "invalid_parameter");
    let response = admin.import_users("", "{}\n".repeat(501)).await;
    response.assert_error(400, "too_many_lines");
    let long = |bytes: usize| "x".repeat(bytes) + "\n{}";
    for (bytes, outcome) in [(16_384, "invalid_json"), (16_385, "too_long")] {
        let response = admin.import_users("", long(bytes)).await;
        response.assert_status(200);
        assert_eq!(outcomes(&response), [outcome, "missing_field"]);
    }
    let response = admin.import_users("", " ".repeat(1024 * 1024 + 1)).await;
    response.assert_error(413, "body_too_large");
    for empty in ["", "\n\n", "\u{feff}\r\n"] {
        let response = admin.import_users("", empty).await;
        assert_eq!(
            response.assert_status(200).json()["lines"],
            json!([]),
            "{empty:?}"
        );
    }
    let response = admin.import_users("", "\r\n\n{}\r\nx").await;
    assert_eq!(
        response.assert_status(200).json()["lines"],
        json!([
            { "line": 3, "outcome": "missing_field", "user": null, "password_hash": null },
            { "line": 4, "outcome": "invalid_json", "user": null, "password_hash": null }
        ])
    );
}
