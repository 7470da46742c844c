//! What a request works with: the configuration and the stores, bound once an isolate, and the one door to randomness.

use super::device_polls::DevicePolls;
use super::error::AppError;
use super::hash_slots::{self, Claim, HashSlots, NoSlot, Slot};
use super::token_verifier::TokenVerifier;
use crate::aws::Aws;
use crate::config::{Config, Key};
use crate::crypto::cache_mac::CacheKeys;
use crate::crypto::password::Peppers;
use crate::crypto::sealed::Sealer;
use crate::domain::audit::{AuditKeys, Entry, Signed};
use crate::domain::token::Keys;
use crate::runtime::d1::{self, Database};
use crate::runtime::executor;
use crate::runtime::kv::Kv;
use crate::runtime::rate_limiter::{Bucket, PERIOD, RateLimiter};
use crate::runtime::wait::{pause, settled_within};
use crate::store::audit;
use crate::store::checkpoints::Checkpoints;
use crate::store::health::Health;
use crate::store::password_links::PasswordLinks;
use crate::store::session_cache::{self as session_cache, Lifetimes, SessionCache};
use crate::store::sessions::Sessions;
use crate::store::throttle::{LEASE_MS, Throttle};
use crate::store::used_proofs::UsedProofs;
use crate::timestamp::Timestamp;
use std::cell::{Cell, LazyCell};
use std::future::Future;
use std::rc::Rc;
use worker_sys::Context;

/// Turns of the event loop between two hashes while several wait: as many as an answer takes that goes from the request to
/// a store and back.
const TURNS: usize = 6;

/// Keys that are derived when they are first asked for: most requests need none of them.
type Lazy<T> = LazyCell<T, Box<dyn FnOnce() -> T>>;

/// Everything that outlives a request.
pub struct App {
    /// The checked configuration.
    pub config: Config,
    /// Signs and verifies access tokens.
    pub tokens: TokenVerifier,
    /// Under every password hash.
    pub peppers: Lazy<Peppers>,
    /// Seals the handles of the device flow.
    pub sealer: Sealer,
    /// Signs the audit log.
    pub audit_keys: Lazy<AuditKeys>,
    /// AWS.
    pub aws: Aws,
    /// D1.
    pub database: &'static Database,
    /// KV.
    pub kv: &'static Kv,
    /// Tables `sign_in_attempts` and `address_attempts`.
    pub throttle: Throttle,
    /// Table `sessions`.
    pub sessions: Sessions,
    /// KV's copies of sessions.
    pub session_cache: SessionCache,
    /// Rate limits.
    pub rate_limiter: RateLimiter,
    /// The availability of the stores.
    pub health: Health,
    /// How many password hashes are under way.
    pub hash_slots: HashSlots,
    /// The device flows that this isolate is polling AWS for.
    pub device_polls: DevicePolls,
    /// Table `password_links`.
    pub password_links: PasswordLinks,
    /// Table `used_proofs`.
    pub used_proofs: UsedProofs,
    /// Checkpoints of the audit log.
    pub checkpoints: Checkpoints,
}

