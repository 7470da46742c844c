//! Finds the sign-in that a request belongs to. Tests share one Worker and one client registration, so rules and the journal
//! find the requests of a sign-in by the content of these requests.

use crate::authentication::authorization;
use crate::http::Request;
use crate::operation::{Operation, Service};
use crate::rules::Filter;
use crate::services::identity_store::unique_attribute;
use crate::state::{Decision, PortalSession, State};
use serde_json::Value;

/// The known data of the sign-in of a request. The device code is a secret and never leaves this crate.
#[derive(Clone, Default)]
pub(crate) struct Correlation {
    pub(crate) user: Option<String>,
    pub(crate) user_code: Option<String>,
    pub(crate) device_code: Option<String>,
    pub(crate) start_url: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_name: Option<String>,
    pub(crate) access_key_id: Option<String>,
}

impl Correlation {
    /// Reads the request without verifying anything: a request with an expired token belongs to a sign-in too.
    pub(crate) fn of(operation: Option<Operation>, request: &Request, state: &State) -> Self {
        let mut correlation = Self::default();
        match operation.map(Operation::service) {
            None => {}
            Some(Service::SsoOidc) => correlation.add_oidc(request, state),
            Some(Service::Portal) => {
                let token = request.header("x-amz-sso_bearer_token");
                let session = token.and_then(|token| state.sessions.get(token));
                if let Some(session) = session {
                    correlation.add_session(session, state);
                }
            }
            Some(Service::Sts | Service::IdentityStore) => correlation.add_signed(request, state),
        }
        correlation
    }

    pub(crate) fn of_device(code: &str, state: &State) -> Self {
        let mut correlation = Self::default();
        correlation.add_device(code, state);
        let device = state.devices.get(code);
        correlation.client_id = device.map(|device| device.client_id.clone());
        correlation
    }

    pub(crate) fn of_session(session: &PortalSession, state: &State) -> Self {
        let mut correlation = Self::default();
        correlation.add_session(session, state);
        correlation
    }

    fn add_oidc(&mut self, request: &Request, state: &State) {
        let body = request.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        self.client_id = text("clientId");
        self.start_url = text("startUrl");
        self.client_name = text("clientName");
        let client = self.client_id.as_ref().and_then(|id| state.clients.get(id));
        if let Some(client) = client {
            self.client_name = Some(client.name.clone());
        }
        let refresh_token = text("refreshToken");
        let session = refresh_token.and_then(|token| state.refresh_tokens.get(&token));
        if let Some(code) = text("deviceCode") {
            self.add_device(&code, state);
        } else if let Some(session) = session {
            self.add_session(session, state);
        }
    }

    fn add_device(&mut self, code: &str, state: &State) {
        if let Some(device) = state.devices.get(code) {
            self.user_code = Some(device.user_code.clone());
            self.start_url = Some(device.start_url.clone());
            if let Decision::Approved(user) | Decision::Redeemed(user) = &device.decision {
                self.user = Some(user.clone());
            }
        }
        self.device_code = Some(code.to_owned());
    }

    fn add_session(&mut self, session: &PortalSession, state: &State) {
        self.add_device(&session.device_code, state);
        self.user = Some(session.user_name.clone());
        self.client_id = Some(session.client_id.clone());
        let client = state.clients.get(&session.client_id);
        self.client_name = client.map(|client| client.name.clone());
    }

    fn add_signed(&mut self, request: &Request, state: &State) {
        if let Ok(authorization) = authorization(request) {
            let key = state.access_keys.get(&authorization.access_key_id);
            if let Some(session) = key.and_then(|key| key.session.as_ref()) {
                self.add_session(session, state);
            }
            self.access_key_id = Some(authorization.access_key_id);
        }
        // Requests to Identity Store are signed with the application's key and belong to the user that they are about.
        let Some(Value::Object(body)) = request.json() else {
            return;
        };
        let id = body.get("UserId").and_then(Value::as_str);
        let mut users = state.users.iter();
        let user = match (unique_attribute(&body), id) {
            (Some((_, value)), _) => {
                users.find(|user| user.is_named(value) || user.has_email(value))
            }
            (None, Some(id)) => users.find(|user| user.user_id == id),
            (None, None) => None,
        };
        if let Some(user) = user {
            self.user = Some(user.user_name.clone());
        }
    }

    pub(crate) fn matches(&self, filter: &Filter) -> bool {
        let is = |known: &Option<String>, wanted: &String| known.as_ref() == Some(wanted);
        match filter {
            Filter::User(name) => {
                let user = self.user.as_ref();
                user.is_some_and(|user| user.to_lowercase() == name.to_lowercase())
            }
            Filter::UserCode(code) => is(&self.user_code, code),
            Filter::DeviceCode(code) => is(&self.device_code, code),
            Filter::StartUrl(url) => is(&self.start_url, url),
            Filter::ClientId(id) => is(&self.client_id, id),
            Filter::ClientName(name) => is(&self.client_name, name),
            Filter::AccessKeyId(id) => is(&self.access_key_id, id),
        }
    }
}
