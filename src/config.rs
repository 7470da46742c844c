//! Strings in; a [`Config`], or every mistake at once. The only file that knows the names of the environment.

use crate::account::secret::Secret;
use crate::account::timestamp::Timestamp;
use base64ct::{Base64, Encoding};

/// What an operator sets; README's configuration table says it for people.
#[derive(Debug)]
pub struct Config {
    /// `JWT_SECRET`: signs access tokens, used as its UTF-8 bytes.
    pub jwt_secret: Secret,
    /// `JWT_SECRET_PREVIOUS`: still verifies while rotating.
    pub jwt_secret_previous: Option<Secret>,
    /// `JWT_ISSUER`: the `iss` of our tokens.
    pub jwt_issuer: String,
    /// `JWT_AUDIENCE`: the `aud` of our tokens.
    pub jwt_audience: String,
    /// `TOKEN_LIFETIME`: seconds, 60 to 86,400.
    pub token_lifetime: i64,
    /// `PASSWORD_PEPPER`: 32 bytes.
    pub password_pepper: Key,
    /// `PASSWORD_PEPPER_PREVIOUS`: still verifies while rotating.
    pub password_pepper_previous: Option<Key>,
    /// `PASSWORD_MIN_LENGTH`: code points of a new password, 8 to 64.
    pub password_min_length: usize,
    /// `HANDLE_KEY`: 32 bytes; seals the handles of the device flow.
    pub handle_key: Key,
    /// `HANDLE_KEY_PREVIOUS`: still opens while rotating.
    pub handle_key_previous: Option<Key>,
    /// `AUDIT_KEY`: 32 bytes; signs audit rows.
    pub audit_key: Key,
    /// `ALLOWED_ORIGINS`: exact origins that browsers may call from.
    pub allowed_origins: Vec<String>,
    /// `SESSION_CONSISTENCY`: where `/validate` and `/me` look.
    pub session_consistency: Consistency,
    /// `SESSION_EDGE_TRUST`: seconds that a KV copy is believed, 30 to 3,600.
    pub session_edge_trust: i64,
    /// `SESSION_EPOCH`: tokens issued before this moment are dead.
    pub session_epoch: Option<Timestamp>,
}

/// 32 secret bytes.
pub type Key = [u8; 32];

/// Where a session is looked up on routes that grant nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// KV first, D1 on a miss and after the trust bound.
    Edge,
    /// D1 always.
    Strict,
}

/// What is wrong with one variable; never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable.
    pub name: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

impl Config {
    /// Reads the configuration through `lookup`, which gives a variable's text by its name; empty counts as absent.
    ///
    /// # Errors
    /// Every mistake, in the order of the table.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Mistake>> {
        let mut read = Reader {
            lookup,
            mistakes: Vec::new(),
        };
        let config = Self {
            jwt_secret: read.required("JWT_SECRET", JWT_SECRET_FORM, jwt_secret),
            jwt_secret_previous: read.optional("JWT_SECRET_PREVIOUS", JWT_SECRET_FORM, jwt_secret),
            jwt_issuer: read.required("JWT_ISSUER", NAME_FORM, name),
            jwt_audience: read.required("JWT_AUDIENCE", NAME_FORM, name),
            token_lifetime: read.or(
                "TOKEN_LIFETIME",
                "whole seconds from 60 to 86400",
                86_400,
                |text| number(text, 60, 86_400),
            ),
            password_pepper: read.required("PASSWORD_PEPPER", KEY_FORM, key),
            password_pepper_previous: read.optional("PASSWORD_PEPPER_PREVIOUS", KEY_FORM, key),
            password_min_length: read.or(
                "PASSWORD_MIN_LENGTH",
                "a whole number from 8 to 64",
                15,
                |text| number(text, 8, 64),
            ),
            handle_key: read.required("HANDLE_KEY", KEY_FORM, key),
            handle_key_previous: read.optional("HANDLE_KEY_PREVIOUS", KEY_FORM, key),
            audit_key: read.required("AUDIT_KEY", KEY_FORM, key),
            allowed_origins: read.or("ALLOWED_ORIGINS", ORIGINS_FORM, Vec::new(), origins),
            session_consistency: read.or(
                "SESSION_CONSISTENCY",
                "edge or strict",
                Consistency::Edge,
                |text| match text {
                    "edge" => Some(Consistency::Edge),
                    "strict" => Some(Consistency::Strict),
                    _ => None,
                },
            ),
            session_edge_trust: read.or(
                "SESSION_EDGE_TRUST",
                "whole seconds from 30 to 3600",
                300,
                |text| number(text, 30, 3_600),
            ),
            session_epoch: read.optional(
                "SESSION_EPOCH",
                "a moment as YYYY-MM-DDTHH:MM:SSZ",
                Timestamp::parse,
            ),
        };
        if read.mistakes.is_empty() {
            Ok(config)
        } else {
            Err(read.mistakes)
        }
    }
}

const JWT_SECRET_FORM: &str = "at least 32 bytes of text";
const NAME_FORM: &str = "1 to 200 printable ASCII characters";
const KEY_FORM: &str = "base64 of exactly 32 random bytes";
const ORIGINS_FORM: &str = "origins such as https://app.example.com, separated by commas";

