//! The users of the Identity Center directory and their assignments.

use crate::encoding::sha256_hex;
use serde::{Deserialize, Serialize};

/// A user of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name that the user signs in with: up to 128 letters, marks, symbols, digits and punctuation.
    pub user_name: String,
    /// A UUID that stays when the user is renamed.
    pub user_id: String,
    /// The name that is shown to others.
    pub display_name: Option<String>,
    /// Given name and family name.
    pub name: Option<(String, String)>,
    /// Identity Store keeps at most one; the first is the primary one.
    #[serde(default)]
    pub emails: Vec<String>,
    /// A disabled user cannot approve a sign-in.
    pub enabled: bool,
    /// In the order in which the access portal lists them.
    #[serde(default)]
    pub assignments: Vec<Assignment>,
}

/// A permission set that a user has in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Twelve digits.
    pub account_id: String,
    /// The access portal calls it `roleName`.
    pub permission_set: String,
}

impl User {
    /// An enabled user with this name and nothing else; the id is derived from the name.
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

    /// Sets the display name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets the given name and the family name.
    #[must_use]
    pub fn named(mut self, given: impl Into<String>, family: impl Into<String>) -> Self {
        self.name = Some((given.into(), family.into()));
        self
    }

    /// Adds an e-mail address.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(address.into());
        self
    }

    /// Adds an assignment.
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

    pub(crate) fn has_email(&self, address: &str) -> bool {
        self.emails
            .iter()
            .any(|email| email.eq_ignore_ascii_case(address))
    }
}

/// The account of all assignments of [`default_users`] but one.
pub const ACCOUNT: &str = "111122223333";

/// The users that `cargo dev` starts with: a plain one, one whose name is an e-mail address and who has two permission sets, one
/// with an accent and an apostrophe, one with assignments in two accounts, and one without an assignment.
#[must_use]
pub fn default_users() -> Vec<User> {
    vec![
        User::new("ada.lovelace")
            .display_name("Ada Lovelace")
            .named("Ada", "Lovelace")
            .email("ada.lovelace@example.com")
            .assigned(ACCOUNT, "Developer"),
        User::new("grace.hopper@example.com")
            .display_name("Grace Hopper")
            .named("Grace", "Hopper")
            .email("grace.hopper@example.com")
            .assigned(ACCOUNT, "Developer")
            .assigned(ACCOUNT, "Administrator"),
        User::new("Zoë.O'Neil")
            .display_name("Zoë O'Neil")
            .named("Zoë", "O'Neil")
            .email("zoe@example.com")
            .assigned(ACCOUNT, "Developer"),
        User::new("alan-turing")
            .email("alan@example.org")
            .assigned(ACCOUNT, "Administrator")
            .assigned("444455556666", "ReadOnly"),
        User::new("nobody").display_name("Nobody In Particular"),
    ]
}
