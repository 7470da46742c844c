//! What can be said on the command line.

use edge_auth::domain::role::Role;
use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short, Value};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Show this.
    Help(&'static str),
    /// Write the Worker's set of common passwords.
    Blocklist { list: PathBuf, set: PathBuf },
    /// Something about people.
    User { command: Command, place: Place },
}

/// `user …`.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Add {
        person: NewPerson,
        password: Password,
    },
    List,
    Disable(String),
    Enable(String),
    SetRole(String, Role),
    Password(String, Password),
}

/// Somebody who is to sign in with a password, as typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NewPerson {
    pub username: String,
    pub email: String,
    pub name: Option<String>,
    pub organization: Option<String>,
    pub aws_region: Option<String>,
    pub role: Option<Role>,
}

/// How a password is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// By its owner, who gets a one-time link.
    Link,
    /// Here, from standard input; locally only.
    Stdin,
}

/// Whose database.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// That of `cargo dev`, in this folder if one is given.
    Local { persist_to: Option<PathBuf> },
    /// The deployed one, of this environment of wrangler.toml.
    Remote { environment: Option<String> },
}

/// A help text, and where it can be done.
macro_rules! help {
    ($text:literal) => {
        concat!(
            $text,
            "

Where:
  --local [--persist-to DIR]    the database of `cargo dev`
  --remote [--env production]   the deployed one, by wrangler (CLOUDFLARE_API_TOKEN or `wrangler login`)"
        )
    };
}

const USER: &str = help!(
    "Usage: cargo xtask user <command> <where>

  add --username NAME --email ADDRESS …   a person who signs in with a password
  list                                    everybody
  disable WHO                             no more sign-ins; ends all sessions
  enable WHO                              undoes disable
  set-role WHO user|admin|super_admin     ends all sessions, if it changes anything
  password WHO                            a one-time link to set a new password

WHO is a username, an e-mail address or an id. `cargo xtask user <command> --help` says more."
);

const ADD: &str = help!(
    "Usage: cargo xtask user add --username NAME --email ADDRESS [options] <where>

  --name TEXT           full name; made from the username if not given
  --organization TEXT
  --aws-region REGION   the AWS region shown on the credentials pages, such as eu-north-1
  --role ROLE           user (if not given), admin or super_admin
  --password-stdin      with --local: set the password from standard input

Nobody is created with a password of ours: without --password-stdin this prints a link with which the person sets one,
within an hour and once. With PASSWORD_LINK_URL among wrangler.toml's vars the link is that page with #token=…"
);

const LIST: &str = help!("Usage: cargo xtask user list <where>");

const DISABLE: &str = help!(
    "Usage: cargo xtask user disable WHO <where>

Ends the sessions and unused links of this person too. WHO is a username, an e-mail address or an id."
);

const ENABLE: &str = help!(
    "Usage: cargo xtask user enable WHO <where>

WHO is a username, an e-mail address or an id."
);

const SET_ROLE: &str = help!(
    "Usage: cargo xtask user set-role WHO user|admin|super_admin <where>

Ends the sessions of this person if the role is another one. WHO is a username, an e-mail address or an id."
);

const PASSWORD: &str = help!(
    "Usage: cargo xtask user password WHO [--password-stdin] <where>

Prints a one-time link that sets a new password, for an hour; the old password is good until then. With --local and
--password-stdin the password is set at once, from standard input, and all sessions end. WHO is a username, an e-mail
address or an id."
);

const BLOCKLIST: &str = "Usage: cargo run -p edge-auth-admin -- blocklist LIST SET

Writes the set of common passwords that the Worker refuses. LIST has one password a line, the most frequent first.";

const OVERVIEW: &str = "Commands: user, blocklist. Each has --help.";

/// Options with a value, and those without.
const VALUED: [&str; 8] = [
    "username",
    "email",
    "name",
    "organization",
    "aws-region",
    "role",
    "persist-to",
    "env",
];
const FLAGS: [&str; 4] = ["password-stdin", "local", "remote", "help"];

