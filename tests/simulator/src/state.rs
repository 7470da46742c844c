//! The data of the simulated services. A response that a fault replaces has no effect: the state before it is restored.

use crate::identity::{CallerIdentity, Credentials};
use crate::users::User;
use std::collections::HashMap;
use std::fmt;

const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) users: Vec<User>,
    pub(crate) start_urls: Vec<String>,
    /// By client id.
    pub(crate) clients: HashMap<String, Client>,
    /// By device code.
    pub(crate) devices: HashMap<String, Device>,
    /// By access token.
    pub(crate) sessions: HashMap<String, PortalSession>,
    /// By refresh token.
    pub(crate) refresh_tokens: HashMap<String, PortalSession>,
    /// By access key id.
    pub(crate) access_keys: HashMap<String, AccessKey>,
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) expires_at: i64,
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) start_url: String,
    pub(crate) expires_at: i64,
    pub(crate) last_poll: Option<i64>,
    pub(crate) decision: Decision,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    Pending,
    /// By the user with this name.
    Approved(String),
    Denied,
    /// Approved by the user with this name. The token has been issued.
    Redeemed(String),
}

/// The session of an SSO access token or refresh token.
#[derive(Clone)]
pub(crate) struct PortalSession {
    pub(crate) user_name: String,
    pub(crate) client_id: String,
    pub(crate) device_code: String,
    pub(crate) expires_at: i64,
}

#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) credentials: Credentials,
    pub(crate) identity: CallerIdentity,
    pub(crate) can_read_identity_store: bool,
    /// The session of the access portal that issued it.
    pub(crate) session: Option<PortalSession>,
}

impl State {
    pub(crate) fn user(&self, user_name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.is_named(user_name))
    }

    /// The device code of a user code, which may be in any case and lack its hyphen.
    pub(crate) fn device_code(&self, user_code: &str) -> Option<String> {
        let normalized = |code: &str| {
            let letters = code.chars().filter(char::is_ascii_alphanumeric);
            letters.collect::<String>().to_ascii_uppercase()
        };
        let wanted = normalized(user_code);
        let mut devices = self.devices.iter();
        devices
            .find(|(_, device)| normalized(&device.user_code) == wanted)
            .map(|(code, _)| code.clone())
    }

    /// Approves or denies a user code.
    pub(crate) fn decide(
        &mut self,
        user_code: &str,
        decision: Decision,
        now: i64,
    ) -> Result<(), DecisionError> {
        let code = self.device_code(user_code);
        let code = code.ok_or(DecisionError::UnknownCode)?;
        if let Decision::Approved(user_name) = &decision {
            let user = self.user(user_name).ok_or(DecisionError::UnknownUser)?;
            if !user.enabled {
                return Err(DecisionError::DisabledUser);
            }
        }
        let device = self.devices.get_mut(&code);
        let device = device.ok_or(DecisionError::UnknownCode)?;
        if device.expires_at <= now {
            return Err(DecisionError::Expired);
        }
        if device.decision != Decision::Pending {
            return Err(DecisionError::AlreadyDecided);
        }
        device.decision = decision;
        Ok(())
    }

    /// Removes what expired more than a day ago, so that a long `cargo dev` does not fill the memory.
    pub(crate) fn remove_expired(&mut self, now: i64) {
        let limit = now - DAY_MS;
        self.clients.retain(|_, client| client.expires_at > limit);
        self.devices.retain(|_, device| device.expires_at > limit);
        self.sessions
            .retain(|_, session| session.expires_at > limit);
        self.refresh_tokens
            .retain(|_, session| session.expires_at > limit);
        self.access_keys.retain(|_, key| {
            let expiration = key.credentials.expiration;
            expiration.is_none_or(|expiration| expiration > limit)
        });
    }
}

/// Why a user code could not be approved or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionError {
    /// No device has this user code.
    UnknownCode,
    /// No user has this name.
    UnknownUser,
    /// The user is disabled.
    DisabledUser,
    /// The code has expired.
    Expired,
    /// The code was approved or denied before.
    AlreadyDecided,
}

impl fmt::Display for DecisionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnknownCode => "no device has this user code",
            Self::UnknownUser => "no user has this name",
            Self::DisabledUser => "the user is disabled",
            Self::Expired => "the user code has expired",
            Self::AlreadyDecided => "the user code was approved or denied before",
        })
    }
}

impl std::error::Error for DecisionError {}