struct Reader<L> {
    lookup: L,
    mistakes: Vec<Mistake>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = (self.lookup)(name).filter(|text| !text.is_empty())?;
        let value = parse(&text);
        if value.is_none() {
            self.mistakes.push(Mistake { name, expected });
        }
        value
    }

    fn or<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        self.optional(name, expected, parse).unwrap_or(default)
    }

    /// The default that stands in for a missing value never leaves `from_lookup`: the mistake does.
    fn required<T: Stand>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        let before = self.mistakes.len();
        let value = self.optional(name, expected, parse);
        if value.is_none() && self.mistakes.len() == before {
            self.mistakes.push(Mistake { name, expected });
        }
        value.unwrap_or_else(T::stand)
    }
}

/// Something to hold the place of a required value while the other mistakes are collected.
trait Stand {
    fn stand() -> Self;
}

impl Stand for Secret {
    fn stand() -> Self {
        Self::new("")
    }
}

impl Stand for String {
    fn stand() -> Self {
        Self::new()
    }
}

impl Stand for Key {
    fn stand() -> Self {
        [0; 32]
    }
}

fn jwt_secret(text: &str) -> Option<Secret> {
    (text.len() >= 32).then(|| Secret::new(text))
}

fn name(text: &str) -> Option<String> {
    (text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

fn key(text: &str) -> Option<Key> {
    let mut bytes = Key::default();
    (Base64::decode(text, &mut bytes).ok()?.len() == bytes.len()).then_some(bytes)
}

fn number<T: std::str::FromStr + PartialOrd>(text: &str, least: T, most: T) -> Option<T> {
    text.parse()
        .ok()
        .filter(|value| least <= *value && *value <= most)
}

fn origins(text: &str) -> Option<Vec<String>> {
    text.split(',').map(str::trim).map(origin).collect()
}

/// An origin as browsers write it (RFC 6454 §6.2): scheme, host, port if not the default, and nothing behind it. `*` and
/// `null` are refused: replies here belong to named applications.
fn origin(text: &str) -> Option<String> {
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    (!authority.is_empty() && authority.bytes().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn lookup<'a>(changes: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let changed = changes.iter().find(|(changed, _)| *changed == name);
            let text = match (changed, name) {
                (Some((_, text)), _) => text,
                (None, "JWT_SECRET") => "0123456789abcdef0123456789abcdef",
                (None, "JWT_ISSUER" | "JWT_AUDIENCE") => "https://auth.example.com",
                (None, "PASSWORD_PEPPER" | "HANDLE_KEY" | "AUDIT_KEY") => KEY,
                _ => return None,
            };
            Some(text.to_owned())
        }
    }

    #[test]
    fn the_least_configuration_has_the_documented_defaults() {
        let config = Config::from_lookup(lookup(&[])).expect("complete");
        assert_eq!(config.token_lifetime, 86_400);
        assert_eq!(config.password_min_length, 15);
        assert_eq!(config.session_consistency, Consistency::Edge);
        assert_eq!(config.session_edge_trust, 300);
        assert_eq!(config.session_epoch, None);
        assert!(config.allowed_origins.is_empty());
        assert!(config.jwt_secret_previous.is_none() && config.handle_key_previous.is_none());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mistakes = Config::from_lookup(|_| None).expect_err("nothing set");
        let names: Vec<_> = mistakes.iter().map(|mistake| mistake.name).collect();
        assert_eq!(
            names,
            [
                "JWT_SECRET",
                "JWT_ISSUER",
                "JWT_AUDIENCE",
                "PASSWORD_PEPPER",
                "HANDLE_KEY",
                "AUDIT_KEY"
            ]
        );
    }

    #[test]
    fn odd_values_are_mistakes() {
        for (name, text) in [
            ("JWT_SECRET", "too short"),
            ("JWT_SECRET_PREVIOUS", "too short"),
            ("JWT_ISSUER", "with space"),
            ("TOKEN_LIFETIME", "59"),
            ("TOKEN_LIFETIME", "86401"),
            ("TOKEN_LIFETIME", "1e3"),
            ("PASSWORD_PEPPER", "AAECAwQ="),
            (
                "PASSWORD_PEPPER",
                "not base64 at all, but of some length......",
            ),
            ("PASSWORD_MIN_LENGTH", "7"),
            ("ALLOWED_ORIGINS", "*"),
            ("ALLOWED_ORIGINS", "null"),
            ("ALLOWED_ORIGINS", "https://a.example/"),
            ("ALLOWED_ORIGINS", "https://a.example,https://B.example"),
            ("SESSION_CONSISTENCY", "Edge"),
            ("SESSION_EDGE_TRUST", "29"),
            ("SESSION_EPOCH", "yesterday"),
        ] {
            let mistakes = Config::from_lookup(lookup(&[(name, text)])).expect_err(name);
            assert_eq!(
                mistakes
                    .iter()
                    .map(|mistake| mistake.name)
                    .collect::<Vec<_>>(),
                [name],
                "{text}"
            );
        }
    }

    #[test]
    fn origins_are_a_list() {
        let config = Config::from_lookup(lookup(&[(
            "ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        )]));
        assert_eq!(
            config.expect("good").allowed_origins,
            ["https://a.example", "http://localhost:3000"]
        );
    }
}
