//! The first administrator of a local database. The Worker creates it with a one-time secret, as `POST /api/auth/bootstrap`
//! describes.

use super::worker::Worker;
use crate::bootstrap::Secret;
use crate::random;
use anyhow::{Result, bail};

/// The username.
pub const USERNAME: &str = "admin";

/// Creates the administrator with a random password; returns the password.
pub fn create(secret: &Secret, worker: &Worker) -> Result<String> {
    let password = random::base64url()?;
    let body = serde_json::json!({
        "secret": secret.reveal(),
        "username": USERNAME,
        "email": "admin@example.com",
        "name": "Administrator",
        "password": password,
    });
    match worker.post("/api/auth/bootstrap", &body.to_string())? {
        (200..=299, _) => Ok(password),
        (status, body) => {
            bail!("the Worker refused the first administrator: {status} {body}")
        }
    }
}
