//! The writes of a factor that was checked: they record its use, or add it. Each of these writes is required: if one of its
//! conditions no longer holds, for example because another request has used the code, the whole batch is rolled back.

pub mod reset;

use super::factor_attempts;
use super::passkeys::{NewPasskey, UsedPasskey};
use super::recovery_codes;
use super::required::required;
use super::totp;
use crate::domain::audit::Signed;
use crate::domain::factor::Factor;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Statement};
use crate::store::audit::append;
use crate::store::sessions::unchanged;
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A user who adds a factor has shown it, so the session is stepped up.
const SHOWN_IN: &str = "UPDATE sessions SET factor_at = ?1 WHERE id = ?2";

const OVERVIEW: &str = "
    SELECT users.password_hash IS NOT NULL AS has_password, users.source <> 'password' AS is_federated,
           (SELECT created_at FROM totp WHERE totp.user_id = users.id AND confirmed_at IS NOT NULL) AS totp_created_at,
           (SELECT count(*) FROM recovery_codes
            WHERE recovery_codes.user_id = users.id AND used_at IS NULL) AS codes_left,
           (SELECT max(created_at) FROM recovery_codes WHERE recovery_codes.user_id = users.id) AS codes_created_at,
           EXISTS (SELECT 1 FROM factor_attempts WHERE factor_attempts.user_id = users.id AND failures >= 100) AS are_codes_locked
    FROM users WHERE users.id = ?1";

/// A one-time code that is correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedTotp {
    /// The time step of the code.
    pub step: u32,
    /// The sealed secret that the code was compared with.
    pub secret: String,
}

/// A factor that was verified. It is accepted only if its statements succeed.
#[derive(Clone, Debug)]
pub enum VerifiedFactor {
    /// A passkey.
    Passkey(UsedPasskey),
    /// A one-time code.
    Totp(UsedTotp),
    /// A recovery code; holds its hash.
    RecoveryCode(String),
}

impl VerifiedFactor {
    /// The factor.
    #[must_use]
    pub fn factor(&self) -> Factor {
        match self {
            Self::Passkey(_) => Factor::Passkey,
            Self::Totp(_) => Factor::Totp,
            Self::RecoveryCode(_) => Factor::RecoveryCode,
        }
    }

    /// The writes that use the factor of this user.
    fn use_once(&self, user: &str, now: &str) -> Vec<Statement> {
        match self {
            Self::Passkey(passkey) => passkey.use_once(user, now),
            Self::Totp(code) => vec![required(totp::use_step(user, code))],
            Self::RecoveryCode(hash) => vec![required(recovery_codes::use_once(user, hash, now))],
        }
    }
}

/// A factor that is added.
#[derive(Clone, Debug)]
pub enum NewFactor {
    /// One-time codes, which this code confirms.
    Totp(UsedTotp),
    /// A passkey.
    Passkey(Box<NewPasskey>),
}

impl NewFactor {
    /// The factor.
    #[must_use]
    pub fn factor(&self) -> Factor {
        match self {
            Self::Totp(_) => Factor::Totp,
            Self::Passkey(_) => Factor::Passkey,
        }
    }

    fn add(&self, user: &str, now: &str) -> Vec<Statement> {
        match self {
            Self::Totp(code) => vec![required(totp::confirm(user, code, now))],
            Self::Passkey(passkey) => passkey.add(user, now),
        }
    }
}

/// A factor that the user has shown.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A factor that the user has.
    Used(VerifiedFactor),
    /// A factor that the user adds now.
    Added(NewFactor),
}

impl Shown {
    /// The factor.
    #[must_use]
    pub fn factor(&self) -> Factor {
        match self {
            Self::Used(used) => used.factor(),
            Self::Added(added) => added.factor(),
        }
    }
}

/// A factor that was shown, with what is written at the same time.
#[derive(Debug)]
pub struct FactorWrites<'a> {
    /// The factor.
    pub shown: &'a Shown,
    /// The hashes of the recovery codes that the user gets with the first factor.
    pub recovery_codes: &'a [String],
    /// The audit entries about the factor and the recovery codes.
    pub entries: &'a [Signed],
}

impl<'a> FactorWrites<'a> {
    /// The use of a factor that needs no entry of its own.
    #[must_use]
    pub fn of(shown: &'a Shown) -> Self {
        Self {
            shown,
            recovery_codes: &[],
            entries: &[],
        }
    }

    /// The statements. They also remove the counter of wrong codes.
    pub(super) fn statements(&self, user: &str, now: &str) -> Vec<Statement> {
        let mut statements = match self.shown {
            Shown::Used(factor) => factor.use_once(user, now),
            Shown::Added(factor) => factor.add(user, now),
        };
        if !self.recovery_codes.is_empty() {
            let create = recovery_codes::create_first(user, self.recovery_codes, now);
            statements.push(required(create));
        }
        statements.push(factor_attempts::reset(user));
        statements.extend(self.entries.iter().map(append));
        statements
    }
}

/// The ways to sign in and the factors of a user, without passkeys.
#[derive(Debug)]
pub struct Overview {
    /// Whether the user has a password.
    pub has_password: bool,
    /// Whether an identity source provides the user.
    pub is_federated: bool,
    /// When one-time codes were added.
    pub totp_created_at: Option<Timestamp>,
    /// Recovery codes that were not used.
    pub codes_left: u32,
    /// When the recovery codes were created.
    pub codes_created_at: Option<Timestamp>,
    /// Whether no code is accepted, after 100 wrong ones in a row.
    pub are_codes_locked: bool,
}

/// The ways to sign in and the factors of a user.
///
/// # Errors
/// Any [`StoreError`].
pub async fn overview(database: &Database, user: Uuid) -> Result<Option<Overview>, StoreError> {
    let [found] = database
        .batch([Statement::new(OVERVIEW).text(user.to_string())])
        .await?;
    found.first(|row| {
        Ok(Overview {
            has_password: row.count("has_password")? == 1,
            is_federated: row.count("is_federated")? == 1,
            totp_created_at: row.optional_moment("totp_created_at")?,
            codes_left: row.count("codes_left")?,
            codes_created_at: row.optional_moment("codes_created_at")?,
            are_codes_locked: row.count("are_codes_locked")? == 1,
        })
    })
}

/// Adds a factor to the user of a session.
///
/// # Errors
/// Any [`StoreError`]. `Conflict` if the session or its user was changed meanwhile, or if the factor or the recovery codes cannot be
/// added any more. Nothing is written then.
pub async fn add(
    database: &Database,
    session: &SessionRecord,
    writes: &FactorWrites<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (user, at) = (session.user.id.to_string(), now.to_string());
    let shown = Statement::new(SHOWN_IN).text(&at).text(&session.id);
    let mut statements = vec![unchanged(session, now), required(shown)];
    statements.extend(writes.statements(&user, &at));
    database.all(statements).await.map(drop)
}
