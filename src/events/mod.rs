//! The event handlers that the platform calls: `fetch` and `scheduled`.

mod app;
mod fetch;
mod panics;
mod scheduled;
mod upload;
mod upload_budget;
