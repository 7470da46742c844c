//! The caller of an administration route: an administrator in a session, or an OAuth client with an access token.

use super::RequestContext;
use super::error::AppError;
use crate::domain::administration::Actor;
use crate::domain::administration_scope::{AdministrationScope, audience};
use crate::domain::audit::Entry;
use crate::domain::session::SessionRecord;
use crate::domain::token::access_token::AccessTokenRejection;
use crate::store::access_tokens::{self, Standing};
use uuid::Uuid;

/// An administrator or OAuth client whose access D1's primary has confirmed.
#[derive(Debug)]
pub enum Administrator {
    /// An administrator in a session.
    User(Box<SessionRecord>),
    /// An OAuth client.
    Client(ClientToken),
}

/// An access token of an OAuth client that may use a scope of the administration.
#[derive(Clone, Copy, Debug)]
pub struct ClientToken {
    /// The client.
    pub client: Uuid,
    /// The `jti`.
    id: Uuid,
    /// The scope that the route requires.
    scope: AdministrationScope,
}

/// An access token that was verified, before D1 is read.
#[derive(Debug)]
pub struct PresentedToken {
    /// The client.
    pub client: Uuid,
    /// The `jti`.
    id: Uuid,
    /// The scopes in the token, separated by spaces.
    scopes: String,
}

/// The kind of the bearer token of a request.
#[derive(Debug)]
pub enum BearerToken {
    /// No access token for the administration. It may be a session token.
    Other,
    /// An access token for the administration that has expired.
    Expired,
    /// An access token for the administration that belongs to the grant of a user. Such tokens are not accepted, because their
    /// permissions depend on the current role of the user.
    OfUser,
    /// An access token of a client for itself.
    OfClient(PresentedToken),
}

/// The reason why a client may not send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRefusal {
    /// The token was revoked, or its client is disabled or deleted.
    InvalidToken,
    /// The token does not have the scope, or its client may no longer have it.
    InsufficientScope(AdministrationScope),
}

impl Administrator {
    /// The actor for the permission rules. A client has the role `admin`.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(session) => Actor {
                id: session.user.id,
                role: session.user.role,
            },
            Self::Client(token) => Actor::client(token.client),
        }
    }

    /// Sets the actor and the session of an entry.
    #[must_use]
    pub fn actor_of(&self, entry: Entry) -> Entry {
        match self {
            Self::User(session) => entry.by(session.user.id).of_session(&session.id),
            Self::Client(token) => entry.by(token.client),
        }
    }
}

impl PresentedToken {
    /// Checks whether the client may use this scope. The token must have it, and the current state of the client and the token in
    /// D1's primary must permit it.
    ///
    /// # Errors
    /// `Store`.
    pub async fn admit(
        &self,
        context: &RequestContext,
        scope: AdministrationScope,
    ) -> Result<Result<ClientToken, ClientRefusal>, AppError> {
        let token = ClientToken {
            client: self.client,
            id: self.id,
            scope,
        };
        let has_scope = self.scopes.split(' ').any(|own| own == scope.as_str());
        Ok(match token.check(context).await? {
            Err(refusal) => Err(refusal),
            Ok(()) if !has_scope => Err(ClientRefusal::InsufficientScope(scope)),
            Ok(()) => Ok(token),
        })
    }
}

impl ClientToken {
    /// Checks the current state of the client and the token in D1's primary.
    ///
    /// # Errors
    /// `Store`.
    pub async fn check(
        &self,
        context: &RequestContext,
    ) -> Result<Result<(), ClientRefusal>, AppError> {
        let (database, scope) = (context.app.database, self.scope.as_str());
        let standing = access_tokens::standing(database, self.client, self.id, scope).await?;
        Ok(match standing {
            Standing::Inactive => Err(ClientRefusal::InvalidToken),
            Standing::WithoutScope => Err(ClientRefusal::InsufficientScope(self.scope)),
            Standing::Active => Ok(()),
        })
    }
}

/// Verifies a bearer token as an access token for the administration.
pub async fn verify(context: &RequestContext, token: &str) -> BearerToken {
    let Some(tokens) = &context.app.access_tokens else {
        return BearerToken::Other;
    };
    let audience = audience(&context.app.config.tokens.issuer);
    let claims = match tokens.verify(token, &audience, context.received_at).await {
        Ok(claims) => claims,
        Err(AccessTokenRejection::Expired) => return BearerToken::Expired,
        Err(AccessTokenRejection::Invalid) => return BearerToken::Other,
    };
    let client = Uuid::try_parse(&claims.client).ok();
    let client = client.filter(|_| claims.grant.is_none() && claims.subject == claims.client);
    let Some(client) = client else {
        return BearerToken::OfUser;
    };
    BearerToken::OfClient(PresentedToken {
        client,
        id: claims.id,
        scopes: claims.scope,
    })
}
