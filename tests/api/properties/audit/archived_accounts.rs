//! The role and status that archived entries state are signed again after a rotation of the key, and a leaked key that was rotated
//! out cannot change them unnoticed.

use crate::support::audit::{self, CRON, key, new_entry};
use crate::support::internals::{AuditKeys, ChainedRow, Kind};
use crate::support::{App, NEW_PASSWORD, User, Vars};
use serde_json::{Value, json};
use uuid::Uuid;

const OLD_KEY: &str = "b2xkIGF1ZGl0IGtleSBvZiB0aGUgdGVzdHMuLi4uLi4=";
const DAY: i64 = 86_400;

/// Number of an archived entry that is about nobody's role and status.
const OTHER: u32 = 3;

/// A log after the rotation of its key. The entries from before the rotation are archived: the creation of ada (1) and of eve (2).
struct RotatedLog {
    app: App,
    ada: User,
    eve: User,
    old: AuditKeys,
}

impl RotatedLog {
    async fn new() -> Self {
        let vars = Vars::new()
            .set("AUDIT_KEY_PREVIOUS", OLD_KEY)
            .set("AUDIT_RETENTION_DAYS", "30");
        let app = App::isolated(vars);
        let old = AuditKeys::new(&key(app.vars(), "AUDIT_KEY_PREVIOUS"), &[]);
        let (ada, eve) = (app.super_admin("ada").await, app.user("eve").await);
        for (user, role) in [(&ada, "role super_admin"), (&eve, "role user")] {
            let entry = new_entry(1_704_067_200, Kind::UserAdded).about(id(&user.id));
            audit::insert(&app, &old, entry.detail(role)).await;
        }
        audit::insert(&app, &old, new_entry(1_704_067_200, Kind::SignOut)).await;
        let log = Self { app, ada, eve, old };
        assert_eq!(log.cron().await, [""; 0]);
        log.app.shift_clock(3_600).await;
        log.ada.sign_in().await;
        log.app.shift_clock(2 * 3_600).await;
        assert_eq!(log.cron().await, [""; 0]);
        log.app.shift_clock(32 * DAY).await;
        assert_eq!(log.cron().await, [""; 0]);
        let count = "SELECT count(*) AS n FROM audit_accounts";
        assert_eq!(log.app.count(count, [0; 0]).await, 2);
        log
    }

    /// Runs the event and returns the lines that it logged.
    async fn cron(&self) -> Vec<String> {
        let (outcome, recorded) = self.app.scheduled(CRON).await;
        assert_eq!(outcome, "ok");
        recorded.logs.into_iter().map(|(_, text)| text).collect()
    }

    /// Writes the row that an entry with this number and role would lead to, signed with the old key.
    async fn put(&self, user: &str, number: u32, role: &str) {
        let entry = new_entry(0, Kind::UserAdded).about(id(user));
        let row = ChainedRow { number, mac: None };
        let rows = [(row, entry.detail(role.to_owned()))];
        let signed = self.old.archived_accounts(Vec::new(), &rows);
        let account = &signed[0];
        let values = json!([
            account.subject,
            account.role_detail,
            account.role_number,
            account.status_kind,
            account.status_number,
            account.key,
            account.mac
        ]);
        let sql = "INSERT OR REPLACE INTO audit_accounts \
                   (subject, role_detail, role_number, status_kind, status_number, key, mac) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.app
            .sql(sql, values.as_array().expect("a list").clone())
            .await;
    }

    /// Does so without the triggers, as a writer of the database can.
    async fn put_without_triggers(&self, user: &str, number: u32, role: &str) {
        let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_accounts'";
        let triggers = self.app.run_sql(sql).await;
        for trigger in &triggers {
            let name = trigger["name"].as_str().expect("a name");
            self.app.run_sql(&format!("DROP TRIGGER {name}")).await;
        }
        self.put(user, number, role).await;
        for trigger in &triggers {
            self.app
                .run_sql(trigger["sql"].as_str().expect("a definition"))
                .await;
        }
    }

    async fn keys(&self) -> Vec<Value> {
        let sql = "SELECT DISTINCT key FROM audit_accounts";
        self.app.run_sql(sql).await
    }

