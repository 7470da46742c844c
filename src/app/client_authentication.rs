//! The authentication of OAuth clients (RFC 6749 section 2.3, RFC 7523): with the registered method and no other. All failures have
//! the same error, and the reason is in the audit log.

use super::client_info::ClientInfo;
use super::error::AppError;
use crate::app::RequestContext;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::secret::Secret;
use crate::domain::audit::Kind;
use crate::domain::grant::GrantRecord;
use crate::domain::oauth_client::{
    Assertion, ClientKind, KeySet, OauthClient, TokenEndpointAuthMethod,
};
use crate::runtime::{StoreError, signatures};
use crate::store::oauth_clients::{self, ClientWithHash};
use crate::store::oauth_grants;
use crate::store::used_assertions::UsedAssertion;
use uuid::Uuid;

/// The path of the token endpoint. Its URL is an audience of assertions.
pub const TOKEN_PATH: &str = "/oauth/token";

/// The credentials of an OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedClient {
    /// The `client_id`.
    pub id: String,
    /// The secret or assertion that proves it.
    pub proof: Proof,
}

/// What proves that an OAuth client sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the client only names itself.
    None,
    /// A secret in the header `Authorization`.
    Basic(Secret),
    /// A secret in the form.
    Post(Secret),
    /// A signed assertion.
    Assertion(Secret),
}

impl PresentedClient {
    /// A client with an assertion. The `client_id` is optional (RFC 7521 section 4.2): without it, the subject of the assertion is used.
    #[must_use]
    pub fn asserted(id: Option<String>, assertion: String) -> Self {
        let named = || Assertion::read(&assertion).map(|read| read.client().to_owned());
        let id = id.or_else(named).unwrap_or_default();
        Self {
            id,
            proof: Proof::Assertion(Secret::new(assertion)),
        }
    }

    /// The id, if it is a UUID in canonical form. `Uuid` also accepts other forms.
    #[must_use]
    pub fn client_id(&self) -> Option<Uuid> {
        let id = Uuid::try_parse(&self.id).ok()?;
        (id.to_string() == self.id).then_some(id)
    }
}

/// An OAuth client that has authenticated, or a public one that has named itself.
#[derive(Debug)]
pub struct AuthenticatedClient {
    /// The client, which is active.
    pub client: OauthClient,
    /// Its assertion, which must be used in the batch of what the client does.
    pub assertion: Option<UsedAssertion>,
}

/// Why a client has not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationError {
    /// A store failed.
    App(AppError),
    /// The credentials are wrong. The refusal is recorded.
    Refused,
}

impl From<AppError> for AuthenticationError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<StoreError> for AuthenticationError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// Why the credentials of a client are refused, for the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No client has the id.
    UnknownClient,
    /// The client is disabled.
    Disabled,
    /// The client is registered with another method.
    OtherMethod,
    /// The secret is wrong.
    WrongSecret,
    /// The assertion is not signed by the client, is not for this service, or has expired.
    InvalidAssertion,
    /// The assertion was used before.
    UsedAssertion,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown client",
            Self::Disabled => "disabled",
            Self::OtherMethod => "other method",
            Self::WrongSecret => "wrong secret",
            Self::InvalidAssertion => "invalid assertion",
            Self::UsedAssertion => "used assertion",
        }
    }
}

/// Authenticates a client.
///
/// # Errors
/// [`AuthenticationError`].
pub async fn authenticate(
    context: &RequestContext,
    requester: &ClientInfo,
    presented: &PresentedClient,
) -> Result<AuthenticatedClient, AuthenticationError> {
    let found = match presented.client_id() {
        Some(id) => oauth_clients::find_with_hash(context.app.database, id).await?,
        None => None,
    };
    authenticate_found(context, requester, presented, found).await
}

