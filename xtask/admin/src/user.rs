//! `user …`: what each command does, and what it says.

use crate::arguments::{Command, NewPerson, Password, Place};
use crate::entries::{Entries, Written};
use crate::person::Person;
use crate::place::{self, Revoked, copy_lifetime, execute};
use crate::sql::{self, Change};
use crate::table::{aligned, cell};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use edge_auth::crypto::fingerprint::fingerprint;
use edge_auth::crypto::password::{self, Peppers};
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::audit::Kind;
use edge_auth::domain::names;
use edge_auth::domain::password_policy::{self, OwnNames};
use edge_auth::domain::role::Role;
use edge_auth::timestamp::Timestamp;
use serde_json::Value;
use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

const MIN_LENGTH: usize = 15;

/// Does it; what to print.
///
/// # Errors
/// A sentence for the person at the terminal.
pub fn run(command: Command, place: &Place) -> Result<String, String> {
    let now = now()?;
    match command {
        Command::Add { person, password } => add(&person, password, place, now),
        Command::List => Ok(table(&last(execute(place, sql::LIST)?))),
        Command::Disable(who) => {
            let found = find(place, &who)?;
            let change = Changed::new(place, now, &found, Kind::UserDisabled, None)?;
            let sessions = end(place, &sql::disable(&found.id, &change.of())?)?;
            Ok(format!("{} is disabled; {sessions}.", found.shown))
        }
        Command::Enable(who) => {
            let found = find(place, &who)?;
            let entries = Entries::new(place, now)?;
            let enabled = entries.entry(Kind::UserEnabled, &found.id, None)?;
            execute(place, &sql::enable(&found.id, now, &enabled)?)?;
            Ok(format!("{} may sign in.", found.shown))
        }
        Command::SetRole(who, role) => set_role(place, &who, role, now),
        Command::Password(who, by) => new_password(place, &who, by, now),
    }
}

fn add(typed: &NewPerson, by: Password, place: &Place, now: Timestamp) -> Result<String, String> {
    let mut person = Person::new(typed, place::uuid()?)?;
    let link = match by {
        Password::Link => Some(OneTimeLink::new()?),
        Password::Stdin => {
            person.password_hash = Some(hash_of_stdin(
                place,
                &OwnNames {
                    username: person.username.as_str(),
                    email: Some(person.email.as_str()),
                    name: &person.name,
                    organization: person.organization.as_deref(),
                },
            )?);
            None
        }
    };
    let entries = Entries::new(place, now)?;
    let role = format!("role {}", person.role.as_str());
    let added = entries.entry(Kind::UserAdded, &person.id, Some(role))?;
    let statements = match &link {
        None => sql::add(&person, now, &added, None)?,
        Some(link) => {
            let created = entries.entry(Kind::PasswordLinkCreated, &person.id, None)?;
            let hash = link.hash();
            let link = sql::Link {
                hash: &hash,
                now,
                created: &created,
            };
            sql::add(&person, now, &added, Some(&link))?
        }
    };
    let taken = last(execute(place, &statements)?);
    if let Some(other) = taken.first() {
        return Err(conflict(&person, other));
    }
    let added = format!("{} is added ({}).", person.username, person.id);
    match link {
        None => Ok(added),
        Some(link) => Ok(format!("{added}\n{}", link.instructions(place)?)),
    }
}

/// Which of the three things that must be unique is taken.
fn conflict(person: &Person, other: &Value) -> String {
    let (username, email) = (column(other, "username"), column(other, "email"));
    let has_address = names::email(&email).is_ok_and(|taken| taken.key() == person.email.key());
    if username == person.username.as_str() {
        format!("The username {username} is taken.")
    } else if has_address {
        format!("The e-mail address {email} is taken, by {username}.")
    } else {
        format!(
            "The username {} looks too much like {username}, which is taken.",
            person.username
        )
    }
}

