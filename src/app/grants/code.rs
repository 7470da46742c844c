//! Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6). An invalid request does not consume the code.

use super::detail;
use super::tokens::{Attempt, FoundGrant, Requester, may_use};
use crate::app::client_authentication::AuthenticatedClient;
use crate::app::grant_error::GrantError;
use crate::crypto::grant_tokens::GrantToken;
use crate::domain::audit::Kind;
use crate::domain::grant;
use crate::domain::oauth_client::GrantType;
use crate::runtime::StoreError;
use crate::store::oauth_grants;

/// A request with an authorization code.
#[derive(Clone, Copy, Debug)]
pub struct CodeRequest<'a> {
    /// The code.
    pub code: &'a str,
    /// The code verifier.
    pub verifier: &'a str,
    /// The redirect URI of the authorization request, if the client repeats it. It is optional, because the code verifier replaces
    /// it (OAuth 2.1 section 10.2).
    pub redirect_uri: Option<&'a str>,
    /// The resource of the authorization request, if the client repeats it.
    pub resource: Option<&'a str>,
}

/// Consumes the code.
pub(super) async fn redeem(
    requester: &Requester<'_>,
    client: &AuthenticatedClient,
    found: Option<FoundGrant>,
    request: &CodeRequest<'_>,
) -> Result<Attempt, GrantError> {
    if !may_use(client, GrantType::AuthorizationCode) {
        return Err(GrantError::UnauthorizedClient);
    }
    let (token, grant) = requester.own(client, found)?;
    let is_redirect_uri = request
        .redirect_uri
        .is_none_or(|uri| uri == grant.redirect_uri);
    let is_verifier = grant::is_verifier(request.verifier, &grant.code_challenge);
    if !token.is_code() || !is_redirect_uri || !is_verifier || !grant.is_live {
        return Err(GrantError::InvalidGrant);
    }
    if grant.redeemed_at.is_some() {
        return requester.revoke(Kind::CodeReused, &grant, client).await;
    }
    if grant.expires_at <= requester.context.now() {
        return Err(GrantError::InvalidGrant);
    }
    let resource = requester.resource(&grant, request.resource)?;
    let issued = requester.sign(&grant, resource, None).await?;
    let words = detail(grant.client, &issued.scope, grant.resource.as_deref());
    let entry = requester.entry(Kind::ClientTokenIssued, &grant, words)?;
    let issue = requester.write(&grant, client, &issued);
    match oauth_grants::redeem(requester.context.app.database, &issue, &entry).await {
        Ok(()) => {
            let next = GrantToken {
                generation: 1,
                ..token
            };
            Ok(requester.with_refresh_token(issued, client, next))
        }
        Err(StoreError::Conflict) => Ok(Attempt::Conflict(grant.generation)),
        Err(error) => Err(error.into()),
    }
}
