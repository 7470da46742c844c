//! The variables and secrets of a test server.

use std::collections::BTreeMap;

/// Names of variables that more than one test sets, so that a new name is a change of one line.
pub mod var {
    pub const CACHE_TTL: &str = "SESSION_CACHE_TTL";
    pub const CONSISTENCY: &str = "SESSION_CONSISTENCY";
    pub const LOCAL_CACHE_TTL: &str = "SESSION_LOCAL_CACHE_TTL";
    pub const NOT_BEFORE: &str = "TOKENS_NOT_BEFORE";
    pub const TOKEN_LIFETIME: &str = "TOKEN_LIFETIME";
}

/// The values of [`var::CONSISTENCY`].
pub const CACHED: &str = "cached";
pub const STRICT: &str = "strict";

/// `PASSWORD_PEPPER` of every server: base64 of [`PEPPER`].
const PEPPER_BASE64: &str = "cGVwcGVyIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMuLi4=";
pub const PEPPER: [u8; 32] = *b"pepper of the tests, 32 bytes...";

/// `OAUTH_KEY_1` of every server, and a second key.
pub const SIGNING_KEYS: [&str; 2] = [
    include_str!("../../vectors/signing_key_1.json"),
    include_str!("../../vectors/signing_key_2.json"),
];

/// Variables and secrets, starting with a complete configuration. In a value, `{PORT}` stands for the port of the server,
/// which is chosen before the server starts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Vars(pub(super) BTreeMap<String, String>);

impl Vars {
    pub fn new() -> Self {
        let vars = [
            ("JWT_SECRET", "a secret of the tests, long enough for HS256"),
            ("JWT_ISSUER", "http://localhost:{PORT}"),
            ("JWT_AUDIENCE", "https://app.example.com"),
            (var::TOKEN_LIFETIME, "86400"),
            ("PASSWORD_PEPPER", PEPPER_BASE64),
            ("HANDLE_KEY", "aGFuZGxlIGtleSBvZiB0ZXN0cywgMzIgYnl0ZXMuLi4="),
            ("AUDIT_KEY", "YXVkaXQga2V5IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM="),
            ("FACTOR_KEY", "ZmFjdG9yIGtleSBvZiB0ZXN0cywgMzIgYnl0ZXMuLi4="),
            ("OAUTH_KEY_1", SIGNING_KEYS[0]),
            (var::CONSISTENCY, CACHED),
            (var::CACHE_TTL, "300"),
            ("ALLOWED_ORIGINS", "https://app.example.com"),
        ];
        Self(
            vars.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }

    /// D1 is read at every request.
    pub fn strict() -> Self {
        Self::new().set(var::CONSISTENCY, STRICT)
    }

    /// The isolate caches no sessions, so every `/validate` reads KV.
    pub fn without_local_cache() -> Self {
        Self::new().set(var::LOCAL_CACHE_TTL, "0")
    }

    /// The service sends e-mail.
    pub fn with_email() -> Self {
        Self::new().set("EMAIL_FROM", "Edge Auth <no-reply@auth.example.com>")
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a variable that must be set.
    pub fn expect(&self, name: &str) -> &str {
        self.get(name)
            .unwrap_or_else(|| panic!("{name} is not set"))
    }
}
