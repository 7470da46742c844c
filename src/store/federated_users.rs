//! Users of an identity source, in the table `users`. A user is identified by (source, subject), is updated at each sign-in,
//! and is never merged with another user because of an equal name or e-mail address.

use super::audit::recorded;
use super::sessions::{GrantsOfUser, RevokeAll, RevokedSession};
use super::users;
use crate::domain::audit::Signed;
use crate::domain::names::search_key;
use crate::domain::role::Role;
use crate::domain::session::expired_until;
use crate::domain::user::User;
use crate::runtime::StoreError;
use crate::runtime::d1::{Database, Outcome, Statement};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// The profile of a user, as AWS provides it at a sign-in.
#[derive(Debug)]
pub struct FederatedProfile<'a> {
    /// Name of the identity source.
    pub source: &'a str,
    /// The stable id that the source gives the user.
    pub subject: &'a str,
    /// User name, in the spelling of the source.
    pub username: &'a str,
    /// E-mail address, if known.
    pub email: Option<&'a str>,
    /// The key of the address if it was derived from the user name. Such an address is dropped if a password user has it.
    pub made_email_key: Option<&'a str>,
    /// Full name.
    pub name: &'a str,
    /// The role that this sign-in sets; `None` keeps the stored one.
    pub role: Option<Role>,
}

impl FederatedProfile<'_> {
    /// Whether the user's row is up to date.
    #[must_use]
    pub fn is_recorded_in(&self, known: &Known) -> bool {
        known.user.username == self.username
            && known.is_email_current
            && known.user.name == self.name
            && !self.has_other_role(&known.user)
    }

    /// Whether this sign-in sets a role that differs from the stored one.
    #[must_use]
    pub fn has_other_role(&self, user: &User) -> bool {
        self.role.is_some_and(|role| role != user.role)
    }
}

/// The row of a user.
#[derive(Debug)]
pub struct Known {
    /// The user.
    pub user: User,
    /// Whether its e-mail address is up to date.
    pub is_email_current: bool,
    /// Whether the user has a second factor.
    pub has_factor: bool,
}

/// The result of an update.
#[derive(Debug)]
pub struct Updated {
    /// The user's row as it is now; `None` if another request changed it in the meantime.
    pub known: Option<Known>,
    /// Sessions that were revoked because the role changed, 200 at most.
    pub revoked: Vec<RevokedSession>,
    /// Live sessions whose cached sessions are outdated.
    pub outdated: Vec<RevokedSession>,
}

/// The audit entries of a changed role.
#[derive(Debug)]
pub struct RoleChanged {
    /// The entry of the change.
    pub role_changed: Signed,
    /// The entry of the revocation; written if a session is revoked.
    pub sessions_revoked: Signed,
}

/// Creates the user at the first sign-in. At later sign-ins, it inserts nothing.
const BIND: &str = "
    INSERT INTO users (id, source, subject, username, email, made_email_key, name, role, is_active, created_at, updated_at,
                       username_search, email_search, name_search)
    SELECT ?1, ?2, ?3, ?4, iif(is_taken, NULL, ?5), iif(is_taken, NULL, ?9), ?6, ?7, 1, ?8, ?8, ?10, iif(is_taken, NULL, ?11), ?12
    FROM (SELECT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?9) AS is_taken)
    WHERE true
    ON CONFLICT (source, subject) WHERE subject IS NOT NULL DO NOTHING";

/// Finds a row if [`BIND`] is about to write one.
const BINDS: &str = "
    SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users WHERE source = ?1 AND subject = ?2)";

/// Changes the row only if the role is still the one that was read, so that the audit log states the correct previous role.
const UPDATE: &str = "
    UPDATE users SET username = ?1, email = iif(is_taken, NULL, ?2), made_email_key = iif(is_taken, NULL, ?8), name = ?3,
           role = ?4, updated_at = ?5, username_search = ?9, email_search = iif(is_taken, NULL, ?10), name_search = ?11
    FROM (SELECT EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?8) AS is_taken)
    WHERE id = ?6 AND is_active = 1 AND role = ?7";

/// Finds a row if [`UPDATE`] is about to change one.
const UPDATES: &str = "SELECT 1 FROM users WHERE id = ?1 AND is_active = 1 AND role = ?2";

/// The sessions whose cached sessions are outdated after [`UPDATE`]. Cached sessions of further sessions expire at the TTL.
const LIVE: &str = "
    SELECT id, generation, recent_rotations FROM sessions
    WHERE user_id = ?1 AND revoked_at IS NULL AND token_expires_at > ?2 AND ends_at > ?3
    ORDER BY token_expires_at DESC LIMIT 200";

