//! Who a principal of AWS is as a person here, and which role the configuration gives. Pure.
//!
//! A person is a source and a subject that never changes there. Nobody is ever joined with another account because a user
//! name or an e-mail address is the same.

use super::arn::{Arn, ArnPattern, Principal, is_account, is_permission_set};
use super::identity_store::IdentityStoreUser;
use super::sts::CallerIdentity;
use crate::domain::names::{self, Email};
use crate::domain::role::Role;

/// A person whom AWS vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsUser {
    /// The start URL of the Identity Center, or `arn:PARTITION:iam::ACCOUNT` for an account's own principals.
    pub source: String,
    /// Who there: the directory's user id, else the user name with ASCII in lower case; of an account's own principals the
    /// role's or user's id.
    pub subject: String,
    /// As AWS writes it. It need not fit the rules of password users' names.
    pub username: String,
    /// Never the account owner's.
    pub email: Option<AwsUserEmail>,
    /// A name to show.
    pub full_name: String,
    /// What of Identity Center the person signed in with.
    pub permission_set: Option<String>,
}

/// An e-mail address of a [`AwsUser`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsUserEmail {
    /// An address from the directory.
    Given(Email),
    /// An address that was derived from the user name: with `AWS_EMAIL_DOMAIN`, or because the name looks like an address.
    /// It is not confirmed, so it is dropped if a password user has it.
    Made(Email),
}

impl AwsUserEmail {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Given(email) | Self::Made(email) => email.as_str(),
        }
    }

    /// The key by which a derived address is compared with those of password users.
    #[must_use]
    pub fn made_key(&self) -> Option<&str> {
        match self {
            Self::Given(_) => None,
            Self::Made(email) => Some(email.key()),
        }
    }
}

/// Why a principal is nobody whom Identity Center signed in, as far as we go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnSsoPrincipal {
    /// A role whose session name its caller chose.
    #[error("not a role of Identity Center")]
    NotReserved,
    /// Not the account that role credentials were asked for.
    #[error("another account")]
    OtherAccount,
    /// The directory's entry is of somebody else.
    #[error("another user")]
    OtherUser,
    /// The directory has disabled the person.
    #[error("disabled in the directory")]
    Disabled,
}

impl NotAnSsoPrincipal {
    /// A fixed code for the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotReserved => "not_of_identity_center",
            Self::OtherAccount => "other_account",
            Self::OtherUser => "other_user",
            Self::Disabled => "disabled_in_the_directory",
        }
    }
}

/// The person whom Identity Center signed in, as STS and, where configured, the directory tell.
///
/// # Errors
/// See [`NotAnSsoPrincipal`].
pub fn signed_in(
    caller: &CallerIdentity,
    user: Option<&IdentityStoreUser>,
    start_url: &str,
    account: &str,
    email_domain: Option<&str>,
) -> Result<AwsUser, NotAnSsoPrincipal> {
    let (permission_set, username) = caller
        .arn
        .signed_in()
        .ok_or(NotAnSsoPrincipal::NotReserved)?;
    if caller.arn.account != account {
        return Err(NotAnSsoPrincipal::OtherAccount);
    }
    // Only ASCII: all of Unicode's lower case would make one of names that the directory tells apart (the Kelvin sign
    // and k). Signing in spelled differently would split a person, never join two.
    let key = username.to_ascii_lowercase();
    if let Some(user) = user {
        if user.user_name.to_ascii_lowercase() != key {
            return Err(NotAnSsoPrincipal::OtherUser);
        }
        if user.is_disabled {
            return Err(NotAnSsoPrincipal::Disabled);
        }
    }
    let told_email = user.and_then(|user| user.email.as_deref());
    let display_name = user.and_then(|user| user.display_name.as_deref());
    Ok(AwsUser {
        // The portal opens with and without these ends; a person must not become another by them.
        source: start_url.trim_end_matches(['/', '#']).to_owned(),
        subject: user.map_or(key, |user| user.user_id.clone()),
        email: email(told_email, username, email_domain),
        full_name: full_name(display_name, username),
        username: username.to_owned(),
        permission_set: Some(permission_set.to_owned()),
    })
}