fn set_role(place: &Place, who: &str, role: Role, now: Timestamp) -> Result<String, String> {
    let found = find(place, who)?;
    if found.role == role.as_str() {
        return Ok(format!(
            "{} has the role {} already.",
            found.shown, found.role
        ));
    }
    let before = Role::parse(&found.role).ok_or_else(|| {
        format!(
            "{} has the role {}, which is none.",
            found.shown, found.role
        )
    })?;
    let words = format!("role {} -> {}", before.as_str(), role.as_str());
    let change = Changed::new(place, now, &found, Kind::RoleChanged, Some(words))?;
    let statements = sql::set_role(&found.id, before, role, &change.of())?;
    let mut results = execute(place, &statements)?;
    let sessions = results.pop().unwrap_or_default();
    // That the entry was written.
    results.pop();
    if last(results).is_empty() {
        return Err(format!(
            "The role of {} was changed by somebody else just now; nothing is done.",
            found.shown
        ));
    }
    let sessions = end_copies(place, &sessions)?;
    Ok(format!(
        "{} has the role {} now; {sessions}.",
        found.shown,
        role.as_str()
    ))
}

fn new_password(place: &Place, who: &str, by: Password, now: Timestamp) -> Result<String, String> {
    let found = find(place, who)?;
    if found.source != "password" {
        return Err(format!(
            "{} signs in with {}, not with a password.",
            found.shown, found.source
        ));
    }
    match by {
        Password::Link if !found.is_active => Err(format!(
            "{} is disabled; a link would not be taken. `user enable` comes first.",
            found.shown
        )),
        Password::Link => {
            let link = OneTimeLink::new()?;
            let hash = link.hash();
            let entries = Entries::new(place, now)?;
            let created = entries.entry(Kind::PasswordLinkCreated, &found.id, None)?;
            let kept = sql::Link {
                hash: &hash,
                now,
                created: &created,
            };
            execute(place, &sql::keep_link(&found.id, &kept)?)?;
            link.instructions(place)
        }
        Password::Stdin => {
            let own = OwnNames {
                username: &found.username,
                email: found.email.as_deref(),
                name: &found.name,
                organization: found.organization.as_deref(),
            };
            let hash = hash_of_stdin(place, &own)?;
            let change = Changed::new(place, now, &found, Kind::PasswordSet, None)?;
            let statements = sql::set_password(&found.id, &hash, &change.of())?;
            let sessions = end(place, &statements)?;
            Ok(format!("{} has a new password; {sessions}.", found.shown))
        }
    }
}

/// Runs statements whose last result names the sessions that were revoked, and overwrites their entries in KV.
fn end(place: &Place, statements: &str) -> Result<String, String> {
    end_copies(place, &last(execute(place, statements)?))
}

fn end_copies(place: &Place, sessions: &[Value]) -> Result<String, String> {
    let revoked = |row: &Value| Revoked {
        id: column(row, "id"),
        generation: row["generation"].as_u64().unwrap_or_default(),
        oldest: row["oldest"].as_u64(),
    };
    let sessions: Vec<_> = sessions.iter().map(revoked).collect();
    match place::end_copies(place, &sessions) {
        Ok(()) => Ok("all sessions have ended".to_owned()),
        Err(error) => Err(format!(
            "The change is done and all sessions are revoked, but their cached sessions in KV could not be overwritten: \
             `/validate` and `/me` may accept them for up to SESSION_EDGE_TRUST more seconds. Run the same command \
             again to retry. {error}"
        )),
    }
}

/// A change of somebody, which may end sessions.
struct Changed {
    done: Written,
    revoked: Written,
    now: Timestamp,
    copies_since: Timestamp,
}

impl Changed {
    fn new(
        place: &Place,
        now: Timestamp,
        found: &Found,
        kind: Kind,
        detail: Option<String>,
    ) -> Result<Self, String> {
        let entries = Entries::new(place, now)?;
        let by = Some(kind.as_str().to_owned());
        Ok(Self {
            done: entries.entry(kind, &found.id, detail)?,
            revoked: entries.entry(Kind::SessionRevoked, &found.id, by)?,
            now,
            copies_since: now.plus(-copy_lifetime(place)?),
        })
    }

    fn of(&self) -> Change<'_> {
        Change {
            done: &self.done,
            revoked: &self.revoked,
            now: self.now,
            copies_since: self.copies_since,
        }
    }
}

