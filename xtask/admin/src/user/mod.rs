//! `cargo xtask user …`.

mod change;
mod found;
mod link;
mod password;

use crate::entries::Entries;
use crate::new_user::{self, NewUser};
use crate::target::execute;
use crate::{random, sql};
use anyhow::{Context as _, Result, bail};
use change::Change;
use cli::{Target, UserCommand};
use edge_auth::domain::audit::Kind;
use edge_auth::domain::names;
use edge_auth::domain::password_policy::OwnNames;
use edge_auth::domain::role::Role;
use edge_auth::timestamp::Timestamp;
use found::FoundUser;
use link::OneTimeLink;
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs a command. Returns the text to print.
///
/// # Errors
/// Invalid arguments, a user who is not found, or the error of wrangler.
pub fn run(command: UserCommand) -> Result<String> {
    let now = now()?;
    match command {
        UserCommand::Add {
            user,
            password_stdin,
            target,
        } => add(&user, password_stdin, &target, now),
        UserCommand::List { target } => Ok(found::table(&last(execute(&target, sql::LIST)?))),
        UserCommand::Disable { user, target } => {
            let user = FoundUser::find(&target, &user.name)?;
            let change = Change::new(&target, now, &user, Kind::UserDisabled, None)?;
            let sessions = change.run(&sql::disable(&user.id, &change.entries())?)?;
            Ok(format!("User {} disabled; {sessions}.", user.username))
        }
        UserCommand::Enable { user, target } => {
            let user = FoundUser::find(&target, &user.name)?;
            let entries = Entries::new(&target, now)?;
            let enabled = entries.entry(Kind::UserEnabled, &user.id, None)?;
            execute(&target, &sql::enable(&user.id, now, &enabled)?)?;
            Ok(format!("User {} enabled.", user.username))
        }
        UserCommand::SetRole { user, role, target } => set_role(
            &target,
            &FoundUser::find(&target, &user.name)?,
            new_user::role(role)?,
            now,
        ),
        UserCommand::ResetPassword {
            user,
            password_stdin,
            target,
        } => {
            let user = FoundUser::find(&target, &user.name)?;
            if user.source != "password" {
                bail!(
                    "user '{}' signs in with {}, not with a password",
                    user.username,
                    user.source
                );
            }
            if password_stdin {
                set_password(&target, &user, now)
            } else {
                create_link(&target, &user, now)
            }
        }
    }
}

fn add(
    args: &cli::NewUser,
    password_stdin: bool,
    target: &Target,
    now: Timestamp,
) -> Result<String> {
    let mut user = NewUser::new(args, random::uuid()?.to_string())?;
    let link = if password_stdin {
        let own = OwnNames {
            username: user.username.as_str(),
            email: Some(user.email.as_str()),
            name: &user.name,
            organization: user.organization.as_deref(),
        };
        user.password_hash = Some(password::hash_from_stdin(target, &user.id, &own)?);
        None
    } else {
        Some(OneTimeLink::new()?)
    };
    let entries = Entries::new(target, now)?;
    let role = format!("role {}", user.role.as_str());
    let added = entries.entry(Kind::UserAdded, &user.id, Some(role))?;
    let created = entries.entry(Kind::PasswordLinkCreated, &user.id, None)?;
    let hash = link.as_ref().map(OneTimeLink::hash);
    let row = hash.as_ref().map(|hash| sql::Link {
        hash,
        now,
        created: &created,
    });
    let taken = last(execute(
        target,
        &sql::add(&user, now, &added, row.as_ref())?,
    )?);
    if let Some(other) = taken.first() {
        bail!(conflict(&user, other));
    }
    let added = format!("User {} added ({}).", user.username, user.id);
    match link {
        None => Ok(added),
        Some(link) => Ok(format!("{added}\n{}", link.instructions(target)?)),
    }
}

