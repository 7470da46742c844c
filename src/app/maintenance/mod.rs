//! The work of the cron event: revokes sessions that `TOKENS_NOT_BEFORE` ends, deletes expired rows, and verifies the audit log
//! and makes checkpoints of it. A part that fails is logged, does not prevent the others, and is repeated by the next event.

mod checkpoints;
mod not_before;

use super::App;
use crate::runtime::StoreError;
use crate::runtime::log;
use crate::store::bootstrap;
use crate::timestamp::Timestamp;

/// Maximum number of batches of a thousand rows that one event deletes from a table. That keeps up with 100 sign-ins per second.
const MAX_BATCHES: usize = 60;

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
    checkpoints::run(app, now).await;
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
