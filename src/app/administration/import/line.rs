//! A line of an import.

use crate::aws::region::Region;
use crate::domain::administration::{Actor, Refusal};
use crate::domain::names::{self, Email, Username};
use crate::domain::role::Role;
use crate::json::{Malformed, Object};
use crate::timestamp::Timestamp;
use serde::Deserialize;

/// A line of the request body.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_arch = "wasm32"), schemars(rename = "ImportUserRequest"))]
pub struct ImportLine {
    /// User name.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = 1024)))]
    username: String,
    /// E-mail address.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 3, max = 254)))]
    email: String,
    /// Full name; derived from the user name if it is absent.
    name: Option<String>,
    /// Organization.
    organization: Option<String>,
    /// AWS region.
    aws_region: Option<String>,
    /// Role; `user` if it is absent.
    role: Option<Role>,
    /// False for a disabled user; true if it is absent.
    is_active: Option<bool>,
    /// Whether the user has confirmed the address; false if it is absent. Only super administrators may set it to true.
    email_verified: Option<bool>,
    /// Hash of the password by another system: Argon2, bcrypt, scrypt or PBKDF2-SHA-256.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(max = 300)))]
    password_hash: Option<String>,
    /// Time at which the user was created, in any form of RFC 3339; now if it is absent.
    created_at: Option<String>,
}

/// A user to be imported.
#[derive(Debug, PartialEq, Eq)]
pub struct ImportedUser {
    pub username: Username,
    pub skeleton: String,
    pub email: Email,
    pub name: String,
    pub organization: Option<String>,
    pub aws_region: Option<String>,
    pub role: Role,
    pub is_active: bool,
    pub is_email_verified: bool,
    pub password_hash: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// Why a line is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// It is not a JSON object.
    Json,
    /// A required field is missing.
    Missing,
    /// A field has another type, or a value that is not allowed.
    Field,
    /// The user name is not valid.
    Username,
    /// The e-mail address is not valid.
    Email,
}

impl ImportedUser {
    /// Checks whether this administrator may import the user.
    pub fn check(&self, actor: Actor) -> Result<(), Refusal> {
        actor.may_give(self.role)?;
        if self.is_email_verified {
            actor.may_vouch_for_addresses()?;
        }
        Ok(())
    }

    /// Whether only a super administrator may import the user.
    pub fn needs_super_admin(&self) -> bool {
        self.role > Role::User || self.is_email_verified
    }

    /// Parses a line. A user cannot have been created after `now`.
    pub fn parse(line: &str, now: Timestamp) -> Result<Self, LineError> {
        let object = Object::read(line).map_err(|_| LineError::Json)?;
        let line: ImportLine = object.deserialize().map_err(|malformed| match malformed {
            Malformed::Syntax => LineError::Json,
            Malformed::Missing => LineError::Missing,
            Malformed::Unexpected => LineError::Field,
        })?;
        let username = names::canonical(&line.username).map_err(|_| LineError::Username)?;
        let email = names::email(&line.email).map_err(|_| LineError::Email)?;
        let text = |text: &str| names::text(text).map_err(|_| LineError::Field);
        let name = match &line.name {
            Some(name) => text(name)?,
            None => names::full_name_from(username.as_str()),
        };
        let region = |text: &str| {
            let region = Region::parse(&text.trim().to_ascii_lowercase());
            let region = region.map(|region| region.as_str().to_owned());
            region.ok_or(LineError::Field)
        };
        let created_at = |text: &str| {
            let time = Timestamp::parse_rfc3339(text);
            time.filter(|time| *time <= now).ok_or(LineError::Field)
        };
        Ok(Self {
            skeleton: names::skeleton(&username),
            username,
            email,
            name,
            organization: line.organization.as_deref().map(text).transpose()?,
            aws_region: line.aws_region.as_deref().map(region).transpose()?,
            role: line.role.unwrap_or(Role::User),
            is_active: line.is_active.unwrap_or(true),
            is_email_verified: line.email_verified.unwrap_or(false),
            password_hash: line.password_hash,
            created_at: line.created_at.as_deref().map(created_at).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<ImportedUser, LineError> {
        ImportedUser::parse(line, Timestamp::from_seconds(1_704_888_000))
    }

    #[test]
    fn line_with_only_names_is_an_active_user() {
        let user = parse(r#"{"username": "Ada.Lovelace", "email": "Ada@example.com"}"#).unwrap();
        assert_eq!(user.username.as_str(), "ada.lovelace");
        assert_eq!(
            (user.email.as_str(), user.name.as_str()),
            ("Ada@example.com", "Ada Lovelace")
        );
        assert_eq!((user.role, user.is_active), (Role::User, true));
        assert_eq!((user.password_hash, user.created_at), (None, None));
        assert!(!user.is_email_verified);
    }

    #[test]
    fn every_field_is_validated() {
        let with = |field: &str| {
            parse(&format!(
                r#"{{"username": "ada", "email": "ada@example.com", {field}}}"#
            ))
        };
        for (field, error) in [
            (r#""role": "root""#, LineError::Field),
            (r#""role": "USER""#, LineError::Field),
            (r#""is_active": 1"#, LineError::Field),
            (r#""email_verified": "yes""#, LineError::Field),
            (r#""name": "a\nb""#, LineError::Field),
            (r#""organization": """#, LineError::Field),
            (r#""aws_region": "mars-1""#, LineError::Field),
            (r#""password_hash": 7"#, LineError::Field),
            (r#""created_at": "yesterday""#, LineError::Field),
            (r#""created_at": "2999-01-01T00:00:00Z""#, LineError::Field),
            (r#""email": "eve@example.com""#, LineError::Json),
        ] {
            assert_eq!(with(field), Err(error), "{field}");
        }
        for field in [
            r#""role": "admin""#,
            r#""created_at": "2020-01-01T00:00:00+01:00""#,
            r#""aws_region": " EU-north-1""#,
            r#""unknown": {"a": [1]}"#,
            r#""name": null, "role": null, "is_active": null"#,
        ] {
            assert!(with(field).is_ok(), "{field}");
        }
        for (line, error) in [
            ("", LineError::Json),
            ("[]", LineError::Json),
            ("null", LineError::Json),
            ("{", LineError::Json),
            (r#"{"username": "ada"}"#, LineError::Missing),
            (r#"{"email": "ada@example.com"}"#, LineError::Missing),
            (
                r#"{"username": "a b", "email": "ada@example.com"}"#,
                LineError::Username,
            ),
            (
                r#"{"username": "a@b", "email": "ada@example.com"}"#,
                LineError::Username,
            ),
            (
                r#"{"username": "ada", "email": "example.com"}"#,
                LineError::Email,
            ),
        ] {
            assert_eq!(parse(line), Err(error), "{line}");
        }
    }
}
