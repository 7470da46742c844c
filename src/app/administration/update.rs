//! Changes a user: profile, role and status.

use super::{Administration, Failure};
use crate::app::email::{Message, Recipient, post};
use crate::app::error::AppError;
use crate::app::sessions::revoke_cached;
use crate::domain::administration::{Action, Target};
use crate::domain::audit::{Kind, Signed};
use crate::domain::names::Email;
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::store::users::update::{self, Change, Changed};
use uuid::Uuid;

/// Maximum number of attempts of a change that requires no version. An attempt is repeated if another request has changed the user.
const MAX_ATTEMPTS: usize = 5;

/// The new value of a text that a user need not have; `None` removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewText(pub Option<String>);

/// New values. `None` does not change a value.
#[derive(Debug, Default)]
pub struct Changes {
    /// Full name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Organization.
    pub organization: Option<NewText>,
    /// AWS region.
    pub aws_region: Option<NewText>,
    /// Role.
    pub role: Option<Role>,
    /// Whether the user may sign in.
    pub is_active: Option<bool>,
}

/// A user who was changed.
#[derive(Debug)]
pub struct UpdatedUser {
    /// The user after the change.
    pub user: AdminUser,
    /// Number of sessions that were revoked.
    pub revoked_sessions: u32,
}

impl Changes {
    /// Removes the values that the user already has.
    fn that_differ_from(&self, user: &AdminUser) -> Difference<'_> {
        let email = self.email.as_ref();
        Difference {
            name: self.name.as_ref().filter(|name| **name != user.name),
            email: email.filter(|email| user.email.as_deref() != Some(email.as_str())),
            organization: self
                .organization
                .as_ref()
                .filter(|new| new.0 != user.organization),
            aws_region: self
                .aws_region
                .as_ref()
                .filter(|new| new.0 != user.aws_region),
            role: self.role.filter(|role| *role != user.role),
            is_active: self
                .is_active
                .filter(|is_active| *is_active != user.is_active),
        }
    }
}

/// The new values that differ from those of a user.
struct Difference<'a> {
    name: Option<&'a String>,
    email: Option<&'a Email>,
    organization: Option<&'a NewText>,
    aws_region: Option<&'a NewText>,
    role: Option<Role>,
    is_active: Option<bool>,
}

impl Difference<'_> {
    fn actions(&self) -> Vec<Action> {
        // Also a change to the same values requires that the administrator may change the user.
        let mut actions = vec![Action::ChangeRegion];
        if self.name.is_some() || self.email.is_some() || self.organization.is_some() {
            actions.push(Action::ChangeProfile);
        }
        actions.extend(self.role.map(Action::ChangeRole));
        actions.extend(self.is_active.map(|is_active| {
            if is_active {
                Action::Enable
            } else {
                Action::Disable
            }
        }));
        actions
    }

    /// The names of the changed fields of the profile, for the audit log.
    fn profile_fields(&self) -> Option<String> {
        let fields = [
            ("name", self.name.is_some()),
            ("organization", self.organization.is_some()),
            ("aws_region", self.aws_region.is_some()),
        ];
        let changed = fields.iter().filter(|(_, is_changed)| *is_changed);
        let names: Vec<&str> = changed.map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Why the sessions of the user are revoked, for the audit log; `None` if they are not.
    fn revocation(&self) -> Option<&'static str> {
        match (self.is_active, self.role) {
            (Some(false), _) => Some("user_disabled"),
            (_, Some(_)) => Some("role_changed"),
            _ => None,
        }
    }
}

