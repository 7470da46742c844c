//! Reads the second factors of a user for a personal export: no secret of one-time codes, no hash of a recovery code.

use crate::runtime::StoreError;
use crate::runtime::d1::{Outcome, Statement};
use crate::runtime::row::Row;
use crate::store::passkeys::{self, Passkey};
use crate::timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The second factors of a user.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptFactors {
    /// Passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// One-time codes, without their secret; null if there are none.
    pub totp: Option<KeptTotp>,
    /// Recovery codes, without the codes.
    pub recovery_codes: Vec<KeptRecoveryCode>,
    /// Sign-ins that wait for a second factor or were completed in the last minutes, without their secrets.
    pub pending_sign_ins: Vec<KeptPendingSignIn>,
}

/// One-time codes.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptTotp {
    /// Time at which the secret was created.
    pub created_at: Timestamp,
    /// Time at which the first code confirmed it; null if none has.
    pub confirmed_at: Option<Timestamp>,
}

/// A recovery code.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptRecoveryCode {
    /// Time at which it was created.
    pub created_at: Timestamp,
    /// Time at which it was used; null if it was not.
    pub used_at: Option<Timestamp>,
}

/// A sign-in whose first step has succeeded.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct KeptPendingSignIn {
    /// The method of the first step.
    pub method: String,
    /// `browser:` and a hash of its cookie, or `network:` and the network of the client.
    pub binding: String,
    /// Time of the first step.
    pub created_at: Timestamp,
    /// Time at which it expires.
    pub expires_at: Timestamp,
}

const TOTP: &str = "SELECT created_at, confirmed_at FROM totp WHERE user_id = ?1";

const RECOVERY_CODES: &str =
    "SELECT created_at, used_at FROM recovery_codes WHERE user_id = ?1 LIMIT 100";

const PENDING_SIGN_INS: &str = "
    SELECT method, binding, created_at, expires_at FROM pending_sign_ins WHERE user_id = ?1 LIMIT 1000";

/// The statements whose results [`read`] takes.
pub(super) fn statements(user: Uuid) -> [Statement; 4] {
    let of_user = |sql| Statement::new(sql).text(user.to_string());
    [
        passkeys::list_statement(user),
        of_user(TOTP),
        of_user(RECOVERY_CODES),
        of_user(PENDING_SIGN_INS),
    ]
}

/// Reads the results of [`statements`].
pub(super) fn read(
    [passkeys, totp, recovery_codes, pending]: [&Outcome; 4],
) -> Result<KeptFactors, StoreError> {
    Ok(KeptFactors {
        passkeys: passkeys.rows(Passkey::read)?,
        totp: totp.first(read_totp)?,
        recovery_codes: recovery_codes.rows(recovery_code)?,
        pending_sign_ins: pending.rows(pending_sign_in)?,
    })
}

fn read_totp(row: &mut Row) -> Result<KeptTotp, StoreError> {
    Ok(KeptTotp {
        created_at: row.moment("created_at")?,
        confirmed_at: row.optional_moment("confirmed_at")?,
    })
}

fn recovery_code(row: &mut Row) -> Result<KeptRecoveryCode, StoreError> {
    Ok(KeptRecoveryCode {
        created_at: row.moment("created_at")?,
        used_at: row.optional_moment("used_at")?,
    })
}

fn pending_sign_in(row: &mut Row) -> Result<KeptPendingSignIn, StoreError> {
    Ok(KeptPendingSignIn {
        method: row.text("method")?,
        binding: row.text("binding")?,
        created_at: row.moment("created_at")?,
        expires_at: row.moment("expires_at")?,
    })
}
