//! What all connections share, and the way of a request from its bytes to the decision what to send.

use crate::attribution::Origin;
use crate::clock::Clock;
use crate::damage::{Delivery, apply, canary_url};
use crate::failing::{error, raw};
use crate::http::{Reply, Request};
use crate::journal::{CanaryEntry, Entry};
use crate::misbehaviour::{Effect, Rule, UPSTREAM_MARK};
use crate::operation::{Operation, Service};
use crate::people::Credentials;
use crate::random::Random;
use crate::server::Gate;
use crate::world::World;
use crate::{control, identity_store, oidc, pages, portal, sts};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The journal keeps this many of its latest entries, and as many secrets are remembered.
const KEPT: usize = 20_000;

/// Hears of every request once it is answered.
pub type Listener = Box<dyn Fn(&Entry) + Send + Sync>;

pub(crate) struct Simulator {
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
    pub(crate) random: Random,
    pub(crate) on_request: Option<Listener>,
    pub(crate) world: Mutex<World>,
    pub(crate) rules: Mutex<Rules>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) canary: Mutex<Vec<CanaryEntry>>,
    pub(crate) given_out: Mutex<Vec<String>>,
    /// Set once the server listens.
    pub(crate) gate: OnceLock<Gate>,
}

#[derive(Default)]
pub(crate) struct Rules {
    next: u64,
    rules: Vec<(u64, Rule)>,
}

#[derive(Default)]
pub(crate) struct Journal {
    count: u64,
    pub(crate) entries: Vec<(Entry, Origin)>,
}

/// A panic of one thread must not take the others down with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rules {
    /// Later rules come first, so that a test can put an exception before a general rule.
    fn take(&mut self, operation: Option<Operation>, origin: &Origin) -> Option<Effect> {
        let operation = operation?;
        let index = self.rules.iter().rposition(|(_, rule)| {
            rule.operation.is_none_or(|wanted| wanted == operation)
                && rule.only.as_ref().is_none_or(|only| origin.is(only))
        })?;
        let (_, rule) = self.rules.get_mut(index)?;
        let effect = rule.effect.clone();
        match &mut rule.times {
            Some(0 | 1) => drop(self.rules.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(effect)
    }

    /// Adds a rule; its number takes it back.
    pub(crate) fn add(&mut self, rule: Rule) -> Result<u64, String> {
        if let Effect::Error(name) = &rule.effect {
            let known =
                |operation: &Operation| operation.errors().iter().any(|error| error.name == name);
            let all = match rule.operation {
                Some(operation) => known(&operation),
                None => Operation::ALL.iter().any(known),
            };
            if !all {
                return Err(format!("{name} is not modelled there"));
            }
        }
        if rule.times == Some(0) {
            return Err("no times is no rule".into());
        }
        self.next += 1;
        self.rules.push((self.next, rule));
        Ok(self.next)
    }

    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(known, _)| *known != number);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn list(&self) -> Vec<(u64, Rule)> {
        self.rules.clone()
    }
}

impl Simulator {
    /// Decides what a request gets. Waits only for [`Effect::DelayMs`], and holds no lock while it does.
    pub(crate) fn handle(&self, request: &Request) -> Delivery {
        if request.path().starts_with("/_simulator/") {
            return Delivery::whole(&control::answer(self, request));
        }
        let arrived = self.clock.now();
        let operation = Operation::of(request);
        let mut world = lock(&self.world);
        let origin = Origin::of(operation, request, &world);
        let effect = lock(&self.rules).take(operation, &origin);
        if let Some(Effect::DelayMs(wait)) = effect {
            drop(world);
            std::thread::sleep(Duration::from_millis(wait.min(60_000)));
            world = lock(&self.world);
        }
        let before = matches!(effect, Some(Effect::Misbehaviour(_) | Effect::Error(_)))
            .then(|| world.clone());
        let reply = self.answer(&mut world, operation, request);
        // What did not arrive whole has not happened: the device code can be redeemed by the next request.
        if let Some(before) = before {
            *world = before;
        }
        drop(world);
        self.record(
            arrived,
            operation,
            request,
            &origin,
            &reply,
            effect.as_ref(),
        );
        match (effect, operation) {
            (Some(Effect::Misbehaviour(misbehaviour)), Some(operation)) => {
                let code = origin.user_code.as_deref().unwrap_or_default();
                let canary = canary_url(&self.canary_url, &format!("{operation:?}"), code);
                apply(misbehaviour, reply, &canary, |status, name| {
                    raw(
                        operation.service(),
                        request,
                        name,
                        (status, "flux_capacitor"),
                        UPSTREAM_MARK,
                    )
                })
            }
            (Some(Effect::Error(name)), Some(operation)) => {
                Delivery::whole(&self.identified(error(operation, request, &name, UPSTREAM_MARK)))
            }
            _ => Delivery::whole(&self.identified(reply)),
        }
    }