impl Administration<'_> {
    /// Changes a user. A change of the role and disabling revoke all sessions and delete the open links of the user. A change of the
    /// e-mail address deletes the open links and notifies the earlier address. `version` is the version that the administrator has
    /// seen; `None` for any.
    ///
    /// # Errors
    /// `App`, `UserNotFound`, `NotPermitted`, `ManagedByIdentitySource`, `VersionMismatch`, `LastSuperAdmin`, `EmailTaken`.
    pub async fn update(
        &self,
        id: Uuid,
        changes: &Changes,
        version: Option<u32>,
    ) -> Result<UpdatedUser, Failure> {
        for _ in 0..MAX_ATTEMPTS {
            let user = self.target(id, Action::Read).await?;
            let difference = changes.that_differ_from(&user);
            for action in difference.actions() {
                self.actor.may(action, Target::from(&user))?;
            }
            if version.is_some_and(|version| version != user.version) {
                return Err(Failure::VersionMismatch);
            }
            match self.change(&user, &difference).await? {
                Changed::Done {
                    user: user_now,
                    sessions,
                    revoked,
                } => {
                    if difference.revocation().is_some() {
                        revoke_cached(self.context, &sessions).await;
                    } else {
                        let cache = &self.context.app.session_cache;
                        cache.forget(&sessions, self.context.received_at).await;
                    }
                    if difference.email.is_some() {
                        self.tell_earlier_address(&user);
                    }
                    return Ok(UpdatedUser {
                        user: *user_now,
                        revoked_sessions: revoked,
                    });
                }
                Changed::OtherVersion if version.is_none() => {}
                Changed::OtherVersion => return Err(Failure::VersionMismatch),
                Changed::NotFound => return Err(Failure::UserNotFound),
                Changed::NotPermitted => return Err(Failure::NotPermitted),
                Changed::EmailTaken => return Err(Failure::EmailTaken),
                Changed::LastSuperAdmin => return Err(Failure::LastSuperAdmin),
            }
        }
        Err(Failure::App(AppError::Contention))
    }

    async fn change(
        &self,
        user: &AdminUser,
        difference: &Difference<'_>,
    ) -> Result<Changed, Failure> {
        let entries = self.entries(user, difference)?;
        if entries.is_empty() {
            return Ok(Changed::Done {
                user: Box::new(user.clone()),
                sessions: Vec::new(),
                revoked: 0,
            });
        }
        let revoked = match difference.revocation() {
            Some(cause) => {
                let entry = self.entry(Kind::SessionRevoked, user.id)?.detail(cause);
                Some(self.context.sign(entry))
            }
            None => None,
        };
        let (organization, region) = (difference.organization, difference.aws_region);
        let organization = organization.map_or(&user.organization, |new| &new.0);
        let region = region.map_or(&user.aws_region, |new| &new.0);
        let change = Change {
            user,
            actor: self.actor.id,
            name: difference.name.unwrap_or(&user.name),
            organization: organization.as_deref(),
            aws_region: region.as_deref(),
            role: difference.role.unwrap_or(user.role),
            is_active: difference.is_active.unwrap_or(user.is_active),
            email: difference.email,
            now: self.context.now(),
            entries: &entries,
            sessions_revoked: revoked.as_ref(),
        };
        Ok(update::change(self.context.app.database, &change).await?)
    }

    /// The audit entries of a change.
    fn entries(
        &self,
        user: &AdminUser,
        difference: &Difference<'_>,
    ) -> Result<Vec<Signed>, AppError> {
        let mut entries = Vec::new();
        let entry = |kind| self.entry(kind, user.id);
        if let Some(role) = difference.role {
            let detail = format!("role {} -> {}", user.role.as_str(), role.as_str());
            entries.push(entry(Kind::RoleChanged)?.detail(detail));
        }
        match difference.is_active {
            Some(true) => entries.push(entry(Kind::UserEnabled)?),
            Some(false) => entries.push(entry(Kind::UserDisabled)?),
            None => {}
        }
        if difference.email.is_some() {
            entries.push(entry(Kind::EmailChanged)?.detail("administrator"));
        }
        if let Some(fields) = difference.profile_fields() {
            entries.push(entry(Kind::UserChanged)?.detail(fields));
        }
        let sign = |entry| self.context.sign(entry);
        Ok(entries.into_iter().map(sign).collect())
    }

    fn tell_earlier_address(&self, user: &AdminUser) {
        let Some(address) = user.email.clone() else {
            return;
        };
        let recipient = Recipient {
            user: user.id,
            name: user.name.clone(),
            address,
        };
        let message = Message::AddressChanged {
            restore: None,
            at: self.context.received_at,
        };
        post(self.context, self.client, recipient, message);
    }
}
