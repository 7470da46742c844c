//! A filled audit log whose triggers are removed, so that a test can change it as a writer of the database could.

use super::audit::{CRON, keys, record_users};
use super::internals::{Entry, Kind, Timestamp};
use super::{App, Caller, Vars};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use uuid::Uuid;

/// A server with a thousand entries that checkpoints cover, two more after them, and a session of a super administrator.
pub struct FilledLog {
    pub app: App,
    pub session: Caller,
}

/// The number of entries that checkpoints cover.
pub const COVERED: u32 = 1_000;

/// Adds signed entries with these numbers, which must follow the last one. They are about refused sign-ins in November 2023.
pub async fn seed_entries(app: &App, numbers: RangeInclusive<u32>) {
    let keys = keys(app.vars());
    let row = |number| {
        let at = Timestamp::from_seconds(1_700_000_000 + i64::from(number));
        let id = Uuid::from_u128(u128::from(number));
        let entry = Entry::new(id, at, Kind::SignInFailed, "a request");
        let signed = keys.sign(entry.detail("password: wrong"));
        let entry = &signed.entry;
        json!([
            number,
            entry.id,
            entry.at,
            entry.kind,
            entry.outcome,
            entry.detail,
            entry.request,
            signed.mac
        ])
    };
    let rows: Vec<Value> = numbers.map(row).collect();
    let sql = "INSERT INTO audit (number, id, at, kind, outcome, detail, request, mac) \
               SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
               value ->> 7 FROM json_each(?1)";
    app.sql(sql, [json!(rows).to_string()]).await;
}

impl FilledLog {
    pub async fn new() -> Self {
        let app = App::isolated(Vars::new());
        seed_entries(&app, 1..=COVERED).await;
        let (outcome, recorded) = app.scheduled(CRON).await;
        assert_eq!((outcome.as_str(), recorded.logs.len()), ("ok", 0));
        let ada = app.super_admin("ada").await;
        record_users(&app).await;
        let session = ada.sign_in().await;
        let log = Self { app, session };
        log.assert_intact().await;
        for trigger in [
            "audit_update",
            "audit_delete",
            "audit_insert",
            "audit_checkpoints_delete",
            "audit_checkpoints_update",
            "audit_clients_update",
        ] {
            log.sql(&format!("DROP TRIGGER {trigger}")).await;
        }
        log
    }

    pub async fn sql(&self, sql: &str) {
        self.app.run_sql(sql).await;
    }

    /// Fails the test unless verification reports nothing.
    pub async fn assert_intact(&self) {
        assert_eq!(self.session.audit_failure().await, Value::Null);
    }

    /// Fails the test unless verification reports this first.
    pub async fn assert_failure(&self, number: u32, reason: &str) {
        let expected = json!({ "number": number, "reason": reason });
        assert_eq!(self.session.audit_failure().await, expected);
    }
}
