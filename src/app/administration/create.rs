//! Creates a user who signs in with a password, and sends a link that sets the password.

use super::link::{IssuedLink, SHOWN};
use super::{Administration, Failure};
use crate::app::email::{Message, OneTimeSecret, Recipient};
use crate::app::error::AppError;
use crate::domain::audit::Kind;
use crate::domain::names::{self, Email, Username};
use crate::domain::role::Role;
use crate::domain::user::AdminUser;
use crate::runtime::random;
use crate::store::password_links::PASSWORD_LINK_SECONDS;
use crate::store::users::create::{self, Created};

/// A user to be created.
#[derive(Debug)]
pub struct NewUser {
    /// User name.
    pub username: Username,
    /// E-mail address.
    pub email: Email,
    /// Full name; `None` derives it from the user name.
    pub name: Option<String>,
    /// Organization.
    pub organization: Option<String>,
    /// AWS region.
    pub aws_region: Option<String>,
    /// Role.
    pub role: Role,
}

/// A user who was created.
#[derive(Debug)]
pub struct CreatedUser {
    /// The user.
    pub user: AdminUser,
    /// The link that sets the password.
    pub link: IssuedLink,
}

impl Administration<'_> {
    /// Creates a user.
    ///
    /// # Errors
    /// `NotPermitted`, `UsernameTaken`, `EmailTaken`.
    pub async fn create(&self, new: NewUser) -> Result<CreatedUser, Failure> {
        self.actor.may_give(new.role)?;
        let app = self.context.app;
        let sends = self.may_send(new.email.key()).await?;
        let id = random::uuid().map_err(AppError::from)?;
        let (secret, now) = (OneTimeSecret::new()?, self.context.now());
        let sign = |kind, detail: String| {
            let entry = self.entry(kind, id)?.detail(detail);
            Ok::<_, Failure>(self.context.sign(entry))
        };
        let detail = if sends { "set_up" } else { SHOWN };
        let name = new
            .name
            .unwrap_or_else(|| names::full_name_from(new.username.as_str()));
        let (skeleton, link) = (names::skeleton(&new.username), secret.id());
        let added = sign(Kind::UserAdded, format!("role {}", new.role.as_str()))?;
        let link_created = sign(Kind::PasswordLinkCreated, detail.to_owned())?;
        let row = create::NewUser {
            id,
            username: &new.username,
            skeleton: &skeleton,
            email: &new.email,
            name: &name,
            organization: new.organization.as_deref(),
            aws_region: new.aws_region.as_deref(),
            role: new.role,
            actor: self.actor.id,
            now,
            link: &link,
            sent_to: sends.then_some(new.email.as_str()),
            added: &added,
            link_created: &link_created,
        };
        let user = match create::create(app.database, &row).await? {
            Created::Done(user) => *user,
            Created::UsernameTaken => return Err(Failure::UsernameTaken),
            Created::EmailTaken => return Err(Failure::EmailTaken),
            Created::NotPermitted => return Err(Failure::NotPermitted),
        };
        let recipient = sends.then(|| Recipient {
            user: id,
            name,
            address: new.email.as_str().to_owned(),
        });
        let link = self.link(&secret);
        let message = Message::SetUpAccount { link };
        Ok(CreatedUser {
            user,
            link: IssuedLink {
                delivery: self.deliver(id, &secret, recipient, message).await?,
                expires_at: now.plus(PASSWORD_LINK_SECONDS),
            },
        })
    }
}
