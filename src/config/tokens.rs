//! The configuration of session tokens.

use super::keys::{is_varied, previous};
use super::variable::{Default, Reader, Variable, number};
use crate::crypto::secret::Secret;
use crate::domain::host;
use crate::domain::token::LEEWAY_SECONDS;
use crate::timestamp::Timestamp;

/// The configuration of issuing and verifying tokens.
#[derive(Debug)]
pub struct TokensConfig {
    /// `JWT_SECRET`: signs tokens, used as its UTF-8 bytes.
    pub secret: Secret,
    /// `JWT_SECRET_PREVIOUS`: verifies older tokens during a rotation.
    pub secret_previous: Option<Secret>,
    /// `JWT_ISSUER`: the service's own origin. It is the `iss` claim, and AWS proofs are bound to it.
    pub issuer: String,
    /// `JWT_AUDIENCE`: the `aud` claim.
    pub audience: String,
    /// `TOKEN_LIFETIME` in seconds, 60 to 86,400.
    pub lifetime: i64,
    /// `TOKENS_NOT_BEFORE`: tokens issued before this time are not accepted.
    pub not_before: Option<Timestamp>,
}

const EXPECTED_SECRET: &str = "at least 32 bytes of random text";

pub(super) const JWT_SECRET: Variable = Variable::secret(
    "JWT_SECRET",
    Default::Required,
    EXPECTED_SECRET,
    "signs session tokens (HS256); random text of at least 32 bytes, used as UTF-8 bytes",
);
pub(super) const JWT_SECRET_PREVIOUS: Variable = previous(
    "JWT_SECRET_PREVIOUS",
    EXPECTED_SECRET,
    "verifies older session tokens during a rotation",
);
const JWT_ISSUER: Variable = Variable::new(
    "JWT_ISSUER",
    Default::Required,
    "the service's own https origin without a trailing slash, such as https://auth.example.com; in development http://localhost:PORT",
    "the service's own origin, such as `https://auth.example.com`, without a trailing slash; in development \
     `http://localhost:PORT`, which `cargo dev` sets unless `.dev.vars` does. It is the `iss` claim of all tokens, and AWS proofs \
     are bound to it, so it must be different in each environment",
);
const JWT_AUDIENCE: Variable = Variable::new(
    "JWT_AUDIENCE",
    Default::Required,
    "1 to 200 printable ASCII characters",
    "the `aud` claim of session tokens",
);
const TOKEN_LIFETIME: Variable = Variable::new(
    "TOKEN_LIFETIME",
    Default::Text("86400"),
    "whole seconds from 60 to 86400",
    "lifetime of a session token in seconds, 60 to 86400",
);
const TOKENS_NOT_BEFORE: Variable = Variable::new(
    "TOKENS_NOT_BEFORE",
    Default::None,
    "a time in the past such as 2026-01-31T12:00:00Z (RFC 3339)",
    "time of the form `YYYY-MM-DDTHH:MM:SSZ`, not in the future. Tokens, session cookies and grants that were issued before it \
     are refused at once, and the cron event revokes their sessions",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &JWT_SECRET,
    &JWT_SECRET_PREVIOUS,
    &JWT_ISSUER,
    &JWT_AUDIENCE,
    &TOKEN_LIFETIME,
    &TOKENS_NOT_BEFORE,
];

impl TokensConfig {
    pub(super) fn read(read: &mut Reader<'_>, now: Timestamp) -> Self {
        let config = Self {
            secret: read.or_default(&JWT_SECRET, secret),
            secret_previous: read.optional(&JWT_SECRET_PREVIOUS, secret),
            issuer: read.or_default(&JWT_ISSUER, issuer),
            audience: read.or_default(&JWT_AUDIENCE, audience),
            lifetime: read.or_default(&TOKEN_LIFETIME, number(60, 86_400)),
            not_before: read.optional(&TOKENS_NOT_BEFORE, Timestamp::parse_rfc3339),
        };
        // A time in the future would invalidate every token that is issued until then. Small clock differences are tolerated.
        if config
            .not_before
            .is_some_and(|time| time > now.plus(LEEWAY_SECONDS))
        {
            read.invalid(&TOKENS_NOT_BEFORE);
        }
        config
    }
}

fn secret(text: &str) -> Option<Secret> {
    (text.len() >= 32 && is_varied(text.as_bytes())).then(|| Secret::new(text))
}

fn audience(text: &str) -> Option<String> {
    (text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

/// Parses the service's own origin as browsers write it (RFC 6454 section 6.2). Plain http is for development on a loopback
/// name. An IP address is refused: it cannot be the domain of a passkey, and `127.0.0.1` is a different site than `localhost`.
fn issuer(text: &str) -> Option<String> {
    let (authority, default_port, is_secure) = match text.strip_prefix("https://") {
        Some(authority) => (authority, "443", true),
        None => (text.strip_prefix("http://")?, "80", false),
    };
    let (host, port) = host::split_port(authority)?;
    let is_port = port.is_none_or(|port| port != default_port && host::is_port(port));
    let is_name = host::is_name(host) && !host.contains('_');
    let is_allowed = is_name && (is_secure || host::is_loopback_name(host));
    (is_allowed && is_port).then(|| text.to_owned())
}
