//! Compares a user's role and status with the last audit entries about them. The service records every change of them in the
//! same batch, so a difference means that the row was changed outside the service.

use super::kind::Kind;
use serde::Serialize;

/// A user's row, and the last audit entries about that user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id of the user.
    pub id: String,
    /// Their role.
    pub role: String,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Detail of the last entry that states a role: `role user`, or `role user -> admin`.
    pub role_detail: Option<String>,
    /// Kind of the last entry that states a status.
    pub status_kind: Option<String>,
}

/// Field of a user that differs from the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountField {
    /// The role.
    Role,
    /// Whether the user may sign in.
    Status,
}

impl AccountField {
    /// The name in the API and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Status => "status",
        }
    }
}

/// A user who differs from the last audit entry about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct AccountChange {
    /// Id of the user.
    pub user: String,
    /// The field that differs.
    pub field: AccountField,
    /// Value in the last entry about this field; null if there is no entry.
    pub recorded: Option<String>,
    /// Value in the user's row.
    pub found: String,
}

impl Account {
    /// Returns the fields that differ from the last entries.
    #[must_use]
    pub fn changes(&self) -> Vec<AccountChange> {
        let role = self.role_detail.as_deref().and_then(stated_role);
        let [disabled, erased] = [Kind::UserDisabled, Kind::UserErased].map(Kind::as_str);
        let status = self.status_kind.as_deref().map(|kind| match kind {
            kind if kind == disabled => "disabled",
            kind if kind == erased => "erased",
            _ => "active",
        });
        let found = if self.is_active { "active" } else { "disabled" };
        [
            (AccountField::Role, role, self.role.as_str()),
            (AccountField::Status, status, found),
        ]
        .into_iter()
        .filter(|(_, recorded, found)| *recorded != Some(found))
        .map(|(field, recorded, found)| AccountChange {
            user: self.id.clone(),
            field,
            recorded: recorded.map(str::to_owned),
            found: found.to_owned(),
        })
        .collect()
    }
}

/// Whether an entry of this kind states a role in its detail.
pub(super) fn is_about_role(kind: &str) -> bool {
    [Kind::UserAdded, Kind::RoleChanged]
        .map(Kind::as_str)
        .contains(&kind)
}

/// Whether an entry of this kind states whether a user may sign in.
pub(super) fn is_about_status(kind: &str) -> bool {
    let kinds = [
        Kind::UserAdded,
        Kind::UserDisabled,
        Kind::UserEnabled,
        Kind::UserErased,
    ];
    kinds.map(Kind::as_str).contains(&kind)
}

fn stated_role(detail: &str) -> Option<&str> {
    let roles = detail.strip_prefix("role ")?;
    roles.rsplit(" -> ").next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role_detail: Option<&str>, status_kind: Option<&str>) -> Account {
        Account {
            id: "1".into(),
            role: "admin".into(),
            is_active: true,
            role_detail: role_detail.map(str::to_owned),
            status_kind: status_kind.map(str::to_owned),
        }
    }

    #[test]
    fn account_as_last_recorded_has_no_changes() {
        for (role, status) in [
            ("role admin", "user_added"),
            ("role user -> admin", "user_enabled"),
            ("role super_admin -> admin", "user_added"),
        ] {
            assert_eq!(account(Some(role), Some(status)).changes(), []);
        }
        let mut disabled = account(Some("role admin"), Some("user_disabled"));
        disabled.is_active = false;
        assert_eq!(disabled.changes(), []);
    }

    #[test]
    fn account_that_differs_is_named_with_both_values() {
        let change = |field, recorded: Option<&str>, found: &str| AccountChange {
            user: "1".into(),
            field,
            recorded: recorded.map(str::to_owned),
            found: found.into(),
        };
        let role = |recorded| change(AccountField::Role, recorded, "admin");
        let status = |recorded| change(AccountField::Status, recorded, "active");
        for (detail, recorded) in [
            (Some("role user"), Some("user")),
            (Some("role admin -> user"), Some("user")),
            (Some("role admin -> administrator"), Some("administrator")),
            (Some("admin"), None),
            (None, None),
        ] {
            let found = account(detail, Some("user_added")).changes();
            assert_eq!(found, [role(recorded)], "{detail:?}");
        }
        let found = account(Some("role admin"), Some("user_disabled")).changes();
        assert_eq!(found, [status(Some("disabled"))]);
        let found = account(Some("role admin"), Some("user_erased")).changes();
        assert_eq!(found, [status(Some("erased"))]);
        let found = account(None, None).changes();
        assert_eq!(found, [role(None), status(None)]);
    }
}
