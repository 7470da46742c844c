//! The consent page: the next step of a sealed authorization request, and the decision of the user.

use super::authorization::{SealedRequest, active_client, is_redirect_uri};
use super::step::{Allowed, Asked, Basis, Progress};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::sealed::Purpose;
use crate::domain::audit::Kind;
use crate::domain::authorization_request::{AuthorizationRequest, Refusal};
use crate::domain::oauth_client::OauthClient;
use crate::domain::resource::Resource;
use crate::domain::session::SessionRecord;
use crate::runtime::StoreError;
use crate::store::oauth_grants::{self, Denial};

/// A sealed request that this browser may use.
#[derive(Debug)]
pub struct OpenRequest {
    sealed: SealedRequest,
    client: OauthClient,
}

/// The next step of the consent page.
#[derive(Debug)]
pub enum PageStep {
    /// The user signs in.
    SignIn,
    /// The user authenticates again.
    StepUp,
    /// The user is asked for these scopes.
    Consent(Vec<String>),
    /// The page goes to this address.
    Redirect(String),
}

/// The result of a decision.
#[derive(Debug)]
pub enum Decided {
    /// The page goes to this address.
    Redirect(String),
    /// The user has to authenticate first.
    StepUp,
    /// A scope that was not shown would be granted.
    Changed,
    /// The request was used meanwhile, or the session or the client was changed.
    Invalid,
}

/// Opens a sealed request. `cookie` returns the value of the cookie for a request with this id. `None` if the request has expired,
/// was used or belongs to another browser, or if its client was changed and can no longer make the request.
///
/// # Errors
/// `Store`.
pub async fn open(
    context: &RequestContext,
    text: &str,
    cookie: impl Fn(&str) -> Option<String>,
) -> Result<Option<OpenRequest>, AppError> {
    let app = context.app;
    let purpose = Purpose::AuthorizationRequest;
    let opened = app.sealer.open(purpose, b"", text, context.now());
    let Ok(sealed): Result<SealedRequest, _> = opened else {
        return Ok(None);
    };
    let is_browser = cookie(&sealed.id).is_some_and(|value| fingerprint(&value) == sealed.browser);
    if !is_browser || sealed.used().is_used(app.database).await? {
        return Ok(None);
    }
    let id = sealed.request.client.to_string();
    let client = active_client(context, Some(&id)).await?;
    let client = client.filter(|client| is_redirect_uri(client, &sealed.request.redirect_uri));
    Ok(client.map(|client| OpenRequest { sealed, client }))
}

impl PageStep {
    fn consent(allowed: &Allowed) -> Self {
        Self::Consent(allowed.scope.tokens().map(str::to_owned).collect())
    }
}

impl OpenRequest {
    /// The id, for the name of the cookie.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.sealed.id
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &OauthClient {
        &self.client
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &AuthorizationRequest {
        &self.sealed.request
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self, context: &RequestContext) -> Option<&'static Resource> {
        self.asked().resource(context)
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            request: &self.sealed.request,
            client: &self.client,
        }
    }

    /// The next step of the page in this session. If the user need not decide, the request is granted. `None` if the request was
    /// used meanwhile.
    ///
    /// # Errors
    /// `Store`, `Runtime`.
    pub async fn next(
        &self,
        context: &RequestContext,
        client_info: &ClientInfo,
        session: Option<&SessionRecord>,
    ) -> Result<Option<PageStep>, AppError> {
        let asked = self.asked();
        let step = asked.step(context, session).await?;
        Ok(Some(match (step, session) {
            (Progress::SignIn, _) | (_, None) => PageStep::SignIn,
            (Progress::StepUp, _) => PageStep::StepUp,
            (Progress::Consent(allowed), _) => PageStep::consent(&allowed),
            (Progress::Refused(refusal), _) => PageStep::Redirect(asked.refusal(context, refusal)),
            (Progress::Grant(allowed), Some(session)) => {
                let used = self.sealed.used();
                let remembered = (&allowed, Basis::Remembered);
                let granted = asked.grant(context, client_info, session, remembered, Some(&used));
                if let Some(address) = granted.await? {
                    return Ok(Some(PageStep::Redirect(address)));
                }
                // If the consent was removed meanwhile, the user is asked.
                return Ok(match asked.step(context, Some(session)).await? {
                    Progress::Consent(allowed) => Some(PageStep::consent(&allowed)),
                    _ => None,
                });
            }
        }))
    }

    /// The user allows the request. `is_shown` states whether the page showed this scope. The role of the user, and with it the
    /// scopes that can be granted, may have changed since.
    ///
    /// # Errors
    /// `Store`, `Runtime`.
    pub async fn allow(
        &self,
        context: &RequestContext,
        client_info: &ClientInfo,
        session: &SessionRecord,
        is_shown: impl Fn(&str) -> bool,
    ) -> Result<Decided, AppError> {
        let asked = self.asked();
        let allowed = match asked.step(context, Some(session)).await? {
            Progress::Consent(allowed) | Progress::Grant(allowed) => allowed,
            Progress::SignIn | Progress::StepUp => return Ok(Decided::StepUp),
            Progress::Refused(refusal) => {
                return Ok(Decided::Redirect(asked.refusal(context, refusal)));
            }
        };
        if !allowed.scope.tokens().all(is_shown) {
            return Ok(Decided::Changed);
        }
        let used = self.sealed.used();
        let decided = (&allowed, Basis::Decision);
        let granted = asked.grant(context, client_info, session, decided, Some(&used));
        Ok(granted.await?.map_or(Decided::Invalid, Decided::Redirect))
    }

    /// The user denies the request.
    ///
    /// # Errors
    /// `Store`, `Runtime`.
    pub async fn deny(
        &self,
        context: &RequestContext,
        client_info: &ClientInfo,
        session: &SessionRecord,
    ) -> Result<Decided, AppError> {
        let words = format!("client {}", self.client.client_id);
        let entry = client_info.entry(context, Kind::ClientDenied)?;
        let entry = context.sign(entry.in_own_session(session).detail(words));
        let denial = Denial {
            request: &self.sealed.used(),
            entry: &entry,
        };
        match oauth_grants::deny(context.app.database, &denial).await {
            Ok(()) => {
                let address = self.asked().refusal(context, Refusal::DENIED);
                Ok(Decided::Redirect(address))
            }
            Err(StoreError::Conflict) => Ok(Decided::Invalid),
            Err(error) => Err(error.into()),
        }
    }
}
