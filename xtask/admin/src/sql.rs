//! The statements, as whole texts: wrangler takes no parameters.
//!
//! Every text goes in as the hexadecimal digits of its UTF-8, so that no quote, semicolon, comment or line end of it is
//! ever read as SQL, neither by `SQLite` nor by wrangler, which splits what it is given at semicolons and removes the words
//! `BEGIN TRANSACTION;` even within quotes.

use crate::entries::Written;
use crate::person::Person;
use edge_auth::domain::role::Role;
use edge_auth::domain::session::expired_until;
use edge_auth::timestamp::Timestamp;
use std::fmt::Write as _;

/// A text as an SQL expression.
///
/// # Errors
/// A NUL, at which some functions of `SQLite` would take the text to end.
pub fn text(value: &str) -> Result<String, String> {
    if value.contains('\0') {
        return Err("A text with a NUL character cannot be stored.".into());
    }
    let mut expression = String::from("CAST(X'");
    for byte in value.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(expression, "{byte:02X}");
    }
    expression.push_str("' AS TEXT)");
    Ok(expression)
}

fn optional(value: Option<&str>) -> Result<String, String> {
    value.map_or_else(|| Ok("NULL".to_owned()), text)
}

/// Writes an entry of the audit log if this is so, where it stands among the statements.
fn audit(written: &Written, condition: &str) -> Result<String, String> {
    let entry = &written.entry;
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
        written.mac.as_ref(),
    ] {
        columns.push_str(", ");
        columns.push_str(&optional(column.map(String::as_str))?);
    }
    Ok(format!(
        "INSERT INTO audit (number, id, at, kind, outcome, actor, subject, detail, request, mac) \
         SELECT (SELECT coalesce(max(number), 0) + 1 FROM audit){columns} WHERE {condition}; "
    ))
}

/// Follows directly after the write that the entry records: fails, and with it all statements, if only one of the two was
/// done.
/// A trigger may have skipped the entry.
fn check(written: &Written) -> Result<String, String> {
    check_if(written, "changes() > 0")
}

/// As [`check`], where this says whether the write was done.
fn check_if(written: &Written, is_done: &str) -> Result<String, String> {
    let id = text(&written.entry.id)?;
    Ok(format!(
        "SELECT CASE WHEN ({is_done}) <> EXISTS (SELECT 1 FROM audit WHERE id = {id}) \
         THEN json('the audit entry and its write differ') END; "
    ))
}

/// A one-time link to be kept: the hash of its secret, and its hour.
pub struct Link<'a> {
    pub hash: &'a str,
    pub now: Timestamp,
    pub created: &'a Written,
}

/// One hour.
const LINK_LIFETIME: i64 = 3_600;

/// Adds the person unless somebody has the name, a name like it, or the address. The last result has a row for each of
/// those; if it has none, the person was added, with the link if there is one.
pub fn add(
    person: &Person,
    now: Timestamp,
    added: &Written,
    link: Option<&Link<'_>>,
) -> Result<String, String> {
    let id = text(&person.id)?;
    let username = text(person.username.as_str())?;
    let skeleton = text(&person.skeleton)?;
    let (email, key) = (text(person.email.as_str())?, text(person.email.key())?);
    let name = text(&person.name)?;
    let organization = optional(person.organization.as_deref())?;
    let region = optional(person.aws_region.as_deref())?;
    let role = text(person.role.as_str())?;
    let hash = optional(person.password_hash.as_deref())?;
    let now_text = text(&now.to_string())?;
    // Each by its own index; with OR, everybody would be looked at.
    let with = |column, value| {
        format!("SELECT id FROM users WHERE source = 'password' AND {column} = {value}")
    };
    let taken = format!(
        "SELECT username, email FROM users WHERE id <> {id} AND id IN ({} UNION ALL {} UNION ALL {})",
        with("username", &username),
        with("username_skeleton", &skeleton),
        with("email_key", &key),
    );
    let invite = match link {
        None => String::new(),
        Some(link) => keep_link(&person.id, link)?,
    };
    let is_there = format!("EXISTS (SELECT 1 FROM users WHERE id = {id})");
    let entry = audit(added, &is_there)? + &check_if(added, &is_there)?;
    Ok(format!(
        "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
         aws_region, role, is_active, password_hash, created_at, updated_at) \
         SELECT {id}, 'password', {username}, {skeleton}, {email}, {key}, {name}, {organization}, \
         {region}, {role}, 1, {hash}, {now_text}, {now_text} WHERE NOT EXISTS ({taken}); \
         {entry}{invite}{taken};"
    ))
}

/// For somebody who is there, active, and signs in with a password.
pub fn keep_link(user_id: &str, link: &Link<'_>) -> Result<String, String> {
    let (user_id, hash) = (text(user_id)?, text(link.hash)?);
    let now = text(&link.now.to_string())?;
    let end = text(&link.now.plus(LINK_LIFETIME).to_string())?;
    let is_there = format!("EXISTS (SELECT 1 FROM password_links WHERE id = {hash})");
    let entry = audit(link.created, &is_there)? + &check_if(link.created, &is_there)?;
    Ok(format!(
        "INSERT INTO password_links (id, user_id, created_at, expires_at) \
         SELECT {hash}, id, {now}, {end} FROM users WHERE id = {user_id} AND source = 'password' AND is_active = 1; \
         {entry}"
    ))
}

/// Everybody.
pub const LIST: &str = "SELECT id, source, username, email, name, organization, aws_region, role, is_active, last_login \
    FROM users ORDER BY username, id;";

