//! Everything that exists at one moment. A clone of it is how a misbehaving reply is kept from having consequences.

use crate::people::{Credentials, Person, Principal};
use std::collections::HashMap;

#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) people: Vec<Person>,
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
    pub(crate) keys: HashMap<String, Key>,
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
    /// By the user name of a person.
    Approved(String),
    Denied,
    /// Its one token has been given out.
    Redeemed(String),
}

/// What an SSO access token (or its refresh token) stands for.
#[derive(Clone)]
pub(crate) struct PortalSession {
    pub(crate) user_name: String,
    pub(crate) client_id: String,
    pub(crate) device_code: String,
    pub(crate) expires_at: i64,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) credentials: Credentials,
    pub(crate) principal: Principal,
    pub(crate) may_read_identities: bool,
    /// The sign-in that it came from.
    pub(crate) session: Option<PortalSession>,
}

impl World {
    pub(crate) fn person(&self, user_name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.is_named(user_name))
    }

    /// The device code of a user code, written with or without its hyphen, in any case.
    pub(crate) fn device_code(&self, user_code: &str) -> Option<String> {
        let plain = |code: &str| {
            code.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_uppercase())
                .collect::<String>()
        };
        let wanted = plain(user_code);
        self.devices
            .iter()
            .find(|(_, device)| plain(&device.user_code) == wanted)
            .map(|(code, _)| code.clone())
    }

    pub(crate) fn decide(
        &mut self,
        user_code: &str,
        decision: Decision,
        now: i64,
    ) -> Result<(), Undecided> {
        let code = self.device_code(user_code).ok_or(Undecided::UnknownCode)?;
        if let Decision::Approved(user_name) = &decision {
            let person = self.person(user_name).ok_or(Undecided::UnknownPerson)?;
            if !person.enabled {
                return Err(Undecided::DisabledPerson);
            }
        }
        let device = self.devices.get_mut(&code).ok_or(Undecided::UnknownCode)?;
        if device.expires_at <= now {
            return Err(Undecided::Expired);
        }
        if device.decision != Decision::Pending {
            return Err(Undecided::AlreadyDecided);
        }
        device.decision = decision;
        Ok(())
    }

    /// Forgets what ended more than a day ago, so that a long `cargo dev` does not grow for ever.
    pub(crate) fn forget_the_old(&mut self, now: i64) {
        let day_ago = now - 86_400_000;
        self.clients.retain(|_, client| client.expires_at > day_ago);
        self.devices.retain(|_, device| device.expires_at > day_ago);
        self.sessions
            .retain(|_, session| session.expires_at > day_ago);
        self.refresh_tokens
            .retain(|_, session| session.expires_at > day_ago);
        self.keys
            .retain(|_, key| key.credentials.expiration.is_none_or(|end| end > day_ago));
    }
}

/// Why a user code was neither approved nor denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// No device shows this code.
    UnknownCode,
    /// Nobody of that name.
    UnknownPerson,
    /// An administrator has disabled the person.
    DisabledPerson,
    /// The code's time is over.
    Expired,
    /// It was approved or denied before.
    AlreadyDecided,
}

impl std::fmt::Display for Undecided {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::UnknownCode => "no device shows this code",
            Self::UnknownPerson => "there is nobody of that name",
            Self::DisabledPerson => "this person is disabled",
            Self::Expired => "this code has expired",
            Self::AlreadyDecided => "this code has been decided before",
        })
    }
}

impl std::error::Error for Undecided {}
