//! `GET /api/auth/status`: the state of the service, for administrators.

use crate::support::audit::{CRON, record_users};
use crate::support::audit_log::seed_entries;
use crate::support::{App, Caller, Vars};
use serde_json::{Value, json};

async fn status(session: &Caller) -> Value {
    session
        .get("/api/auth/status")
        .await
        .assert_status(200)
        .json()
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn status_counts_sign_ins_users_and_locked_accounts_of_the_last_day() {
    let app = App::isolated(Vars::new());
    let (ada, eve) = (app.super_admin("ada").await, app.user("eve").await);
    record_users(&app).await;
    ada.sign_in().await;
    app.shift_clock(86_400 + 60).await;
    let session = ada.sign_in().await;
    ada.login_with("a wrong passphrase")
        .await
        .assert_status(401);
    eve.set_failures(100).await;
    let found = status(&session).await;
    let count = |count: u32| json!({"count": count, "is_limited": false});
    assert_eq!(
        (&found["sign_ins"], &found["failed_sign_ins"]),
        (&count(1), &count(1))
    );
    assert_eq!(
        (&found["users"], &found["locked_accounts"]),
        (&count(2), &count(1))
    );
    assert!(found["database_bytes"].as_f64().expect("a size") > 10_000.0);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn status_shows_the_audit_log_and_the_last_cron_event() {
    let app = App::isolated(Vars::new());
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let session = ada.sign_in().await;
    let found = status(&session).await;
    assert_eq!(
        (&found["cron"], &found["audit"]["last_checkpoint"]),
        (&Value::Null, &Value::Null)
    );
    app.scheduled(CRON).await;
    ada.sign_in().await;
    let found = status(&session).await;
    let audit = &found["audit"];
    let numbers = [
        "last_entry",
        "checkpoints",
        "rows_after_checkpoint",
        "archives",
        "archived_to",
    ];
    assert_eq!(
        numbers.map(|name| audit[name].clone()),
        [3, 1, 1, 0, 0].map(|number| json!(number))
    );
    assert!(audit["oldest_entry"].is_string() && audit["last_checkpoint"].is_string());
    assert_eq!(found["cron"]["failed"], json!([]));
    let webhook = json!({"is_configured": false, "sent_to": 0, "last_sent_at": null, "lag": null});
    assert_eq!(found["webhook"], webhook);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn status_counts_one_time_codes_of_other_keys_and_pending_sign_ins() {
    let app = App::isolated(Vars::new());
    let session = app.admin("ada").await.sign_in().await;
    let (eve, bob) = (app.user("eve").await, app.user("bob").await);
    eve.add_totp().await;
    bob.add_totp().await;
    let count = |count: u32| json!({"count": count, "is_limited": false});
    let counts = |other: u32, pending: u32| json!({"totp_of_other_keys": count(other), "pending_sign_ins": count(pending)});
    assert_eq!(status(&session).await["factors"], counts(0, 0));
    for key in ["00000000", "ffffffff"] {
        let sql = "UPDATE totp SET key_id = ?1 WHERE user_id = ?2";
        app.sql(sql, [key, eve.id.as_str()]).await;
        eve.first_step("cookie").await;
        app.skip_back_off().await;
        assert_eq!(
            status(&session).await["factors"]["totp_of_other_keys"],
            count(1)
        );
    }
    assert_eq!(status(&session).await["factors"], counts(1, 2));
    app.shift_clock(app.clock() + 301).await;
    assert_eq!(status(&session).await["factors"], counts(1, 0));
}

/// Counts end at 10,000, and entries of earlier days are not counted.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn status_reads_at_most_the_rows_that_it_counts() {
    let app = App::isolated(Vars::new());
    let session = app.admin("ada").await.sign_in().await;
    let rows_read = async || {
        let response = session.get("/api/auth/status").await;
        response.assert_status(200).recorded().await.rows_read()
    };
    let before = rows_read().await;
    seed_entries(&app, 2..=2_000).await;
    let with_entries = rows_read().await;
    assert!(
        with_entries <= before + 2,
        "{before} and {with_entries} rows"
    );
    let users = "
        WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 11000)
        INSERT INTO users (id, source, subject, username, name, role, is_active, created_at, updated_at)
        SELECT format('ffffffff-0000-4000-8000-%012d', n), 'test', n, n, n, 'user', 1, 'x', 'x' FROM count";
    app.run_sql(users).await;
    let count = json!({"count": 10_000, "is_limited": true});
    assert_eq!(status(&session).await["users"], count);
    let with_users = rows_read().await;
    assert!(
        with_users <= with_entries + 10_000,
        "{before} and {with_users} rows"
    );
}

#[tokio::test]
async fn status_names_variables_and_never_shows_a_value() {
    let vars = Vars::new()
        .set("TEST_WITHOUT_ARCHIVE", "1")
        .set("NVIDIA_API_KEY", "nvapi-a-key-of-the-tests");
    let app = App::isolated(vars.clone());
    let session = app.admin("ada").await.sign_in().await;
    let response = session.get("/api/auth/status").await;
    let found = response.assert_status(200).json();
    let of = |list: &str, name: &str| {
        let items = found[list].as_array().expect("a list").iter();
        items
            .clone()
            .find(|item| item["name"] == name)
            .cloned()
            .expect("an item")
    };
    for (name, is_secret, is_set, rotates) in [
        ("JWT_SECRET", true, true, true),
        ("JWT_SECRET_PREVIOUS", true, false, false),
        ("AUDIT_KEY", true, true, true),
        ("NVIDIA_API_KEY", true, true, false),
        ("OAUTH_KEY_1", true, true, true),
        ("OAUTH_KEY_2", true, false, true),
        ("OAUTH_ACTIVE_KEY", false, false, false),
        ("AWS_ACCESS_KEY_ID", true, false, false),
        ("JWT_ISSUER", false, true, false),
    ] {
        let item = of("variables", name);
        let flags = ["is_secret", "is_set", "rotates"].map(|flag| item[flag].clone());
        assert_eq!(
            flags,
            [json!(is_secret), json!(is_set), json!(rotates)],
            "{name}"
        );
    }
    assert_eq!(of("bindings", "DB")["is_set"], true);
    assert_eq!(of("bindings", "ARCHIVE")["is_set"], false);
    let text = response.text();
    for name in [
        "JWT_SECRET",
        "PASSWORD_PEPPER",
        "HANDLE_KEY",
        "AUDIT_KEY",
        "NVIDIA_API_KEY",
        "OAUTH_KEY_1",
        "JWT_AUDIENCE",
    ] {
        assert!(!text.contains(vars.expect(name)), "{name}");
    }
}

#[tokio::test]
async fn status_is_for_administrators() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let response = session.get("/api/auth/status").await;
    response.assert_error(403, "admin_required");
    app.get("/api/auth/status").await.assert_status(401);
}