struct Found {
    id: String,
    source: String,
    username: String,
    email: Option<String>,
    name: String,
    organization: Option<String>,
    role: String,
    is_active: bool,
    /// For messages.
    shown: String,
}

fn find(place: &Place, who: &str) -> Result<Found, String> {
    let who = names::trimmed(who);
    let username = names::canonical(who).ok();
    let email = names::email(who).ok();
    // In lower case, as ids are stored.
    let id = Uuid::try_parse(who).ok().map(|id| id.to_string());
    let statement = sql::find(
        who,
        id.as_deref(),
        username.as_ref().map(names::Username::as_str),
        email.as_ref().map(names::Email::key),
    )?;
    match last(execute(place, &statement)?).as_slice() {
        [] => Err(format!("There is nobody called {who}.")),
        [row] => {
            let optional = |name| row[name].as_str().map(str::to_owned);
            Ok(Found {
                id: column(row, "id"),
                source: column(row, "source"),
                username: column(row, "username"),
                email: optional("email"),
                name: column(row, "name"),
                organization: optional("organization"),
                role: column(row, "role"),
                is_active: row["is_active"] == 1,
                shown: column(row, "username"),
            })
        }
        rows => Err(format!(
            "{who} may be any of these; say which by id:\n{}",
            table(rows)
        )),
    }
}

/// 256 random bits, of which the database keeps the hash.
struct OneTimeLink(Secret);

impl OneTimeLink {
    fn new() -> Result<Self, String> {
        let bytes = place::random::<32>()?;
        Ok(Self(Secret::new(Base64UrlUnpadded::encode_string(&bytes))))
    }

    fn hash(&self) -> String {
        fingerprint(self.0.reveal())
    }

    /// The one place where it is shown.
    fn instructions(&self, place: &Place) -> Result<String, String> {
        let token = self.0.reveal();
        if let Some(page) = place::setting(place, "PASSWORD_LINK_URL")? {
            return Ok(format!(
                "This link sets the password, once and within an hour:\n\n  {page}#token={token}"
            ));
        }
        let address = place::address(place)?;
        Ok(format!(
            "This token sets the password, once and within an hour:\n\n  {token}\n\nfor example with\n\n  \
             curl -X POST {address}/api/auth/set-password -H 'Content-Type: application/json' \\\n    \
             -d '{{\"token\": \"{token}\", \"password\": \"…\"}}'"
        ))
    }
}

fn hash_of_stdin(place: &Place, own: &OwnNames<'_>) -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| format!("Cannot read the password from standard input: {error}."))?;
    // What `echo` and editors put at the end, and nothing else.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let minimum = match place::setting(place, "PASSWORD_MIN_LENGTH")? {
        None => MIN_LENGTH,
        Some(number) => number
            .parse()
            .map_err(|_| format!("PASSWORD_MIN_LENGTH is `{number}`, which is no number."))?,
    };
    let password =
        password_policy::check(text, minimum, own).map_err(|error| format!("{error}."))?;
    let pepper = place::secret("PASSWORD_PEPPER")?.ok_or(
        ".dev.vars has no PASSWORD_PEPPER; `cargo dev` writes one if the file is missing.",
    )?;
    let mut key = [0; 32];
    let length = Base64::decode(pepper.reveal(), &mut key).map(<[u8]>::len);
    if length != Ok(key.len()) {
        return Err("PASSWORD_PEPPER in .dev.vars is not the base64 of 32 bytes.".into());
    }
    password::hash(&password, place::random()?, &Peppers::new(key, None))
        .map_err(|error| format!("{error}."))
}

fn now() -> Result<Timestamp, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok());
    seconds
        .map(Timestamp::from_seconds)
        .ok_or_else(|| "The clock of this machine is before 1970.".to_owned())
}

fn last(mut statements: Vec<Vec<Value>>) -> Vec<Value> {
    statements.pop().unwrap_or_default()
}

