//! The cron event: removes expired rows, then verifies the audit log and makes checkpoints of it.

use super::{audit, not_before};
use crate::account::timestamp::Timestamp;
use crate::app::App;
use crate::log;
use crate::store::StoreError;

/// Pieces of a thousand rows, until one is smaller; so many that a cron event keeps up with 100 sign-ins a second.
const PIECES: usize = 60;

/// Does all that the cron event is for; what fails is logged, and does not keep the rest from being done.
pub async fn run(app: &App, now: Timestamp) {
    if not_before::revoke(app, now).await.is_err() {
        log::sweep_failed("sessions");
    }
    in_pieces("sessions", async || app.sessions.remove_over(now).await).await;
    in_pieces("sign_in_attempts", async || {
        app.throttle.remove_over(now).await
    })
    .await;
    if app.proofs.remove_over(now).await.is_err() {
        log::sweep_failed("used_proofs");
    }
    if app.links.remove_over(now).await.is_err() {
        log::sweep_failed("password_links");
    }
    audit::run(app, now).await;
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
