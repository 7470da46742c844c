//! A user, as stored in D1 and KV and as shown by the API.

use super::role::Role;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user: the eleven fields that the API specification defines, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct User {
    /// Id; never changes and is never reused.
    pub id: Uuid,
    /// User name: in canonical form for password users, otherwise as the identity source provides it.
    pub username: String,
    /// E-mail address as entered or provided; null if unknown.
    pub email: Option<String>,
    /// Full name.
    pub name: String,
    /// Organization; null if unknown.
    pub organization: Option<String>,
    /// AWS region in which the user works; null if unknown.
    pub aws_region: Option<String>,
    /// Role.
    pub role: Role,
    /// False for a disabled user, who has no sessions and cannot sign in.
    pub is_active: bool,
    /// Time at which the user was created.
    pub created_at: Timestamp,
    /// Time of the last change of profile, role, status or password.
    pub updated_at: Timestamp,
    /// Time of the last sign-in; null before the first.
    pub last_login: Option<Timestamp>,
}

/// A user as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent members of a JSON object"
)]
pub struct AdminUser {
    /// Id; never changes and is never reused.
    pub id: Uuid,
    /// `password` for a user who signs in with a password, otherwise the name of the identity source.
    pub source: String,
    /// User name: in canonical form for password users, otherwise as the identity source provides it.
    pub username: String,
    /// E-mail address as entered or provided; null if unknown.
    pub email: Option<String>,
    /// Time at which the user confirmed the address; null if it is not confirmed.
    pub email_verified_at: Option<Timestamp>,
    /// Full name.
    pub name: String,
    /// Organization; null if unknown.
    pub organization: Option<String>,
    /// AWS region in which the user works; null if unknown.
    pub aws_region: Option<String>,
    /// Role.
    pub role: Role,
    /// False for a disabled user, who has no sessions and cannot sign in.
    pub is_active: bool,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether the account is locked for unrecognised devices after too many failed sign-ins.
    pub is_locked: bool,
    /// Whether the user has a second factor: a passkey or one-time codes.
    pub has_factor: bool,
    /// Time at which the user was created.
    pub created_at: Timestamp,
    /// Time of the last change of profile, role, status or password.
    pub updated_at: Timestamp,
    /// Time of the last sign-in; null before the first.
    pub last_login: Option<Timestamp>,
    /// Version of the user; every change except a sign-in increases it. The `ETag` of the user contains it in quotation marks.
    pub version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Malformed};

    #[test]
    fn user_is_read_back_and_each_required_member_is_checked() {
        let now = Timestamp::from_seconds(1_704_888_000);
        let full = User {
            id: Uuid::from_u128(5),
            username: "zoë".into(),
            email: Some("z@example.com".into()),
            name: "Zoë \"Z\" Ä.".into(),
            organization: Some("O".into()),
            aws_region: Some("eu-west-1".into()),
            role: Role::SuperAdmin,
            is_active: true,
            created_at: now,
            updated_at: now.plus(1),
            last_login: Some(now.plus(2)),
        };
        let bare = User {
            email: None,
            organization: None,
            aws_region: None,
            role: Role::User,
            is_active: false,
            last_login: None,
            ..full.clone()
        };
        let read = |text: &str| json::from_str::<User>(text);
        for user in [&full, &bare] {
            assert_eq!(
                read(&serde_json::to_string(user).unwrap()),
                Ok(user.clone())
            );
        }
        let json = serde_json::to_value(&full).unwrap();
        for (name, _) in json.as_object().unwrap() {
            let is_optional = serde_json::to_value(&bare).unwrap()[name].is_null();
            let mut without = json.clone();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&without.to_string()).is_ok(), is_optional, "{name}");
            without[name] = 7.into();
            assert_eq!(
                read(&without.to_string()),
                Err(Malformed::Unexpected),
                "{name}"
            );
            without[name] = "no such".into();
            let is_free = ["username", "email", "name", "organization", "aws_region"]
                .contains(&name.as_str());
            assert_eq!(read(&without.to_string()).is_ok(), is_free, "{name}");
        }
    }
}
