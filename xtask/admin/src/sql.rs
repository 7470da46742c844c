//! The SQL statements. They contain their values, because wrangler takes no parameters.
//!
//! Each text is written as the hexadecimal digits of its UTF-8, so that no quote, semicolon, comment or line end in it is read
//! as SQL, neither by `SQLite` nor by wrangler, which splits statements at semicolons and removes `BEGIN TRANSACTION;` even
//! within quotes.

use crate::entries::NewEntry;
use crate::new_user::NewUser;
use anyhow::{Result, bail};
use edge_auth::domain::names::search_key;
use edge_auth::domain::role::Role;
use edge_auth::domain::session::expired_until;
use edge_auth::timestamp::Timestamp;
use std::fmt::Write as _;

/// A text as an SQL expression.
///
/// # Errors
/// A text with a NUL character. Some functions of `SQLite` treat it as the end of the text.
pub fn text(value: &str) -> Result<String> {
    if value.contains('\0') {
        bail!("a text with a NUL character cannot be stored");
    }
    let mut expression = String::from("CAST(X'");
    for byte in value.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(expression, "{byte:02X}");
    }
    expression.push_str("' AS TEXT)");
    Ok(expression)
}

fn optional(value: Option<&str>) -> Result<String> {
    value.map_or_else(|| Ok("NULL".to_owned()), text)
}

/// Writes an entry of the audit log if the condition holds at this point.
fn audit(new: &NewEntry, condition: &str) -> Result<String> {
    let entry = &new.entry;
    let mut columns = String::new();
    for column in [
        Some(&entry.id),
        Some(&entry.at),
        Some(&entry.kind),
        Some(&entry.outcome),
        entry.actor.as_ref(),
        entry.subject.as_ref(),
        entry.detail.as_ref(),
        Some(&entry.request),
        new.mac.as_ref(),
    ] {
        columns.push_str(", ");
        columns.push_str(&optional(column.map(String::as_str))?);
    }
    Ok(format!(
        "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request, mac) \
         SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit){columns} WHERE {condition}; "
    ))
}

/// A check that follows the write which the entry records. It fails the transaction if only the write or only the
/// entry was made: a trigger may have skipped the entry.
fn check(new: &NewEntry) -> Result<String> {
    check_if(new, "changes() > 0")
}

/// Like [`check`], with the condition that the write was made.
fn check_if(new: &NewEntry, is_done: &str) -> Result<String> {
    let id = text(&new.entry.id)?;
    Ok(format!(
        "SELECT CASE WHEN ({is_done}) <> EXISTS (SELECT 1 FROM audit WHERE id = {id}) \
         THEN json('the audit entry and its write differ') END; "
    ))
}

/// A one-time link: the hash of its secret, and when it was created.
pub struct Link<'a> {
    pub hash: &'a str,
    pub now: Timestamp,
    pub created: &'a NewEntry,
}

/// Lifetime of a one-time link.
const LINK_SECONDS: i64 = 3_600;

/// Adds the user, unless another user has the username, a confusable one, or the e-mail address, or can restore the
/// address with a link. The last result has a row for each such user. If it is empty, the user was added, with the link if there is one.
pub fn add(
    user: &NewUser,
    now: Timestamp,
    added: &NewEntry,
    link: Option<&Link<'_>>,
) -> Result<String> {
    let id = text(&user.id)?;
    let username = text(user.username.as_str())?;
    let skeleton = text(&user.skeleton)?;
    let (email, key) = (text(user.email.as_str())?, text(user.email.key())?);
    let name = text(&user.name)?;
    // A canonical user name is in lower case.
    let email_search = text(&search_key(user.email.as_str()))?;
    let name_search = text(&search_key(&user.name))?;
    let organization = optional(user.organization.as_deref())?;
    let region = optional(user.aws_region.as_deref())?;
    let role = text(user.role.as_str())?;
    let hash = optional(user.password_hash.as_deref())?;
    let now_text = text(&now.to_string())?;
    // Each SELECT uses its own index. With OR, SQLite would scan the table.
    let with = |column, value| {
        format!("SELECT id FROM users WHERE source = 'password' AND {column} = {value}")
    };
    let taken = format!(
        "SELECT username, email FROM users WHERE id <> {id} AND id IN ({} UNION ALL {} UNION ALL {} UNION ALL \
         SELECT user_id FROM email_links WHERE purpose = 'revert' AND email_key = {key} AND +expires_at > {now_text})",
        with("username", &username),
        with("username_skeleton", &skeleton),
        with("email_key", &key),
    );
    let invite = match link {
        None => String::new(),
        Some(link) => add_link(&user.id, link)?,
    };
    let is_there = format!("EXISTS (SELECT 1 FROM users WHERE id = {id})");
    let entry = audit(added, &is_there)? + &check_if(added, &is_there)?;
    Ok(format!(
        "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
         aws_region, role, is_active, password_hash, created_at, updated_at, username_search, email_search, name_search) \
         SELECT {id}, 'password', {username}, {skeleton}, {email}, {key}, {name}, {organization}, \
         {region}, {role}, 1, {hash}, {now_text}, {now_text}, {username}, {email_search}, {name_search} WHERE NOT EXISTS ({taken}); \
         {entry}{invite}{taken};"
    ))
}

