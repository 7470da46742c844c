//! The library's API: a configuration in, a running simulator out.

use crate::clock::Clock;
use crate::damage::Delivery;
use crate::http::{Reply, Request};
use crate::journal::{CanaryEntry, Entry};
use crate::misbehaviour::{Only, Rule};
use crate::people::{ACCOUNT, Credentials, Person, Principal, default_people};
use crate::random::Random;
use crate::server::Server;
use crate::simulator::{Listener, Simulator, lock};
use crate::world::{Decision, Key, Undecided, World};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// How a simulator is to be. The default has the people of [`default_people`] and AWS's lifetimes.
pub struct Config {
    /// A loopback address; port 0 takes a free one.
    pub address: SocketAddr,
    /// The one region that signatures may be scoped to.
    pub region: String,
    /// The access portal's URL, which a device authorization names.
    pub start_url: String,
    /// `d-` and ten hex digits.
    pub identity_store_id: String,
    /// The directory at the start.
    pub people: Vec<Person>,
    /// The application's long-term key, which may ask Identity Store; `None` makes one up.
    pub app_credentials: Option<Credentials>,
    /// How often a device code may be asked for; whole seconds. AWS: 1.
    pub interval: Duration,
    /// AWS: 600 s.
    pub device_lifetime: Duration,
    /// AWS: 90 days.
    pub client_lifetime: Duration,
    /// AWS: 8 hours.
    pub token_lifetime: Duration,
    /// The permission set's session duration. AWS: 1 hour.
    pub role_lifetime: Duration,
    /// What time it is.
    pub clock: Clock,
    /// Called after every request, for a log line; an entry holds no secret.
    pub on_request: Option<Listener>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            region: "us-east-1".into(),
            start_url: "https://d-9067f7a1b2.awsapps.com/start".into(),
            identity_store_id: "d-9067f7a1b2".into(),
            people: default_people(),
            app_credentials: None,
            interval: Duration::from_secs(1),
            device_lifetime: Duration::from_mins(10),
            client_lifetime: Duration::from_hours(90 * 24),
            token_lifetime: Duration::from_hours(8),
            role_lifetime: Duration::from_hours(1),
            clock: Clock::system(),
            on_request: None,
        }
    }
}

/// A running simulator; dropping it closes its ports and ends its threads.
pub struct Running {
    simulator: Arc<Simulator>,
    server: Server,
    _canary: Server,
    app_credentials: Credentials,
    start_url: String,
}

/// Starts listening.
///
/// # Errors
/// If the address is taken, or is not a loopback one: whoever reaches this server can sign in as anybody.
pub fn start(config: Config) -> io::Result<Running> {
    if !config.address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the simulator listens on loopback only",
        ));
    }
    let listener = TcpListener::bind(config.address)?;
    let canary = TcpListener::bind((config.address.ip(), 0))?;
    let random = Random::from_system();
    let app_credentials = config.app_credentials.unwrap_or_else(|| Credentials {
        access_key_id: random.access_key_id("AKIA"),
        secret_access_key: random.secret_access_key(),
        session_token: None,
        expiration: None,
    });
    let milliseconds =
        |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
    let simulator = Arc::new(Simulator {
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
        random,
        on_request: config.on_request,
        world: Mutex::new(World {
            people: config.people,
            start_urls: vec![config.start_url.clone()],
            ..World::default()
        }),
        rules: Mutex::default(),
        journal: Mutex::default(),
        canary: Mutex::default(),
        given_out: Mutex::default(),
        gate: OnceLock::new(),
    });
    simulator.put_key(
        app_credentials.clone(),
        Principal::user(ACCOUNT, "edge-auth"),
        true,
    );
    let (serving, catching) = (Arc::clone(&simulator), Arc::clone(&simulator));
    let server = Server::start(listener, Arc::new(move |request| serving.handle(request)))?;
    let canary = Server::start(canary, Arc::new(move |request| catching.catch(request)))?;
    // It was empty, so this sets it.
    let _ = simulator.gate.set(server.gate.clone());
    Ok(Running {
        simulator,
        server,
        _canary: canary,
        app_credentials,
        start_url: config.start_url,
    })
}

