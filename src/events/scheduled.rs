//! The handler of the cron event.

use super::app::app;
use crate::app::maintenance;
use crate::runtime::clock;
use worker::{Env, ScheduleContext, ScheduledEvent, event};

/// Removes expired rows, and verifies the audit log.
#[event(scheduled)]
pub async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Some(app) = app(&env) {
        maintenance::run(app, clock::now()).await;
    }
}
