//! Registration of OAuth clients: a super administrator adds, changes and deletes them. Each change is recorded in the audit log, and
//! the statement that makes it checks that the administrator may still make it.

mod create;
mod delete;
mod revoke_grants;
mod secret;
mod update;

pub use create::RegisteredClient;
pub use update::Changes;

use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::crypto::secret::Secret;
use crate::domain::audit::{Kind, Signed};
use crate::domain::oauth_client::{KeySet, Misfit, OauthClient};
use crate::domain::session::SessionRecord;
use crate::runtime::{StoreError, signatures};
use crate::store::oauth_clients::{self, Written};
use uuid::Uuid;

/// Maximum number of attempts of a write that requires no version. An attempt is repeated if another request has changed the client.
const MAX_ATTEMPTS: usize = 5;

/// A request of a super administrator.
pub struct ClientRegistry<'a> {
    context: &'a RequestContext,
    client: &'a ClientInfo,
    actor: Uuid,
}

/// An OAuth client with its new secret, which is shown once.
#[derive(Debug)]
pub struct ClientWithSecret {
    /// The client.
    pub client: OauthClient,
    /// The secret.
    pub secret: Secret,
}

/// Why a request has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A store failed.
    App(AppError),
    /// There is no such client.
    NotFound,
    /// The administrator has lost the role.
    NotPermitted,
    /// The client does not have the version that the request requires.
    VersionMismatch,
    /// There are as many clients as there may be.
    TooMany,
    /// A key is not one that the platform can use.
    UnusableKey,
    /// The properties do not fit together.
    Misfit(Misfit),
    /// The client has no secret.
    NoSecret,
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

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}

/// What an attempt of a write has led to.
enum Attempt {
    /// The write is done.
    Done(Option<Box<OauthClient>>),
    /// Another request has changed the client.
    Again,
}

impl<'a> ClientRegistry<'a> {
    /// A request in this session.
    #[must_use]
    pub fn new(
        context: &'a RequestContext,
        client: &'a ClientInfo,
        session: &SessionRecord,
    ) -> Self {
        Self {
            context,
            client,
            actor: session.user.id,
        }
    }

    /// Reads a client that has this version; `None` for any.
    async fn find(&self, id: Uuid, version: Option<u32>) -> Result<OauthClient, Failure> {
        let found = oauth_clients::find(self.context.app.database, id).await?;
        let client = found.ok_or(Failure::NotFound)?;
        if version.is_some_and(|version| version != client.version) {
            return Err(Failure::VersionMismatch);
        }
        Ok(client)
    }

    /// Creates an audit entry about a client. `what` is in fixed words.
    fn entry(&self, kind: Kind, id: Uuid, what: &str) -> Result<Signed, AppError> {
        let detail = match what {
            "" => format!("client {id}"),
            what => format!("client {id}: {what}"),
        };
        let entry = self.client.entry(self.context, kind)?;
        Ok(self
            .context
            .sign(entry.by(self.actor).about(id).detail(detail)))
    }
}

/// What an attempt has led to, given the version that the request requires.
fn attempt(written: Written, version: Option<u32>) -> Result<Attempt, Failure> {
    match written {
        Written::Done(client) => Ok(Attempt::Done(client)),
        Written::OtherVersion if version.is_none() => Ok(Attempt::Again),
        Written::OtherVersion => Err(Failure::VersionMismatch),
        Written::NotFound => Err(Failure::NotFound),
        Written::NotPermitted => Err(Failure::NotPermitted),
    }
}

/// Checks that the platform can use the keys, for example that points are on their curves.
async fn check_keys(keys: Option<&KeySet>) -> Result<(), Failure> {
    for key in keys.into_iter().flat_map(KeySet::keys) {
        let checked = signatures::check_key(&key.key).await;
        checked.map_err(|_| Failure::UnusableKey)?;
    }
    Ok(())
}