impl App {
    /// Binds the stores and prepares the keys; `None` if the keys are unusable, which `Config` rules out.
    ///
    /// The stores are leaked: they live as long as the isolate, and references to them go everywhere.
    #[must_use]
    pub fn new(
        config: Config,
        database: Database,
        kv: Kv,
        rate_limiter: RateLimiter,
    ) -> Option<Self> {
        let database: &'static Database = Box::leak(Box::new(database));
        let kv: &'static Kv = Box::leak(Box::new(kv));
        let keys = Keys::new(
            &config.tokens.secret,
            config.tokens.secret_previous.as_ref(),
            &config.tokens.issuer,
            &config.tokens.audience,
        )
        .ok()?;
        let pepper = config.passwords.pepper.reveal();
        let previous = config.passwords.pepper_previous.as_ref().map(Key::reveal);
        let peppers: Lazy<_> = LazyCell::new(Box::new(move || Peppers::new(pepper, previous)));
        let sealer = Sealer::new(&config.handles.key, config.handles.key_previous.as_ref()).ok()?;
        let previous: Vec<_> = config.audit.keys_previous.iter().map(Key::reveal).collect();
        let key = config.audit.key.reveal();
        let audit_keys: Lazy<_> = LazyCell::new(Box::new(move || AuditKeys::new(&key, &previous)));
        let aws = Aws::new(
            config.aws.region,
            config.aws.sso_region,
            config.aws.overrides.clone(),
        );
        let tokens = TokenVerifier::new(keys, config.tokens.not_before);
        let (key, previous) = (
            config.handles.key.clone(),
            config.handles.key_previous.clone(),
        );
        let cache_keys: Lazy<_> =
            LazyCell::new(Box::new(move || CacheKeys::new(&key, previous.as_ref())));
        let lifetimes = Lifetimes {
            ttl: config.sessions.cache_ttl,
            in_isolate: config.sessions.local_cache_ttl,
            replay_window: config.sessions.replay_window,
        };
        let session_cache = SessionCache::new(kv, cache_keys, lifetimes);
        Some(Self {
            config,
            tokens,
            peppers,
            sealer,
            audit_keys,
            aws,
            database,
            kv,
            throttle: Throttle::new(database),
            rate_limiter,
            health: Health::default(),
            hash_slots: HashSlots::default(),
            device_polls: DevicePolls::default(),
            sessions: Sessions::new(database),
            session_cache,
            password_links: PasswordLinks::new(database),
            used_proofs: UsedProofs::new(database),
            checkpoints: Checkpoints::new(database, kv),
        })
    }
}

/// Milliseconds that a request which hashes may take, once it has its slot. A change of password takes longest: after its
/// hashes one call of D1, then the copies of the sessions that ended, then the copy of its own. A sign-in whose person was
/// changed meanwhile makes two calls of D1 after its hash, which is less.
const LONGEST_HASHING: u32 = hash_slots::LONGEST + d1::TIMEOUT_MS + 2 * session_cache::OVERWRITING;

// The platform gives 30 seconds to what goes on after a client has hung up.
const _: () = assert!(LONGEST_HASHING < 30_000);

// An attempt is in flight until the write after its hashes has completed.
const _: () = assert!(hash_slots::LONGEST + d1::TIMEOUT_MS <= LEASE_MS);

/// Delays in milliseconds before an attempt is retried that found another attempt with the same name in flight, for example
/// after a double click or when two jobs start at the same time. They cover four consecutive evaluations of 100 ms each.
const RETRIES_MS: [u32; 3] = [150, 300, 600];

/// Milliseconds after which an attempt that may use the reserved slot checks again whether it is free, and the number of
/// checks: as long as the retries take together. An attempt holds that slot for one evaluation.
const SLOT_POLL_MS: u32 = 25;
const SLOT_POLLS: u32 = 42;

/// The retries of one attempt. It holds no slot while it waits.
#[derive(Debug)]
pub struct Retries {
    of_attempt: std::array::IntoIter<u32, 3>,
    of_slot: u32,
}

impl Retries {
    /// None is used up yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            of_attempt: RETRIES_MS.into_iter(),
            of_slot: SLOT_POLLS,
        }
    }

    /// Waits for the next retry after another attempt was in flight; returns `false` at once if there are no retries left.
    pub async fn wait(&mut self) -> bool {
        let Some(milliseconds) = self.of_attempt.next() else {
            return false;
        };
        pause(milliseconds).await;
        true
    }

    /// Waits until it is time to check for a slot again; returns `false` at once if there are no checks left.
    pub async fn wait_for_slot(&mut self) -> bool {
        let Some(left) = self.of_slot.checked_sub(1) else {
            return false;
        };
        self.of_slot = left;
        pause(SLOT_POLL_MS).await;
        true
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new()
    }
}

/// One request's view of the world.
pub struct RequestContext {
    /// The isolate's.
    pub app: &'static App,
    /// When the request came; stands still while it is answered.
    pub now: Timestamp,
    event: Context,
}

impl RequestContext {
    /// A call at this moment, in this context.
    #[must_use]
    pub fn new(app: &'static App, now: Timestamp, event: Context) -> Self {
        Self { app, now, event }
    }

    /// Milliseconds since 1970 as the clock has them now, for how long something took; it moves at each wait.
    #[must_use]
    pub fn clock(&self) -> f64 {
        clock()
    }

