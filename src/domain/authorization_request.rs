//! Authorization requests (RFC 6749 section 4.1.1, RFC 7636, RFC 8707, `OpenID` Connect Core section 3.1.2.1): the parameters of a
//! client, and the steps of the user before the response.

use super::factor::Rules;
use super::grant::{self, OFFLINE_ACCESS};
use super::oauth_client::{GrantType, OauthClient, Scope};
use super::redirect_uri::{Destination, RedirectUri, host_shown};
use super::resource::{self, Resource};
use super::session::{SessionKind, SessionRecord};
use super::token::id_token::IdTokenHint;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Length of a code challenge: SHA-256 in base64url.
const CHALLENGE_CHARACTERS: usize = 43;
/// Maximum length of a `nonce`, which is stored with the grant.
const MAX_NONCE_BYTES: usize = 512;
/// Longer login hints are ignored.
const MAX_HINT_BYTES: usize = 320;
/// A longer `max_age` has no effect, because no session is that old.
const MAX_AGE_SECONDS: i64 = 31_536_000;

/// `id_token_hint`: an ID token of an earlier sign-in of the user that the client expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hint {
    /// There is none.
    #[default]
    Absent,
    /// This service did not issue it.
    Invalid,
    /// This service issued it.
    Of(IdTokenHint),
}

/// The parameters of a request, except for client and redirect URI.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Whether a parameter is given twice.
    pub has_repetition: bool,
    /// Whether there is a `request` (RFC 9101).
    pub has_request: bool,
    /// Whether there is a `request_uri` (RFC 9101).
    pub has_request_uri: bool,
    /// `response_type`.
    pub response_type: Option<String>,
    /// `response_mode`.
    pub response_mode: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// `state`; `None` if it is given twice.
    pub state: Option<String>,
    /// `nonce`.
    pub nonce: Option<String>,
    /// `code_challenge`.
    pub code_challenge: Option<String>,
    /// `code_challenge_method`.
    pub code_challenge_method: Option<String>,
    /// `resource`.
    pub resource: Option<String>,
    /// `prompt`.
    pub prompt: Option<String>,
    /// `max_age`.
    pub max_age: Option<String>,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// `id_token_hint`.
    pub id_token_hint: Hint,
}

/// The reason why a request is refused, as reported to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code (RFC 6749 section 4.1.2.1).
    pub error: &'static str,
    /// The text for developers.
    pub description: &'static str,
}

impl Refusal {
    /// The user has denied the request.
    pub const DENIED: Self = Self::new("access_denied", "The user denied the request");
    /// No scope is left.
    pub const SCOPE: Self = Self::new(
        "invalid_scope",
        "None of the requested scopes can be granted",
    );
    /// The request forbids pages, and the user has to sign in.
    pub const LOGIN_REQUIRED: Self = Self::new(
        "login_required",
        "The user has to sign in, and prompt is none",
    );
    /// The user has just signed in, and is not the user of the ID token in the request.
    pub const OTHER_USER: Self = Self::new(
        "login_required",
        "The signed-in user is not the user of id_token_hint",
    );
    /// The request forbids pages, and the user has to consent.
    pub const CONSENT_REQUIRED: Self = Self::new(
        "consent_required",
        "The user has to consent, and prompt is none",
    );
    /// The request cannot be sealed.
    pub const TOO_LONG: Self = Self::invalid("The request is too long");

    const fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }

    const fn invalid(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }
}

/// `prompt` (`OpenID` Connect Core section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four values")]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// The user has to authenticate again.
    pub login: bool,
    /// The user has to consent, even if an earlier consent is remembered.
    pub consent: bool,
    /// The user has to choose an account.
    pub select_account: bool,
}

impl Prompt {
    fn parse(text: &str) -> Option<Self> {
        let mut prompt = Self::default();
        for value in text.split(' ') {
            let chosen = match value {
                "none" => &mut prompt.none,
                "login" => &mut prompt.login,
                "consent" => &mut prompt.consent,
                "select_account" => &mut prompt.select_account,
                _ => return None,
            };
            *chosen = true;
        }
        let asks = prompt.login || prompt.consent || prompt.select_account;
        (!prompt.none || !asks).then_some(prompt)
    }
}