/// Who is meant: an id, a password user's name or address in canonical form, or else a name from an identity source, as typed.
pub fn find(
    typed: &str,
    id: Option<&str>,
    username: Option<&str>,
    email_key: Option<&str>,
) -> Result<String, String> {
    let (typed, id) = (text(typed)?, optional(id)?);
    let (username, key) = (optional(username)?, optional(email_key)?);
    // Each by its own index; with OR, everybody would be looked at.
    Ok(format!(
        "SELECT id, source, username, email, name, organization, role, is_active FROM users WHERE id IN ( \
         SELECT {id} \
         UNION ALL SELECT id FROM users WHERE source = 'password' AND username = {username} \
         UNION ALL SELECT id FROM users WHERE source = 'password' AND email_key = {key} \
         UNION ALL SELECT id FROM users WHERE source <> 'password' AND username = {typed}) ORDER BY id LIMIT 10;"
    ))
}

/// What a change writes: that it was made, and that sessions ended by it.
pub struct Change<'a> {
    pub done: &'a Written,
    pub revoked: &'a Written,
    pub now: Timestamp,
    /// Copies of sessions that ended before this are gone.
    pub copies_since: Timestamp,
}

/// Takes the right to sign in, ends the sessions and drops the links.
pub fn disable(id: &str, change: &Change<'_>) -> Result<String, String> {
    let (ends, ended) = (end_sessions(id, change, "1")?, ended(id, change)?);
    let drop = drop_links(id)?;
    let (id, now) = (text(id)?, text(&change.now.to_string())?);
    let is_active = format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND is_active = 1)");
    let (entry, check) = (audit(change.done, &is_active)?, check(change.done)?);
    Ok(format!(
        "{entry}UPDATE users SET is_active = 0, updated_at = {now} WHERE id = {id} AND is_active = 1; \
         {check}{drop}{ends}{ended}"
    ))
}

/// Gives the right to sign in back.
pub fn enable(id: &str, now: Timestamp, enabled: &Written) -> Result<String, String> {
    let (id, now) = (text(id)?, text(&now.to_string())?);
    let is_disabled = format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND is_active = 0)");
    let (entry, check) = (audit(enabled, &is_disabled)?, check(enabled)?);
    Ok(format!(
        "{entry}UPDATE users SET is_active = 1, updated_at = {now} WHERE id = {id} AND is_active = 0; {check}"
    ))
}

/// Gives another role in place of this one, which ends the sessions; the same role changes nothing. The third result
/// from the end is empty if the role was no longer that one: then nothing is done.
pub fn set_role(id: &str, from: Role, to: Role, change: &Change<'_>) -> Result<String, String> {
    let (from, to) = (text(from.as_str())?, text(to.as_str())?);
    let differs = format!(
        "EXISTS (SELECT 1 FROM users WHERE id = {} AND role = {from} AND role <> {to})",
        text(id)?
    );
    let (ends, ended) = (end_sessions(id, change, &differs)?, ended(id, change)?);
    let (entry, check) = (audit(change.done, &differs)?, check(change.done)?);
    let (id, now) = (text(id)?, text(&change.now.to_string())?);
    Ok(format!(
        "{entry}{ends}UPDATE users SET role = {to}, updated_at = {now} \
         WHERE id = {id} AND role = {from} AND role <> {to} RETURNING id; {check}{ended}"
    ))
}

/// Sets the password, ends the sessions and drops the links.
pub fn set_password(id: &str, hash: &str, change: &Change<'_>) -> Result<String, String> {
    let (ends, ended) = (end_sessions(id, change, "1")?, ended(id, change)?);
    let (drop, restore) = (drop_links(id)?, restore(id)?);
    let (id, hash, now) = (text(id)?, text(hash)?, text(&change.now.to_string())?);
    let has_password =
        format!("EXISTS (SELECT 1 FROM users WHERE id = {id} AND source = 'password')");
    let (entry, check) = (audit(change.done, &has_password)?, check(change.done)?);
    Ok(format!(
        "{entry}UPDATE users SET password_hash = {hash}, updated_at = {now} WHERE id = {id} AND source = 'password'; \
         {check}{drop}{restore}{ends}{ended}"
    ))
}

/// A new password is on again, where too many failures had switched the old one off.
fn restore(id: &str) -> Result<String, String> {
    let id = text(id)?;
    Ok(format!(
        "DELETE FROM sign_in_attempts WHERE key = 'account:' || {id} \
         OR (key > 'device:' || {id} || ':' AND key < 'device:' || {id} || ';'); "
    ))
}

fn drop_links(id: &str) -> Result<String, String> {
    Ok(format!(
        "DELETE FROM password_links WHERE user_id = {} AND used_by IS NULL; ",
        text(id)?
    ))
}

fn end_sessions(id: &str, change: &Change<'_>, condition: &str) -> Result<String, String> {
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

/// The sessions whose cached sessions may still be in KV, those of a command included that could not overwrite them. `oldest`
/// is the first generation that was rotated out not long ago.
fn ended(id: &str, change: &Change<'_>) -> Result<String, String> {
    let (id, since) = (text(id)?, text(&change.copies_since.to_string())?);
    Ok(format!(
        "SELECT id, generation, (SELECT min(value ->> 1) FROM json_each(recent_rotations)) AS oldest \
         FROM sessions WHERE user_id = {id} AND revoked_at >= {since};"
    ))
}

#[cfg(test)]
mod tests;
