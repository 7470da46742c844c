//! The configuration variables that give roles to users and principals of AWS.

use super::arn::{Arn, is_account, is_permission_set};
use super::arn_pattern::ArnPattern;
use crate::domain::role::Role;

/// Maximum number of accounts that a map may name: the portal is queried for each of them at every sign-in.
pub const MAX_MAPPED_ACCOUNTS: usize = 5;

/// `AWS_SSO_ROLE_MAP`: the role of each permission set, applied at every sign-in.
///
/// Entries `SET=ROLE` or `ACCOUNT/SET=ROLE`, separated by commas or white space: `AdministratorAccess=admin,ReadOnly=user`. Names
/// of permission sets are compared exactly. Roles are `user`, `admin` and `super_admin`. A permission set with a comma in its name
/// cannot be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMap(Vec<(MappedSet, Role)>);

/// A permission set that an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MappedSet {
    /// `None` if the entry applies to all accounts that the service checks.
    account: Option<String>,
    name: String,
}

impl RoleMap {
    /// Parses the map.
    ///
    /// # Errors
    /// All errors, each with its entry.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        entries(text, |text| {
            // Names of permission sets contain no slash.
            let (account, name) = match text.split_once('/') {
                Some((account, name)) => (Some(account), name),
                None => (None, text),
            };
            if account.is_some_and(|account| !is_account(account)) {
                return Err("does not begin with an account id of twelve digits");
            }
            if !is_permission_set(name) {
                return Err("is not the name of a permission set");
            }
            Ok(MappedSet {
                account: account.map(str::to_owned),
                name: name.to_owned(),
            })
        })
        .map(Self)
    }

    /// Returns the highest role that the map gives to a permission set in an account.
    #[must_use]
    pub fn role(&self, account: &str, permission_set: &str) -> Option<Role> {
        let entries = self.0.iter().filter(|(set, _)| {
            set.name == permission_set
                && set.account.as_deref().is_none_or(|named| named == account)
        });
        entries.map(|(_, role)| *role).max()
    }

    /// Returns the accounts that entries name, each once, in the order of the map.
    #[must_use]
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts = Vec::new();
        for account in self.0.iter().filter_map(|(set, _)| set.account.as_deref()) {
            if !accounts.contains(&account) {
                accounts.push(account);
            }
        }
        accounts
    }

    /// Whether the map is usable. If no account is configured, an entry without an account would give its role to every user
    /// with a set of that name in any account, including their own sandbox, so it may not give a role above `user`. If an
    /// account is configured, only that account is checked, and an entry for another one would have no effect.
    #[must_use]
    pub fn is_usable(&self, configured_account: Option<&str>) -> bool {
        let is_decided =
            self.0.iter().all(
                |(set, role)| match (set.account.as_deref(), configured_account) {
                    (None, None) => *role == Role::User,
                    (Some(named), Some(configured)) => named == configured,
                    _ => true,
                },
            );
        is_decided && self.accounts().len() <= MAX_MAPPED_ACCOUNTS
    }
}

/// `AWS_LOGIN_ARNS`: the principals that may sign in with a proof, and their roles.
///
/// Entries `PATTERN=ROLE`, separated by commas or white space; see [`ArnPattern`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginArns(Vec<(ArnPattern, Role)>);

impl LoginArns {
    /// Parses the list.
    ///
    /// # Errors
    /// All errors, each with its entry.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        entries(text, ArnPattern::parse).map(Self)
    }

    /// Returns the role of a principal; `None` if it may not sign in.
    #[must_use]
    pub fn role(&self, arn: &Arn) -> Option<Role> {
        self.0
            .iter()
            .find(|(pattern, _)| pattern.allows(arn))
            .map(|(_, role)| *role)
    }

    /// True if no principal may sign in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn entries<K: PartialEq>(
    text: &str,
    read: impl Fn(&str) -> Result<K, &'static str>,
) -> Result<Vec<(K, Role)>, Vec<String>> {
    let mut found: Vec<(K, Role)> = Vec::new();
    let mut errors = Vec::new();
    let pieces = text.split(|character: char| character == ',' || character.is_ascii_whitespace());
    for entry in pieces.filter(|entry| !entry.is_empty()) {
        // Names may contain `=`, roles do not.
        let (key, role) = entry.rsplit_once('=').unwrap_or((entry, ""));
        let role = Role::parse(role).ok_or("must end in =user, =admin or =super_admin");
        match (read(key), role) {
            (Ok(key), Ok(_)) if found.iter().any(|(other, _)| *other == key) => {
                errors.push(format!("`{entry}` repeats an earlier entry"));
            }
            (Ok(key), Ok(role)) => found.push((key, role)),
            (Err(mistake), _) | (_, Err(mistake)) => errors.push(format!("`{entry}` {mistake}")),
        }
    }
    if errors.is_empty() {
        Ok(found)
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests;