/// A request that follows the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: Uuid,
    /// The redirect URI, in the spelling of the client.
    pub redirect_uri: String,
    /// The URI of the resource, as the configuration spells it.
    pub resource: Option<String>,
    /// The scopes that the resource declares, and those that belong to no resource.
    pub scope: String,
    /// `state`, which the response repeats.
    pub state: Option<String>,
    /// `nonce`, which the ID token repeats.
    pub nonce: Option<String>,
    /// The code challenge.
    pub code_challenge: String,
    /// The steps that the client demands of the user.
    pub prompt: Prompt,
    /// Maximum age of the authentication in seconds.
    pub max_age: Option<i64>,
    /// The name or address of the user that the client expects.
    pub login_hint: Option<String>,
    /// The user of the ID token in the request: no other user may complete it.
    pub user: Option<Uuid>,
    /// When the request was received, in seconds since 1970.
    pub received_at: i64,
}

/// The next step before the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The user signs in.
    SignIn,
    /// The user authenticates again.
    StepUp,
    /// The user consents.
    Consent,
    /// Nothing.
    Grant,
    /// The request is refused, because another user has signed in for it.
    OtherUser,
}

impl AuthorizationRequest {
    /// Reads the parameters of a request of this client, whose redirect URI was checked.
    ///
    /// # Errors
    /// The first [`Refusal`].
    pub fn read(
        given: Given,
        client: &OauthClient,
        redirect_uri: String,
        resources: &[Resource],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        check_form(&given)?;
        let code_challenge =
            code_challenge(given.code_challenge, given.code_challenge_method.as_deref())?;
        let resource = match &given.resource {
            Some(uri) => Some(resource::find(resources, uri).ok_or(Refusal::new(
                "invalid_target",
                "resource is not a resource of this service",
            ))?),
            None => None,
        };
        let has_refresh = client
            .metadata
            .grant_types
            .contains(&GrantType::RefreshToken);
        let scope = scope(given.scope.as_deref(), resource)?
            .filtered(|token| token != OFFLINE_ACCESS || has_refresh);
        let prompt = match given.prompt.as_deref().map(Prompt::parse) {
            Some(None) => return Err(Refusal::invalid("prompt is not valid")),
            Some(Some(prompt)) => prompt,
            None => Prompt::default(),
        };
        let max_age = match given.max_age.as_deref().map(seconds) {
            Some(None) => return Err(Refusal::invalid("max_age is not a number of seconds")),
            Some(max_age) => max_age,
            None => None,
        };
        if given
            .nonce
            .as_ref()
            .is_some_and(|nonce| nonce.len() > MAX_NONCE_BYTES)
        {
            return Err(Refusal::invalid("nonce is longer than 512 bytes"));
        }
        let user = match given.id_token_hint {
            Hint::Absent => None,
            Hint::Of(hint) if hint.client == client.client_id => Some(hint.user),
            Hint::Of(_) | Hint::Invalid => {
                return Err(Refusal::invalid(
                    "id_token_hint is not an ID token of this client",
                ));
            }
        };
        Ok(Self {
            client: client.client_id,
            redirect_uri,
            resource: resource.map(|resource| resource.uri.clone()),
            scope: scope.as_str().to_owned(),
            state: given.state,
            nonce: given.nonce,
            code_challenge,
            prompt,
            max_age,
            login_hint: given.login_hint.filter(|hint| hint.len() <= MAX_HINT_BYTES),
            user,
            received_at: now.seconds(),
        })
    }

    /// The scopes.
    #[must_use]
    pub fn scopes(&self) -> Scope {
        Scope::parse(&self.scope).unwrap_or_default()
    }

    /// The host or private-use scheme that the user returns to, as the pages show it.
    #[must_use]
    pub fn redirect_host(&self) -> String {
        host_shown(&self.redirect_uri).unwrap_or_default()
    }

    /// Whether the response is sent to a program on the user's device. Any other program there can receive it as well (RFC 8252
    /// section 8.6), so the user is always asked.
    #[must_use]
    pub fn is_for_device(&self) -> bool {
        let uri = RedirectUri::parse(&self.redirect_uri);
        uri.is_none_or(|uri| uri.destination != Destination::Https)
    }

    /// Whether an earlier consent is enough, so that the user is not asked.
    #[must_use]
    pub fn may_be_remembered(&self) -> bool {
        !self.prompt.consent && !self.is_for_device()
    }

