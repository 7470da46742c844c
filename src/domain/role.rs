//! The roles of users.

use serde::{Deserialize, Serialize};

/// Role of a user. Each role includes the permissions of the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May use the platform.
    User,
    /// May also see the credentials pages and the audit log.
    Admin,
    /// May also verify the audit log.
    SuperAdmin,
}

impl Role {
    /// The role with this name, if there is one; names are matched exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "user" => Some(Self::User),
            "admin" => Some(Self::Admin),
            "super_admin" => Some(Self::SuperAdmin),
            _ => None,
        }
    }

    /// The name in D1 and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// True for `admin` and `super_admin`.
    #[must_use]
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Admin | Self::SuperAdmin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_is_parsed_from_its_exact_name_only() {
        for role in [Role::User, Role::Admin, Role::SuperAdmin] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        for name in ["", "Admin", "superadmin", "root", "user "] {
            assert_eq!(Role::parse(name), None, "{name}");
        }
    }
}
