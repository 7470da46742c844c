//! Maps a principal of AWS to a user of this service.
//!
//! A user is identified by a source and a subject that is stable within the source. Users are never merged, even if their names
//! or e-mail addresses are equal.

use super::arn::{Arn, Principal};
use super::identity_store::IdentityStoreUser;
use super::sts::CallerIdentity;
use crate::domain::names::{self, Email};

/// A user who is authenticated by AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsUser {
    /// Start URL of the Identity Center, or `arn:PARTITION:iam::ACCOUNT` for a principal of an account.
    pub source: String,
    /// Stable ID: the ID of the directory or, if the directory is not configured, the user name with ASCII letters in lower
    /// case; for a principal of an account the ID of the role or user.
    pub subject: String,
    /// User name in the spelling of AWS. The rules for names of password users do not apply.
    pub username: String,
    /// E-mail address of the user; never that of the account owner.
    pub email: Option<AwsUserEmail>,
    /// Display name.
    pub full_name: String,
    /// Permission set of the credentials, for a user of Identity Center.
    pub permission_set: Option<String>,
}

/// The e-mail address of an [`AwsUser`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsUserEmail {
    /// An address from the directory.
    FromDirectory(Email),
    /// An address that was derived from the user name: with `AWS_EMAIL_DOMAIN`, or because the name looks like an address.
    /// It is not confirmed, so it is dropped if a password user has it.
    Derived(Email),
}

impl AwsUserEmail {
    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::FromDirectory(email) | Self::Derived(email) => email.as_str(),
        }
    }

    /// Returns the key by which a derived address is compared with those of password users.
    #[must_use]
    pub fn derived_key(&self) -> Option<&str> {
        match self {
            Self::FromDirectory(_) => None,
            Self::Derived(email) => Some(email.key()),
        }
    }
}

/// Why a principal is not accepted as a user of Identity Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnSsoPrincipal {
    /// The role does not belong to a permission set, so its caller chose the session name.
    #[error("not a role of Identity Center")]
    NotReserved,
    /// The account is not the one for which credentials were requested.
    #[error("another account")]
    OtherAccount,
    /// The entry of the directory belongs to another user.
    #[error("another user")]
    OtherUser,
    /// The user is disabled in the directory.
    #[error("disabled in the directory")]
    Disabled,
}

impl NotAnSsoPrincipal {
    /// Returns the code for the log.
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

/// Returns the user of Identity Center, from the response of STS and, if it is configured, the directory.
///
/// # Errors
/// See [`NotAnSsoPrincipal`].
pub fn sso_user(
    caller: &CallerIdentity,
    user: Option<&IdentityStoreUser>,
    start_url: &str,
    account: &str,
    email_domain: Option<&str>,
) -> Result<AwsUser, NotAnSsoPrincipal> {
    let (permission_set, username) = caller
        .arn
        .sso_user()
        .ok_or(NotAnSsoPrincipal::NotReserved)?;
    if caller.arn.account != account {
        return Err(NotAnSsoPrincipal::OtherAccount);
    }
    // Only ASCII letters are mapped to lower case: the mapping of Unicode would make names equal that the directory
    // distinguishes, such as the Kelvin sign and k. With ASCII, another spelling may create a second user, but two users never
    // become one.
    let key = username.to_ascii_lowercase();
    if let Some(user) = user {
        if user.user_name.to_ascii_lowercase() != key {
            return Err(NotAnSsoPrincipal::OtherUser);
        }
        if user.is_disabled {
            return Err(NotAnSsoPrincipal::Disabled);
        }
    }
    let directory_email = user.and_then(|user| user.email.as_deref());
    let display_name = user.and_then(|user| user.display_name.as_deref());
    Ok(AwsUser {
        // The portal can be opened with and without these characters, so they must not create another user.
        source: start_url.trim_end_matches(['/', '#']).to_owned(),
        subject: user.map_or(key, |user| user.user_id.clone()),
        email: email(directory_email, username, email_domain),
        full_name: full_name(display_name, username),
        username: username.to_owned(),
        permission_set: Some(permission_set.to_owned()),
    })
}

/// Returns the user for a principal of an account, from a proof or the configured credentials. All sessions of a role are one
/// user, because the caller chose the session name.
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

fn email(
    from_directory: Option<&str>,
    username: &str,
    domain: Option<&str>,
) -> Option<AwsUserEmail> {
    let read = |text: &str| names::email(text).ok();
    if let Some(email) = from_directory.and_then(read) {
        return Some(AwsUserEmail::FromDirectory(email));
    }
    // No address is derived from a user name that contains @ but is not an address.
    let derived = if username.contains('@') {
        read(username)
    } else {
        read(&format!("{username}@{}", domain?))
    };
    derived.map(AwsUserEmail::Derived)
}

fn full_name(from_directory: Option<&str>, username: &str) -> String {
    from_directory
        .and_then(|name| names::text(name).ok())
        .unwrap_or_else(|| names::full_name_from(username))
}

#[cfg(test)]
mod tests;