/// A column's text; empty for NULL.
fn column(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// People in columns, for reading.
fn table(people: &[Value]) -> String {
    const HEADS: [&str; 8] = [
        "USERNAME",
        "EMAIL",
        "NAME",
        "ORGANIZATION",
        "ROLE",
        "STATUS",
        "SOURCE",
        "ID",
    ];
    let mut lines = vec![HEADS.map(str::to_owned)];
    lines.extend(people.iter().map(|row| {
        let shown = |name| cell(row[name].as_str());
        let status = if row["is_active"] == 1 {
            "active"
        } else {
            "disabled"
        };
        [
            shown("username"),
            shown("email"),
            shown("name"),
            shown("organization"),
            shown("role"),
            status.to_owned(),
            shown("source"),
            shown("id"),
        ]
    }));
    aligned(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_are_listed_in_columns() {
        let people = [
            json!({"id": "1", "source": "password", "username": "john", "email": "j@x.de", "name": "John Doe",
                   "organization": null, "role": "admin", "is_active": 1}),
            json!({"id": "2", "source": "https://x", "username": "\u{1b}[2Jmary", "email": null, "name": "Mary",
                   "organization": "Acme", "role": "user", "is_active": 0}),
        ];
        let expected = "\
USERNAME  EMAIL   NAME      ORGANIZATION  ROLE   STATUS    SOURCE     ID
john      j@x.de  John Doe  -             admin  active    password   1
?[2Jmary  -       Mary      Acme          user   disabled  https://x  2";
        assert_eq!(table(&people), expected);
    }

    #[test]
    fn conflicts_say_what_is_taken() {
        let typed = |username: &str, email: &str| NewPerson {
            username: username.into(),
            email: email.into(),
            ..NewPerson::default()
        };
        let other = json!({"username": "john", "email": "John@x.de"});
        for (username, email, expected) in [
            ("John", "new@x.de", "The username john is taken."),
            (
                "mary",
                "JOHN@x.de",
                "The e-mail address John@x.de is taken, by john.",
            ),
            (
                "j0hn",
                "new@x.de",
                "The username j0hn looks too much like john, which is taken.",
            ),
        ] {
            let person = Person::new(&typed(username, email), "id".into()).unwrap();
            assert_eq!(conflict(&person, &other), expected);
        }
    }

    #[test]
    fn what_is_typed_is_checked_by_the_rules_of_sign_in() {
        let person = |username: &str, email: &str, name: Option<&str>| {
            let typed = NewPerson {
                username: username.into(),
                email: email.into(),
                name: name.map(str::to_owned),
                ..NewPerson::default()
            };
            Person::new(&typed, "id".into())
        };
        let good = person("John.Doe", "J@x.de", None).unwrap();
        assert_eq!(
            (good.username.as_str(), good.name.as_str()),
            ("john.doe", "John Doe")
        );
        assert_eq!(good.role, Role::User);
        let with_region = |region: &str| {
            let typed = NewPerson {
                username: "john".into(),
                email: "j@x.de".into(),
                aws_region: Some(region.to_owned()),
                ..NewPerson::default()
            };
            Person::new(&typed, "id".into()).map(|person| person.aws_region)
        };
        assert_eq!(
            with_region(" EU-North-1 "),
            Ok(Some("eu-north-1".to_owned()))
        );
        let refused = with_region("mars-1").unwrap_err();
        assert!(
            refused.starts_with("--aws-region is not accepted: `mars-1`"),
            "{refused}"
        );
        for (result, option) in [
            (person("john doe", "j@x.de", None), "--username"),
            (person("john", "x.de", None), "--email"),
            (person("john", "j@x.de", Some("a\nb")), "--name"),
        ] {
            assert!(result.err().unwrap().starts_with(option));
        }
    }

    #[test]
    fn a_link_shows_its_secret_and_keeps_its_hash() {
        let link = OneTimeLink(Secret::new("abc"));
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            link.hash(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let text = link
            .instructions(&Place::Local { persist_to: None })
            .unwrap();
        assert!(text.contains("abc") && !text.contains(&link.hash()));
        assert_eq!(OneTimeLink::new().unwrap().0.reveal().len(), 43);
    }
}
