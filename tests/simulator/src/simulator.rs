//! The API of the library: start a simulator, change its data, inject faults, and read the journal.

use crate::clock::Clock;
use crate::config::Config;
use crate::identity::{CallerIdentity, Credentials};
use crate::journal::{CanaryRequest, JournalEntry};
use crate::random;
use crate::router::{canary_router, router};
use crate::rules::{Filter, Rule};
use crate::server::Server;
use crate::shared::{Shared, lock};
use crate::state::{Decision, DecisionError, State};
use crate::users::{ACCOUNT, User};
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// A running simulator. When dropped, it closes its ports and ends its threads.
pub struct Simulator {
    shared: Arc<Shared>,
    server: Server,
    _canary: Server,
    app_credentials: Credentials,
    start_url: String,
}

/// Starts a simulator.
///
/// # Errors
/// If the port is in use, or the address is not a loopback address: any client of the simulator can sign in as any
/// user.
pub fn start(config: Config) -> io::Result<Simulator> {
    if !config.address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the simulator listens on loopback only",
        ));
    }
    let listener = TcpListener::bind(config.address)?;
    let canary = TcpListener::bind((config.address.ip(), 0))?;
    let start_url = config.start_url.clone();
    let app_credentials = config
        .app_credentials
        .clone()
        .unwrap_or_else(generated_app_credentials);
    let shared = Arc::new(shared(config, &listener, &canary)?);
    shared.put_access_key(
        app_credentials.clone(),
        CallerIdentity::iam_user(ACCOUNT, "edge-auth"),
        true,
    );
    let server = Server::start(listener, router(Arc::clone(&shared)))?;
    let canary = Server::start(canary, canary_router(Arc::clone(&shared)))?;
    // It was empty until now.
    let _ = shared.server.set(server.control().clone());
    Ok(Simulator {
        shared,
        server,
        _canary: canary,
        app_credentials,
        start_url,
    })
}

fn generated_app_credentials() -> Credentials {
    Credentials {
        access_key_id: random::access_key_id("AKIA"),
        secret_access_key: random::secret_access_key(),
        session_token: None,
        expiration: None,
    }
}

fn shared(config: Config, listener: &TcpListener, canary: &TcpListener) -> io::Result<Shared> {
    Ok(Shared {
        url: format!("http://{}", listener.local_addr()?),
        canary_url: format!("http://{}", canary.local_addr()?),
        region: config.region,
        identity_store_id: config.identity_store_id,
        interval_ms: milliseconds(config.interval),
        device_lifetime_ms: milliseconds(config.device_lifetime),
        client_lifetime_ms: milliseconds(config.client_lifetime),
        token_lifetime_ms: milliseconds(config.token_lifetime),
        role_lifetime_ms: milliseconds(config.role_lifetime),
        clock: config.clock,
        on_request: config.on_request,
        state: Mutex::new(State {
            users: config.users,
            start_urls: vec![config.start_url],
            ..State::default()
        }),
        rules: Mutex::default(),
        journal: Mutex::default(),
        canary: Mutex::default(),
        issued_secrets: Mutex::default(),
        server: OnceLock::new(),
    })
}

