//! A line that can be imported.

use super::line::ImportedUser;
use super::{LineHash, LineOutcome, LineReport};
use crate::app::RequestContext;
use crate::app::error::AppError;
use crate::crypto::password::{self, NotImportable};
use crate::domain::names::search_key;
use crate::runtime::random;
use crate::store::users::import::{Conflict, ImportRow, UniqueNames};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// A line that can be imported.
pub struct Candidate {
    line: usize,
    pub id: Uuid,
    pub user: ImportedUser,
    /// The sealed hash.
    pub sealed: Option<String>,
    hash: LineHash,
}

impl Candidate {
    pub fn new(
        context: &RequestContext,
        line: usize,
        user: ImportedUser,
    ) -> Result<Self, AppError> {
        let id = random::uuid()?;
        let (sealed, hash) = match &user.password_hash {
            None => (None, LineHash::None),
            Some(hash) => {
                let nonce = random::bytes()?;
                match password::import(hash, id, nonce, &context.app.peppers) {
                    Ok(sealed) => (Some(sealed), LineHash::Imported),
                    Err(NotImportable::Unsupported) => (None, LineHash::Unsupported),
                    Err(NotImportable::TooExpensive) => (None, LineHash::TooExpensive),
                }
            }
        };
        Ok(Self {
            line,
            id,
            user,
            sealed,
            hash,
        })
    }

    pub fn names(&self) -> UniqueNames<'_> {
        UniqueNames {
            username: self.user.username.as_str(),
            skeleton: &self.user.skeleton,
            email_key: self.user.email.key(),
        }
    }

    pub fn row(&self, now: Timestamp) -> ImportRow {
        let user = &self.user;
        ImportRow {
            id: self.id.to_string(),
            username: user.username.as_str().to_owned(),
            skeleton: user.skeleton.clone(),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            name: user.name.clone(),
            organization: user.organization.clone(),
            aws_region: user.aws_region.clone(),
            role: user.role.as_str(),
            is_active: u8::from(user.is_active),
            password_hash: self.sealed.clone(),
            created_at: user.created_at.unwrap_or(now).to_string(),
            email_verified_at: user.is_email_verified.then(|| now.to_string()),
            username_search: search_key(user.username.as_str()),
            email_search: search_key(user.email.as_str()),
            name_search: search_key(&user.name),
        }
    }

    pub fn report(&self, conflict: Conflict, is_dry_run: bool) -> LineReport {
        let outcome = match conflict {
            Conflict::None if self.sealed.is_some() => LineOutcome::Created,
            Conflict::None => LineOutcome::CreatedWithoutPassword,
            Conflict::Exists => LineOutcome::Exists,
            Conflict::Username => LineOutcome::UsernameTaken,
            Conflict::Email => LineOutcome::EmailTaken,
        };
        let is_created = conflict == Conflict::None;
        LineReport {
            line: self.line,
            outcome,
            user: (is_created && !is_dry_run).then_some(self.id),
            password_hash: is_created.then_some(self.hash),
        }
    }
}
