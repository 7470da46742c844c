//! The cron event: removes expired rows, then verifies the audit log and makes checkpoints of it.

use super::{checkpoints, not_before};
use crate::app::App;
use crate::runtime::StoreError;
use crate::runtime::log;
use crate::timestamp::Timestamp;

/// Pieces of a thousand rows, until one is smaller; so many that a cron event keeps up with 100 sign-ins a second.
const PIECES: usize = 60;

/// Does all that the cron event is for; what fails is logged, and does not keep the rest from being done.
pub async fn run(app: &App, now: Timestamp) {
    if not_before::revoke(app, now).await.is_err() {
        log::sweep_failed("sessions");
    }
    in_pieces("sessions", async || app.sessions.delete_expired(now).await).await;
    in_pieces("sign_in_attempts", async || {
        app.throttle.delete_expired(now).await
    })
    .await;
    if app.used_proofs.delete_expired(now).await.is_err() {
        log::sweep_failed("used_proofs");
    }
    if app.password_links.delete_expired(now).await.is_err() {
        log::sweep_failed("password_links");
    }
    checkpoints::run(app, now).await;
}

/// Removes a piece at a time, while there may be more.
async fn in_pieces(table: &'static str, remove: impl AsyncFn() -> Result<bool, StoreError>) {
    for _ in 0..PIECES {
        match remove().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return log::sweep_failed(table),
        }
    }
}
