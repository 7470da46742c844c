//! The rules for administrators and the users that they administer, as one table.

use super::role::Role;
use super::user::AdminUser;
use uuid::Uuid;

/// The source of users who sign in with a password.
pub const PASSWORD_SOURCE: &str = "password";

/// An action of an administrator on a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the user in lists and by id.
    Read,
    /// Show the sessions of the user.
    ReadSessions,
    /// Show the second factors of the user.
    ReadFactors,
    /// Show the connected applications of the user.
    ReadGrants,
    /// Export everything that is kept about the user.
    Export,
    /// Change name or organization.
    ChangeProfile,
    /// Change the e-mail address. Administrators change their own in the account, with their password and both addresses.
    ChangeEmail,
    /// Change the AWS region. Every other change requires this as well.
    ChangeRegion,
    /// Change the role, to this one.
    ChangeRole(Role),
    /// Disable the user.
    Disable,
    /// Enable the user again.
    Enable,
    /// Send or show a link that sets a password.
    ResetPassword,
    /// Remove a lockout.
    Unlock,
    /// Revoke one or all sessions.
    RevokeSessions,
    /// Remove a connected application.
    RevokeGrants,
    /// Remove all second factors. Administrators remove their own in the account, as the policy allows.
    ResetFactors,
    /// Erase the user.
    Erase,
}

/// The administrator: a user or an OAuth client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Id.
    pub id: Uuid,
    /// Role.
    pub role: Role,
}

/// The user that the administrator acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Id.
    pub id: Uuid,
    /// Role.
    pub role: Role,
    /// Whether the user signs in with an identity source instead of a password.
    pub is_of_identity_source: bool,
}

impl From<&AdminUser> for Target {
    fn from(user: &AdminUser) -> Self {
        Self {
            id: user.id,
            role: user.role,
            is_of_identity_source: user.source != PASSWORD_SOURCE,
        }
    }
}

/// Why an action is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The administrator may not do this to this user.
    NotPermitted,
    /// The identity source of the user manages this.
    ManagedByIdentitySource,
}

/// The users that an action may be applied to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// All.
    All,
    /// Those that the administrator manages: administrators manage users of role `user`, super administrators all.
    Managed,
    /// Those that the administrator manages, except the administrator.
    ManagedOthers,
}

/// A row of the table.
struct Rule {
    /// The users that it may be applied to.
    reach: Reach,
    /// Whether it may be applied to users of an identity source.
    is_for_identity_source: bool,
}

impl Action {
    /// The table.
    const fn rule(self) -> Rule {
        let (reach, is_for_identity_source) = match self {
            Self::Read => (Reach::All, true),
            Self::ReadSessions
            | Self::ReadFactors
            | Self::ReadGrants
            | Self::Export
            | Self::ChangeRegion
            | Self::Enable
            | Self::RevokeSessions
            | Self::RevokeGrants => (Reach::Managed, true),
            Self::ChangeProfile | Self::Unlock => (Reach::Managed, false),
            // A session of an administrator that someone else uses must not be enough to take over the account.
            Self::ChangeEmail | Self::ResetPassword | Self::ChangeRole(_) => {
                (Reach::ManagedOthers, false)
            }
            Self::Disable | Self::ResetFactors | Self::Erase => (Reach::ManagedOthers, true),
        };
        Rule {
            reach,
            is_for_identity_source,
        }
    }
}

impl Actor {
    /// An OAuth client. It has the permissions of the role `admin`.
    #[must_use]
    pub const fn client(id: Uuid) -> Self {
        Self {
            id,
            role: Role::Admin,
        }
    }

    /// Checks whether the administrator may do this to this user.
    ///
    /// # Errors
    /// [`Refusal`]; `NotPermitted` if both apply.
    pub fn may(self, action: Action, target: Target) -> Result<(), Refusal> {
        let rule = action.rule();
        let is_reached = match rule.reach {
            Reach::All => self.role.is_admin(),
            Reach::Managed => self.manages(target),
            Reach::ManagedOthers => self.manages(target) && self.id != target.id,
        };
        let is_given = match action {
            Action::ChangeRole(new) => self.may_give(new).is_ok(),
            _ => true,
        };
        if !is_reached || !is_given {
            return Err(Refusal::NotPermitted);
        }
        if target.is_of_identity_source && !rule.is_for_identity_source {
            return Err(Refusal::ManagedByIdentitySource);
        }
        Ok(())
    }

    /// Checks whether the administrator may create or import a user with this role, or change the role of a user to it.
    ///
    /// # Errors
    /// `NotPermitted`.
    pub fn may_give(self, role: Role) -> Result<(), Refusal> {
        let is_allowed = match self.role {
            Role::User => false,
            Role::Admin => role == Role::User,
            Role::SuperAdmin => true,
        };
        is_allowed.then_some(()).ok_or(Refusal::NotPermitted)
    }

    /// Checks whether the administrator may state that an imported user has confirmed the e-mail address.
    ///
    /// # Errors
    /// `NotPermitted`.
    pub fn may_vouch_for_addresses(self) -> Result<(), Refusal> {
        let is_allowed = self.role == Role::SuperAdmin;
        is_allowed.then_some(()).ok_or(Refusal::NotPermitted)
    }

