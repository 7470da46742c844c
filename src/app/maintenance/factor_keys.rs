//! Seals the secrets of one-time codes with the current `FACTOR_KEY` after a rotation.

use crate::app::App;
use crate::app::error::AppError;
use crate::runtime::random;
use crate::store::totp::{self, Resealed};

/// Seals up to 100 secrets again.
pub(super) async fn reseal(app: &App) -> Result<(), AppError> {
    let Some(keys) = app.factor_keys.as_ref() else {
        return Ok(());
    };
    let Some(previous) = keys.previous_id() else {
        return Ok(());
    };
    let mut resealed = Vec::new();
    for (user, old) in totp::sealed_with(app.database, previous).await? {
        let user_id = user.to_string();
        let Some(secret) = keys.open(&user_id, &old) else {
            continue;
        };
        let new = keys.seal(&user_id, &secret, random::bytes()?);
        let new = new.map_err(|_| AppError::Runtime)?;
        resealed.push(Resealed { user, old, new });
    }
    Ok(totp::reseal(app.database, keys.id(), &resealed).await?)
}