/// Authenticates like [`authenticate`], and finds a grant in the same call to D1. The grant may belong to another client; the caller must
/// compare.
///
/// # Errors
/// [`AuthenticationError`].
pub async fn authenticate_with_grant(
    context: &RequestContext,
    requester: &ClientInfo,
    presented: &PresentedClient,
    grant: Uuid,
) -> Result<(AuthenticatedClient, Option<GrantRecord>), AuthenticationError> {
    let (database, now) = (context.app.database, context.now());
    let (grant, found) = match presented.client_id() {
        Some(id) => oauth_grants::find_with_client(database, grant, id, now).await?,
        None => (None, None),
    };
    let authenticated = authenticate_found(context, requester, presented, found).await?;
    Ok((authenticated, grant))
}

/// Like [`authenticate`], with the client that has the presented id.
///
/// # Errors
/// [`AuthenticationError`].
pub async fn authenticate_found(
    context: &RequestContext,
    requester: &ClientInfo,
    presented: &PresentedClient,
    found: Option<ClientWithHash>,
) -> Result<AuthenticatedClient, AuthenticationError> {
    let Some(found) = found else {
        return refuse(context, requester, presented, Reason::UnknownClient).await;
    };
    match check(context, &found, &presented.proof).await {
        Ok(assertion) => Ok(AuthenticatedClient {
            client: found.client,
            assertion,
        }),
        Err(reason) => refuse(context, requester, presented, reason).await,
    }
}

/// Records that the credentials of a client were refused. The number of such entries per network is limited.
///
/// # Errors
/// `Refused`; `App` if the refusal could not be recorded.
pub async fn refuse<T>(
    context: &RequestContext,
    requester: &ClientInfo,
    presented: &PresentedClient,
    reason: Reason,
) -> Result<T, AuthenticationError> {
    let entry = requester.entry(context, Kind::ClientAuthenticationFailed)?;
    let known = presented
        .client_id()
        .filter(|_| reason != Reason::UnknownClient);
    let entry = if let Some(id) = known {
        let detail = format!("client {id}: {}", reason.words());
        entry.about(id).detail(detail)
    } else {
        let name_key = context.app.audit_keys.name_key("client", &presented.id);
        entry.about_name(name_key).detail(reason.words())
    };
    context.record_refused(requester, entry).await?;
    Err(AuthenticationError::Refused)
}

async fn check(
    context: &RequestContext,
    found: &ClientWithHash,
    proof: &Proof,
) -> Result<Option<UsedAssertion>, Reason> {
    let client = &found.client;
    let method = client.metadata.token_endpoint_auth_method;
    let assertion = match (proof, method) {
        (Proof::None, TokenEndpointAuthMethod::None) => None,
        (Proof::Basic(secret), TokenEndpointAuthMethod::ClientSecretBasic)
        | (Proof::Post(secret), TokenEndpointAuthMethod::ClientSecretPost) => {
            let hash = Secret::new(fingerprint(secret.reveal()));
            let is_it = found.secret_hash.as_deref().is_some_and(|own| hash.is(own));
            if !is_it {
                return Err(Reason::WrongSecret);
            }
            None
        }
        (Proof::Assertion(text), TokenEndpointAuthMethod::PrivateKeyJwt) => {
            let assertion = verified(context, client, text.reveal()).await;
            Some(assertion.ok_or(Reason::InvalidAssertion)?)
        }
        _ => return Err(Reason::OtherMethod),
    };
    if !client.is_active {
        return Err(Reason::Disabled);
    }
    Ok(assertion)
}

async fn verified(
    context: &RequestContext,
    client: &OauthClient,
    text: &str,
) -> Option<UsedAssertion> {
    let assertion = Assertion::read(text)?;
    let issuer = context.app.config.tokens.issuer.as_str();
    let token_url = format!("{issuer}{TOKEN_PATH}");
    if !assertion.is_for(client.client_id, &[issuer, &token_url], context.now()) {
        return None;
    }
    let keys: Option<&KeySet> = client.metadata.jwks.as_ref();
    for signed in assertion.signatures(keys?) {
        if signatures::verify(&signed).await.is_ok() {
            let (id, expires_at) = assertion.use_once();
            return Some(UsedAssertion { id, expires_at });
        }
    }
    None
}

impl AuthenticatedClient {
    /// Whether the client has proved its identity: public clients only give their id.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.client.kind == ClientKind::Confidential
    }
}