    /// The next step in this session before the response. Only cookie sessions count. Sessions with a token belong to programs, and
    /// some of these sign in without the factors that the policy demands. `is_remembered` states whether the user has allowed the
    /// same scopes before.
    #[must_use]
    pub fn next(&self, session: Option<&SessionRecord>, rules: Rules, is_remembered: bool) -> Next {
        let Some(session) = session.filter(|session| session.kind == SessionKind::Cookie) else {
            return Next::SignIn;
        };
        let received_at = Timestamp::from_seconds(self.received_at);
        let signed_in_at = session.user.last_login;
        let is_earlier = signed_in_at.is_none_or(|time| time < received_at);
        let is_other = self.user.is_some_and(|user| user != session.user.id);
        if (self.prompt.select_account || is_other) && is_earlier {
            return Next::SignIn;
        }
        if is_other {
            // `OpenID` Connect Core section 3.1.2.1: only the user of the ID token gets a positive response.
            return Next::OtherUser;
        }
        let needs_factor = match session.method {
            Some(method) => rules.need_factor(method, session.has_factor),
            None => session.has_factor || rules.is_demanded,
        };
        let lacks_factor = needs_factor && session.factor_at.is_none();
        if lacks_factor && !session.has_factor {
            // The next sign-in adds a factor.
            return Next::SignIn;
        }
        // `max_age` counts from the request, so that the step-up after it is enough even if `max_age` is 0.
        let oldest = match (self.prompt.login, self.max_age) {
            (true, _) => Some(received_at),
            (false, Some(seconds)) => Some(received_at.minus(seconds)),
            (false, None) => None,
        };
        let is_too_old = oldest.is_some_and(|oldest| session.authenticated_at < oldest);
        if lacks_factor || is_too_old {
            return Next::StepUp;
        }
        if is_remembered && self.may_be_remembered() {
            Next::Grant
        } else {
            Next::Consent
        }
    }

    /// The address of the response with these parameters. Each has `state` and `iss` (RFC 9207).
    #[must_use]
    pub fn response(&self, issuer: &str, parameters: &[(&str, &str)]) -> String {
        response(
            &self.redirect_uri,
            self.state.as_deref(),
            issuer,
            parameters,
        )
    }
}

/// The address of a response to this redirect URI.
#[must_use]
pub fn response(
    redirect_uri: &str,
    state: Option<&str>,
    issuer: &str,
    parameters: &[(&str, &str)],
) -> String {
    let state = state.map(|state| ("state", state));
    let pairs = parameters.iter().copied().chain(state);
    let pairs = pairs.chain([("iss", issuer)]);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{separator}{query}")
}

/// Checks the rules that are the same for every request.
fn check_form(given: &Given) -> Result<(), Refusal> {
    let rules = [
        (
            given.has_repetition,
            Refusal::invalid("A parameter is given twice"),
        ),
        (
            given.has_request,
            Refusal::new("request_not_supported", "request is not supported"),
        ),
        (
            given.has_request_uri,
            Refusal::new("request_uri_not_supported", "request_uri is not supported"),
        ),
        (
            given.response_type.is_none(),
            Refusal::invalid("response_type is missing"),
        ),
        (
            given.response_type.as_deref() != Some("code"),
            Refusal::new("unsupported_response_type", "response_type must be code"),
        ),
        (
            given
                .response_mode
                .as_deref()
                .is_some_and(|mode| mode != "query"),
            Refusal::invalid("response_mode must be query"),
        ),
    ];
    match rules.into_iter().find(|(is_broken, _)| *is_broken) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(()),
    }
}

/// RFC 7636 section 4.3: without a method, the challenge would be the verifier itself.
fn code_challenge(challenge: Option<String>, method: Option<&str>) -> Result<String, Refusal> {
    let challenge = challenge.ok_or(Refusal::invalid("code_challenge is missing"))?;
    if method != Some("S256") {
        return Err(Refusal::invalid("code_challenge_method must be S256"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if challenge.len() != CHALLENGE_CHARACTERS || !challenge.bytes().all(is_letter) {
        return Err(Refusal::invalid(
            "code_challenge is not a SHA-256 hash in base64url",
        ));
    }
    Ok(challenge)
}

/// The scopes of a request that are known; without `scope`, all of the resource.
fn scope(text: Option<&str>, resource: Option<&Resource>) -> Result<Scope, Refusal> {
    let all = || {
        let scopes = resource.map(|resource| resource.scopes.as_slice());
        let tokens = scopes.unwrap_or_default().iter();
        let tokens: Vec<&str> = tokens.map(|scope| scope.token.as_str()).collect();
        tokens.join(" ")
    };
    let text = text.map_or_else(all, str::to_owned);
    let requested =
        Scope::parse(&text).ok_or(Refusal::new("invalid_scope", "scope is not valid"))?;
    grant::known(&requested, resource).ok_or(Refusal::SCOPE)
}

fn seconds(text: &str) -> Option<i64> {
    let is_number =
        (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = text.parse().ok()?;
    is_number.then_some(seconds.min(MAX_AGE_SECONDS))
}

#[cfg(test)]
mod tests;
