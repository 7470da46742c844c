//! Old ranges of the audit log move to R2: nothing is lost, searches, exports and verification cover them, and a change of an
//! object is found.

use crate::support::audit::{CRON, keys, record_users, rows};
use crate::support::audit_log::seed_entries;
use crate::support::internals::verify_export;
use crate::support::{App, Caller, Fault, User, Vars};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DAY: i64 = 86_400;

/// Number of the last entry of the first three checkpoints.
const OLD: u32 = 1_200;

const OBJECT: &str = "audit/0000000001-0000001200.jsonl";

fn vars() -> Vars {
    Vars::new().set("AUDIT_RETENTION_DAYS", "30")
}

/// Runs the event and returns the lines that it logged.
async fn cron(app: &App) -> Vec<String> {
    let (outcome, recorded) = app.scheduled(CRON).await;
    assert_eq!(outcome, "ok");
    recorded.logs.into_iter().map(|(_, text)| text).collect()
}

/// A log whose first 1,200 entries are 32 days old: the creation of ada, a super administrator, and refused sign-ins.
async fn old_log(vars: Vars) -> (App, User) {
    let app = App::isolated(vars);
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let first = last_number(&app).await;
    seed_entries(&app, first + 1..=OLD).await;
    cron(&app).await;
    ada.sign_in().await;
    cron(&app).await;
    app.shift_clock(32 * DAY).await;
    (app, ada)
}

async fn last_number(app: &App) -> u32 {
    let found = app.run_sql("SELECT max(number) AS n FROM audit").await;
    u32::try_from(found[0]["n"].as_u64().expect("a number")).expect("a small number")
}

async fn first_number(app: &App) -> u64 {
    let found = app.run_sql("SELECT min(number) AS n FROM audit").await;
    found[0]["n"].as_u64().expect("a number")
}