const FIND: &str = "
    SELECT id AS user_id, username, email, name, organization, aws_region, role, is_active,
           created_at AS user_created_at, updated_at AS user_updated_at, last_login, has_factor,
           CASE WHEN EXISTS (SELECT 1 FROM users WHERE source = 'password' AND email_key = ?4) THEN email IS NULL
                ELSE email IS ?3 AND made_email_key IS ?4 END AS is_email_current
    FROM users WHERE source = ?1 AND subject = ?2";

/// Finds the user of a profile.
///
/// # Errors
/// Any [`StoreError`].
pub async fn find(
    database: &Database,
    profile: &FederatedProfile<'_>,
) -> Result<Option<Known>, StoreError> {
    let [found] = database.batch([find_statement(profile)]).await?;
    known_in(&found)
}

/// Creates the user of a profile, unless another sign-in has just done so.
///
/// # Errors
/// Any [`StoreError`].
pub async fn bind(
    database: &Database,
    profile: &FederatedProfile<'_>,
    new_id: Uuid,
    now: Timestamp,
    added: &Signed,
) -> Result<Known, StoreError> {
    let bind = Statement::new(BIND)
        .text(new_id.to_string())
        .text(profile.source)
        .text(profile.subject)
        .text(profile.username)
        .optional(profile.email)
        .text(profile.name)
        .text(profile.role.unwrap_or(Role::User).as_str())
        .text(now.to_string())
        .optional(profile.made_email_key);
    let bind = with_search_keys(bind, profile);
    let binds = || {
        Statement::new(BINDS)
            .text(profile.source)
            .text(profile.subject)
    };
    let [_, found] = database
        .batch([recorded(bind, binds, [added]), find_statement(profile)])
        .await?;
    known_in(&found)?.ok_or(StoreError::CorruptRow("users.subject"))
}

/// Updates the user's row. `entries` are required if the role differs from that of `known`.
///
/// # Errors
/// Any [`StoreError`].
pub async fn update(
    database: &Database,
    profile: &FederatedProfile<'_>,
    known: &User,
    now: Timestamp,
    entries: Option<&RoleChanged>,
) -> Result<Updated, StoreError> {
    let (received_at, expired_until) = (now, expired_until(now).to_string());
    let (id, now) = (known.id.to_string(), now.to_string());
    let update = Statement::new(UPDATE)
        .text(profile.username)
        .optional(profile.email)
        .text(profile.name)
        .text(profile.role.unwrap_or(known.role).as_str())
        .text(&now)
        .text(&id)
        .text(known.role.as_str())
        .optional(profile.made_email_key);
    let update = with_search_keys(update, profile);
    let live = Statement::new(LIVE)
        .text(&id)
        .text(&expired_until)
        .text(&now);
    let (updated, sessions, found) = match entries {
        None => {
            let [updated, live, found] = database
                .batch([update, live, find_statement(profile)])
                .await?;
            (updated, live, found)
        }
        Some(entries) => {
            let [latest, revoke] = RevokeAll {
                user: known.id,
                keep: None,
                cause: Some(&entries.role_changed),
                actor: None,
                now: received_at,
                entry: &entries.sessions_revoked,
                // The scopes that the new role may not grant are dropped at the next refresh.
                grants: GrantsOfUser::Keep,
            }
            .statements();
            let is_as_known = || Statement::new(UPDATES).text(&id).text(known.role.as_str());
            let [updated, revoked, _, found] = database
                .batch([
                    recorded(update, is_as_known, [&entries.role_changed]),
                    latest,
                    revoke,
                    find_statement(profile),
                ])
                .await?;
            (updated, revoked, found)
        }
    };
    let is_done = updated.changes > 0;
    let sessions = if is_done {
        sessions.rows(RevokedSession::read)?
    } else {
        Vec::new()
    };
    let (revoked, outdated) = if entries.is_some() {
        (sessions, Vec::new())
    } else {
        (Vec::new(), sessions)
    };
    Ok(Updated {
        known: known_in(&found)?.filter(|_| is_done),
        revoked,
        outdated,
    })
}

/// Binds the texts by which administrators search the user.
fn with_search_keys(statement: Statement, profile: &FederatedProfile<'_>) -> Statement {
    statement
        .text(search_key(profile.username))
        .optional(profile.email.map(search_key))
        .text(search_key(profile.name))
}

fn find_statement(profile: &FederatedProfile<'_>) -> Statement {
    Statement::new(FIND)
        .text(profile.source)
        .text(profile.subject)
        .optional(profile.email)
        .optional(profile.made_email_key)
}

fn known_in(found: &Outcome) -> Result<Option<Known>, StoreError> {
    found.first(|row| {
        Ok(Known {
            user: users::user(row)?,
            is_email_current: row.count("is_email_current")? == 1,
            has_factor: row.count("has_factor")? == 1,
        })
    })
}