/// Everything that was typed, before it is known what it means together.
struct Typed {
    words: std::vec::IntoIter<String>,
    options: BTreeMap<String, String>,
}

/// What a command makes of what was typed for it.
type Read = fn(&mut Typed) -> Result<Command, String>;

/// Reads the words after the program's name.
///
/// # Errors
/// One sentence that says what to type instead.
pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Action, String> {
    let mut typed = Typed::read(lexopt::Parser::from_args(words)).map_err(|error| {
        format!(
            "{}; --help says what is understood.",
            capitalised(&error.to_string())
        )
    })?;
    let help = typed.options.remove("help").is_some();
    match typed.words.next().as_deref() {
        Some("user") => user(typed, help),
        Some("blocklist") if help => Ok(Action::Help(BLOCKLIST)),
        Some("blocklist") => {
            let list = typed.word("the list")?.into();
            let set = typed.word("the file to write")?.into();
            typed.end(Action::Blocklist { list, set })
        }
        Some(other) => Err(format!("There is no command `{other}`. {OVERVIEW}")),
        None => Ok(Action::Help(OVERVIEW)),
    }
}

fn user(mut typed: Typed, help: bool) -> Result<Action, String> {
    let name = typed.words.next();
    let (text, read): (_, Read) = match name.as_deref() {
        None => return Ok(Action::Help(USER)),
        Some("add") => (ADD, add),
        Some("list") => (LIST, |_| Ok(Command::List)),
        Some("disable") => (DISABLE, |typed| typed.who().map(Command::Disable)),
        Some("enable") => (ENABLE, |typed| typed.who().map(Command::Enable)),
        Some("set-role") => (SET_ROLE, |typed| {
            let who = typed.who()?;
            let role = typed.word("the role")?;
            Ok(Command::SetRole(who, role_named(&role)?))
        }),
        Some("password") => (PASSWORD, |typed| {
            Ok(Command::Password(typed.who()?, typed.password()))
        }),
        Some(other) => {
            return Err(format!(
                "There is no command `user {other}`; `cargo xtask user --help` lists those that exist."
            ));
        }
    };
    if help {
        return Ok(Action::Help(text));
    }
    let command = read(&mut typed)?;
    let place = typed.place()?;
    let by_stdin = matches!(
        command,
        Command::Add {
            password: Password::Stdin,
            ..
        } | Command::Password(_, Password::Stdin)
    );
    if by_stdin && matches!(place, Place::Remote { .. }) {
        return Err(
            "A password is set from here only with --local: the pepper of a deployed Worker cannot be read.".into(),
        );
    }
    typed.end(Action::User { command, place })
}

fn add(typed: &mut Typed) -> Result<Command, String> {
    let role = typed.options.remove("role");
    Ok(Command::Add {
        person: NewPerson {
            username: typed.needed("username")?,
            email: typed.needed("email")?,
            name: typed.options.remove("name"),
            organization: typed.options.remove("organization"),
            aws_region: typed.options.remove("aws-region"),
            role: role.map(|name| role_named(&name)).transpose()?,
        },
        password: typed.password(),
    })
}

fn role_named(name: &str) -> Result<Role, String> {
    Role::parse(name)
        .ok_or_else(|| format!("`{name}` is no role; there are user, admin and super_admin."))
}

impl Typed {
    fn read(mut parser: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let (mut words, mut options) = (Vec::new(), BTreeMap::new());
        while let Some(part) = parser.next()? {
            let (name, value) = match part {
                Value(word) => {
                    words.push(word.string()?);
                    continue;
                }
                Short('h') => ("help".to_owned(), String::new()),
                Long(name) if FLAGS.contains(&name) => (name.to_owned(), String::new()),
                Long(name) if VALUED.contains(&name) => {
                    let name = name.to_owned();
                    (name, parser.value()?.string()?)
                }
                other => return Err(other.unexpected()),
            };
            if options.insert(name.clone(), value).is_some() {
                return Err(format!("--{name} is given twice").into());
            }
        }
        Ok(Self {
            words: words.into_iter(),
            options,
        })
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        self.words
            .next()
            .ok_or_else(|| format!("Name {what}; --help shows how."))
    }

