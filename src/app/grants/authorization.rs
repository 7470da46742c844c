//! Begins an authorization: checks the request, and either responds at once or seals the request for the consent page.

use super::step::{Asked, Basis, Progress};
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::crypto::fingerprint::fingerprint;
use crate::crypto::sealed::Purpose;
use crate::domain::authorization_request::{self, AuthorizationRequest, Given, Refusal};
use crate::domain::oauth_client::OauthClient;
use crate::domain::redirect_uri;
use crate::domain::session::SessionRecord;
use crate::runtime::random;
use crate::store::oauth_clients;
use crate::store::used_challenges::UsedChallenge;
use crate::timestamp::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Seconds for which a sealed request can be used: enough to sign in and to read the consent page.
pub const REQUEST_SECONDS: i64 = 600;

/// The content of a sealed authorization request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SealedRequest {
    /// Random id, which is part of the name of the browser's cookie.
    pub id: String,
    /// Hash of the value of the browser's cookie.
    pub browser: String,
    pub request: AuthorizationRequest,
}

impl SealedRequest {
    /// The record that the request was used, which prevents a second use.
    pub fn used(&self) -> UsedChallenge {
        let received_at = Timestamp::from_seconds(self.request.received_at);
        UsedChallenge {
            hash: fingerprint(&format!("authorization request {}", self.id)),
            expires_at: received_at.plus(REQUEST_SECONDS),
        }
    }
}

/// Client and redirect URI of a request. No response may be sent to the redirect URI before both are checked.
#[derive(Debug)]
pub struct Target {
    /// Whether one of them is given twice.
    pub has_repetition: bool,
    /// `client_id`.
    pub client_id: Option<String>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
}

/// The response to a request.
#[derive(Debug)]
pub enum Answer {
    /// The error page. Holds the error code that the page explains.
    Error(&'static str),
    /// A redirect to the client, at this address.
    Respond(String),
    /// The consent page.
    Ask {
        /// The sealed request.
        request: String,
        /// Its id, for the name of the cookie.
        id: String,
        /// The value of the cookie that binds the request to the browser.
        cookie: String,
    },
}

/// Begins an authorization in this session.
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn begin(
    context: &RequestContext,
    client_info: &ClientInfo,
    target: Target,
    given: Given,
    session: Option<&SessionRecord>,
) -> Result<Answer, AppError> {
    if target.has_repetition {
        return Ok(Answer::Error("invalid_request"));
    }
    let Some(client) = active_client(context, target.client_id.as_deref()).await? else {
        return Ok(Answer::Error("unknown_client"));
    };
    let redirect_uri = target.redirect_uri.unwrap_or_default();
    if !is_redirect_uri(&client, &redirect_uri) {
        return Ok(Answer::Error("invalid_redirect_uri"));
    }
    let state = given.state.clone();
    let now = context.now();
    let resources = &context.app.config.oauth.resources;
    let read = AuthorizationRequest::read(given, &client, redirect_uri.clone(), resources, now);
    let request = match read {
        Ok(request) => request,
        Err(refusal) => {
            let parameters = [
                ("error", refusal.error),
                ("error_description", refusal.description),
            ];
            let issuer = &context.app.config.tokens.issuer;
            let state = state.as_deref();
            let address =
                authorization_request::response(&redirect_uri, state, issuer, &parameters);
            return Ok(Answer::Respond(address));
        }
    };
    let asked = Asked {
        request: &request,
        client: &client,
    };
    let step = asked.step(context, session).await?;
    if let (Progress::Grant(allowed), Some(session)) = (&step, session) {
        let remembered = (allowed, Basis::Remembered);
        let granted = asked
            .grant(context, client_info, session, remembered, None)
            .await?;
        if let Some(address) = granted {
            return Ok(Answer::Respond(address));
        }
    }
    let refusal = match step {
        Progress::Refused(refusal) => Some(refusal),
        Progress::SignIn | Progress::StepUp => Some(Refusal::LOGIN_REQUIRED),
        Progress::Consent(_) | Progress::Grant(_) => Some(Refusal::CONSENT_REQUIRED),
    };
    let is_refused = request.prompt.none || matches!(step, Progress::Refused(_));
    if let Some(refusal) = refusal.filter(|_| is_refused) {
        return Ok(Answer::Respond(asked.refusal(context, refusal)));
    }
    seal(context, request, &client)
}

/// Seals a request for the consent page.
fn seal(
    context: &RequestContext,
    request: AuthorizationRequest,
    client: &OauthClient,
) -> Result<Answer, AppError> {
    let text = |bytes: [u8; 16]| Base64UrlUnpadded::encode_string(&bytes);
    let (id, cookie) = (text(random::bytes()?), text(random::bytes()?));
    let sealed = SealedRequest {
        id,
        browser: fingerprint(&cookie),
        request,
    };
    let expires_at = sealed.used().expires_at;
    let (purpose, nonce) = (Purpose::AuthorizationRequest, random::bytes()?);
    let handle = context
        .app
        .sealer
        .seal(purpose, b"", expires_at, &sealed, nonce);
    let Ok(handle) = handle else {
        let asked = Asked {
            request: &sealed.request,
            client,
        };
        let address = asked.refusal(context, Refusal::TOO_LONG);
        return Ok(Answer::Respond(address));
    };
    Ok(Answer::Ask {
        request: handle,
        id: sealed.id,
        cookie,
    })
}

/// The active client with this id. Only the canonical form of a UUID is accepted.
///
/// # Errors
/// `Store`.
pub async fn active_client(
    context: &RequestContext,
    id: Option<&str>,
) -> Result<Option<OauthClient>, AppError> {
    let parsed = id.and_then(|id| {
        Uuid::try_parse(id)
            .ok()
            .filter(|found| found.to_string() == id)
    });
    let Some(id) = parsed else {
        return Ok(None);
    };
    let found = oauth_clients::find(context.app.database, id).await?;
    Ok(found.filter(|client| client.is_active))
}

/// Whether a client may use this redirect URI.
pub(super) fn is_redirect_uri(client: &OauthClient, requested: &str) -> bool {
    let registered = &client.metadata.redirect_uris;
    registered
        .iter()
        .any(|registered| redirect_uri::matches(registered, requested))
}