/// Adds a link for an active user who signs in with a password.
pub fn add_link(user_id: &str, link: &Link<'_>) -> Result<String> {
    let (user_id, hash) = (text(user_id)?, text(link.hash)?);
    let now = text(&link.now.to_string())?;
    let end = text(&link.now.plus(LINK_SECONDS).to_string())?;
    let is_there = format!("EXISTS (SELECT 1 FROM password_links WHERE id = {hash})");
    let entry = audit(link.created, &is_there)? + &check_if(link.created, &is_there)?;
    Ok(format!(
        "INSERT INTO password_links (id, user_id, created_at, expires_at) \
         SELECT {hash}, id, {now}, {end} FROM users WHERE id = {user_id} AND source = 'password' AND is_active = 1; \
         {entry}"
    ))
}

/// All users.
pub const LIST: &str = "SELECT id, source, username, email, email_verified_at, name, organization, aws_region, role, is_active, \
    last_login FROM users ORDER BY username, id;";

/// Finds users by id, by username or e-mail address in canonical form, or by the username of an identity provider as typed.
pub fn find(
    typed: &str,
    id: Option<&str>,
    username: Option<&str>,
    email_key: Option<&str>,
) -> Result<String> {
    let (typed, id) = (text(typed)?, optional(id)?);
    let (username, key) = (optional(username)?, optional(email_key)?);
    // Each SELECT uses its own index. With OR, SQLite would scan the table.
    Ok(format!(
        "SELECT id, source, username, email, email_verified_at, name, organization, role, is_active FROM users WHERE id IN ( \
         SELECT {id} \
         UNION ALL SELECT id FROM users WHERE source = 'password' AND username = {username} \
         UNION ALL SELECT id FROM users WHERE source = 'password' AND email_key = {key} \
         UNION ALL SELECT id FROM users WHERE source <> 'password' AND username = {typed}) ORDER BY id LIMIT 10;"
    ))
}

/// The audit entries for a change and for the sessions that it revokes.
pub struct Change<'a> {
    pub entry: &'a NewEntry,
    pub revoked: &'a NewEntry,
    pub now: Timestamp,
    /// The cached sessions in KV have expired if their sessions were revoked before this time.
    pub cached_since: Timestamp,
}

/// Disables a user, revokes the sessions and deletes the links.
pub fn disable(id: &str, change: &Change<'_>) -> Result<String> {
    let (revoke, revoked) = (
        revoke_sessions(id, change, "1")?,
        revoked_sessions(id, change)?,
    );
    let delete = delete_links(id)? + &delete_email_links(id)?;
    let (id, now) = (text(id)?, text(&change.now.to_string())?);
    let is_active = format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND is_active = 1)");
    let (entry, check) = (audit(change.entry, &is_active)?, check(change.entry)?);
    Ok(format!(
        "{entry}UPDATE users SET is_active = 0, updated_at = {now} WHERE id = {id} AND is_active = 1; \
         {check}{delete}{revoke}{revoked}"
    ))
}