    fn manages(self, target: Target) -> bool {
        match self.role {
            Role::User => false,
            Role::Admin => target.role == Role::User,
            Role::SuperAdmin => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Refusal::{ManagedByIdentitySource, NotPermitted};

    const ACTIONS: [Action; 19] = [
        Action::Read,
        Action::ReadSessions,
        Action::ReadFactors,
        Action::ReadGrants,
        Action::Export,
        Action::ChangeProfile,
        Action::ChangeEmail,
        Action::ChangeRegion,
        Action::ChangeRole(Role::User),
        Action::ChangeRole(Role::Admin),
        Action::ChangeRole(Role::SuperAdmin),
        Action::Disable,
        Action::Enable,
        Action::ResetPassword,
        Action::Unlock,
        Action::RevokeSessions,
        Action::RevokeGrants,
        Action::ResetFactors,
        Action::Erase,
    ];

    fn actor(role: Role) -> Actor {
        Actor {
            id: Uuid::from_u128(1),
            role,
        }
    }

    fn target(id: u128, role: Role) -> Target {
        Target {
            id: Uuid::from_u128(id),
            role,
            is_of_identity_source: false,
        }
    }

    /// The actions that the actor may apply to the target.
    fn allowed(actor: Actor, target: Target) -> Vec<Action> {
        let is_allowed = |action: &Action| actor.may(*action, target).is_ok();
        ACTIONS.into_iter().filter(is_allowed).collect()
    }

    #[test]
    fn users_administer_no_user() {
        for role in [Role::User, Role::Admin, Role::SuperAdmin] {
            assert_eq!(allowed(actor(Role::User), target(2, role)), []);
            assert_eq!(actor(Role::User).may_give(role), Err(NotPermitted));
        }
        let vouches = actor(Role::User).may_vouch_for_addresses();
        assert_eq!(vouches, Err(NotPermitted));
    }

    #[test]
    fn administrators_manage_users_and_read_the_others() {
        let admin = actor(Role::Admin);
        let raises = |action: &Action| {
            [Role::Admin, Role::SuperAdmin]
                .map(Action::ChangeRole)
                .contains(action)
        };
        let managed: Vec<Action> = ACTIONS
            .into_iter()
            .filter(|action| !raises(action))
            .collect();
        assert_eq!(allowed(admin, target(2, Role::User)), managed);
        for role in [Role::Admin, Role::SuperAdmin] {
            assert_eq!(allowed(admin, target(2, role)), [Action::Read]);
            assert_eq!(admin.may_give(role), Err(NotPermitted));
        }
        assert_eq!(allowed(admin, target(1, Role::Admin)), [Action::Read]);
        assert_eq!(admin.may_give(Role::User), Ok(()));
        assert_eq!(admin.may_vouch_for_addresses(), Err(NotPermitted));
    }

    #[test]
    fn clients_have_the_permissions_of_administrators() {
        let (client, admin) = (Actor::client(Uuid::from_u128(9)), actor(Role::Admin));
        for role in [Role::User, Role::Admin, Role::SuperAdmin] {
            let target = target(2, role);
            assert_eq!(allowed(client, target), allowed(admin, target));
            assert_eq!(client.may_give(role), admin.may_give(role));
        }
        assert_eq!(client.may_vouch_for_addresses(), Err(NotPermitted));
    }

    #[test]
    fn super_administrators_manage_all_users_but_do_not_remove_or_take_over_themselves() {
        let actor = actor(Role::SuperAdmin);
        for role in [Role::User, Role::Admin, Role::SuperAdmin] {
            assert_eq!(allowed(actor, target(2, role)), ACTIONS);
            assert_eq!(actor.may_give(role), Ok(()));
        }
        assert_eq!(actor.may_vouch_for_addresses(), Ok(()));
        let own = allowed(actor, target(1, Role::SuperAdmin));
        let is_for_others = |action: &Action| {
            matches!(
                action,
                Action::ChangeEmail
                    | Action::ResetPassword
                    | Action::ChangeRole(_)
                    | Action::Disable
                    | Action::ResetFactors
                    | Action::Erase
            )
        };
        assert!(!own.iter().any(is_for_others) && own.len() == 11, "{own:?}");
    }

    #[test]
    fn identity_source_manages_profile_role_and_password() {
        let of_source = |role| Target {
            is_of_identity_source: true,
            ..target(2, role)
        };
        for action in ACTIONS {
            let is_managed = matches!(
                action,
                Action::ChangeProfile
                    | Action::ChangeEmail
                    | Action::ChangeRole(_)
                    | Action::ResetPassword
                    | Action::Unlock
            );
            let expected = if is_managed {
                Err(ManagedByIdentitySource)
            } else {
                Ok(())
            };
            let found = actor(Role::SuperAdmin).may(action, of_source(Role::User));
            assert_eq!(found, expected, "{action:?}");
        }
        // If the administrator may not apply the action to any such user, the refusal is `NotPermitted`.
        let found = actor(Role::Admin).may(Action::ChangeProfile, of_source(Role::Admin));
        assert_eq!(found, Err(NotPermitted));
    }
}
