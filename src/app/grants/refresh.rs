//! Refreshes the tokens of a grant (RFC 6749 section 6). Refresh tokens rotate, like session tokens.

use super::tokens::{Attempt, FoundGrant, Requester, may_use};
use crate::app::client_authentication::AuthenticatedClient;
use crate::app::grant_error::GrantError;
use crate::crypto::grant_tokens::GrantToken;
use crate::domain::audit::Kind;
use crate::domain::grant::RefreshStatus;
use crate::domain::oauth_client::{GrantType, Scope};
use crate::runtime::StoreError;
use crate::store::oauth_grants;

/// A request with a refresh token.
#[derive(Clone, Copy, Debug)]
pub struct RefreshRequest<'a> {
    /// The refresh token.
    pub token: &'a str,
    /// The scopes, separated by spaces; `None` for all scopes of the grant. A later request may again ask for all of them.
    pub scope: Option<&'a str>,
    /// The resource of the grant, if the client repeats it.
    pub resource: Option<&'a str>,
}

/// Rotates the refresh token, or returns the current one for one that was rotated out within the replay window.
pub(super) async fn refresh(
    requester: &Requester<'_>,
    client: &AuthenticatedClient,
    found: Option<FoundGrant>,
    request: &RefreshRequest<'_>,
) -> Result<Attempt, GrantError> {
    if !may_use(client, GrantType::RefreshToken) {
        return Err(GrantError::UnauthorizedClient);
    }
    let context = requester.context;
    let (token, grant) = requester.own(client, found)?;
    if token.is_code() {
        return Err(GrantError::InvalidGrant);
    }
    let window = context.app.config.sessions.replay_window;
    let status = grant.refresh_status(token.generation, context.now(), window);
    match status {
        RefreshStatus::Current | RefreshStatus::Replayable => {}
        RefreshStatus::Ended => return Err(GrantError::InvalidGrant),
        RefreshStatus::Reused => {
            let kind = Kind::RefreshTokenReused;
            return requester.revoke(kind, &grant, client).await;
        }
    }
    let scope = match request.scope {
        Some(text) => Some(Scope::parse(text).ok_or(GrantError::InvalidScope)?),
        None => None,
    };
    let resource = requester.resource(&grant, request.resource)?;
    let issued = requester.sign(&grant, resource, scope.as_ref()).await?;
    let (database, issue) = (
        context.app.database,
        requester.write(&grant, client, &issued),
    );
    let (written, generation) = if status == RefreshStatus::Current {
        let written = oauth_grants::rotate(database, &issue, window).await;
        (written, grant.generation.saturating_add(1))
    } else {
        (
            oauth_grants::replay(database, &issue).await,
            grant.generation,
        )
    };
    match written {
        Ok(()) => {
            let next = GrantToken {
                generation,
                ..token
            };
            Ok(requester.with_refresh_token(issued, client, next))
        }
        Err(StoreError::Conflict) => Ok(Attempt::Conflict(grant.generation)),
        Err(error) => Err(error.into()),
    }
}
