//! The user info endpoint of `OpenID` Connect: the claims about the user of an access token without a resource.

use super::RequestContext;
use super::access_tokens::AccessTokens;
use super::error::AppError;
use crate::domain::grant::OPENID;
use crate::domain::oauth_client::Scope;
use crate::store::user_info::{self, UserInfo};

/// The user of an access token with the scope `openid`, and its scopes; `None` if the token is not for this endpoint, has expired
/// or was revoked, or if its grant has ended.
///
/// # Errors
/// `Store`.
pub async fn find(
    context: &RequestContext,
    tokens: &AccessTokens,
    token: &str,
) -> Result<Option<(UserInfo, Scope)>, AppError> {
    let (issuer, now) = (&context.app.config.tokens.issuer, context.now());
    let Ok(claims) = tokens.verify(token, issuer, now).await else {
        return Ok(None);
    };
    let scope = Scope::parse(&claims.scope).unwrap_or_default();
    if claims.grant.is_none() || !scope.contains(OPENID) {
        return Ok(None);
    }
    let found = user_info::find(context.app.database, &claims, now).await?;
    Ok(found.map(|user| (user, scope)))
}
