//! The configuration of the OAuth server: its signing keys, and the resources that clients may get access tokens for.

use super::variable::{Default, Reader, Variable, number};
use crate::crypto::signing_keys::{KeyError, SigningKey, SigningKeys};
use crate::domain::administration_scope;
use crate::domain::resource::{self, Resource};

/// The configuration of the OAuth server.
#[derive(Debug)]
pub struct OauthConfig {
    /// `OAUTH_KEY_1` to `OAUTH_KEY_3`: the keys that sign access tokens. Without a key, the OAuth server is off.
    pub keys: Option<SigningKeys>,
    /// `OAUTH_RESOURCES`: the resources, in the order of the configuration; then the administration of the service itself.
    pub resources: Vec<Resource>,
    /// `OAUTH_GRANT_IDLE` in seconds, 3,600 to 31,536,000.
    pub grant_idle: i64,
    /// `OAUTH_GRANT_MAX_AGE` in seconds, 3,600 to 31,536,000.
    pub grant_max_age: i64,
}

const EXPECTED_KEY: &str = "a private P-256 key as JWK, as cargo xtask keys prints it";

const OAUTH_KEY_1: Variable = key(
    "OAUTH_KEY_1",
    "a private key that signs access tokens (ES256), in the form that `cargo xtask keys` prints: a JWK of a P-256 key. Its public half is \
     published at `/oauth/jwks.json`. Without a key, the OAuth server is off",
);
const OAUTH_KEY_2: Variable = key(
    "OAUTH_KEY_2",
    "another key of this form, for a [rotation](../operations/oauth-keys.md)",
);
const OAUTH_KEY_3: Variable = key("OAUTH_KEY_3", "another key of this form");
const OAUTH_ACTIVE_KEY: Variable = Variable::new(
    "OAUTH_ACTIVE_KEY",
    Default::Described("the first key that is set"),
    "1, 2 or 3, the number of an OAUTH_KEY_ that is set",
    "number of the key that signs: `1`, `2` or `3`. Tokens of the other keys are still accepted",
);
const OAUTH_RESOURCES: Variable = Variable::new(
    "OAUTH_RESOURCES",
    Default::None,
    "a JSON list of at most 16 resources with resource (an https URI of another origin, without fragment), name, and scopes (1 to 32, \
     each with the roles that may grant it)",
    "the services that clients may get access tokens for, as JSON: \
     `[{\"resource\": \"https://api.example.com/v1\", \"name\": \"Reports\", \"scopes\": {\"reports:read\": [\"user\", \"admin\", \"super_admin\"]}}]`. \
     `resource` is the audience of tokens: an absolute https URI without fragment, of at most 512 bytes and of another origin than \
     `JWT_ISSUER`; in development also http on this machine. `name` is shown to users. `scopes` has for each scope the roles whose \
     users may grant it. At most 16 resources with 1 to 32 scopes each. A scope has 1 to 64 characters (RFC 6749 section 3.3), and must \
     not be a scope of OpenID Connect or of the [administration](../guides/administration.md#services) of this service. The \
     administration is a resource without configuration",
);

const OAUTH_GRANT_IDLE: Variable = Variable::new(
    "OAUTH_GRANT_IDLE",
    Default::Text("2592000"),
    "whole seconds from 3600 to 31536000",
    "lifetime of a refresh token in seconds, counted from its issue, 3600 to 31536000 (365 days)",
);
const OAUTH_GRANT_MAX_AGE: Variable = Variable::new(
    "OAUTH_GRANT_MAX_AGE",
    Default::Text("7776000"),
    "whole seconds from 3600 to 31536000",
    "maximum age of a grant with the scope `offline_access` in seconds, counted from the consent, 3600 to 31536000 (365 days); a refresh \
     does not extend it. Other grants end with the session of the consent",
);

const KEYS: [&Variable; 3] = [&OAUTH_KEY_1, &OAUTH_KEY_2, &OAUTH_KEY_3];

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &OAUTH_KEY_1,
    &OAUTH_KEY_2,
    &OAUTH_KEY_3,
    &OAUTH_ACTIVE_KEY,
    &OAUTH_RESOURCES,
    &OAUTH_GRANT_IDLE,
    &OAUTH_GRANT_MAX_AGE,
];

const fn key(name: &'static str, meaning: &'static str) -> Variable {
    Variable::secret(name, Default::None, EXPECTED_KEY, meaning)
}

impl OauthConfig {
    pub(super) fn read(read: &mut Reader<'_>, issuer: &str) -> Self {
        let configured = read.optional(&OAUTH_RESOURCES, |text| resource::parse(text, issuer));
        let mut resources = configured.unwrap_or_default();
        resources.push(administration_scope::resource(issuer));
        Self {
            keys: keys(read),
            resources,
            grant_idle: read.or_default(&OAUTH_GRANT_IDLE, number(3_600, 31_536_000)),
            grant_max_age: read.or_default(&OAUTH_GRANT_MAX_AGE, number(3_600, 31_536_000)),
        }
    }
}

/// The keys. An invalid key counts as set, so that it causes no second error for `OAUTH_ACTIVE_KEY`.
fn keys(read: &mut Reader<'_>) -> Option<SigningKeys> {
    let mut keys: [Option<SigningKey>; 3] = std::default::Default::default();
    for (index, variable) in KEYS.into_iter().enumerate() {
        let Some(text) = read.text(variable.name) else {
            continue;
        };
        let is_known =
            |key: &SigningKey| keys.iter().flatten().any(|other| other.kid() == key.kid());
        match SigningKey::parse(&text) {
            Err(error) => read.must_be(variable, expected(error)),
            Ok(key) if is_known(&key) => {
                read.must_be(variable, "a key that no other OAUTH_KEY_ variable has");
            }
            Ok(key) => {
                if let Some(place) = keys.get_mut(index) {
                    *place = Some(key);
                }
            }
        }
    }
    let is_set = KEYS.map(|variable| read.text(variable.name).is_some());
    let named = read.optional(&OAUTH_ACTIVE_KEY, |text| {
        let index = ["1", "2", "3"].iter().position(|name| *name == text)?;
        let is_set = is_set.get(index).copied().unwrap_or_default();
        is_set.then_some(index)
    });
    let first = keys.iter().position(Option::is_some);
    let active = keys.get_mut(named.or(first)?)?.take()?;
    Some(SigningKeys::new(
        active,
        keys.into_iter().flatten().collect(),
    ))
}

/// The form that is expected instead of an invalid key.
fn expected(error: KeyError) -> &'static str {
    match error {
        KeyError::Members => {
            "a JWK with kty EC, crv P-256, alg ES256, use sig, x, y, d, kid and no other member, as cargo xtask keys prints it"
        }
        KeyError::Coordinate => {
            "a JWK in which x and y are base64url of exactly 32 bytes without padding"
        }
        KeyError::PrivateNumber => {
            "a JWK in which d is base64url of exactly 32 random bytes without padding"
        }
        KeyError::KeyId => "a JWK in which kid is the SHA-256 thumbprint of the key (RFC 7638)",
    }
}

#[cfg(test)]
mod tests;
