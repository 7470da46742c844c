//! Administration of users: an administrator finds, creates and changes users, and revokes their sessions. Each change is checked
//! against the rules of `domain/administration.rs`, once more in the statement that makes it, and recorded in the audit log.

pub mod create;
pub mod erase;
pub mod factors;
pub mod import;
pub mod link;
pub mod search;
pub mod update;

use crate::app::RequestContext;
use crate::app::administrator::Administrator;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::domain::administration::{Action, Actor, Refusal, Target};
use crate::domain::audit::{Entry, Kind};
use crate::domain::user::AdminUser;
use crate::runtime::StoreError;
use crate::store::users::administered;
use uuid::Uuid;

/// A request of an administrator.
pub struct Administration<'a> {
    /// The context of the request.
    pub context: &'a RequestContext,
    /// The client.
    pub client: &'a ClientInfo,
    /// The administrator.
    pub actor: Actor,
}

/// Why a request of an administrator has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A store failed, or the rate limit is exceeded.
    App(AppError),
    /// No user has this id.
    UserNotFound,
    /// The administrator may not do this to this user.
    NotPermitted,
    /// The identity source of the user manages this.
    ManagedByIdentitySource,
    /// The user does not have the version that the request requires.
    VersionMismatch,
    /// The change would leave no active super administrator.
    LastSuperAdmin,
    /// Another user has the user name or one that can be confused with it.
    UsernameTaken,
    /// Another user has the e-mail address or can restore it.
    EmailTaken,
    /// The user is disabled.
    UserDisabled,
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotPermitted => Self::NotPermitted,
            Refusal::ManagedByIdentitySource => Self::ManagedByIdentitySource,
        }
    }
}

impl<'a> Administration<'a> {
    /// A request of this administrator.
    #[must_use]
    pub fn new(
        context: &'a RequestContext,
        client: &'a ClientInfo,
        administrator: &Administrator,
    ) -> Self {
        Self {
            context,
            client,
            actor: administrator.actor(),
        }
    }

    /// Reads a user, if the administrator may do this to the user.
    ///
    /// # Errors
    /// `App`, `UserNotFound`, `NotPermitted`, `ManagedByIdentitySource`.
    pub async fn target(&self, id: Uuid, action: Action) -> Result<AdminUser, Failure> {
        let found = administered::find(self.context.app.database, id).await?;
        let user = found.ok_or(Failure::UserNotFound)?;
        self.actor.may(action, Target::from(&user))?;
        Ok(user)
    }

    /// Creates an audit entry of this administrator about a user.
    ///
    /// # Errors
    /// `Runtime`.
    pub fn entry(&self, kind: Kind, user: Uuid) -> Result<Entry, AppError> {
        let entry = self.client.entry(self.context, kind)?;
        Ok(entry.by(self.actor.id).about(user))
    }

    /// Removes the lockout of a user.
    ///
    /// # Errors
    /// The errors of [`Administration::target`].
    pub async fn unlock(&self, id: Uuid) -> Result<(), Failure> {
        let user = self.target(id, Action::Unlock).await?;
        let entry = self.context.sign(self.entry(Kind::UserUnlocked, user.id)?);
        let throttle = &self.context.app.throttle;
        Ok(throttle.unlock(user.id, self.actor.id, &entry).await?)
    }
}
