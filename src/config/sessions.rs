//! The configuration of sessions and cached sessions.

use super::variable::{Default, Reader, Variable, number};
use crate::domain::role::Role;
use crate::domain::session::MAX_REPLAY_WINDOW_SECONDS;

/// The lifetimes of sessions and cached sessions, and where sessions are looked up.
#[derive(Debug)]
pub struct SessionsConfig {
    /// `SESSION_CONSISTENCY`: where `/validate` and `/me` look sessions up.
    pub consistency: Consistency,
    /// `SESSION_CACHE_TTL` in seconds, 30 to 3,600.
    pub cache_ttl: i64,
    /// `SESSION_LOCAL_CACHE_TTL` in seconds, 0 to 30.
    pub local_cache_ttl: i64,
    /// `SESSION_MAX_AGE` in seconds, 300 to 31,536,000.
    pub max_age: i64,
    /// `SESSION_ADMIN_MAX_AGE` in seconds, 300 to 2,592,000.
    pub admin_max_age: i64,
    /// `REFRESH_REPLAY_WINDOW` in seconds, 0 to 300.
    pub replay_window: i64,
    /// `SESSION_IDLE` in seconds, 3,600 to 31,536,000.
    pub idle: i64,
    /// The session cookie, which depends on `JWT_ISSUER`.
    pub cookie: SessionCookie,
}

/// The name of the session cookie, and whether it is sent over https only.
#[derive(Debug)]
pub struct SessionCookie {
    /// Over https, the name has the `__Host-` prefix, so that neither another host nor a response over plain http can set the
    /// cookie. In development, over http on a loopback name, it contains the port: cookies ignore ports, and another service on
    /// this machine may be in development too.
    pub name: String,
    /// Whether it has the attribute `Secure`.
    pub is_secure: bool,
}

impl SessionCookie {
    /// The cookie of a service with this origin.
    fn of(issuer: &str) -> Self {
        let Some(authority) = issuer.strip_prefix("http://") else {
            return Self {
                name: SECURE_COOKIE_NAME.to_owned(),
                is_secure: true,
            };
        };
        let port = authority.rsplit_once(':').map_or("80", |(_, port)| port);
        Self {
            name: format!("edge-auth-session-{port}"),
            is_secure: false,
        }
    }
}

/// The name of the session cookie over https.
pub const SECURE_COOKIE_NAME: &str = "__Host-edge-auth-session";

/// Where `/validate` and `/me` look up sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::default::Default)]
pub enum Consistency {
    /// Sessions are looked up in the cache first, and in D1 if the cache has no fresh entry.
    #[default]
    Cached,
    /// Sessions are always looked up in D1.
    Strict,
}

const SESSION_CONSISTENCY: Variable = Variable::new(
    "SESSION_CONSISTENCY",
    Default::Text("cached"),
    "cached or strict",
    "where `/validate` and `/me` look sessions up. `cached`: in the cache first; `strict`: always in D1",
);
const SESSION_CACHE_TTL: Variable = Variable::new(
    "SESSION_CACHE_TTL",
    Default::Text("300"),
    "whole seconds from 30 to 3600",
    "TTL of a cached session in KV in seconds, 30 to 3600",
);
const SESSION_LOCAL_CACHE_TTL: Variable = Variable::new(
    "SESSION_LOCAL_CACHE_TTL",
    Default::Text("5"),
    "whole seconds from 0 to 30",
    "seconds for which an isolate uses a cached session without reading KV again, 0 to 30",
);
const SESSION_MAX_AGE: Variable = Variable::new(
    "SESSION_MAX_AGE",
    Default::Text("2592000"),
    "whole seconds from 300 to 31536000",
    "maximum age of a user's session in seconds, counted from the sign-in, 300 to 31536000 (365 days); a refresh does not extend it",
);
const SESSION_ADMIN_MAX_AGE: Variable = Variable::new(
    "SESSION_ADMIN_MAX_AGE",
    Default::Text("86400"),
    "whole seconds from 300 to 2592000",
    "maximum age of the session of an administrator or super administrator in seconds, counted from the sign-in, 300 to \
     2592000 (30 days); a refresh does not extend it",
);
const REFRESH_REPLAY_WINDOW: Variable = Variable::new(
    "REFRESH_REPLAY_WINDOW",
    Default::Text("30"),
    "whole seconds from 0 to 300",
    "seconds for which `/refresh` returns the current token for a rotated-out one, 0 to 300",
);
const SESSION_IDLE: Variable = Variable::new(
    "SESSION_IDLE",
    Default::Text("604800"),
    "whole seconds from 3600 to 31536000",
    "seconds after the last use at which a cookie session expires, 3600 to 31536000 (365 days). The last use is stored once per \
     hour, or four times per `SESSION_IDLE` if that is more often, so a session may expire up to that and `SESSION_CACHE_TTL` earlier",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &SESSION_CONSISTENCY,
    &SESSION_CACHE_TTL,
    &SESSION_LOCAL_CACHE_TTL,
    &SESSION_MAX_AGE,
    &SESSION_ADMIN_MAX_AGE,
    &REFRESH_REPLAY_WINDOW,
    &SESSION_IDLE,
];

impl SessionsConfig {
    pub(super) fn read(read: &mut Reader<'_>, issuer: &str) -> Self {
        Self {
            consistency: read.or_default(&SESSION_CONSISTENCY, |text| match text {
                "cached" => Some(Consistency::Cached),
                "strict" => Some(Consistency::Strict),
                _ => None,
            }),
            cache_ttl: read.or_default(&SESSION_CACHE_TTL, number(30, 3_600)),
            local_cache_ttl: read.or_default(&SESSION_LOCAL_CACHE_TTL, number(0, 30)),
            max_age: read.or_default(&SESSION_MAX_AGE, number(300, 31_536_000)),
            admin_max_age: read.or_default(&SESSION_ADMIN_MAX_AGE, number(300, 2_592_000)),
            replay_window: read
                .or_default(&REFRESH_REPLAY_WINDOW, number(0, MAX_REPLAY_WINDOW_SECONDS)),
            idle: read.or_default(&SESSION_IDLE, number(3_600, 31_536_000)),
            cookie: SessionCookie::of(issuer),
        }
    }

    /// Maximum age of a session of a user with this role, in seconds from the sign-in.
    #[must_use]
    pub fn max_age_of(&self, role: Role) -> i64 {
        if role.is_admin() {
            self.admin_max_age
        } else {
            self.max_age
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SessionCookie;

    #[test]
    fn cookie_over_http_has_the_port_in_its_name() {
        for (issuer, name, is_secure) in [
            ("https://auth.example.com", "__Host-edge-auth-session", true),
            ("https://localhost:8443", "__Host-edge-auth-session", true),
            ("http://localhost:8787", "edge-auth-session-8787", false),
            ("http://auth.localhost", "edge-auth-session-80", false),
        ] {
            let cookie = SessionCookie::of(issuer);
            assert_eq!((cookie.name.as_str(), cookie.is_secure), (name, is_secure));
        }
    }
}