    /// Checks that the cron event and the verification report the row, and that it stays.
    async fn assert_reported(&self, number: u32) {
        let broken =
            format!(r#"{{"event":"audit_broken","reason":"account_altered","row":{number}}}"#);
        for _ in 0..2 {
            let logs = self.cron().await;
            assert!(logs.contains(&broken), "{logs:?}");
        }
        assert_eq!(self.keys().await.len(), 2);
        let session = self.ada.sign_in().await;
        assert_eq!(
            session.audit_failure().await,
            json!({"number": number, "reason": "account_altered"})
        );
    }
}

/// A writer of D1 can change a row as the triggers allow. That hides no super administrator from bootstrap.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn row_that_was_altered_does_not_make_bootstrap_possible() {
    let log = RotatedLog::new().await;
    let sql = "UPDATE audit_accounts SET status_kind = 'user_disabled', status_number = ?2 WHERE subject = ?1";
    log.app.sql(sql, [json!(log.ada.id), json!(OTHER)]).await;
    log.app.run_sql("UPDATE users SET is_active = 0").await;
    let secret = log.app.bootstrap_secret().await;
    // The clock of the service is ahead.
    let later = "UPDATE bootstrap_secrets SET expires_at = '9999-01-01T00:00:00Z'";
    log.app.run_sql(later).await;
    let body = json!({
        "secret": secret,
        "username": "mallory",
        "email": "mallory@example.com",
        "password": NEW_PASSWORD,
    });
    let response = log.app.anonymous().bootstrap(&body).await;
    response.assert_error(409, "already_bootstrapped");
}

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("a UUID")
}

#[tokio::test]
#[ignore = "slow"]
async fn rows_of_the_key_before_are_signed_again() {
    let log = RotatedLog::new().await;
    let current = log.keys().await;
    log.put(&log.ada.id, 1, "role super_admin").await;
    log.put(&log.eve.id, 2, "role user").await;
    assert_ne!(log.keys().await, current);
    assert_eq!(log.cron().await, [""; 0]);
    assert_eq!(log.keys().await, current);
    let session = log.ada.sign_in().await;
    let pages = session.verify_whole_audit().await;
    assert!(pages.iter().all(|page| page["failure"].is_null()));
    assert_eq!(pages.last().expect("a page")["user_changes"], json!([]));
}

#[tokio::test]
#[ignore = "slow"]
async fn row_that_a_leaked_old_key_changes_is_reported() {
    let log = RotatedLog::new().await;
    log.eve.update("role = 'admin'").await;
    log.put_without_triggers(&log.eve.id, 2, "role admin").await;
    log.assert_reported(2).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn row_that_a_leaked_old_key_adds_is_reported() {
    let log = RotatedLog::new().await;
    log.eve.update("role = 'admin'").await;
    log.put(&log.eve.id, OTHER, "role admin").await;
    log.assert_reported(OTHER).await;
    // A user without any entry.
    let log = RotatedLog::new().await;
    let mallory = log.app.super_admin("mallory").await;
    log.put(&mallory.id, OTHER, "role super_admin").await;
    log.assert_reported(OTHER).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn row_of_no_archived_entry_does_not_count() {
    let log = RotatedLog::new().await;
    log.eve.update("role = 'admin'").await;
    let changed = format!(
        r#"{{"event":"audit_broken","reason":"user_changed","user":"{}","field":"role"}}"#,
        log.eve.id
    );
    // An entry that is not archived, and one that does not exist.
    for number in [OTHER + 1, 1_000] {
        log.put_without_triggers(&log.eve.id, number, "role admin")
            .await;
        let logs = log.cron().await;
        assert!(logs.contains(&changed), "{logs:?}");
        let session = log.ada.sign_in().await;
        let pages = session.verify_whole_audit().await;
        let found = &pages.last().expect("a page")["user_changes"];
        assert_eq!(found[0]["user"], json!(log.eve.id));
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn range_is_not_archived_before_rows_of_the_old_key_were_compared() {
    let log = RotatedLog::new().await;
    log.put_without_triggers(&log.eve.id, 2, "role admin").await;
    let keys = audit::keys(log.app.vars());
    let entry = new_entry(1_704_067_200, Kind::UserDisabled).about(id(&log.eve.id));
    audit::insert(&log.app, &keys, entry).await;
    log.cron().await;
    audit::insert(&log.app, &keys, new_entry(1_704_067_200, Kind::SignOut)).await;
    log.cron().await;
    log.app.shift_clock(70 * DAY).await;
    log.cron().await;
    let disabled = audit::rows(&log.app, "kind = ?1", "user_disabled").await;
    assert_eq!(disabled.len(), 1);
    log.put_without_triggers(&log.eve.id, 2, "role user").await;
    assert_eq!(log.cron().await, [broken_status(&log.eve.id)]);
    let disabled = audit::rows(&log.app, "kind = ?1", "user_disabled").await;
    assert_eq!(disabled.len(), 0);
}

/// The user was not disabled when the entry was added.
fn broken_status(user: &str) -> String {
    format!(
        r#"{{"event":"audit_broken","reason":"user_changed","user":"{user}","field":"status"}}"#
    )
}