fn milliseconds(duration: Duration) -> i64 {
    // A quarter of the range, so that a time plus a duration does not overflow.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl Simulator {
    /// The endpoint of all four services, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The value of [`Config::start_url`].
    #[must_use]
    pub fn start_url(&self) -> &str {
        &self.start_url
    }

    /// The application's long-term key; it belongs to the IAM user `edge-auth`.
    #[must_use]
    pub fn app_credentials(&self) -> &Credentials {
        &self.app_credentials
    }

    /// Adds a start URL, for a test that filters by it.
    pub fn add_start_url(&self, url: impl Into<String>) {
        lock(&self.shared.state).start_urls.push(url.into());
    }

    /// The clock, which a test can move.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The users of the directory.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        lock(&self.shared.state).users.clone()
    }

    /// Adds a user, or replaces the user with the same id.
    pub fn put_user(&self, user: User) {
        self.shared.put_user(user);
    }

    /// Removes the user with this name.
    pub fn remove_user(&self, user_name: &str) {
        self.shared.remove_user(user_name);
    }

    /// Approves a user code as the user with this name.
    ///
    /// # Errors
    /// If the code or the user does not allow it.
    pub fn approve(&self, user_code: &str, user_name: &str) -> Result<(), DecisionError> {
        self.shared.approve(user_code, user_name)
    }

    /// Denies a user code.
    ///
    /// # Errors
    /// If the code does not allow it.
    pub fn deny(&self, user_code: &str) -> Result<(), DecisionError> {
        self.shared.deny(user_code)
    }

    /// Expires what belongs to a sign-in: client registrations, device codes, SSO tokens and role sessions.
    pub fn expire(&self, filter: &Filter) {
        self.shared.expire(filter);
    }

    /// Adds an access key that Identity Center did not issue.
    pub fn put_access_key(
        &self,
        credentials: Credentials,
        identity: CallerIdentity,
        can_read_identity_store: bool,
    ) {
        self.shared
            .put_access_key(credentials, identity, can_read_identity_store);
    }

    /// Issues temporary credentials: of a [`CallerIdentity::role_session`], or of a [`CallerIdentity::sso_session`].
    #[must_use]
    pub fn create_session(&self, identity: CallerIdentity, lifetime: Duration) -> Credentials {
        self.shared.create_session(identity, milliseconds(lifetime))
    }

    /// Adds a rule and returns its number. If several rules apply to a request, the latest one takes effect.
    ///
    /// # Errors
    /// If the rule names an error that is not in the operation's service model, or applies zero times.
    pub fn add_rule(&self, rule: Rule) -> Result<u64, String> {
        lock(&self.shared.rules).add(rule)
    }

    /// Removes a rule, if it is still there.
    pub fn remove_rule(&self, number: u64) {
        lock(&self.shared.rules).remove(number);
    }

    /// Removes all rules.
    pub fn remove_all_rules(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Closes the listener and all connections until [`Simulator::accept_connections`]. Only for a simulator that no other test
    /// uses.
    pub fn refuse_connections(&self) {
        self.server.control().refuse();
    }

    /// Listens again on the same port.
    pub fn accept_connections(&self) {
        self.server.control().accept();
    }

    /// The latest requests, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared.journal_of(None)
    }

    /// The latest requests that the filter selects, oldest first.
    #[must_use]
    pub fn journal_of(&self, filter: &Filter) -> Vec<JournalEntry> {
        self.shared.journal_of(Some(filter))
    }

    /// The host to which redirects and external entities lead.
    #[must_use]
    pub fn canary_url(&self) -> &str {
        &self.shared.canary_url
    }

    /// The requests that reached the canary host. A client that is safe sends none.
    #[must_use]
    pub fn canary(&self) -> Vec<CanaryRequest> {
        lock(&self.shared.canary).clone()
    }

    /// All secrets issued so far, for a test that searches for them: client secrets, device codes, SSO tokens, secret keys and
    /// session tokens, including the application's own.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        lock(&self.shared.issued_secrets).clone()
    }
}

impl Shared {
    pub(crate) fn put_user(&self, user: User) {
        let users = &mut lock(&self.state).users;
        let mut known = users.iter_mut();
        match known.find(|known| known.user_id == user.user_id) {
            Some(known) => *known = user,
            None => users.push(user),
        }
    }

    /// Removes a user. Returns whether it existed.
    pub(crate) fn remove_user(&self, user_name: &str) -> bool {
        let users = &mut lock(&self.state).users;
        let before = users.len();
        users.retain(|user| !user.is_named(user_name));
        users.len() < before
    }

    pub(crate) fn approve(&self, user_code: &str, user_name: &str) -> Result<(), DecisionError> {
        let mut state = lock(&self.state);
        let user = state.user(user_name).ok_or(DecisionError::UnknownUser)?;
        let decision = Decision::Approved(user.user_name.clone());
        state.decide(user_code, decision, self.clock.now())
    }

    pub(crate) fn deny(&self, user_code: &str) -> Result<(), DecisionError> {
        lock(&self.state).decide(user_code, Decision::Denied, self.clock.now())
    }

    pub(crate) fn journal_of(&self, filter: Option<&Filter>) -> Vec<JournalEntry> {
        let journal = lock(&self.journal);
        let entries = journal.entries.iter();
        entries
            .filter(|(_, correlation)| filter.is_none_or(|filter| correlation.matches(filter)))
            .map(|(entry, _)| entry.clone())
            .collect()
    }
}
