//! The rows of D1 that a search reads if it covers archives: one for each archive, whatever the number of entries.

use crate::support::audit::{CRON, record_users};
use crate::support::audit_log::seed_entries;
use crate::support::{App, Vars};

const DAY: i64 = 86_400;

/// Number of entries in one object.
const OBJECT: u32 = 2_000;

/// The rows that searches read, in a log with this many archives.
async fn rows_read(archives: u32) -> Vec<(&'static str, u64)> {
    let app = App::isolated(Vars::new().set("AUDIT_RETENTION_DAYS", "30"));
    let ada = app.super_admin("ada").await;
    record_users(&app).await;
    for number in 0..archives {
        let first = (number * OBJECT).max(1) + 1;
        seed_entries(&app, first..=(number + 1) * OBJECT).await;
    }
    app.scheduled(CRON).await;
    ada.sign_in().await;
    app.scheduled(CRON).await;
    app.shift_clock(32 * DAY).await;
    app.scheduled(CRON).await;
    assert_eq!(app.r2_list().await.len(), archives as usize);
    let session = ada.sign_in().await;
    let by_user = format!("limit=5&user={}", ada.id);
    let mut read = Vec::new();
    for (name, query) in [
        ("all", "limit=5"),
        ("by user", &by_user),
        ("by kind", "limit=5&kind=user_added"),
        (
            "by time",
            "limit=5&from=2023-11-14T22:20:00Z&to=2023-11-14T22:20:59Z",
        ),
        ("next page", "limit=5&cursor=archive.1500"),
    ] {
        let response = session.search_audit(query).await;
        let recorded = response.assert_status(200).recorded().await;
        let has_read_an_object = recorded.calls.iter().any(|call| call.store == "r2");
        assert!(has_read_an_object, "{name}");
        read.push((name, recorded.rows_read()));
    }
    read
}

#[tokio::test]
#[ignore = "slow"]
async fn search_that_covers_archives_reads_one_row_of_each() {
    let (few, many) = (rows_read(1).await, rows_read(3).await);
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        assert!(
            (1..30).contains(&few) && many <= few + 2,
            "{name}: {few} and {many} rows"
        );
    }
}
