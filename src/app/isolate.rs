//! The state that an isolate keeps between requests: the configuration, the stores, the keys and the caches.

use super::access_tokens::AccessTokens;
use super::confirmed_tokens::ConfirmedTokens;
use super::cookie_verifier::CookieVerifier;
use super::device_flow::polls::DevicePolls;
use super::email::Outbox;
use super::hash_slots::HashSlots;
use super::token_verifier::TokenVerifier;
use crate::aws::Aws;
use crate::config::{Config, Key};
use crate::crypto::cache_mac::CacheKeys;
use crate::crypto::factor_keys::FactorKeys;
use crate::crypto::grant_tokens::GrantKeys;
use crate::crypto::password::Peppers;
use crate::crypto::sealed::Sealer;
use crate::domain::audit::AuditKeys;
use crate::domain::token::Keys;
use crate::runtime::d1::Database;
use crate::runtime::email::Mailer;
use crate::runtime::kv::Kv;
use crate::runtime::r2::Bucket;
use crate::runtime::rate_limiter::RateLimiter;
use crate::store::audit_archive::Archives;
use crate::store::checkpoints::Checkpoints;
use crate::store::email_links::EmailLinks;
use crate::store::email_requests::EmailRequests;
use crate::store::health::Health;
use crate::store::password_links::PasswordLinks;
use crate::store::session_cache::{Lifetimes, SessionCache};
use crate::store::sessions::Sessions;
use crate::store::throttle::Throttle;
use crate::store::used_proofs::UsedProofs;
use std::cell::LazyCell;

/// Keys that are derived when they are first used: most requests need none of them.
type Lazy<T> = LazyCell<T, Box<dyn FnOnce() -> T>>;

/// Everything that outlives a request.
pub struct App {
    /// The checked configuration.
    pub config: Config,
    /// Issues and verifies session tokens.
    pub tokens: TokenVerifier,
    /// Issues and verifies access tokens of OAuth clients; `None` if the OAuth server is off.
    pub access_tokens: Option<AccessTokens>,
    /// Issues and verifies authorization codes and refresh tokens.
    pub grant_keys: Lazy<GrantKeys>,
    /// The access tokens that D1 has recently confirmed.
    pub confirmed_tokens: ConfirmedTokens,
    /// Issues and verifies session cookies.
    pub cookies: CookieVerifier,
    /// The keys that every password is hashed with.
    pub peppers: Lazy<Peppers>,
    /// Encrypts and decrypts the handles of the device flow and the cookies.
    pub sealer: Sealer,
    /// Encrypts and decrypts the secrets of one-time codes; `None` if these are not offered.
    pub factor_keys: Lazy<Option<FactorKeys>>,
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
    /// The cached sessions.
    pub session_cache: SessionCache,
    /// The rate limits.
    pub rate_limiter: RateLimiter,
    /// The availability of the stores.
    pub health: Health,
    /// The slots for hashing passwords.
    pub hash_slots: HashSlots,
    /// The device flows that this isolate is polling AWS for.
    pub device_polls: DevicePolls,
    /// Table `password_links`.
    pub password_links: PasswordLinks,
    /// Sends e-mail; `None` if e-mail is disabled.
    pub outbox: Option<Outbox>,
    /// Table `email_links`.
    pub email_links: EmailLinks,
    /// Table `email_requests`.
    pub email_requests: EmailRequests,
    /// Table `used_proofs`.
    pub used_proofs: UsedProofs,
    /// Checkpoints of the audit log.
    pub checkpoints: Checkpoints,
    /// Archived ranges of the audit log.
    pub archives: Archives,
    /// The names of the bindings that the service uses, and whether each is bound.
    pub bindings: Vec<(&'static str, bool)>,
}

impl App {
    /// Prepares the keys and the stores; `None` if a key is unusable, which `Config` rules out.
    ///
    /// The stores are leaked, because they live as long as the isolate and many values hold references to them.
    #[must_use]
    pub fn new(
        config: Config,
        database: Database,
        kv: Kv,
        rate_limiter: RateLimiter,
        mailer: Option<Mailer>,
        bucket: Option<Bucket>,
    ) -> Option<Self> {
        let database: &'static Database = Box::leak(Box::new(database));
        let kv: &'static Kv = Box::leak(Box::new(kv));
        let bucket: Option<&'static Bucket> = bucket.map(|bucket| &*Box::leak(Box::new(bucket)));
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
        let (key, previous) = (
            config.factors.key.clone(),
            config.factors.key_previous.clone(),
        );
        let factor_keys: Lazy<_> = LazyCell::new(Box::new(move || {
            FactorKeys::new(key.as_ref()?, previous.as_ref()).ok()
        }));
        let aws = Aws::new(
            config.aws.region,
            config.aws.sso_region,
            config.aws.overrides.clone(),
        );
        let tokens = TokenVerifier::new(keys, config.tokens.not_before);
        let access_tokens =
            config.oauth.keys.as_ref().map(|keys| {
                AccessTokens::new(keys, &config.tokens.issuer, config.tokens.not_before)
            });
        let cookies = CookieVerifier::new(config.tokens.not_before);
        let (key, previous) = (
            config.handles.key.clone(),
            config.handles.key_previous.clone(),
        );
        let cache_keys: Lazy<_> =
            LazyCell::new(Box::new(move || CacheKeys::new(&key, previous.as_ref())));
        let (key, previous) = (
            config.handles.key.clone(),
            config.handles.key_previous.clone(),
        );
        let grant_keys: Lazy<_> =
            LazyCell::new(Box::new(move || GrantKeys::new(&key, previous.as_ref())));
        let lifetimes = Lifetimes {
            ttl: config.sessions.cache_ttl,
            local_ttl: config.sessions.local_cache_ttl,
            replay_window: config.sessions.replay_window,
        };
        let confirmed_tokens = ConfirmedTokens::new(config.sessions.local_cache_ttl);
        let outbox = Outbox::new(mailer, config.email.from.as_ref());
        let session_cache = SessionCache::new(kv, cache_keys, lifetimes);
        Some(Self {
            config,
            tokens,
            access_tokens,
            grant_keys,
            confirmed_tokens,
            cookies,
            peppers,
            sealer,
            factor_keys,
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
            outbox,
            email_links: EmailLinks::new(database),
            email_requests: EmailRequests::new(database),
            used_proofs: UsedProofs::new(database),
            checkpoints: Checkpoints::new(database, kv),
            archives: Archives::new(database, bucket),
            bindings: Vec::new(),
        })
    }
}
