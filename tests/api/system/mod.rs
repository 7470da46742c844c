//! `/health` and `/openapi.json`.

mod health;
mod openapi;
