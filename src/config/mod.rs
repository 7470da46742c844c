//! The configuration, one file per section. Each section owns its variables with their defaults and their documentation;
//! `tests/configuration.rs` writes `docs/reference/configuration.md` from them.

mod audit;
mod aws;
mod branding;
mod email;
mod factors;
mod handles;
mod keys;
mod nvidia;
mod oauth;
mod origins;
mod passwords;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;
mod variable;

pub use audit::{AuditConfig, Webhook};
pub use aws::{AwsConfig, AwsLogin};
pub use branding::BrandingConfig;
pub use email::{EmailConfig, Sender};
pub use factors::{FactorsConfig, MfaPolicy};
pub use handles::HandlesConfig;
pub use keys::Key;
pub use nvidia::NvidiaConfig;
pub use oauth::OauthConfig;
pub use origins::AllowedOrigin;
pub use passwords::PasswordsConfig;
pub use sessions::{Consistency, SECURE_COOKIE_NAME, SessionCookie, SessionsConfig};
pub use tokens::TokensConfig;
pub use variable::{Default, Variable};

use crate::timestamp::Timestamp;
use std::borrow::Cow;
use variable::Reader;

/// The checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Session tokens.
    pub tokens: TokensConfig,
    /// Sessions and their caches.
    pub sessions: SessionsConfig,
    /// Passwords.
    pub passwords: PasswordsConfig,
    /// Sealed handles and cookies.
    pub handles: HandlesConfig,
    /// Second factors.
    pub factors: FactorsConfig,
    /// The OAuth server.
    pub oauth: OauthConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// `ALLOWED_ORIGINS`: the origins from which browsers may call the service.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// E-mail.
    pub email: EmailConfig,
    /// AWS.
    pub aws: AwsConfig,
    /// NVIDIA.
    pub nvidia: NvidiaConfig,
    /// The appearance of the pages.
    pub branding: BrandingConfig,
    /// The names of the variables that have a value.
    pub set_variables: Vec<&'static str>,
}

/// The sections in the order of the reference, with their titles and variables.
pub const SECTIONS: [(&str, &[&Variable]); 12] = [
    ("Tokens", tokens::VARIABLES),
    ("Sessions", sessions::VARIABLES),
    ("Passwords", passwords::VARIABLES),
    ("Handles and cookies", handles::VARIABLES),
    ("Factors", factors::VARIABLES),
    ("OAuth", oauth::VARIABLES),
    ("Audit log", audit::VARIABLES),
    ("Browser origins", origins::VARIABLES),
    ("E-mail", email::VARIABLES),
    ("AWS", aws::VARIABLES),
    ("NVIDIA", nvidia::VARIABLES),
    ("Branding", branding::VARIABLES),
];

/// The prefixes of the service's variables. An unknown variable with one of these prefixes is an error, because a misspelled or
/// outdated name would silently have no effect.
const PREFIXES: [&str; 15] = [
    "SESSION_",
    "JWT_",
    "AWS_",
    "TOKEN_",
    "TOKENS_",
    "REFRESH_",
    "PASSWORD_",
    "AUDIT_",
    "HANDLE_",
    "EMAIL_",
    "BRAND_",
    "MFA_",
    "FACTOR_",
    "WEBAUTHN_",
    "OAUTH_",
];

/// An invalid variable. The error never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The name. The name of an unknown variable is cut off at the first character that is not an upper-case ASCII letter, a
    /// digit or `_`.
    pub name: Cow<'static, str>,
    /// The form that is expected.
    pub expected: &'static str,
}

impl Config {
    /// Reads the configuration through `lookup`, which returns the text of a variable. An empty text counts as absent.
    /// Configured times must not be later than `now`.
    ///
    /// # Errors
    /// An error for each invalid variable, in the order of the sections.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        Self::from_environment([], lookup, now)
    }

    /// Like [`Config::from_lookup`], and also checks the names of all variables: an unknown name with a prefix of the service
    /// is an error.
    ///
    /// # Errors
    /// An error for each invalid variable, in the order of the sections; then the unknown names.
    pub fn from_environment(
        names: impl IntoIterator<Item = String>,
        lookup: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut read = Reader::new(&lookup);
        let tokens = TokensConfig::read(&mut read, now);
        let config = Self {
            sessions: SessionsConfig::read(&mut read, &tokens.issuer),
            passwords: PasswordsConfig::read(&mut read),
            handles: HandlesConfig::read(&mut read),
            factors: FactorsConfig::read(&mut read, &tokens.issuer),
            oauth: OauthConfig::read(&mut read, &tokens.issuer),
            audit: AuditConfig::read(&mut read, &tokens.issuer),
            allowed_origins: origins::read(&mut read, &tokens.issuer),
            email: EmailConfig::read(&mut read),
            aws: AwsConfig::read(&mut read),
            nvidia: NvidiaConfig::read(&mut read),
            branding: BrandingConfig::read(&mut read),
            set_variables: set_variables(&read),
            tokens,
        };
        keys::check_that_secrets_are_distinct(&mut read);
        check_that_names_are_known(&mut read, names);
        if read.errors.is_empty() {
            Ok(config)
        } else {
            Err(read.errors)
        }
    }
}

fn set_variables(read: &Reader<'_>) -> Vec<&'static str> {
    let variables = SECTIONS.iter().flat_map(|(_, variables)| variables.iter());
    let names = variables.map(|variable| variable.name);
    names.filter(|name| read.text(name).is_some()).collect()
}

fn check_that_names_are_known(read: &mut Reader<'_>, names: impl IntoIterator<Item = String>) {
    let has_prefix = |name: &String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let is_plain =
        |letter: &char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == '_';
    for name in names.into_iter().filter(has_prefix) {
        let mut known = SECTIONS.iter().flat_map(|(_, variables)| variables.iter());
        if !known.any(|variable| variable.name == name) {
            let name: String = name.chars().take_while(is_plain).take(100).collect();
            read.add(name, "no variable of this name");
        }
    }
}
