//! People whom an identity source vouches for, in table `users`: bound to (source, subject) at first sight, brought up to
//! date at each sign-in, never joined with another account because a name or an e-mail is the same.

use super::StoreError;
use super::d1::{Database, Statement};
use super::sessions::Ended;
use super::users::UserRow;
use crate::account::role::Role;
use crate::account::timestamp::Timestamp;
use crate::account::user::User;
use uuid::Uuid;

/// A person who arrives.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The identity source's name.
    pub source: &'a str,
    /// The source's stable id of the person.
    pub subject: &'a str,
    /// As the source writes it.
    pub username: &'a str,
    /// E-mail, if known.
    pub email: Option<&'a str>,
    /// Full name.
    pub name: &'a str,
    /// The role that this sign-in decides; `None` leaves the record's.
    pub role: Option<Role>,
}

/// What arriving has done.
#[derive(Debug)]
pub struct Arrived {
    /// The person, as the record has them now.
    pub user: User,
    /// Sessions that ended because the role changed.
    pub ended: Vec<Ended>,
    /// Sessions whose copies show what has changed.
    pub stale: Vec<Ended>,
}

/// The first sight makes a row; every later one finds it.
const BIND: &str = "
    INSERT INTO users (id, source, subject, username, email, name, role, is_active, created_at, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?8)
    ON CONFLICT (source, subject) WHERE subject IS NOT NULL DO NOTHING";

/// Another role than before ends what the old one opened.
const REVOKE_OF_OTHER_ROLE: &str = "
    UPDATE sessions SET revoked_at = ?1
    WHERE revoked_at IS NULL AND user_id =
      (SELECT id FROM users WHERE source = ?2 AND subject = ?3 AND is_active = 1 AND role <> coalesce(?4, role))
    RETURNING id, generation";

/// `updated_at` only moves if something did; a disabled person's row stays as it is.
const UPDATE: &str = "
    UPDATE users SET username = ?1, email = ?2, name = ?3, role = coalesce(?4, role), updated_at = ?5
    WHERE source = ?6 AND subject = ?7 AND is_active = 1
      AND (username IS NOT ?1 OR email IS NOT ?2 OR name IS NOT ?3 OR role IS NOT coalesce(?4, role))";

/// Sessions whose copies show what UPDATE has just changed; more than these lapse at their bound.
const LIVE: &str = "
    SELECT sessions.id, sessions.generation FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE users.source = ?1 AND users.subject = ?2 AND users.updated_at = ?3
      AND sessions.revoked_at IS NULL AND sessions.ends_at > ?3
    ORDER BY sessions.created_at DESC LIMIT 200";

const FIND: &str = "
    SELECT id AS user_id, username, email, name, organization, aws_region, role, is_active,
           created_at AS user_created_at, updated_at AS user_updated_at, last_login
    FROM users WHERE source = ?1 AND subject = ?2";

/// Lets a person in at the record.
///
/// # Errors
/// Any [`StoreError`].
pub async fn arrive(
    database: &Database,
    arrival: &Arrival<'_>,
    new_id: Uuid,
    now: Timestamp,
) -> Result<Arrived, StoreError> {
    let (now, role) = (now.to_string(), arrival.role.map(Role::as_str));
    let [_, ended, updated, live, found] = database
        .batch([
            Statement::new(BIND)
                .text(new_id.to_string())
                .text(arrival.source)
                .text(arrival.subject)
                .text(arrival.username)
                .optional(arrival.email)
                .text(arrival.name)
                .text(role.unwrap_or(Role::User.as_str()))
                .text(&now),
            Statement::new(REVOKE_OF_OTHER_ROLE)
                .text(&now)
                .text(arrival.source)
                .text(arrival.subject)
                .optional(role),
            Statement::new(UPDATE)
                .text(arrival.username)
                .optional(arrival.email)
                .text(arrival.name)
                .optional(role)
                .text(&now)
                .text(arrival.source)
                .text(arrival.subject),
            Statement::new(LIVE)
                .text(arrival.source)
                .text(arrival.subject)
                .text(&now),
            Statement::new(FIND)
                .text(arrival.source)
                .text(arrival.subject),
        ])
        .await?;
    let user: Option<UserRow> = found.first()?;
    let user: User = user
        .ok_or(StoreError::CorruptRow("users.subject"))?
        .try_into()?;
    let stale = if updated.changes > 0 {
        live.rows()?
    } else {
        Vec::new()
    };
    Ok(Arrived {
        user,
        ended: ended.rows()?,
        stale,
    })
}