    fn who(&mut self) -> Result<String, String> {
        self.word("who is meant, by username, e-mail address or id")
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.options
            .remove(name)
            .ok_or_else(|| format!("--{name} is needed; --help shows what else can be said."))
    }

    fn password(&mut self) -> Password {
        self.options
            .remove("password-stdin")
            .map_or(Password::Link, |_| Password::Stdin)
    }

    fn place(&mut self) -> Result<Place, String> {
        let persist_to = self.options.remove("persist-to").map(PathBuf::from);
        let environment = self.options.remove("env");
        let local = self.options.remove("local").is_some();
        let remote = self.options.remove("remote").is_some();
        match (local, remote) {
            (true, true) | (false, false) => {
                Err("Say whose database: --local, or --remote with --env production.".into())
            }
            (true, false) if environment.is_some() => Err("--env goes with --remote.".into()),
            (true, false) => Ok(Place::Local { persist_to }),
            (false, true) if persist_to.is_some() => Err("--persist-to goes with --local.".into()),
            (false, true) => Ok(Place::Remote { environment }),
        }
    }

    fn end(mut self, action: Action) -> Result<Action, String> {
        let rest = self.words.next().or_else(|| {
            let option = self.options.keys().next();
            option.map(|name| format!("--{name}"))
        });
        rest.map_or(Ok(action), |word| {
            Err(format!(
                "`{word}` means nothing here; --help says what does."
            ))
        })
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Result<Action, String> {
        read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn commands_are_understood() {
        let local = || Place::Local { persist_to: None };
        let remote = || Place::Remote {
            environment: Some("production".into()),
        };
        let action = |command, place| Ok(Action::User { command, place });
        assert_eq!(typed("user list --local"), action(Command::List, local()));
        assert_eq!(
            typed("user --remote disable john --env=production"),
            action(Command::Disable("john".into()), remote())
        );
        assert_eq!(
            typed("user set-role john super_admin --local --persist-to x"),
            action(
                Command::SetRole("john".into(), Role::SuperAdmin),
                Place::Local {
                    persist_to: Some("x".into())
                }
            )
        );
        let person = NewPerson {
            username: "john".into(),
            email: "j@x.de".into(),
            role: Some(Role::Admin),
            ..NewPerson::default()
        };
        let password = Password::Stdin;
        assert_eq!(
            typed("user add --username john --email j@x.de --role admin --password-stdin --local"),
            action(Command::Add { person, password }, local())
        );
        assert_eq!(
            typed("user password john --local"),
            action(Command::Password("john".into(), Password::Link), local())
        );
    }

    #[test]
    fn help_is_everywhere() {
        for line in [
            "",
            "--help",
            "user",
            "user --help",
            "user add -h",
            "user list --help",
            "user disable --help",
            "user enable x --help --local",
            "user set-role --help",
            "user password --help",
            "blocklist --help",
        ] {
            assert!(matches!(typed(line), Ok(Action::Help(_))), "{line}");
        }
    }

    #[test]
    fn mistakes_get_a_sentence() {
        for (line, part) in [
            ("users", "no command `users`"),
            ("user remove john", "no command `user remove`"),
            ("user list", "--local, or --remote"),
            ("user list --local --remote", "--local, or --remote"),
            (
                "user list --local --env production",
                "--env goes with --remote",
            ),
            (
                "user list --remote --persist-to x",
                "--persist-to goes with --local",
            ),
            ("user list --local john", "`john` means nothing"),
            ("user list --local --role admin", "`--role` means nothing"),
            ("user list --local --local", "twice"),
            ("user list --nonsense", "'--nonsense'"),
            ("user disable --local", "Name who is meant"),
            ("user set-role john --local", "Name the role"),
            ("user set-role john root --local", "`root` is no role"),
            ("user add --email a@b --local", "--username is needed"),
            ("user add --username", "--username"),
            (
                "user password john --password-stdin --remote",
                "only with --local",
            ),
        ] {
            let sentence = typed(line).unwrap_err();
            assert!(sentence.contains(part), "{line}: {sentence}");
        }
    }
}
