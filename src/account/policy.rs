//! What a new password must be.

use super::password::Password;

/// Why a new password is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError;

impl PolicyError {
    /// For the client.
    #[must_use]
    pub fn text(&self) -> &'static str {
        "Password is too short"
    }
}

/// The names of the person whose password it is to be.
pub struct OwnNames<'a> {
    /// User name.
    pub username: &'a str,
    /// E-mail.
    pub email: Option<&'a str>,
    /// Full name.
    pub name: &'a str,
    /// Organization.
    pub organization: Option<&'a str>,
}

/// Checks a new password of at least so many code points.
///
/// # Errors
/// [`PolicyError`].
pub fn check(text: &str, minimum: usize, _: &OwnNames<'_>) -> Result<Password, PolicyError> {
    if text.chars().count() < minimum {
        return Err(PolicyError);
    }
    Password::parse(text).map_err(|_| PolicyError)
}