/// The entries of all pages of a search.
async fn search_all(session: &Caller, query: &str) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = session.search_audit(&format!("{query}{next}")).await;
        found.extend(page.list("entries"));
        match page.json()["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

fn numbers(entries: &[Value]) -> Vec<u64> {
    let number = |entry: &Value| entry["number"].as_u64().expect("a number");
    entries.iter().map(number).collect()
}

#[tokio::test]
#[ignore = "slow"]
async fn old_checkpoints_move_to_r2_and_numbers_continue() {
    let (app, ada) = old_log(vars()).await;
    let last = last_number(&app).await;
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(app.r2_list().await, [OBJECT]);
    assert_eq!(first_number(&app).await, u64::from(OLD) + 1);
    let text = app.r2_get(OBJECT).await.expect("an object");
    assert!(!text.contains(app.ip()));
    let report = verify_export(text.lines(), Some(&keys(app.vars()))).expect("valid");
    assert_eq!(
        (report.entries, report.covered_to, report.checkpoints),
        (OLD, OLD, 3)
    );
    // The last checkpoint and the highest row stay, however old they are.
    assert_eq!(cron(&app).await, [""; 0]);
    app.shift_clock(400 * DAY).await;
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(last_number(&app).await, last);
    let session = ada.sign_in().await;
    assert_eq!(last_number(&app).await, last + 1);
    assert_eq!(session.audit_failure().await, Value::Null);
    // New triggers still refuse everything else.
    let refused = app.try_sql("DELETE FROM audit WHERE number > 1200").await;
    assert!(
        refused
            .expect_err("refused")
            .contains("once they are archived")
    );
    let forged = "INSERT INTO audit_archives (number, first, last, earliest, latest, object, sha256, at, key, mac) \
                  SELECT 2, 1201, max(number), '', '', '', '', '', '', '' FROM audit";
    let refused = app.try_sql(forged).await;
    assert!(
        refused
            .expect_err("refused")
            .contains("rows are only added")
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn searches_exports_and_verification_cover_archives() {
    let (app, ada) = old_log(vars()).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    let last = u64::from(last_number(&app).await);
    let all = search_all(&session, "limit=200").await;
    let descending: Vec<u64> = (1..=last).rev().collect();
    assert_eq!(numbers(&all), descending);
    assert_eq!(
        all.last().expect("the first entry")["subject_name"],
        json!(ada.username)
    );
    let by_user = format!("limit=1&user={}", ada.id);
    let found = numbers(&search_all(&session, &by_user).await);
    assert_eq!(
        (found.first(), found.last(), found.len()),
        (Some(&last), Some(&1), 3)
    );
    let found = search_all(&session, "kind=user_added").await;
    assert_eq!(numbers(&found), [1]);
    let by_time = "limit=7&from=2023-11-14T22:20:00Z&to=2023-11-14T22:20:59Z";
    let found = numbers(&search_all(&session, by_time).await);
    let distinct: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!((found.len(), distinct.len()), (60, 60));
    // A search for a later time reads no object.
    let later = session.search_audit("from=2025-01-01T00:00:00Z").await;
    let recorded = later.recorded().await;
    assert!(recorded.calls.iter().all(|call| call.store != "r2"));
    let pages = session.verify_whole_audit().await;
    let rows: u64 = pages.iter().filter_map(|page| page["rows"].as_u64()).sum();
    assert_eq!(rows, last);
    for page in &pages {
        assert_eq!(
            (&page["archived_to"], &page["failure"]),
            (&json!(OLD), &Value::Null)
        );
        assert_eq!(page["user_changes"], json!([]));
    }
    for limit in [1_000, 700] {
        let text = session.export_whole_audit(limit).await;
        let report = verify_export(text.lines(), Some(&keys(app.vars()))).expect("valid");
        assert_eq!((report.first, report.covered_to), (1, OLD + 1));
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn altered_and_removed_objects_are_found_and_named() {
    let (app, ada) = old_log(vars()).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    let failure = async || {
        let page = &session.verify_whole_audit().await[0];
        (page["failure"].clone(), page["failed_object"].clone())
    };
    let expected =
        |number: u32, reason: &str| (json!({ "number": number, "reason": reason }), json!(OBJECT));
    let text = app.r2_get(OBJECT).await.expect("an object");
    let lines: Vec<&str> = text.lines().collect();
    let altered = text.replacen("password: wrong", "password: right", 1);
    let without_line = [&lines[..600], &lines[601..]].concat().join("\n");
    for (text, number, reason) in [
        (altered.as_str(), 2, "altered"),
        (&without_line, 600, "missing"),
        (&format!("{text}\n"), 1_201, "archive_altered"),
        (&format!("{text} "), 1_201, "archive_altered"),
        ("", 1, "missing"),
    ] {
        app.r2_put(OBJECT, text).await;
        assert_eq!(failure().await, expected(number, reason));
        session
            .search_audit("kind=user_added")
            .await
            .assert_status(503);
        session.export_audit("").await.assert_status(503);
    }
    app.r2_delete(OBJECT).await;
    assert_eq!(failure().await, expected(1, "archive_missing"));
    app.r2_put(OBJECT, &text).await;
    assert_eq!(failure().await, (Value::Null, Value::Null));
    app.run_sql("DROP TRIGGER audit_archives_update").await;
    app.run_sql("UPDATE audit_archives SET latest = earliest")
        .await;
    assert_eq!(failure().await, expected(1, "archive_altered"));
}

#[tokio::test]
#[ignore = "slow"]
async fn missing_object_does_not_hide_a_later_change() {
    let (app, ada) = old_log(vars()).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    app.r2_delete(OBJECT).await;
    app.run_sql("DROP TRIGGER audit_update").await;
    let number = OLD + 1;
    app.run_sql(&format!(
        "UPDATE audit SET detail = 'x' WHERE number = {number}"
    ))
    .await;
    let pages = session.verify_whole_audit().await;
    let failures: Vec<_> = pages
        .iter()
        .filter(|page| !page["failure"].is_null())
        .map(|page| (page["failure"].clone(), page["failed_object"].clone()))
        .collect();
    assert_eq!(
        failures,
        [
            (
                json!({"number": 1, "reason": "archive_missing"}),
                json!(OBJECT)
            ),
            (json!({"number": number, "reason": "altered"}), Value::Null),
        ]
    );
    assert!(pages.iter().any(|page| page["users"] != 0));
}

#[tokio::test]
#[ignore = "slow"]
async fn object_that_is_no_text_or_too_large_is_altered() {
    let (app, ada) = old_log(vars()).await;
    cron(&app).await;
    let session = ada.sign_in().await;
    let text = app.r2_get(OBJECT).await.expect("an object");
    let altered = json!({"number": 1, "reason": "archive_altered"});
    app.r2_put_bytes(OBJECT, b"\xff").await;
    assert_eq!(session.audit_failure().await, altered);
    let padding = " ".repeat(4 << 20);
    app.r2_put(OBJECT, &format!("{text}{padding}")).await;
    assert_eq!(session.audit_failure().await, altered);
    session
        .search_audit("kind=user_added")
        .await
        .assert_status(503);
}

#[tokio::test]
#[ignore = "slow"]
async fn role_of_archived_entries_is_compared_with_users() {
    let (app, ada) = old_log(vars()).await;
    cron(&app).await;
    let eve = app.user("eve").await;
    record_users(&app).await;
    let session = ada.sign_in().await;
    let changes = async || {
        let pages = session.verify_whole_audit().await;
        pages.last().expect("a page")["user_changes"].clone()
    };
    assert_eq!(changes().await, json!([]));
    eve.update("role = 'admin'").await;
    let found = changes().await;
    assert_eq!(found[0]["user"], json!(eve.id));
    eve.update("role = 'user'").await;
    // A forged row counts for nothing, and an earlier one is noticed.
    app.run_sql("DROP TRIGGER audit_accounts_update").await;
    app.run_sql("UPDATE audit_accounts SET role_detail = 'role admin'")
        .await;
    assert_eq!(
        session.audit_failure().await,
        json!({"number": 1, "reason": "account_altered"})
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn interrupted_move_is_repeated_without_loss() {
    let (app, ada) = old_log(vars()).await;
    let failed = r#"{"event":"sweep_failed","table":"audit_archives"}"#;
    let archived = async || {
        app.count("SELECT count(*) AS n FROM audit_archives", [0; 0])
            .await
    };
    for fault in [
        Fault::r2().matching("jsonl").times(1).fails(),
        Fault::r2().nth(2).times(1).fails(),
        Fault::d1().matching("insert into audit_archives").fails(),
    ] {
        let fault = app.fault(fault).await;
        assert_eq!(cron(&app).await, [failed]);
        assert_eq!((archived().await, first_number(&app).await), (0, 1));
        fault.remove().await;
    }
    assert_eq!(app.r2_list().await, [OBJECT]);
    let lost = Fault::d1()
        .matching("insert into audit_archives")
        .loses_response();
    let fault = app.fault(lost).await;
    assert_eq!(cron(&app).await, [failed]);
    fault.remove().await;
    assert_eq!(
        (archived().await, first_number(&app).await),
        (1, u64::from(OLD) + 1)
    );
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!((archived().await, app.r2_list().await.len()), (1, 1));
    let session = ada.sign_in().await;
    assert_eq!(session.audit_failure().await, Value::Null);
}

#[tokio::test]
#[ignore = "slow"]
async fn altered_range_is_not_archived() {
    let (app, _) = old_log(vars()).await;
    app.run_sql("DROP TRIGGER audit_update").await;
    app.run_sql("UPDATE audit SET detail = 'x' WHERE number = 600")
        .await;
    let logs = cron(&app).await;
    let broken = r#"{"event":"audit_broken","reason":"altered","row":600}"#;
    assert!(logs.iter().any(|line| line == broken), "{logs:?}");
    assert_eq!(
        (first_number(&app).await, app.r2_list().await.len()),
        (1, 0)
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn entries_stay_without_a_retention_and_without_a_bucket() {
    let without_bucket = vars().set("TEST_WITHOUT_ARCHIVE", "1");
    for (vars, logs) in [
        (Vars::new(), vec![]),
        (
            without_bucket,
            vec![r#"{"event":"no_archive","binding":"ARCHIVE"}"#],
        ),
    ] {
        let (app, _) = old_log(vars).await;
        cron(&app).await;
        assert_eq!(first_number(&app).await, 1);
        let found = app.server().logs().into_iter().map(|(_, text)| text);
        let found: Vec<String> = found.filter(|line| line.contains("no_archive")).collect();
        assert_eq!(found, logs);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn addresses_are_erased_after_their_retention() {
    let app = App::isolated(Vars::new().set("AUDIT_CLIENT_RETENTION_DAYS", "7"));
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    ada.sign_in().await;
    cron(&app).await;
    app.shift_clock(6 * DAY).await;
    ada.sign_in().await;
    cron(&app).await;
    let clients = async || rows(&app, "address = ?1", app.ip()).await.len();
    assert_eq!(clients().await, 2);
    app.shift_clock(7 * DAY + 60).await;
    assert_eq!(cron(&app).await, [""; 0]);
    assert_eq!(clients().await, 1);
    let session = ada.sign_in().await;
    assert_eq!(session.audit_failure().await, Value::Null);
}
