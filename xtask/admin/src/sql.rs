//! The statements, as whole texts: wrangler takes no parameters.
//!
//! Every text goes in as the hexadecimal digits of its UTF-8, so that no quote, semicolon, comment or line end of it is
//! ever read as SQL, neither by `SQLite` nor by wrangler, which splits what it is given at semicolons and removes the words
//! `BEGIN TRANSACTION;` even within quotes.

use crate::person::Person;
use edge_auth::account::role::Role;
use edge_auth::account::timestamp::Timestamp;
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

/// A one-time link to be kept: the hash of its secret, and its hour.
pub struct Link<'a> {
    pub hash: &'a str,
    pub now: Timestamp,
}

/// One hour.
const LINK_LIFETIME: i64 = 3_600;

/// Adds the person unless somebody has the name, a name like it, or the address. The last result has a row for each of
/// those; if it has none, the person was added, with the link if there is one.
pub fn add(person: &Person, now: Timestamp, link: Option<&str>) -> Result<String, String> {
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
    let taken = format!(
        "SELECT username, email FROM users WHERE source = 'password' AND id <> {id} \
         AND (username = {username} OR username_skeleton = {skeleton} OR email_key = {key})"
    );
    let invite = match link {
        None => String::new(),
        Some(hash) => keep_link(&person.id, &Link { hash, now })?,
    };
    Ok(format!(
        "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, organization, \
         aws_region, role, is_active, password_hash, created_at, updated_at) \
         SELECT {id}, 'password', {username}, {skeleton}, {email}, {key}, {name}, {organization}, \
         {region}, {role}, 1, {hash}, {now_text}, {now_text} WHERE NOT EXISTS ({taken}); \
         {invite}{taken};"
    ))
}

/// For somebody who is there, active, and signs in with a password.
pub fn keep_link(user_id: &str, link: &Link<'_>) -> Result<String, String> {
    let (user_id, hash) = (text(user_id)?, text(link.hash)?);
    let now = text(&link.now.to_string())?;
    let end = text(&link.now.plus(LINK_LIFETIME).to_string())?;
    Ok(format!(
        "INSERT INTO password_links (id, user_id, created_at, expires_at) \
         SELECT {hash}, id, {now}, {end} FROM users WHERE id = {user_id} AND source = 'password' AND is_active = 1; "
    ))
}

/// Everybody.
pub const LIST: &str = "SELECT id, source, username, email, name, organization, aws_region, role, is_active, last_login \
    FROM users ORDER BY username, id;";

/// Who is meant: an id, a password user's name or address in canonical form, or else a name from an identity source.
pub fn find(
    typed: &str,
    username: Option<&str>,
    email_key: Option<&str>,
) -> Result<String, String> {
    let (typed, username, key) = (text(typed)?, optional(username)?, optional(email_key)?);
    Ok(format!(
        "SELECT id, source, username, email, name, organization, role, is_active FROM users WHERE id = {typed} \
         OR (source = 'password' AND (username = {username} OR email_key = {key})) \
         OR (source <> 'password' AND username = {typed}) ORDER BY id LIMIT 10;"
    ))
}

/// Takes the right to sign in, ends the sessions and drops the links.
pub fn disable(id: &str, now: Timestamp, copies_since: Timestamp) -> Result<String, String> {
    let (ends, ended) = (end_sessions(id, now, "1")?, ended(id, copies_since)?);
    let drop = drop_links(id)?;
    let (id, now) = (text(id)?, text(&now.to_string())?);
    Ok(format!(
        "UPDATE users SET is_active = 0, updated_at = {now} WHERE id = {id} AND is_active = 1; {drop}{ends}{ended}"
    ))
}

/// Gives the right to sign in back.
pub fn enable(id: &str, now: Timestamp) -> Result<String, String> {
    let (id, now) = (text(id)?, text(&now.to_string())?);
    Ok(format!(
        "UPDATE users SET is_active = 1, updated_at = {now} WHERE id = {id} AND is_active = 0;"
    ))
}

/// Gives another role, which ends the sessions; the same role changes nothing.
pub fn set_role(
    id: &str,
    role: Role,
    now: Timestamp,
    copies_since: Timestamp,
) -> Result<String, String> {
    let role = text(role.as_str())?;
    let differs = format!(
        "EXISTS (SELECT 1 FROM users WHERE id = {} AND role <> {role})",
        text(id)?
    );
    let (ends, ended) = (end_sessions(id, now, &differs)?, ended(id, copies_since)?);
    let (id, now) = (text(id)?, text(&now.to_string())?);
    Ok(format!(
        "{ends}UPDATE users SET role = {role}, updated_at = {now} WHERE id = {id} AND role <> {role}; {ended}"
    ))
}

/// Sets the password, ends the sessions and drops the links.
pub fn set_password(
    id: &str,
    hash: &str,
    now: Timestamp,
    copies_since: Timestamp,
) -> Result<String, String> {
    let (ends, ended) = (end_sessions(id, now, "1")?, ended(id, copies_since)?);
    let drop = drop_links(id)?;
    let (id, hash, now) = (text(id)?, text(hash)?, text(&now.to_string())?);
    Ok(format!(
        "UPDATE users SET password_hash = {hash}, updated_at = {now} WHERE id = {id} AND source = 'password'; \
         {drop}{ends}{ended}"
    ))
}

fn drop_links(id: &str) -> Result<String, String> {
    Ok(format!(
        "DELETE FROM password_links WHERE user_id = {} AND used_by IS NULL; ",
        text(id)?
    ))
}

fn end_sessions(id: &str, now: Timestamp, condition: &str) -> Result<String, String> {
    let (id, now) = (text(id)?, text(&now.to_string())?);
    Ok(format!(
        "UPDATE sessions SET revoked_at = {now} WHERE user_id = {id} AND revoked_at IS NULL AND {condition}; "
    ))
}

/// The sessions whose copies may still be at the edge, those of a command included that could not end them.
fn ended(id: &str, since: Timestamp) -> Result<String, String> {
    let (id, since) = (text(id)?, text(&since.to_string())?);
    Ok(format!(
        "SELECT id, generation FROM sessions WHERE user_id = {id} AND revoked_at >= {since};"
    ))
}

#[cfg(test)]
mod tests;
