//! The state that all connections share, and how a request gets its response.

use crate::clock::Clock;
use crate::correlation::Correlation;
use crate::encoding::encode;
use crate::errors::{error, error_response};
use crate::faults::UPSTREAM_MARKER;
use crate::faults::delivery::{Context, Delivery};
use crate::http::{Request, Response};
use crate::identity::{CallerIdentity, Credentials};
use crate::journal::{CanaryRequest, JournalEntry};
use crate::operation::{Operation, Service};
use crate::rules::{Effect, Rules};
use crate::server::ServerControl;
use crate::services::{identity_store, portal, sso_oidc, sts};
use crate::state::{AccessKey, State};
use crate::{pages, random};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The number of journal entries and of secrets that are kept.
const MAX_ENTRIES: usize = 20_000;
const MAX_DELAY_MS: u64 = 60_000;

/// Called with each request after its response is known.
pub type Listener = Box<dyn Fn(&JournalEntry) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) url: String,
    pub(crate) canary_url: String,
    pub(crate) region: String,
    pub(crate) identity_store_id: String,
    pub(crate) interval_ms: i64,
    pub(crate) device_lifetime_ms: i64,
    pub(crate) client_lifetime_ms: i64,
    pub(crate) token_lifetime_ms: i64,
    pub(crate) role_lifetime_ms: i64,
    pub(crate) clock: Clock,
    pub(crate) on_request: Option<Listener>,
    pub(crate) state: Mutex<State>,
    pub(crate) rules: Mutex<Rules>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) canary: Mutex<Vec<CanaryRequest>>,
    pub(crate) issued_secrets: Mutex<Vec<String>>,
    /// Set when the server has started.
    pub(crate) server: OnceLock<ServerControl>,
}

#[derive(Default)]
pub(crate) struct Journal {
    count: u64,
    pub(crate) entries: Vec<(JournalEntry, Correlation)>,
}

