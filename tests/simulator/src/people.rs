//! Who exists: the people of Identity Center, what they are assigned to, and the keys that are not theirs.

use crate::random::{role_id, sha256_hex};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A person in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name they sign in with; AWS allows 128 letters, marks, symbols, digits and punctuation, e-mail addresses too.
    pub user_name: String,
    /// The Identity Store's id, a UUID. Stays when the name changes.
    pub user_id: String,
    /// As shown to others.
    pub display_name: Option<String>,
    /// First and last name.
    pub name: Option<(String, String)>,
    /// The Identity Store keeps one at most; the first is the primary one.
    #[serde(default)]
    pub emails: Vec<String>,
    /// Disabled people cannot approve a sign-in.
    pub enabled: bool,
    /// Accounts and permission sets, in the order the portal lists them.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
}

/// A permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Twelve digits.
    pub account_id: String,
    /// The name that the portal calls `roleName`.
    pub permission_set: String,
}

impl Person {
    /// An enabled person with nothing but a name; the id is derived from it.
    #[must_use]
    pub fn new(user_name: impl Into<String>) -> Self {
        let user_name = user_name.into();
        let hex = sha256_hex(user_name.as_bytes());
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        Self {
            user_id: format!(
                "{}-{}-4{}-8{}-{}",
                part(0, 8),
                part(8, 12),
                part(12, 15),
                part(15, 18),
                part(18, 30)
            ),
            user_name,
            display_name: None,
            name: None,
            emails: Vec::new(),
            enabled: true,
            assignments: Vec::new(),
        }
    }

    /// With a display name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// With a first and a last name.
    #[must_use]
    pub fn named(mut self, given: impl Into<String>, family: impl Into<String>) -> Self {
        self.name = Some((given.into(), family.into()));
        self
    }

    /// With one more e-mail address.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(address.into());
        self
    }

    /// With one more permission set.
    #[must_use]
    pub fn assigned(
        mut self,
        account_id: impl Into<String>,
        permission_set: impl Into<String>,
    ) -> Self {
        self.assignments.push(Assignment {
            account_id: account_id.into(),
            permission_set: permission_set.into(),
        });
        self
    }

    pub(crate) fn is_named(&self, user_name: &str) -> bool {
        self.user_name.to_lowercase() == user_name.to_lowercase()
    }
}

/// The account that everyone of [`default_people`] is assigned to.
pub const ACCOUNT: &str = "111122223333";

/// Those whom `cargo dev` knows: plain, an e-mail address as a name, accents and an apostrophe, two permission sets,
/// a second person in the same account, one without any assignment.
#[must_use]
pub fn default_people() -> Vec<Person> {
    vec![
        Person::new("ada.lovelace")
            .display_name("Ada Lovelace")
            .named("Ada", "Lovelace")
            .email("ada.lovelace@example.com")
            .assigned(ACCOUNT, "Developer"),
        Person::new("grace.hopper@example.com")
            .display_name("Grace Hopper")
            .named("Grace", "Hopper")
            .email("grace.hopper@example.com")
            .assigned(ACCOUNT, "Developer")
            .assigned(ACCOUNT, "Administrator"),
        Person::new("Zoë.O'Neil")
            .display_name("Zoë O'Neil")
            .named("Zoë", "O'Neil")
            .email("zoe@example.com")
            .assigned(ACCOUNT, "Developer"),
        Person::new("alan-turing")
            .email("alan@example.org")
            .assigned(ACCOUNT, "Administrator")
            .assigned("444455556666", "ReadOnly"),
        Person::new("nobody").display_name("Nobody In Particular"),
    ]
}

/// Whom a signature stands for, as STS names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The whole ARN.
    pub arn: String,
    /// `AIDA…`, or `AROA…:session name`.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
}

impl Principal {
    /// A user of IAM.
    #[must_use]
    pub fn user(account: &str, name: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: role_id(&format!("{account}/user/{name}")).replacen("AROA", "AIDA", 1),
            account: account.into(),
        }
    }

    /// A session of a role, under a name that its caller chose.
    #[must_use]
    pub fn role_session(account: &str, role: &str, session: &str) -> Self {
        Self {
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            user_id: format!("{}:{session}", role_id(&format!("{account}/role/{role}"))),
            account: account.into(),
        }
    }

    /// A session that Identity Center made: the role is `AWSReservedSSO_`, the permission set and 16 hex digits, which
    /// differ from account to account; the session bears the user name.
    #[must_use]
    pub fn sso_session(account: &str, permission_set: &str, user_name: &str) -> Self {
        let digits = sha256_hex(format!("{account}/{permission_set}").as_bytes());
        let digits = digits.get(..16).unwrap_or_default();
        let role = format!("AWSReservedSSO_{permission_set}_{digits}");
        Self::role_session(account, &role, user_name)
    }
}

/// What signs a request. `Debug` shows the key's id and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` for long-term ones, `ASIA…` for a session's.
    pub access_key_id: String,
    /// Forty characters.
    pub secret_access_key: String,
    /// Only a session has one.
    pub session_token: Option<String>,
    /// Milliseconds since 1970; only a session has one.
    pub expiration: Option<i64>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credentials({}, …)", self.access_key_id)
    }
}
