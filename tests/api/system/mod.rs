//! `/health`, `/status` and `/openapi.json`.

mod health;
mod openapi;
mod status;
