//! Whose request is this? Tests share one Worker and one client registration, so a rule or a journal entry has to find
//! its sign-in by what the request carries.

use crate::http::Request;
use crate::identity_store::unique_attribute;
use crate::misbehaviour::Only;
use crate::operation::{Operation, Service};
use crate::signed::claim;
use crate::world::{Decision, PortalSession, World};
use serde_json::Value;

/// What is known of a request's origin. The device code is as secret as a password and never leaves this crate.
#[derive(Clone, Default)]
pub(crate) struct Origin {
    pub(crate) person: Option<String>,
    pub(crate) user_code: Option<String>,
    pub(crate) device_code: Option<String>,
    pub(crate) start_url: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_name: Option<String>,
    pub(crate) access_key_id: Option<String>,
}

impl Origin {
    /// Reads the request without judging it: an expired token still belongs to someone.
    pub(crate) fn of(operation: Option<Operation>, request: &Request, world: &World) -> Self {
        let mut origin = Self::default();
        let Some(operation) = operation else {
            return origin;
        };
        match operation.service() {
            Service::Oidc => origin.oidc(request, world),
            Service::Portal => {
                let bearer = request.header("x-amz-sso_bearer_token");
                if let Some(session) = bearer.and_then(|bearer| world.sessions.get(bearer)) {
                    origin.session(session, world);
                }
            }
            Service::Sts | Service::IdentityStore => origin.signed(request, world),
        }
        origin
    }

    /// Of a device code.
    pub(crate) fn of_device(code: &str, world: &World) -> Self {
        let mut origin = Self::default();
        origin.device(code.into(), world);
        if let Some(device) = world.devices.get(code) {
            origin.client_id = Some(device.client_id.clone());
        }
        origin
    }

    /// Of an SSO token.
    pub(crate) fn of_session(session: &PortalSession, world: &World) -> Self {
        let mut origin = Self::default();
        origin.session(session, world);
        origin
    }

    fn oidc(&mut self, request: &Request, world: &World) {
        let body = request.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        self.client_id = text("clientId");
        self.start_url = text("startUrl");
        self.client_name = text("clientName");
        if let Some(client) = self.client_id.as_ref().and_then(|id| world.clients.get(id)) {
            self.client_name = Some(client.name.clone());
        }
        if let Some(code) = text("deviceCode") {
            self.device(code, world);
        } else if let Some(session) =
            text("refreshToken").and_then(|token| world.refresh_tokens.get(&token))
        {
            self.session(session, world);
        }
    }

    fn device(&mut self, code: String, world: &World) {
        if let Some(device) = world.devices.get(&code) {
            self.user_code = Some(device.user_code.clone());
            self.start_url = Some(device.start_url.clone());
            if let Decision::Approved(person) | Decision::Redeemed(person) = &device.decision {
                self.person = Some(person.clone());
            }
        }
        self.device_code = Some(code);
    }

    fn session(&mut self, session: &PortalSession, world: &World) {
        self.device(session.device_code.clone(), world);
        self.person = Some(session.user_name.clone());
        self.client_id = Some(session.client_id.clone());
        self.client_name = world
            .clients
            .get(&session.client_id)
            .map(|client| client.name.clone());
    }

    fn signed(&mut self, request: &Request, world: &World) {
        if let Ok(claim) = claim(request) {
            if let Some(session) = world
                .keys
                .get(&claim.access_key_id)
                .and_then(|key| key.session.as_ref())
            {
                self.session(session, world);
            }
            self.access_key_id = Some(claim.access_key_id);
        }
        // Identity Store is asked with the application's key about a person: it is that person's line.
        let Some(Value::Object(body)) = request.json() else {
            return;
        };
        let person = match (
            unique_attribute(&body),
            body.get("UserId").and_then(Value::as_str),
        ) {
            (Some((_, value)), _) => world.people.iter().find(|person| {
                person.is_named(value) || person.emails.iter().any(|email| email == value)
            }),
            (None, Some(id)) => world.people.iter().find(|person| person.user_id == id),
            (None, None) => None,
        };
        if let Some(person) = person {
            self.person = Some(person.user_name.clone());
        }
    }

    pub(crate) fn is(&self, only: &Only) -> bool {
        let same = |known: &Option<String>, wanted: &String| known.as_ref() == Some(wanted);
        match only {
            Only::Person(name) => self
                .person
                .as_ref()
                .is_some_and(|known| known.to_lowercase() == name.to_lowercase()),
            Only::UserCode(code) => same(&self.user_code, code),
            Only::DeviceCode(code) => same(&self.device_code, code),
            Only::StartUrl(url) => same(&self.start_url, url),
            Only::ClientId(id) => same(&self.client_id, id),
            Only::ClientName(name) => same(&self.client_name, name),
            Only::AccessKeyId(id) => same(&self.access_key_id, id),
        }
    }
}