/// A thread that panics does not leave the data inconsistent, so a poisoned lock is usable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Processes a request to an AWS service or to the approval page.
    pub(crate) async fn process(&self, request: &Request) -> Delivery {
        let arrived = self.clock.now();
        let operation = Operation::of(request);
        let correlation = Correlation::of(operation, request, &lock(&self.state));
        let effect = lock(&self.rules).take(operation, &correlation);
        if let Some(Effect::DelayMs(delay)) = effect {
            tokio::time::sleep(Duration::from_millis(delay.min(MAX_DELAY_MS))).await;
        }
        let is_replaced = matches!(effect, Some(Effect::Fault(_) | Effect::Error(_)));
        let response = self.call(operation, request, is_replaced);
        let arrival = Arrival {
            at: arrived,
            operation,
            request,
            correlation: &correlation,
        };
        self.record(&arrival, &response, effect.as_ref());
        match (effect, operation) {
            (Some(Effect::Fault(fault)), Some(operation)) => {
                let context = Context {
                    canary_url: &self.canary_url_for(operation, &correlation),
                    error: &|status, name| {
                        let status = (status, "unknown_code");
                        error_response(operation.service(), request, name, status, UPSTREAM_MARKER)
                    },
                };
                fault.apply(response, &context)
            }
            (Some(Effect::Error(name)), Some(operation)) => {
                with_request_id(error(operation, request, &name, UPSTREAM_MARKER))
            }
            _ => with_request_id(response),
        }
    }

    /// The response of the service. If another response replaces it, the request has no effect, so that for example the next
    /// request can redeem the same device code.
    fn call(&self, operation: Option<Operation>, request: &Request, is_replaced: bool) -> Response {
        let mut state = lock(&self.state);
        let before = is_replaced.then(|| state.clone());
        let response = self.dispatch(&mut state, operation, request);
        if let Some(before) = before {
            *state = before;
        }
        response
    }

    fn dispatch(
        &self,
        state: &mut State,
        operation: Option<Operation>,
        request: &Request,
    ) -> Response {
        let is_post_to_root = request.method == "POST" && request.path() == "/";
        match operation.map(|operation| (operation, operation.service())) {
            Some((operation, Service::SsoOidc)) => {
                sso_oidc::respond(self, state, operation, request)
            }
            Some((operation, Service::Portal)) => portal::respond(self, state, operation, request),
            Some((_, Service::Sts)) => sts::respond(self, state, request),
            Some((_, Service::IdentityStore)) => {
                identity_store::respond(self, state, operation, request)
            }
            None if is_post_to_root && request.header("x-amz-target").is_some() => {
                identity_store::respond(self, state, None, request)
            }
            None if is_post_to_root => sts::respond(self, state, request),
            None => pages::respond(self, state, request),
        }
    }

    /// A URL on the canary host that names the response that leads there.
    fn canary_url_for(&self, operation: Operation, correlation: &Correlation) -> String {
        let user_code = correlation.user_code.as_deref().unwrap_or_default();
        format!(
            "{}/caught?operation={operation:?}&user_code={}",
            self.canary_url,
            encode(user_code.as_bytes())
        )
    }

    fn record(&self, arrival: &Arrival<'_>, response: &Response, effect: Option<&Effect>) {
        let Arrival {
            at,
            operation,
            request,
            correlation,
        } = *arrival;
        let error = response.header("x-amzn-errortype");
        let error = error.and_then(|value| value.split(':').next());
        let mut journal = lock(&self.journal);
        journal.count += 1;
        let entry = JournalEntry {
            number: journal.count,
            at,
            operation,
            method: request.method.to_string(),
            path: request.path().into(),
            user: correlation.user.clone(),
            user_code: correlation.user_code.clone(),
            client_name: correlation.client_name.clone(),
            access_key_id: correlation.access_key_id.clone(),
            status: response.status,
            error: error.map(str::to_owned),
            effect: effect.map(|effect| match effect {
                Effect::Fault(fault) => fault.name(),
                Effect::Error(name) => name.clone(),
                Effect::DelayMs(delay) => format!("delay of {delay} ms"),
            }),
        };
        drop_oldest(&mut journal.entries);
        journal.entries.push((entry.clone(), correlation.clone()));
        drop(journal);
        if let Some(on_request) = &self.on_request {
            on_request(&entry);
        }
    }

    /// Remembers secrets, so that a test can search for them.
    pub(crate) fn record_secrets(&self, secrets: &[&str]) {
        let mut issued = lock(&self.issued_secrets);
        drop_oldest(&mut issued);
        issued.extend(secrets.iter().map(|secret| (*secret).to_owned()));
    }

    /// Creates temporary credentials that STS does not know yet.
    pub(crate) fn temporary_credentials(&self, lifetime_ms: i64) -> Credentials {
        let credentials = Credentials {
            access_key_id: random::access_key_id("ASIA"),
            secret_access_key: random::secret_access_key(),
            session_token: Some(random::session_token()),
            expiration: Some(self.clock.now() + lifetime_ms),
        };
        let token = credentials.session_token.as_deref().unwrap_or_default();
        self.record_secrets(&[&credentials.secret_access_key, token]);
        credentials
    }

    pub(crate) fn put_access_key(
        &self,
        credentials: Credentials,
        identity: CallerIdentity,
        can_read_identity_store: bool,
    ) {
        self.record_secrets(&[&credentials.secret_access_key]);
        let key = AccessKey {
            credentials,
            identity,
            can_read_identity_store,
            session: None,
        };
        let id = key.credentials.access_key_id.clone();
        lock(&self.state).access_keys.insert(id, key);
    }

    pub(crate) fn create_session(&self, identity: CallerIdentity, lifetime_ms: i64) -> Credentials {
        let credentials = self.temporary_credentials(lifetime_ms);
        self.put_access_key(credentials.clone(), identity, false);
        credentials
    }
}

/// A request, and what was known when it arrived.
struct Arrival<'a> {
    at: i64,
    operation: Option<Operation>,
    request: &'a Request,
    correlation: &'a Correlation,
}

fn with_request_id(response: Response) -> Delivery {
    Delivery::Response(response.with("x-amzn-requestid", random::uuid()))
}

fn drop_oldest<T>(entries: &mut Vec<T>) {
    if entries.len() >= MAX_ENTRIES {
        entries.drain(..MAX_ENTRIES / 2);
    }
}
