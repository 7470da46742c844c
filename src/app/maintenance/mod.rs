//! The work of the cron event: revokes sessions that `TOKENS_NOT_BEFORE` ends, deletes expired rows, seals the secrets of one-time
//! codes again after a rotation, completes erasures, verifies the audit log, makes checkpoints of it, erases its addresses, signs
//! what archives state again, archives it and sends it to the webhook. A part that fails is logged, does not prevent the others, and
//! is repeated by the next event.

mod accounts;
mod archive;
mod checkpoints;
mod factor_keys;
mod not_before;
mod webhook;

use super::App;
use crate::runtime::StoreError;
use crate::runtime::clock;
use crate::runtime::log::{self, Finding};
use crate::store::access_tokens;
use crate::store::audit_clients;
use crate::store::bootstrap;
use crate::store::oauth_clients;
use crate::store::oauth_grants;
use crate::store::pending_sign_ins;
use crate::store::status;
use crate::store::used_assertions;
use crate::store::used_challenges;
use crate::store::users::erase;
use crate::timestamp::Timestamp;

/// Maximum number of batches of a thousand rows that one event deletes from a table. That keeps up with 100 sign-ins per second.
const MAX_BATCHES: usize = 60;

/// Erasures of this many seconds are completed: cron events come every ten minutes, and a request takes less than a minute.
const LATE_ERASURE_SECONDS: i64 = 3_600;

/// The failures and findings of a cron event.
#[derive(Debug, Default)]
struct Report(Vec<&'static str>);

impl Report {
    /// Logs that a part failed.
    fn failed(&mut self, part: &'static str) {
        log::sweep_failed(part);
        self.add(part);
    }

    /// Logs that the audit log, a table or a user was altered.
    fn broken(&mut self, finding: &Finding<'_>) {
        log::audit_broken(finding);
        self.add("audit_broken");
    }

    fn add(&mut self, part: &'static str) {
        if !self.0.contains(&part) {
            self.0.push(part);
        }
    }

    fn check<T, E>(&mut self, part: &'static str, result: &Result<T, E>) {
        if result.is_err() {
            self.failed(part);
        }
    }
}

/// Runs all parts.
pub async fn run(app: &App, now: Timestamp) {
    let mut report = Report::default();
    let revoked = not_before::revoke(app, now).await;
    report.check("sessions", &revoked);
    let deleted = batches(async || app.sessions.delete_expired(now).await).await;
    report.check("sessions", &deleted);
    let deleted = batches(async || app.throttle.delete_expired(now).await).await;
    report.check("sign_in_attempts", &deleted);
    let deleted = app.used_proofs.delete_expired(now).await;
    report.check("used_proofs", &deleted);
    let deleted = app.password_links.delete_expired(now).await;
    report.check("password_links", &deleted);
    let deleted = batches(async || used_challenges::delete_expired(app.database, now).await).await;
    report.check("used_challenges", &deleted);
    let deleted = batches(async || used_assertions::delete_expired(app.database, now).await).await;
    report.check("used_assertions", &deleted);
    let deleted = batches(async || access_tokens::delete_expired(app.database, now).await).await;
    report.check("revoked_access_tokens", &deleted);
    let deleted = batches(async || oauth_grants::delete_expired(app.database, now).await).await;
    report.check("oauth_grants", &deleted);
    let deleted = batches(async || oauth_clients::delete_revoked(app.database).await).await;
    report.check("oauth_clients", &deleted);
    let deleted = batches(async || pending_sign_ins::delete_expired(app.database, now).await).await;
    report.check("pending_sign_ins", &deleted);
    report.check("totp", &factor_keys::reseal(app).await);
    let deleted = bootstrap::delete_expired(app.database, now).await;
    report.check("bootstrap_secrets", &deleted);
    let deleted = batches(async || app.email_links.delete_expired(now).await).await;
    report.check("email_links", &deleted);
    let deleted = batches(async || app.email_requests.delete_expired(now).await).await;
    report.check("email_requests", &deleted);
    let since = now.minus(LATE_ERASURE_SECONDS);
    let erased = erase::erase_late(app.database, since).await;
    report.check("audit_clients", &erased);
    checkpoints::run(app, now, &mut report).await;
    let until = archive::erased_until(app, now);
    let erased = batches(async || audit_clients::erase(app.database, until).await).await;
    report.check("audit_clients", &erased);
    accounts::run(app, &mut report).await;
    webhook::check(app, &mut report).await;
    archive::run(app, now, &mut report).await;
    webhook::run(app, now, &mut report).await;
    let recorded = status::record_cron(app.database, now, clock::now(), &report.0).await;
    report.check("cron_runs", &recorded);
}

/// Deletes a batch at a time while there may be more.
async fn batches(delete: impl AsyncFn() -> Result<bool, StoreError>) -> Result<(), StoreError> {
    for _ in 0..MAX_BATCHES {
        if !delete().await? {
            break;
        }
    }
    Ok(())
}