/// The person for an account's own principal, which a proof or the configured keys show. A role counts as one person,
/// whoever assumed it: its session's name is anybody's choice, and enters nowhere here.
#[must_use]
pub fn principal(caller: &CallerIdentity, email_domain: Option<&str>) -> AwsUser {
    let Arn {
        partition,
        account,
        principal,
    } = &caller.arn;
    let username = match principal {
        Principal::Root => "root",
        Principal::User { name, .. } => name,
        Principal::AssumedRole { role, .. } => role,
    };
    AwsUser {
        source: format!("arn:{}:iam::{account}", partition.as_str()),
        subject: caller.principal_id.clone(),
        username: username.to_owned(),
        email: email(None, username, email_domain),
        full_name: full_name(None, username),
        permission_set: None,
    }
}

fn email(told: Option<&str>, username: &str, domain: Option<&str>) -> Option<AwsUserEmail> {
    let read = |text: &str| names::email(text).ok();
    if let Some(email) = told.and_then(read) {
        return Some(AwsUserEmail::Given(email));
    }
    // No address is derived from a user name that contains @ but is not an address.
    let made = if username.contains('@') {
        read(username)
    } else {
        read(&format!("{username}@{}", domain?))
    };
    made.map(AwsUserEmail::Made)
}

fn full_name(told: Option<&str>, username: &str) -> String {
    told.and_then(|name| names::text(name).ok())
        .unwrap_or_else(|| names::full_name_from(username))
}

/// `AWS_SSO_ROLE_MAP`: which role a permission set gives, read at each sign-in.
///
/// `SET=ROLE` or `ACCOUNT/SET=ROLE`, several separated by commas or space: `AdministratorAccess=admin,ReadOnly=user`. Sets
/// are compared exactly; roles are `user`, `admin`, `super_admin`. A set with a comma in its name cannot be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMap(Vec<(MappedSet, Role)>);

/// A permission set as named in the map.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MappedSet {
    /// `None` for an entry without an account, which applies to every account that is looked at.
    account: Option<String>,
    name: String,
}

impl RoleMap {
    /// Reads the map.
    ///
    /// # Errors
    /// Every mistake in it, each with the entry that it is in.
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

    /// The highest role that the map gives to a permission set in an account, if any.
    #[must_use]
    pub fn role(&self, account: &str, permission_set: &str) -> Option<Role> {
        let entries = self.0.iter().filter(|(set, _)| {
            set.name == permission_set
                && set.account.as_deref().is_none_or(|named| named == account)
        });
        entries.map(|(_, role)| *role).max()
    }

    /// The accounts that entries name, each once, in the order of the map.
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
    /// account is configured, only that account is looked at, and an entry for another one would have no effect.
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

/// Maximum number of accounts that a map may name: the portal is queried for each of them at every sign-in.
pub const MAX_MAPPED_ACCOUNTS: usize = 5;

/// `AWS_LOGIN_ARNS`: whose proof signs in, and as what.
///
/// `PATTERN=ROLE`, several separated by commas or space; the patterns are [`ArnPattern`]'s, each names one user or one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginArns(Vec<(ArnPattern, Role)>);

impl LoginArns {
    /// Reads the list.
    ///
    /// # Errors
    /// Every mistake in it, each with the entry that it is in.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        entries(text, ArnPattern::parse).map(Self)
    }

    /// The role for a principal, if it may sign in.
    #[must_use]
    pub fn role(&self, arn: &Arn) -> Option<Role> {
        self.0
            .iter()
            .find(|(pattern, _)| pattern.allows(arn))
            .map(|(_, role)| *role)
    }

    /// True if nobody may.
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
    let mut mistakes = Vec::new();
    let pieces = text.split(|character: char| character == ',' || character.is_ascii_whitespace());
    for entry in pieces.filter(|entry| !entry.is_empty()) {
        // Names may hold `=`, roles do not.
        let (key, role) = entry.rsplit_once('=').unwrap_or((entry, ""));
        let role = Role::parse(role).ok_or("must end in =user, =admin or =super_admin");
        match (read(key), role) {
            (Ok(key), Ok(_)) if found.iter().any(|(other, _)| *other == key) => {
                mistakes.push(format!("`{entry}` names something a second time"));
            }
            (Ok(key), Ok(role)) => found.push((key, role)),
            (Err(mistake), _) | (_, Err(mistake)) => mistakes.push(format!("`{entry}` {mistake}")),
        }
    }
    if mistakes.is_empty() {
        Ok(found)
    } else {
        Err(mistakes)
    }
}

#[cfg(test)]
mod tests;
