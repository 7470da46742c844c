//! The event handlers that the platform calls, `fetch` and `scheduled`, and `validateToken` for other Workers.

mod app;
mod fetch;
mod panics;
mod scheduled;
mod upload;
mod upload_budget;
mod validate_token;
