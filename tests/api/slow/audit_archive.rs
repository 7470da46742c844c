//! A hundred thousand entries of the audit log move to R2.

use crate::support::audit::{CRON, record_users};
use crate::support::audit_log::seed_entries;
use crate::support::{App, Vars};
use serde_json::{Value, json};

const ENTRIES: u32 = 100_000;
const DAY: i64 = 86_400;

#[tokio::test]
#[ignore = "slow: moves 100,000 entries"]
async fn hundred_thousand_entries_move_and_changes_of_objects_are_found() {
    let app = App::isolated(Vars::new().set("AUDIT_RETENTION_DAYS", "30"));
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    let first = 2;
    for start in (first..=ENTRIES).step_by(1_000) {
        seed_entries(&app, start..=ENTRIES.min(start + 999)).await;
    }
    let cron = async || {
        let (outcome, recorded) = app.scheduled(CRON).await;
        assert_eq!((outcome.as_str(), recorded.logs.len()), ("ok", 0));
    };
    // Each event makes 60 checkpoints of 500 entries.
    for _ in 0..4 {
        cron().await;
    }
    ada.sign_in().await;
    cron().await;
    app.shift_clock(32 * DAY).await;
    let archived = async || {
        let rows = app
            .run_sql("SELECT coalesce(max(last), 0) AS n FROM audit_archives")
            .await;
        rows[0]["n"].as_u64().expect("a number")
    };
    let mut events = 0;
    while archived().await < u64::from(ENTRIES) {
        cron().await;
        events += 1;
        assert!(events <= 15, "{} after {events} events", archived().await);
    }
    let left = app.count("SELECT count(*) AS n FROM audit", [0; 0]).await;
    assert_eq!(left, 1);
    let session = ada.sign_in().await;
    let last = app.run_sql("SELECT max(number) AS n FROM audit").await[0]["n"].clone();
    assert_eq!(last, ENTRIES + 2);
    assert_eq!(session.audit_failure().await, Value::Null);
    let objects = app.r2_list().await;
    assert!((50..=60).contains(&objects.len()), "{}", objects.len());
    // From the last object on: verification names the first failure.
    let failure = async |after: u32| {
        let page = session.verify_audit(&format!("after={after}")).await.json();
        (
            page["failure"]["reason"].clone(),
            page["failed_object"].clone(),
        )
    };
    let bounds = |object: &str| {
        let name = object.strip_prefix("audit/").expect("a prefix");
        name[..10].parse::<u32>().expect("a number")
    };
    let (altered, removed) = (&objects[10], &objects[30]);
    let text = app.r2_get(altered).await.expect("an object");
    app.r2_put(
        altered,
        &text.replacen("password: wrong", "password: right", 1),
    )
    .await;
    app.r2_delete(removed).await;
    assert_eq!(
        failure(bounds(altered) - 1).await,
        (json!("altered"), json!(altered))
    );
    assert_eq!(
        failure(bounds(removed) - 1).await,
        (json!("archive_missing"), json!(removed))
    );
}
