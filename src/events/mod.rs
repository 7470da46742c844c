//! What the platform calls: `fetch` and `scheduled`.

mod checkpoints;
mod fetch;
mod not_before;
mod panics;
mod scheduled;
mod upload;
mod upload_budget;
