//! The work of the cron event: revokes sessions that `TOKENS_NOT_BEFORE` ends, deletes expired rows, completes erasures, verifies
//! the audit log, makes checkpoints of it, erases its addresses and archives it. A part that fails is logged, does not prevent the
//! others, and is repeated by the next event.

mod archive;
mod checkpoints;
mod not_before;

use super::App;
use crate::runtime::StoreError;
use crate::runtime::log;
use crate::store::audit_clients;
use crate::store::bootstrap;
use crate::store::users::erase;
use crate::timestamp::Timestamp;

/// Maximum number of batches of a thousand rows that one event deletes from a table. That keeps up with 100 sign-ins per second.
const MAX_BATCHES: usize = 60;

/// Erasures of this many seconds are completed: cron events come every ten minutes, and a request takes less than a minute.
const LATE_ERASURE_SECONDS: i64 = 3_600;

/// Runs all parts.
pub async fn run(app: &App, now: Timestamp) {
    if not_before::revoke(app, now).await.is_err() {
        log::sweep_failed("sessions");
    }
    delete_batches("sessions", async || app.sessions.delete_expired(now).await).await;
    delete_batches("sign_in_attempts", async || {
        app.throttle.delete_expired(now).await
    })
    .await;
    if app.used_proofs.delete_expired(now).await.is_err() {
        log::sweep_failed("used_proofs");
    }
    if app.password_links.delete_expired(now).await.is_err() {
        log::sweep_failed("password_links");
    }
    if bootstrap::delete_expired(app.database, now).await.is_err() {
        log::sweep_failed("bootstrap_secrets");
    }
    delete_batches("email_links", async || {
        app.email_links.delete_expired(now).await
    })
    .await;
    delete_batches("email_requests", async || {
        app.email_requests.delete_expired(now).await
    })
    .await;
    let since = now.minus(LATE_ERASURE_SECONDS);
    if erase::erase_late(app.database, since).await.is_err() {
        log::sweep_failed("audit_clients");
    }
    checkpoints::run(app, now).await;
    delete_batches("audit_clients", async || {
        audit_clients::erase(app.database, archive::erased_until(app, now)).await
    })
    .await;
    archive::run(app, now).await;
}

/// Deletes a batch at a time while there may be more.
async fn delete_batches(table: &'static str, delete: impl AsyncFn() -> Result<bool, StoreError>) {
    for _ in 0..MAX_BATCHES {
        match delete().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return log::sweep_failed(table),
        }
    }
}