/// The error that names the unique value that is taken.
fn conflict(user: &NewUser, other: &Value) -> String {
    let (username, email) = (column(other, "username"), column(other, "email"));
    let has_address = names::email(&email).is_ok_and(|taken| taken.key() == user.email.key());
    let is_similar =
        names::canonical(&username).is_ok_and(|name| names::skeleton(&name) == user.skeleton);
    if username == user.username.as_str() {
        format!("username '{username}' is taken")
    } else if has_address {
        format!("e-mail address '{email}' is taken by user '{username}'")
    } else if is_similar {
        format!(
            "username '{}' is too similar to '{username}', which is taken",
            user.username
        )
    } else {
        format!(
            "e-mail address '{}' is reserved for user '{username}', who can restore it with a link",
            user.email.as_str()
        )
    }
}

fn set_role(target: &Target, user: &FoundUser, role: Role, now: Timestamp) -> Result<String> {
    let (name, new) = (&user.username, role.as_str());
    if user.role == new {
        return Ok(format!("User {name} already has the role {new}."));
    }
    let before = Role::parse(&user.role)
        .with_context(|| format!("user '{name}' has the unknown role '{}'", user.role))?;
    let detail = format!("role {} -> {new}", before.as_str());
    let change = Change::new(target, now, user, Kind::RoleChanged, Some(detail))?;
    let statements = sql::set_role(&user.id, before, role, &change.entries())?;
    let mut results = execute(target, &statements)?;
    let sessions = results.pop().unwrap_or_default();
    // The result of the check that the entry was written.
    results.pop();
    if last(results).is_empty() {
        bail!(
            "the role of user '{name}' was changed by another command; this command changed nothing"
        );
    }
    let sessions = change.overwrite(&sessions)?;
    Ok(format!("User {name} now has the role {new}; {sessions}."))
}

fn create_link(target: &Target, user: &FoundUser, now: Timestamp) -> Result<String> {
    if !user.is_active {
        bail!(
            "user '{}' is disabled, so the link would be refused; run `cargo xtask user enable` first",
            user.username
        );
    }
    let link = OneTimeLink::new()?;
    let created = Entries::new(target, now)?.entry(Kind::PasswordLinkCreated, &user.id, None)?;
    let hash = link.hash();
    let row = sql::Link {
        hash: &hash,
        now,
        created: &created,
    };
    execute(target, &sql::add_link(&user.id, &row)?)?;
    link.instructions(target)
}

fn set_password(target: &Target, user: &FoundUser, now: Timestamp) -> Result<String> {
    let own = OwnNames {
        username: &user.username,
        email: user.email.as_deref(),
        name: &user.name,
        organization: user.organization.as_deref(),
    };
    let hash = password::hash_from_stdin(target, &user.id, &own)?;
    let change = Change::new(target, now, user, Kind::PasswordSet, None)?;
    let sessions = change.run(&sql::set_password(&user.id, &hash, &change.entries())?)?;
    Ok(format!(
        "Password of user {} set; {sessions}.",
        user.username
    ))
}

/// The current time.
///
/// # Errors
/// A clock before 1970.
pub fn now() -> Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.context("the clock of this machine is before 1970")?;
    Ok(Timestamp::from_seconds(since.as_secs().try_into()?))
}

fn last(mut statements: Vec<Vec<Value>>) -> Vec<Value> {
    statements.pop().unwrap_or_default()
}

/// The text of a column; empty for NULL.
fn column(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{NewUser, conflict};
    use serde_json::json;

    #[test]
    fn conflict_names_what_is_taken() {
        let other = json!({"username": "john", "email": "John@x.de"});
        for (username, email, expected) in [
            ("John", "new@x.de", "username 'john' is taken"),
            (
                "mary",
                "JOHN@x.de",
                "e-mail address 'John@x.de' is taken by user 'john'",
            ),
            (
                "j0hn",
                "new@x.de",
                "username 'j0hn' is too similar to 'john', which is taken",
            ),
            (
                "mary",
                "Earlier@x.de",
                "e-mail address 'Earlier@x.de' is reserved for user 'john', who can restore it with a link",
            ),
        ] {
            let args = cli::NewUser {
                username: username.into(),
                email: email.into(),
                ..Default::default()
            };
            let user = NewUser::new(&args, String::new()).unwrap();
            assert_eq!(conflict(&user, &other), expected);
        }
    }
}
