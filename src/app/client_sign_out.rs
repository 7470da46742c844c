//! Sign-outs that OAuth clients request (`OpenID` Connect RP-Initiated Logout 1.0). A request changes nothing. It is sealed for the page
//! that signs the user out, for two reasons: a form of another site does not send the session cookie, and a link must not have an
//! effect.

use super::RequestContext;
use super::error::AppError;
use super::grants::authorization::active_client;
use crate::crypto::sealed::Purpose;
use crate::domain::oauth_client::OauthClient;
use crate::domain::sign_out_request::{self, Given};
use crate::runtime::random;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Seconds for which a sealed request can be used: enough to read the page.
const REQUEST_SECONDS: i64 = 600;

/// The content of a sealed sign-out request.
#[derive(Debug, Default, Serialize, Deserialize)]
struct SealedRequest {
    /// The user of the ID token.
    user: Option<Uuid>,
    client: Option<Uuid>,
    /// An address of the client, without `state`.
    redirect_uri: Option<String>,
    state: Option<String>,
}

/// The response to a request.
#[derive(Debug)]
pub enum Answer {
    /// The error page. Holds the error code that the page explains.
    Error(&'static str),
    /// The page that signs out. Holds the sealed request.
    Page(String),
}

/// A sign-out request, for the page.
#[derive(Debug, Default)]
pub struct OpenRequest {
    /// The client.
    pub client: Option<OauthClient>,
    /// The address of the client that the user returns to.
    pub location: Option<String>,
    /// The user of a valid ID token: this user is signed out without a question (section 2).
    user: Option<Uuid>,
}

impl OpenRequest {
    /// Whether the user of the session is asked before the sign-out.
    #[must_use]
    pub fn must_ask(&self, user: Uuid) -> bool {
        self.user != Some(user)
    }
}

/// Checks and seals a request. An ID token that is not valid is ignored, and the user then does not return to the client (section 4).
///
/// # Errors
/// `Store`, `Runtime`.
pub async fn begin(
    context: &RequestContext,
    given: Given,
    id_token: Option<&str>,
) -> Result<Answer, AppError> {
    let hint = match (&context.app.access_tokens, id_token) {
        (Some(tokens), Some(id_token)) => tokens.hint(id_token).await,
        _ => None,
    };
    if given.contradicts(hint) {
        return Ok(Answer::Error("invalid_request"));
    }
    let id = given.client(hint);
    let client = active_client(context, id.as_deref()).await?;
    let is_refused = id_token.is_some() && hint.is_none();
    match (&client, &given.redirect_uri) {
        (None, _) if id.is_some() => return Ok(Answer::Error("unknown_client")),
        (None, Some(_)) if !is_refused => return Ok(Answer::Error("unknown_client")),
        (Some(client), Some(uri)) if !sign_out_request::may_return(client, uri) => {
            return Ok(Answer::Error("invalid_redirect_uri"));
        }
        _ => {}
    }
    let request = SealedRequest {
        user: hint.map(|hint| hint.user),
        client: client.map(|client| client.client_id),
        redirect_uri: given.redirect_uri.filter(|_| !is_refused),
        state: given.state,
    };
    let expires_at = context.now().plus(REQUEST_SECONDS);
    let nonce = random::bytes()?;
    let text = context
        .app
        .sealer
        .seal(Purpose::SignOutRequest, b"", expires_at, &request, nonce);
    Ok(text.map_or(Answer::Error("invalid_request"), Answer::Page))
}

/// Opens a sealed request. An expired request is treated as one without parameters. The client may have been changed since.
///
/// # Errors
/// `Store`.
pub async fn open(context: &RequestContext, text: &str) -> Result<OpenRequest, AppError> {
    let opened = context
        .app
        .sealer
        .open(Purpose::SignOutRequest, b"", text, context.now());
    let request: SealedRequest = opened.unwrap_or_default();
    let id = request.client.map(|id| id.to_string());
    let client = active_client(context, id.as_deref()).await?;
    let location = request
        .redirect_uri
        .filter(|uri| {
            let client = client.as_ref();
            client.is_some_and(|client| sign_out_request::may_return(client, uri))
        })
        .map(|uri| sign_out_request::location(&uri, request.state.as_deref()));
    Ok(OpenRequest {
        client,
        location,
        user: request.user,
    })
}
