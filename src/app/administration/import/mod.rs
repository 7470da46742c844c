//! Imports users. An import only adds users. It never changes one, so that it can be repeated after an interruption.

mod candidate;
mod line;

pub use line::ImportLine;

use super::{Administration, Failure};
use crate::app::error::AppError;
use crate::domain::administration::Actor;
use crate::domain::audit::{Kind, Signed};
use crate::runtime::random;
use crate::store::administrators;
use crate::store::users::import::{self, Conflict, Import};
use crate::timestamp::Timestamp;
use candidate::Candidate;
use line::{ImportedUser, LineError};
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Maximum number of lines of a request. All users of a request are added in one batch, whose parameters may have 2 MB in D1.
pub const MAX_LINES: usize = 500;
/// As for the bodies of other requests.
const MAX_LINE_BYTES: usize = 16 * 1024;

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
    /// The line has more than 16 KiB.
    TooLong,
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
    /// The importer may not give the role, or may not import confirmed addresses.
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

/// Imports lines with their numbers, or only reports their outcomes.
///
/// # Errors
/// `NotPermitted` if the administrator was changed meanwhile; then nothing was added. `App(Store)`, `App(Runtime)`. With `Store`, it is
/// unknown whether the users were added; the same lines can be sent again.
pub async fn run(
    administration: &Administration<'_>,
    lines: &[(usize, &str)],
    is_dry_run: bool,
) -> Result<Vec<LineReport>, Failure> {
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
                if !matches!(error, AppError::Store(_)) {
                    return Err(error.into());
                }
                administration.check_again(&free).await?;
                if before.as_ref() == Some(&conflicts) {
                    return Err(error.into());
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
            let parsed = match text.len() {
                ..=MAX_LINE_BYTES => ImportedUser::parse(text, now).map_err(LineOutcome::from),
                _ => Err(LineOutcome::TooLong),
            };
            let permitted = parsed.and_then(|user| match user.check(self.actor) {
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

    /// Checks whether the administrator may still import these users.
    async fn check_again(&self, users: &[&Candidate]) -> Result<(), Failure> {
        let role = administrators::role(self.context.app.database, self.actor.id).await?;
        let role = role.ok_or(Failure::NotPermitted)?;
        let actor = Actor { role, ..self.actor };
        for candidate in users {
            candidate.user.check(actor)?;
        }
        Ok(())
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
        let count = |is: fn(&Candidate) -> bool| free.iter().filter(|one| is(one)).count();
        let with_password = count(|candidate| candidate.sealed.is_some());
        let confirmed = count(|candidate| candidate.user.is_email_verified);
        let counts = format!(
            "{} users, {with_password} with a password, {confirmed} with a confirmed address",
            free.len()
        );
        let imported = client.entry(context, Kind::UsersImported)?.by(actor.id);
        let imported = context.sign(imported.detail(counts));
        let users: Vec<_> = free.iter().map(|candidate| candidate.row(now)).collect();
        let needs_super_admin = free
            .iter()
            .any(|candidate| candidate.user.needs_super_admin());
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