impl Running {
    /// The endpoint of all four services, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.simulator.url
    }

    /// What [`Config::start_url`] was.
    #[must_use]
    pub fn start_url(&self) -> &str {
        &self.start_url
    }

    /// The application's long-term key, of the IAM user `edge-auth`.
    #[must_use]
    pub fn app_credentials(&self) -> &Credentials {
        &self.app_credentials
    }

    /// Another URL that device authorizations may name, for a test that selects by it.
    pub fn add_start_url(&self, url: impl Into<String>) {
        lock(&self.simulator.world).start_urls.push(url.into());
    }

    /// The clock that this simulator reads, to be moved.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.simulator.clock
    }

    /// The directory as it is now.
    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        lock(&self.simulator.world).people.clone()
    }

    /// Adds a person, or replaces the one of the same id (a rename, a disabled person, another permission set).
    pub fn put_person(&self, person: Person) {
        self.simulator.put_person(person);
    }

    /// Deletes a person by user name.
    pub fn remove_person(&self, user_name: &str) {
        self.simulator.remove_person(user_name);
    }

    /// Approves a user code as a person.
    ///
    /// # Errors
    /// Why it could not be: see [`Undecided`].
    pub fn approve(&self, user_code: &str, user_name: &str) -> Result<(), Undecided> {
        self.simulator.approve(user_code, user_name)
    }

    /// Denies a user code.
    ///
    /// # Errors
    /// Why it could not be: see [`Undecided`].
    pub fn deny(&self, user_code: &str) -> Result<(), Undecided> {
        self.simulator.deny(user_code)
    }

    /// Ends whatever belongs to that line before its time: client registrations, device codes, SSO tokens, role
    /// sessions.
    pub fn expire(&self, only: &Only) {
        self.simulator.expire(only);
    }

    /// A key of a principal that did not come through Identity Center.
    pub fn put_key(
        &self,
        credentials: Credentials,
        principal: Principal,
        may_read_identities: bool,
    ) {
        self.simulator
            .put_key(credentials, principal, may_read_identities);
    }

    /// Credentials of a new session, known to STS for `lifetime`: of [`Principal::role_session`] for a role whose
    /// caller chose the name, of [`Principal::sso_session`] for one of Identity Center.
    #[must_use]
    pub fn start_session(&self, principal: Principal, lifetime: Duration) -> Credentials {
        let lifetime = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX / 4);
        self.simulator.start_session(principal, lifetime)
    }

    /// Adds a rule; among those that apply to a request the latest wins. Returns the number for [`Running::behave`].
    ///
    /// # Errors
    /// If it names an error that the operation's model does not have, or applies no times.
    pub fn misbehave(&self, rule: Rule) -> Result<u64, String> {
        lock(&self.simulator.rules).add(rule)
    }

    /// Takes a rule back, if it is still there.
    pub fn behave(&self, rule: u64) {
        lock(&self.simulator.rules).remove(rule);
    }

    /// Takes all rules back.
    pub fn behave_wholly(&self) {
        lock(&self.simulator.rules).clear();
    }

    /// Closes the listener and all connections until [`Running::accept_connections`]: for a simulator of one's own.
    pub fn refuse_connections(&self) {
        self.server.gate.refuse();
    }

    /// Listens again on the same port.
    pub fn accept_connections(&self) {
        self.server.gate.accept();
    }

    /// The latest requests, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.simulator.journal_of(None)
    }

    /// The latest requests of one line, oldest first.
    #[must_use]
    pub fn journal_of(&self, only: &Only) -> Vec<Entry> {
        self.simulator.journal_of(Some(only))
    }

    /// Where the redirects lead.
    #[must_use]
    pub fn canary_url(&self) -> &str {
        &self.simulator.canary_url
    }

    /// What reached the host to which redirects and external entities lead. It has to stay empty.
    #[must_use]
    pub fn canary(&self) -> Vec<CanaryEntry> {
        lock(&self.simulator.canary).clone()
    }

    /// Every secret given out so far, to be searched for where none may be: client secrets, device codes, SSO tokens,
    /// secret keys and session tokens, the application's own among them.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        lock(&self.simulator.given_out).clone()
    }
}

impl Simulator {
    fn catch(&self, request: &Request) -> Delivery {
        let credentials = [
            "authorization",
            "x-amz-sso_bearer_token",
            "x-amz-security-token",
        ];
        lock(&self.canary).push(CanaryEntry {
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request
                .headers
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            has_credentials: credentials
                .iter()
                .any(|name| request.header(name).is_some()),
            body_length: request.body.len(),
        });
        Delivery::whole(&Reply::new(200, "application/json", "{}"))
    }

    pub(crate) fn put_person(&self, person: Person) {
        let people = &mut lock(&self.world).people;
        match people
            .iter_mut()
            .find(|known| known.user_id == person.user_id)
        {
            Some(known) => *known = person,
            None => people.push(person),
        }
    }

    pub(crate) fn remove_person(&self, user_name: &str) -> bool {
        let people = &mut lock(&self.world).people;
        let before = people.len();
        people.retain(|person| !person.is_named(user_name));
        people.len() < before
    }

    pub(crate) fn approve(&self, user_code: &str, user_name: &str) -> Result<(), Undecided> {
        let mut world = lock(&self.world);
        let name = world
            .person(user_name)
            .ok_or(Undecided::UnknownPerson)?
            .user_name
            .clone();
        world.decide(user_code, Decision::Approved(name), self.clock.now())
    }

    pub(crate) fn deny(&self, user_code: &str) -> Result<(), Undecided> {
        lock(&self.world).decide(user_code, Decision::Denied, self.clock.now())
    }

    fn put_key(&self, credentials: Credentials, principal: Principal, may_read_identities: bool) {
        self.gave_out(&[&credentials.secret_access_key]);
        let key = Key {
            principal,
            may_read_identities,
            session: None,
            credentials,
        };
        lock(&self.world)
            .keys
            .insert(key.credentials.access_key_id.clone(), key);
    }

    pub(crate) fn start_session(&self, principal: Principal, lifetime_ms: i64) -> Credentials {
        let credentials = self.session_credentials(lifetime_ms);
        self.put_key(credentials.clone(), principal, false);
        credentials
    }

    pub(crate) fn journal_of(&self, only: Option<&Only>) -> Vec<Entry> {
        lock(&self.journal)
            .entries
            .iter()
            .filter(|(_, origin)| only.is_none_or(|only| origin.is(only)))
            .map(|(entry, _)| entry.clone())
            .collect()
    }
}
