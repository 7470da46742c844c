//! The next step of an authorization request in the session of the browser, and the grant that completes the request.

use super::detail;
use crate::app::RequestContext;
use crate::app::client_info::ClientInfo;
use crate::app::error::AppError;
use crate::app::second_factor;
use crate::crypto::grant_tokens::{CODE_GENERATION, GrantToken};
use crate::domain::audit::Kind;
use crate::domain::authorization_request::{AuthorizationRequest, Next, Refusal};
use crate::domain::factor::Rules;
use crate::domain::grant::{self, CODE_SECONDS, OFFLINE_ACCESS};
use crate::domain::oauth_client::{OauthClient, Scope};
use crate::domain::resource::{self, Resource};
use crate::domain::session::SessionRecord;
use crate::runtime::{StoreError, random};
use crate::store::oauth_consents::{self, Subject};
use crate::store::oauth_grants::{self, Consent, MAX_LIVE_GRANTS, NewGrant, RememberedConsent};
use crate::store::used_challenges::UsedChallenge;

/// The next step of an authorization request.
#[derive(Debug)]
pub(super) enum Progress {
    /// The user signs in.
    SignIn,
    /// The user authenticates again.
    StepUp,
    /// The user consents to these scopes.
    Consent(Allowed),
    /// Nothing: the user has allowed these scopes before.
    Grant(Allowed),
    /// The request cannot be granted.
    Refused(Refusal),
}

/// Whether the user was asked for a new grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// The user has just allowed the request.
    Decision,
    /// A remembered consent.
    Remembered,
}

/// The scopes of a new grant.
#[derive(Debug)]
pub(super) struct Allowed {
    /// The scopes that the user may grant.
    pub scope: Scope,
    /// The scopes that the user has allowed before.
    pub remembered: Scope,
}

/// An authorization request with its client, whose redirect URI was checked.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub request: &'a AuthorizationRequest,
    pub client: &'a OauthClient,
}

impl Asked<'_> {
    /// The resource of the request, if it has one that is still configured.
    pub fn resource(&self, context: &RequestContext) -> Option<&'static Resource> {
        let uri = self.request.resource.as_deref()?;
        resource::find(&context.app.config.oauth.resources, uri)
    }

    /// The next step in this session.
    pub async fn step(
        &self,
        context: &RequestContext,
        session: Option<&SessionRecord>,
    ) -> Result<Progress, AppError> {
        let request = self.request;
        let rules = session.map_or(
            Rules {
                is_demanded: false,
                is_aws_trusted: false,
            },
            |session| second_factor::rules(context, session.user.role),
        );
        let session = match (request.next(session, rules, false), session) {
            (Next::SignIn, _) | (_, None) => return Ok(Progress::SignIn),
            (Next::StepUp, _) => return Ok(Progress::StepUp),
            (Next::OtherUser, _) => return Ok(Progress::Refused(Refusal::OTHER_USER)),
            (Next::Consent | Next::Grant, Some(session)) => session,
        };
        let resource = self.resource(context);
        if request.resource.is_some() && resource.is_none() {
            return Ok(Progress::Refused(Refusal::SCOPE));
        }
        let role = session.user.role;
        let Some(scope) = grant::grantable(&request.scopes(), resource, role) else {
            return Ok(Progress::Refused(Refusal::SCOPE));
        };
        let host = request.redirect_host();
        let subject = Subject {
            user: session.user.id,
            client: request.client,
            redirect_host: &host,
            resource: request.resource.as_deref(),
        };
        let remembered = if request.is_for_device() {
            Scope::default()
        } else {
            oauth_consents::find(context.app.database, subject).await?
        };
        let next = request.next(Some(session), rules, scope.is_within(&remembered));
        let allowed = Allowed { scope, remembered };
        Ok(match next {
            Next::Grant => Progress::Grant(allowed),
            Next::SignIn | Next::StepUp | Next::Consent | Next::OtherUser => {
                Progress::Consent(allowed)
            }
        })
    }

    /// Creates the grant, and returns the address of the response with its code. `None` if the session or the client was changed,
    /// the request was used, or the remembered consent was removed.
    pub async fn grant(
        &self,
        context: &RequestContext,
        client_info: &ClientInfo,
        session: &SessionRecord,
        (allowed, basis): (&Allowed, Basis),
        used: Option<&UsedChallenge>,
    ) -> Result<Option<String>, AppError> {
        let (request, now, id) = (self.request, context.now(), random::uuid()?);
        let (scope, config) = (&allowed.scope, &context.app.config);
        let oldest = now.plus(config.oauth.grant_max_age);
        let ends_at = if scope.contains(OFFLINE_ACCESS) {
            oldest
        } else {
            oldest.min(session.ends_at)
        };
        let methods = grant::methods(session.method, session.factor_at.is_some());
        // Cannot fail: only strings are serialized.
        let methods = serde_json::to_string(&methods).unwrap_or_default();
        let words = detail(request.client, scope, request.resource.as_deref());
        let entry = client_info.entry(context, Kind::ClientAuthorized)?;
        let entry = context.sign(entry.in_own_session(session).detail(words));
        let evicted = client_info.entry(context, Kind::GrantRevoked)?;
        let words = format!("more than {MAX_LIVE_GRANTS}");
        let evicted = context.sign(evicted.in_own_session(session).detail(words));
        let host = request.redirect_host();
        let all = allowed.remembered.with(scope);
        // Scopes that were removed from the configuration must not make the list too long to be read.
        let all = Scope::parse(all.as_str()).unwrap_or_else(|| scope.clone());
        let scopes: Vec<&str> = scope.tokens().collect();
        let scopes = serde_json::to_string(&scopes).unwrap_or_default();
        let consent = match basis {
            Basis::Remembered => Consent::Remembered {
                redirect_host: &host,
                scopes: &scopes,
            },
            Basis::Decision if request.is_for_device() => Consent::GivenOnce,
            Basis::Decision => Consent::Given(RememberedConsent {
                redirect_host: &host,
                remembered: allowed.remembered.as_str(),
                scope: all.as_str(),
            }),
        };
        let new = NewGrant {
            id,
            session,
            client: request.client,
            client_version: self.client.version,
            redirect_uri: &request.redirect_uri,
            resource: request.resource.as_deref(),
            scope: scope.as_str(),
            code_challenge: &request.code_challenge,
            nonce: request.nonce.as_deref(),
            methods: &methods,
            now,
            expires_at: now.plus(CODE_SECONDS).min(ends_at),
            ends_at,
            request: used,
            consent,
            entry: &entry,
            evicted: &evicted,
        };
        match oauth_grants::create(context.app.database, &new).await {
            Ok(true) => context.app.confirmed_tokens.clear(),
            Ok(false) => {}
            Err(StoreError::Conflict) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let code = context.app.grant_keys.issue(GrantToken {
            grant: id,
            generation: CODE_GENERATION,
        });
        let issuer = &config.tokens.issuer;
        Ok(Some(request.response(issuer, &[("code", &code)])))
    }

    /// The address of the response that reports a refusal to the client.
    pub fn refusal(&self, context: &RequestContext, refusal: Refusal) -> String {
        let parameters = [
            ("error", refusal.error),
            ("error_description", refusal.description),
        ];
        let issuer = &context.app.config.tokens.issuer;
        self.request.response(issuer, &parameters)
    }
}