    fn identified(&self, reply: Reply) -> Reply {
        reply.with("x-amzn-RequestId", self.random.uuid())
    }

    fn answer(&self, world: &mut World, operation: Option<Operation>, request: &Request) -> Reply {
        match operation.map(Operation::service) {
            Some(Service::Oidc) => oidc::answer(
                self,
                world,
                operation.unwrap_or(Operation::CreateToken),
                request,
            ),
            Some(Service::Portal) => {
                portal::answer(self, world, operation.unwrap_or(Operation::Logout), request)
            }
            Some(Service::Sts) => sts::answer(self, world, request),
            Some(Service::IdentityStore) => identity_store::answer(self, world, operation, request),
            None => match (request.method.as_str(), request.path()) {
                ("POST", "/") if request.header("x-amz-target").is_some() => {
                    identity_store::answer(self, world, None, request)
                }
                ("POST", "/") => sts::answer(self, world, request),
                _ => pages::answer(self, world, request),
            },
        }
    }

    fn record(
        &self,
        at: i64,
        operation: Option<Operation>,
        request: &Request,
        origin: &Origin,
        reply: &Reply,
        effect: Option<&Effect>,
    ) {
        let name = reply
            .headers
            .iter()
            .find(|(name, _)| name == "x-amzn-ErrorType");
        let mut journal = lock(&self.journal);
        journal.count += 1;
        let entry = Entry {
            number: journal.count,
            at,
            operation,
            method: request.method.clone(),
            path: request.path().into(),
            person: origin.person.clone(),
            user_code: origin.user_code.clone(),
            client_name: origin.client_name.clone(),
            access_key_id: origin.access_key_id.clone(),
            status: reply.status,
            error: name.and_then(|(_, value)| value.split(':').next().map(str::to_owned)),
            effect: effect.map(|effect| match effect {
                Effect::Misbehaviour(misbehaviour) => misbehaviour.name(),
                Effect::Error(name) => name.clone(),
                Effect::DelayMs(wait) => format!("delayed by {wait} ms"),
            }),
        };
        if journal.entries.len() >= KEPT {
            journal.entries.drain(..KEPT / 2);
        }
        journal.entries.push((entry.clone(), origin.clone()));
        drop(journal);
        if let Some(on_request) = &self.on_request {
            on_request(&entry);
        }
    }

    /// Remembers secrets, so that a test can search for them where they must not be.
    pub(crate) fn gave_out(&self, secrets: &[&str]) {
        let mut given_out = lock(&self.given_out);
        if given_out.len() >= KEPT {
            given_out.drain(..KEPT / 2);
        }
        given_out.extend(secrets.iter().map(|secret| (*secret).to_owned()));
    }

    /// New credentials of a session, not yet known to STS.
    pub(crate) fn session_credentials(&self, lifetime_ms: i64) -> Credentials {
        let credentials = Credentials {
            access_key_id: self.random.access_key_id("ASIA"),
            secret_access_key: self.random.secret_access_key(),
            session_token: Some(self.random.session_token()),
            expiration: Some(self.clock.now() + lifetime_ms),
        };
        let token = credentials.session_token.as_deref().unwrap_or_default();
        self.gave_out(&[&credentials.secret_access_key, token]);
        credentials
    }
}