    /// The moment that the clock has now; unlike `now` it moves at each wait.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        // Milliseconds since 1970 stay far below 2^53.
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds of a clock")]
        Timestamp::from_seconds((self.clock() / 1_000.0) as i64)
    }

    /// Signs an entry of the audit log.
    #[must_use]
    pub fn sign(&self, entry: Entry) -> Signed {
        self.app.audit_keys.sign(entry)
    }

    /// Writes an entry of the audit log that goes with no other write.
    ///
    /// # Errors
    /// `Store`; then what it was to record must not be done.
    pub async fn record(&self, entry: Entry) -> Result<(), AppError> {
        let entry = audit::append(&self.sign(entry));
        let [_] = self.app.database.batch([entry]).await?;
        Ok(())
    }

    /// Does something that must come to its end even if the client leaves or so many milliseconds pass meanwhile; gives
    /// what it gave, if it was in time.
    pub async fn run_to_completion<T: 'static>(
        &self,
        milliseconds: u32,
        work: impl Future<Output = T> + 'static,
    ) -> Option<T> {
        let outcome = Rc::new(Cell::new(None));
        let slot = Rc::clone(&outcome);
        let promise = executor::of(Box::pin(async move {
            slot.set(Some(work.await));
        }));
        let _ = self.event.wait_until(&promise);
        settled_within(milliseconds, &promise).await;
        outcome.take()
    }

    /// Lets one more request of this group and key through.
    ///
    /// # Errors
    /// `RateLimited`.
    pub async fn limit(&self, group: Bucket, key: &str) -> Result<(), AppError> {
        if self.app.rate_limiter.allow(group, key, self.now).await {
            Ok(())
        } else {
            Err(AppError::RateLimited(PERIOD))
        }
    }

    /// A slot for an operation that hashes passwords.
    ///
    /// # Errors
    /// [`NoSlot`].
    pub fn slot(&self, claim: Claim) -> Result<Slot, NoSlot> {
        self.app.hash_slots.enter(self.clock(), claim)
    }

    /// Runs an operation that hashes passwords and holds a slot to completion. Otherwise the runtime would drop it if the
    /// client disconnects, without running the code that frees its slot, and a counted attempt would have no entry in the
    /// audit log.
    ///
    /// # Errors
    /// `Runtime` if it takes too long, and the errors of `work`.
    pub async fn hashing<T: 'static, E: From<AppError> + 'static>(
        &self,
        work: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<T, E> {
        self.run_to_completion(LONGEST_HASHING, work)
            .await
            .unwrap_or_else(|| Err(AppError::Runtime.into()))
    }

    /// Lets everything that waits in this isolate go on, then comes back for one hash. Of several that wait here one comes
    /// back, and the others wait again: else they would hash one after the other, and who came meanwhile would wait for
    /// all of them, once for the request and once more for each answer of a store.
    pub async fn yield_to_event_loop(&self) {
        let admission = &self.app.hash_slots;
        loop {
            let begun = admission.begun();
            let turns = if admission.is_crowded(self.clock()) {
                TURNS
            } else {
                1
            };
            for _ in 0..turns {
                // Later than whatever is there already.
                pause(1).await;
            }
            if admission.begun() == begun {
                return admission.begin();
            }
        }
    }

    /// `REFRESH_REPLAY_WINDOW`, in seconds.
    #[must_use]
    pub fn replay_window(&self) -> i64 {
        self.app.config.sessions.replay_window
    }

    /// Does something that the response does not wait for, to its end even if the client has gone.
    pub fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        let promise = executor::of(Box::pin(work));
        // Refused only outside of an event, where there is no response to outlive; the work runs all the same.
        let _ = self.event.wait_until(&promise);
    }
}

/// The current time in milliseconds since 1970. In the runtime, the clock advances only while a request waits.
#[must_use]
pub fn clock() -> f64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one source of how long something took"
    )]
    js_sys::Date::now()
}

/// Random bytes from the runtime's own source.
///
/// # Errors
/// `Runtime` if the runtime has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    #[cfg_attr(
        not(test),
        expect(clippy::disallowed_methods, reason = "the one source of random bytes")
    )]
    getrandom::fill(&mut bytes).map_err(|_| AppError::Runtime)?;
    Ok(bytes)
}
