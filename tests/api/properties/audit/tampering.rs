//! Verification detects every change of rows and checkpoints by a writer of the database.

use crate::support::audit::CRON;
use crate::support::audit_log::{COVERED, FilledLog};
use serde_json::{Value, json};

#[tokio::test]
#[ignore = "slow"]
async fn altered_row_is_reported() {
    let log = FilledLog::new().await;
    for column in ["at", "kind", "detail", "request", "id"] {
        log.sql(&format!(
            "UPDATE audit SET {column} = {column} || 'x' WHERE number = 777"
        ))
        .await;
        log.assert_failure(777, "altered").await;
        log.sql(&format!(
            "UPDATE audit SET {column} = rtrim({column}, 'x') WHERE number = 777"
        ))
        .await;
    }
    for column in ["actor", "subject", "name_key", "session", "client_hash"] {
        log.sql(&format!(
            "UPDATE audit SET {column} = '' WHERE number = 501"
        ))
        .await;
        log.assert_failure(501, "altered").await;
        log.sql(&format!(
            "UPDATE audit SET {column} = NULL WHERE number = 501"
        ))
        .await;
    }
    log.sql("UPDATE audit SET outcome = 'success' WHERE number IN (2, 1000)")
        .await;
    log.assert_failure(2, "altered").await;
    log.sql("UPDATE audit SET outcome = 'failure' WHERE number = 2")
        .await;
    log.assert_failure(1_000, "altered").await;
    log.sql("UPDATE audit SET outcome = 'failure' WHERE number = 1000")
        .await;
    log.assert_intact().await;
    // No checkpoint covers the last entry yet; it has its own signature.
    log.sql("UPDATE audit SET detail = 'another' WHERE number = 1002")
        .await;
    log.assert_failure(1_002, "altered").await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn removed_row_and_renumbered_rows_are_reported() {
    let log = FilledLog::new().await;
    log.sql("DELETE FROM audit WHERE number = 250").await;
    log.assert_failure(250, "missing").await;
    log.sql("UPDATE audit SET number = number + 10000 WHERE number > 250")
        .await;
    log.sql("UPDATE audit SET number = number - 10001 WHERE number > 10000")
        .await;
    log.assert_failure(250, "moved").await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn swapped_rows_are_reported_by_the_first() {
    let log = FilledLog::new().await;
    for (one, other) in [(123, 877), (1, 1_000), (500, 501)] {
        let swap = async || {
            log.sql(&format!(
                "UPDATE audit SET number = 5000 WHERE number = {one}"
            ))
            .await;
            log.sql(&format!(
                "UPDATE audit SET number = {one} WHERE number = {other}"
            ))
            .await;
            log.sql(&format!(
                "UPDATE audit SET number = {other} WHERE number = 5000"
            ))
            .await;
        };
        swap().await;
        log.assert_failure(one, "moved").await;
        swap().await;
        log.assert_intact().await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn truncated_log_is_reported_by_its_first_missing_row() {
    let log = FilledLog::new().await;
    // Only rows.
    log.sql("DELETE FROM audit WHERE number > 990").await;
    log.assert_failure(991, "missing").await;
    // Verification of later rows and the cron event report it too.
    let later = log.session.verify_audit(&format!("after={COVERED}")).await;
    let expected = json!({ "number": 991, "reason": "truncated" });
    assert_eq!(later.json()["failure"], expected);
    let logged = async |row: u32| {
        let (_, recorded) = log.app.scheduled(CRON).await;
        let line = format!(r#"{{"event":"audit_broken","reason":"truncated","row":{row}}}"#);
        let logs = recorded.logs;
        assert!(logs.contains(&("error".to_owned(), line)), "{logs:?}");
    };
    logged(991).await;
    // Rows and their checkpoints: only the head in KV reveals it.
    log.sql("DELETE FROM audit WHERE number > 500").await;
    log.sql("DELETE FROM audit_checkpoints WHERE number > 1")
        .await;
    log.assert_failure(501, "truncated").await;
    logged(501).await;
    log.sql("DELETE FROM audit").await;
    log.sql("DELETE FROM audit_checkpoints").await;
    log.assert_failure(1, "truncated").await;
}

#[tokio::test]
async fn altered_or_removed_checkpoint_is_reported_by_its_first_row() {
    let log = FilledLog::new().await;
    log.sql("UPDATE audit_checkpoints SET at = '2030-01-01T00:00:00Z' WHERE number = 2")
        .await;
    log.assert_failure(501, "checkpoint_altered").await;
    log.sql("UPDATE audit_checkpoints SET key = '00000000' WHERE number = 1")
        .await;
    log.assert_failure(1, "unknown_key").await;
    log.sql("DELETE FROM audit_checkpoints WHERE number = 1")
        .await;
    log.assert_failure(1, "checkpoint_missing").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn altered_client_is_reported_and_an_erased_one_is_not() {
    let log = FilledLog::new().await;
    let clients = async || log.session.verify_whole_audit().await[0]["clients"].clone();
    assert_eq!(clients().await, 1);
    for column in ["address", "device", "salt"] {
        let sql = format!("UPDATE audit_clients SET {column} = 'x' WHERE number = 1002");
        let row = log.app.run_sql("SELECT * FROM audit_clients").await;
        log.sql(&sql).await;
        log.assert_failure(1_002, "client_altered").await;
        let back = format!("UPDATE audit_clients SET {column} = ?1 WHERE number = 1002");
        log.app.sql(&back, [row[0][column].clone()]).await;
        log.assert_intact().await;
    }
    // A client for an entry that has none.
    log.sql("INSERT INTO audit_clients (number, salt) VALUES (7, 'x')")
        .await;
    log.assert_failure(7, "client_altered").await;
    log.sql("DELETE FROM audit_clients").await;
    log.assert_intact().await;
    assert_eq!(clients().await, 0);
    let entries = log.session.search_audit("").await.list("entries");
    let entry = &entries[0];
    assert_eq!(
        (&entry["number"], &entry["address"], &entry["device"]),
        (&json!(1_002), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn unreadable_row_is_reported() {
    let log = FilledLog::new().await;
    log.sql("UPDATE audit SET number = 8589934592 WHERE number = 1002")
        .await;
    log.assert_failure(1, "unreadable").await;
}
