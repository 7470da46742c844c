//! Imports users. An import only adds users. It never changes one, so that it can be repeated after an interruption.

mod line;

pub use line::ImportLine;

use super::Administration;
use crate::app::RequestContext;
use crate::app::error::AppError;
use crate::crypto::password::{self, NotImportable};
use crate::domain::audit::{Kind, Signed};
use crate::domain::names::search_key;
use crate::domain::role::Role;
use crate::runtime::random;
use crate::store::users::import::{self, Conflict, Import, ImportRow, UniqueNames};
use crate::timestamp::Timestamp;
use line::{ImportedUser, LineError};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Maximum number of lines of a request. All users of a request are added in one batch, whose parameters may have 2 MB in D1.
pub const MAX_LINES: usize = 500;

/// The outcome of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// The user was added, with the password of the hash.
    Created,
    /// The user was added without a password: the line has no hash, or one that is not supported. An administrator can send a link.
    CreatedWithoutPassword,
    /// A user with this user name exists and was not changed.
    Exists,
    /// Another user has a user name that can be confused with it.
    UsernameTaken,
    /// Another user has the e-mail address or can restore it.
    EmailTaken,
    /// An earlier line of the request has the same user name, one that can be confused with it, or the same e-mail address.
    Duplicate,
    /// The line is not a JSON object.
    InvalidJson,
    /// The line has no user name or no e-mail address.
    MissingField,
    /// A field has another type, or a value that is not allowed.
    InvalidField,
    /// The user name is not valid.
    InvalidUsername,
    /// The e-mail address is not valid.
    InvalidEmail,
    /// The administrator may not give the role.
    NotPermitted,
}

/// The hash of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineHash {
    /// The line has none.
    None,
    /// It was imported.
    Imported,
    /// The algorithm or the format is not supported.
    Unsupported,
    /// It would take too much memory or time to verify.
    TooExpensive,
}

/// The report about a line.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct LineReport {
    /// Number of the line, from 1.
    pub line: usize,
    /// The outcome of the line.
    pub outcome: LineOutcome,
    /// Id of the user; null if none was added, and in a dry run.
    pub user: Option<Uuid>,
    /// The outcome of the hash; null if no user was added.
    pub password_hash: Option<LineHash>,
}

/// A line that can be imported.
struct Candidate {
    line: usize,
    id: Uuid,
    user: ImportedUser,
    /// The sealed hash.
    sealed: Option<String>,
    hash: LineHash,
}

/// Imports lines with their numbers, or only reports their outcomes.
///
/// # Errors
/// `Store`, `Runtime`. With `Store`, it is unknown whether the users were added; the same lines can be sent again.
pub async fn run(
    administration: &Administration<'_>,
    lines: &[(usize, &str)],
    is_dry_run: bool,
) -> Result<Vec<LineReport>, AppError> {
    let context = administration.context;
    let now = context.now();
    let (mut reports, candidates) = administration.sorted(lines, now)?;
    let mut before: Option<Vec<Conflict>> = None;
    loop {
        let names: Vec<_> = candidates.iter().map(Candidate::names).collect();
        let conflicts = import::conflicts(context.app.database, &names, now).await?;
        let free: Vec<&Candidate> = candidates
            .iter()
            .zip(&conflicts)
            .filter(|(_, conflict)| **conflict == Conflict::None)
            .map(|(candidate, _)| candidate)
            .collect();
        if !is_dry_run {
            let added = administration.add(&free, now).await;
            // If a name was taken meanwhile, nothing was added, and the lines are compared again. If D1 failed after the write, the
            // users exist now.
            if let Err(error) = added {
                if before.as_ref() == Some(&conflicts) || !matches!(error, AppError::Store(_)) {
                    return Err(error);
                }
                before = Some(conflicts);
                continue;
            }
        }
        let created = candidates.iter().zip(&conflicts);
        reports
            .extend(created.map(|(candidate, conflict)| candidate.report(*conflict, is_dry_run)));
        reports.sort_by_key(|report| report.line);
        return Ok(reports);
    }
}

impl Administration<'_> {
    /// Parses the lines. Returns the reports about those that cannot be imported, and the others.
    fn sorted(
        &self,
        lines: &[(usize, &str)],
        now: Timestamp,
    ) -> Result<(Vec<LineReport>, Vec<Candidate>), AppError> {
        let (mut reports, mut candidates) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (line, text) in lines {
            let parsed = ImportedUser::parse(text, now).map_err(LineOutcome::from);
            let permitted = parsed.and_then(|user| match self.actor.may_give(user.role) {
                Ok(()) => Ok(user),
                Err(_) => Err(LineOutcome::NotPermitted),
            });
            let checked = permitted.and_then(|user| {
                // A user name has no `@`. The skeleton of equal names is equal.
                let keys = [user.skeleton.clone(), user.email.key().to_owned()];
                let is_new = keys.iter().all(|key| !seen.contains(key));
                seen.extend(keys);
                is_new.then_some(user).ok_or(LineOutcome::Duplicate)
            });
            match checked {
                Ok(user) => candidates.push(Candidate::new(self.context, *line, user)?),
                Err(outcome) => reports.push(LineReport {
                    line: *line,
                    outcome,
                    user: None,
                    password_hash: None,
                }),
            }
        }
        Ok((reports, candidates))
    }

    /// Adds the users, or none of them.
    async fn add(&self, free: &[&Candidate], now: Timestamp) -> Result<(), AppError> {
        let (context, client, actor) = (self.context, self.client, self.actor);
        if free.is_empty() {
            return Ok(());
        }
        let mut entries: Vec<Signed> = Vec::new();
        for candidate in free {
            // The client is that of the entry of the import, which has the same request id.
            let entry = |kind| {
                let id = random::uuid()?;
                let entry = client.entry_without_client(id, now, kind);
                Ok::<_, AppError>(entry.by(actor.id).about(candidate.id))
            };
            let role = format!("role {}", candidate.user.role.as_str());
            entries.push(context.sign(entry(Kind::UserAdded)?.detail(role)));
            if !candidate.user.is_active {
                entries.push(context.sign(entry(Kind::UserDisabled)?));
            }
        }
        let with_password = free
            .iter()
            .filter(|candidate| candidate.sealed.is_some())
            .count();
        let counts = format!("{} users, {with_password} with a password", free.len());
        let imported = client.entry(context, Kind::UsersImported)?.by(actor.id);
        let imported = context.sign(imported.detail(counts));
        let users: Vec<_> = free.iter().map(|candidate| candidate.row(now)).collect();
        let needs_super_admin = free
            .iter()
            .any(|candidate| candidate.user.role > Role::User);
        let import = Import {
            actor: actor.id,
            needs_super_admin,
            users: &users,
            entries: &entries,
            imported: &imported,
            now,
        };
        Ok(import::import(context.app.database, &import).await?)
    }
}

impl Candidate {
    fn new(context: &RequestContext, line: usize, user: ImportedUser) -> Result<Self, AppError> {
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

    fn names(&self) -> UniqueNames<'_> {
        UniqueNames {
            username: self.user.username.as_str(),
            skeleton: &self.user.skeleton,
            email_key: self.user.email.key(),
        }
    }

    fn row(&self, now: Timestamp) -> ImportRow {
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

    fn report(&self, conflict: Conflict, is_dry_run: bool) -> LineReport {
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

impl From<LineError> for LineOutcome {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Json => Self::InvalidJson,
            LineError::Missing => Self::MissingField,
            LineError::Field => Self::InvalidField,
            LineError::Username => Self::InvalidUsername,
            LineError::Email => Self::InvalidEmail,
        }
    }
}