/// Enables a user.
pub fn enable(id: &str, now: Timestamp, enabled: &NewEntry) -> Result<String> {
    let (id, now) = (text(id)?, text(&now.to_string())?);
    let is_disabled = format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND is_active = 0)");
    let (entry, check) = (audit(enabled, &is_disabled)?, check(enabled)?);
    Ok(format!(
        "{entry}UPDATE users SET is_active = 1, updated_at = {now} WHERE id = {id} AND is_active = 0; {check}"
    ))
}

/// Replaces the role `from` with `to` and revokes the sessions. If the two are equal, nothing changes. If the user's
/// role is not `from`, nothing changes and the third result from the end is empty.
pub fn set_role(id: &str, from: Role, to: Role, change: &Change<'_>) -> Result<String> {
    let (from, to) = (text(from.as_str())?, text(to.as_str())?);
    let differs = format!(
        "EXISTS (SELECT 1 FROM users WHERE id = {} AND role = {from} AND role <> {to})",
        text(id)?
    );
    let (revoke, revoked) = (
        revoke_sessions(id, change, &differs)?,
        revoked_sessions(id, change)?,
    );
    let (entry, check) = (audit(change.entry, &differs)?, check(change.entry)?);
    let (id, now) = (text(id)?, text(&change.now.to_string())?);
    Ok(format!(
        "{entry}{revoke}UPDATE users SET role = {to}, updated_at = {now} \
         WHERE id = {id} AND role = {from} AND role <> {to} RETURNING id; {check}{revoked}"
    ))
}

/// Sets the password, revokes the sessions and deletes the links.
pub fn set_password(id: &str, hash: &str, change: &Change<'_>) -> Result<String> {
    let (revoke, revoked) = (
        revoke_sessions(id, change, "1")?,
        revoked_sessions(id, change)?,
    );
    let (delete, unlock) = (delete_links(id)?, unlock(id)?);
    let (id, hash, now) = (text(id)?, text(hash)?, text(&change.now.to_string())?);
    let has_password =
        format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND source = 'password')");
    let (entry, check) = (audit(change.entry, &has_password)?, check(change.entry)?);
    Ok(format!(
        "{entry}UPDATE users SET password_hash = {hash}, updated_at = {now} WHERE id = {id} AND source = 'password'; \
         {check}{delete}{unlock}{revoke}{revoked}"
    ))
}

/// A new password ends a lockout.
fn unlock(id: &str) -> Result<String> {
    let id = text(id)?;
    Ok(format!(
        "DELETE FROM sign_in_attempts WHERE key = 'account:' || {id} \
         OR (key > 'device:' || {id} || ':' AND key < 'device:' || {id} || ';'); "
    ))
}

fn delete_links(id: &str) -> Result<String> {
    Ok(format!(
        "DELETE FROM password_links WHERE user_id = {} AND used_by IS NULL; ",
        text(id)?
    ))
}

/// Deletes the links that confirm or restore an e-mail address.
fn delete_email_links(id: &str) -> Result<String> {
    Ok(format!(
        "DELETE FROM email_links WHERE user_id = {}; ",
        text(id)?
    ))
}

fn revoke_sessions(id: &str, change: &Change<'_>, condition: &str) -> Result<String> {
    let (id, now) = (text(id)?, text(&change.now.to_string())?);
    let expired_until = text(&expired_until(change.now).to_string())?;
    let live = format!(
        "user_id = {id} AND revoked_at IS NULL AND token_expires_at > {expired_until} AND ends_at > {now} AND {condition}"
    );
    let entry = audit(
        change.revoked,
        &format!("EXISTS (SELECT 1 FROM sessions WHERE {live})"),
    )?;
    let check = check(change.revoked)?;
    Ok(format!(
        "{entry}UPDATE sessions SET revoked_at = {now} WHERE {live}; {check}"
    ))
}

/// The revoked sessions whose cached sessions may still be in KV, including those of an earlier command that could not
/// overwrite them. `oldest` is the first of the generations that were rotated out recently.
fn revoked_sessions(id: &str, change: &Change<'_>) -> Result<String> {
    let (id, since) = (text(id)?, text(&change.cached_since.to_string())?);
    Ok(format!(
        "SELECT id, generation, (SELECT min(value ->> 1) FROM json_each(recent_rotations)) AS oldest \
         FROM sessions WHERE user_id = {id} AND revoked_at >= {since};"
    ))
}

#[cfg(test)]
mod tests;
