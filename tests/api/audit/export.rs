//! `GET /api/auth/audit/export`: the audit log as JSON Lines.

use crate::support::audit::{CRON, keys, rows};
use crate::support::audit_log::FilledLog;
use crate::support::internals::verify_export;
use crate::support::{App, Vars};
use serde_json::{Value, json};

fn lines(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(parse).collect()
}

#[tokio::test]
async fn export_has_entries_and_checkpoints_without_addresses() {
    let app = App::isolated(Vars::new());
    let ada = app.admin("ada").await;
    ada.sign_in().await;
    let session = ada.sign_in().await;
    app.scheduled(CRON).await;
    let response = session.export_audit("").await;
    response.assert_status(200);
    assert_eq!(response.header("edge-auth-next"), None);
    let text = response.text();
    assert!(!text.contains(app.ip()), "{text}");
    let found = lines(&text);
    let shape: Vec<_> = found
        .iter()
        .map(|line| {
            (
                line["type"].as_str().unwrap(),
                line["number"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [("entry", 1), ("entry", 2), ("checkpoint", 1)];
    assert_eq!(shape, expected);
    let row = &rows(&app, "audit.number = 2", "").await[0];
    for name in [
        "id",
        "at",
        "kind",
        "actor",
        "session",
        "client_hash",
        "request",
        "mac",
    ] {
        assert_eq!(found[1][name], row[name], "{name}");
    }
    assert_eq!(
        (&found[2]["last"], &found[2]["previous"]),
        (&json!(2), &Value::Null)
    );
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn every_export_is_recorded() {
    let app = App::isolated(Vars::new());
    let ada = app.admin("ada").await;
    let session = ada.sign_in().await;
    session.export_audit("").await.assert_status(200);
    session
        .export_audit("after=1&limit=1")
        .await
        .assert_status(200);
    session.export_audit("after=9").await.assert_status(200);
    let found = rows(&app, "kind = ?1", "audit_exported").await;
    let details: Vec<_> = found.iter().map(|row| row["detail"].clone()).collect();
    assert_eq!(details, ["entries 1 to 1", "entries 2 to 2", "no entries"]);
    for row in found {
        assert_eq!(
            (row["actor"].clone(), row["session"].clone()),
            (json!(ada.id), json!(session.session_id()))
        );
    }
}

#[tokio::test]
async fn export_is_for_administrators_and_checks_its_parameters() {
    let app = App::shared();
    let session = app.user("eve").await.sign_in().await;
    session
        .export_audit("")
        .await
        .assert_error(403, "admin_required");
    app.anonymous().export_audit("").await.assert_status(401);
    let session = app.admin("ada").await.sign_in().await;
    for query in [
        "after=-1",
        "after=x",
        "limit=0",
        "limit=1001",
        "after=4294967296",
    ] {
        session
            .export_audit(query)
            .await
            .assert_error(400, "invalid_parameter");
    }
    session
        .export_audit("user=x")
        .await
        .assert_error(400, "unknown_parameter");
}

#[tokio::test]
#[ignore = "slow"]
async fn pages_of_an_export_are_one_file_that_verifies_offline() {
    let log = FilledLog::new().await;
    let (session, keys) = (&log.session, keys(log.app.vars()));
    let verify = |text: &str| verify_export(text.lines(), Some(&keys));
    for limit in [1_000, 333] {
        let text = session.export_whole_audit(limit).await;
        let report = verify(&text).expect("valid");
        assert_eq!(
            (report.checkpoints, report.covered_to, report.first),
            (2, 1_000, 1)
        );
        assert!(report.entries > 1_002 && report.last == report.entries);
        assert_eq!(
            verify_export(text.lines(), None).map(|report| report.entries),
            Ok(report.entries)
        );
    }
    // An altered entry, a removed one, and one whose checkpoint was made for another row.
    let failure = |text: &str| {
        let violation = verify(text).expect_err("invalid").violation;
        (violation.number, violation.reason.as_str())
    };
    log.sql("UPDATE audit SET detail = 'password: right' WHERE number = 700")
        .await;
    let text = session.export_whole_audit(1_000).await;
    assert_eq!(failure(&text), (700, "altered"));
    log.sql("DELETE FROM audit WHERE number = 600").await;
    let text = session.export_whole_audit(1_000).await;
    assert_eq!(failure(&text), (600, "missing"));
    let text = text.replacen("\"previous\":null", "\"previous\":\"0\"", 1);
    assert_eq!(failure(&text), (1, "checkpoint_altered"));
}
