//! Strings in; a [`Config`], or every mistake at once. The only file that knows the names of the environment.

mod origins;

pub use origins::AllowedOrigin;

use crate::aws::EndpointOverrides;
use crate::aws::arn;
use crate::aws::identity::{LoginArns, RoleMap};
use crate::aws::partition::{Endpoint, Region};
use crate::aws::sigv4::Credentials;
use crate::crypto::secret::Secret;
use crate::domain::names;
use crate::domain::session::MAX_REPLAY_WINDOW_SECONDS;
use crate::domain::token::LEEWAY;
use crate::timestamp::Timestamp;
use base64ct::{Base64, Encoding};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// What an operator sets; `docs/reference/configuration.md` is its documentation.
#[derive(Debug)]
pub struct Config {
    /// `JWT_SECRET`: signs access tokens, used as its UTF-8 bytes.
    pub jwt_secret: Secret,
    /// `JWT_SECRET_PREVIOUS`: still verifies while rotating.
    pub jwt_secret_previous: Option<Secret>,
    /// `JWT_ISSUER`: the service's own origin, such as `https://auth.example.com`. It is the `iss` of our tokens and binds AWS
    /// proofs, so each environment needs its own.
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
    /// `HANDLE_KEY`: base64 of 32 bytes, used as that text. Encrypts handles of the device flow and cookies of recognised
    /// devices, and authenticates cached sessions.
    pub handle_key: Secret,
    /// `HANDLE_KEY_PREVIOUS`: still opens while rotating.
    pub handle_key_previous: Option<Secret>,
    /// `AUDIT_KEY`: 32 bytes; signs audit rows.
    pub audit_key: Key,
    /// `AUDIT_KEY_PREVIOUS`: earlier keys, newest first. Rows are kept, so earlier keys are needed to verify old ones.
    pub audit_keys_previous: Vec<Key>,
    /// `ALLOWED_ORIGINS`: the origins from which browsers may call the service.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// `SESSION_CONSISTENCY`: where `/validate` and `/me` look.
    pub session_consistency: Consistency,
    /// `SESSION_EDGE_TRUST`: TTL of a cached session in KV in seconds, 30 to 3,600.
    pub session_edge_trust: i64,
    /// `SESSION_ISOLATE_TRUST`: seconds for which an isolate uses a cached session without reading KV again, 0 to 30.
    pub session_isolate_trust: i64,
    /// `REFRESH_REPLAY_WINDOW`: seconds for which `/refresh` returns the current token for a rotated-out one, 0 to 300.
    pub refresh_replay_window: i64,
    /// `TOKENS_NOT_BEFORE`: tokens issued before this moment are not accepted.
    pub tokens_not_before: Option<Timestamp>,
    /// What is known of AWS.
    pub aws: AwsConfig,
    /// `NVIDIA_API_KEY`: shown masked to administrators, used for nothing here.
    pub nvidia_api_key: Option<Secret>,
    /// `NVIDIA_MODEL_ID`: the model that the examples ask.
    pub nvidia_model_id: String,
}

/// The variables of AWS; absent ones switch off what needs them.
#[derive(Debug)]
pub struct AwsConfig {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`: the service's own keys.
    pub credentials: Option<Credentials>,
    /// `AWS_REGION`: region in which the service uses its own keys and verifies proofs.
    pub region: Region,
    /// `AWS_SSO_REGION`: where Identity Center is; `AWS_REGION` if absent.
    pub sso_region: Region,
    /// `AWS_SSO_START_URL`: the portal that people sign in to.
    pub sso_start_url: Option<String>,
    /// `AWS_SSO_ACCOUNT_ID`: twelve digits; users are identified by an assignment in it. The first assigned account if absent.
    pub sso_account_id: Option<String>,
    /// `AWS_SSO_ROLE_NAME`: a permission set; the first assigned one if absent.
    pub sso_role_name: Option<String>,
    /// `AWS_IDENTITY_STORE_ID`: where people's stable ids, names and e-mails are read.
    pub identity_store_id: Option<String>,
    /// `AWS_SSO_ROLE_MAP`: roles by permission set. If configured, it decides the role at each sign-in: the highest role of
    /// all sets that the user has in the accounts that are looked at, `user` if the map names none of them.
    pub sso_role_map: Option<RoleMap>,
    /// `AWS_EMAIL_DOMAIN`: domain that is appended to user names that are not e-mail addresses.
    pub email_domain: Option<String>,
    /// `AWS_LOGIN`: which ways `/aws-login` offers.
    pub login: AwsLogin,
    /// `AWS_LOGIN_ARNS`: who may sign in by proof, and as what.
    pub login_arns: LoginArns,
    /// `BEDROCK_MODEL_ID`: the model, or inference profile, that the examples ask.
    pub bedrock_model_id: String,
    /// `DEVICE_TOKEN_WAIT`: seconds that `/token` holds a request, 0 to 25.
    pub device_token_wait: u32,
    /// `AWS_ENDPOINT_URL_STS` and its like: loopback only, so development only.
    pub overrides: EndpointOverrides,
}

/// The ways of `/aws-login`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsLogin {
    /// A request without a body is signed in with the service's own keys.
    pub app: bool,
    /// A client's proof signs in its principal.
    pub proof: bool,
}

/// 32 secret bytes that cannot be printed.
pub struct Key([u8; 32]);

impl Key {
    /// The bytes; the caller answers for where they go.
    #[must_use]
    pub fn reveal(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(redacted)")
    }
}

/// Where a session is looked up on routes that grant nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// KV first, D1 on a miss and after the TTL.
    Edge,
    /// D1 always.
    Strict,
}

/// What is wrong with one variable; never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable. The name of an unknown one is cut off at the first character other than upper-case ASCII letters,
    /// digits and `_`.
    pub name: Cow<'static, str>,
    /// What it must be.
    pub expected: &'static str,
}

impl Config {
    /// Reads the configuration through `lookup`, which returns the text of a variable. An empty text counts as absent.
    /// Configured times must not be later than `now`.
    ///
    /// # Errors
    /// Every mistake, in the order of the table.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        Self::from_environment([], lookup, now)
    }

    /// As [`Config::from_lookup`], and checks the names of all variables: an unknown name with one of our prefixes is a
    /// mistake, because such a setting would silently have no effect.
    ///
    /// # Errors
    /// Every mistake, in the order of the table; then the unknown names.
    pub fn from_environment(
        names: impl IntoIterator<Item = String>,
        lookup: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut read = Reader {
            lookup: &lookup,
            mistakes: Vec::new(),
            known: Vec::new(),
        };
        let config = Self {
            jwt_secret: read.required("JWT_SECRET", JWT_SECRET_FORM, jwt_secret),
            jwt_secret_previous: read.optional("JWT_SECRET_PREVIOUS", JWT_SECRET_FORM, jwt_secret),
            jwt_issuer: read.required("JWT_ISSUER", ISSUER_FORM, issuer),
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
            handle_key: read.required("HANDLE_KEY", KEY_FORM, key_text),
            handle_key_previous: read.optional("HANDLE_KEY_PREVIOUS", KEY_FORM, key_text),
            audit_key: read.required("AUDIT_KEY", KEY_FORM, key),
            audit_keys_previous: read.or("AUDIT_KEY_PREVIOUS", KEYS_FORM, Vec::new(), keys),
            allowed_origins: read.or(
                "ALLOWED_ORIGINS",
                origins::EXPECTED,
                Vec::new(),
                origins::read,
            ),
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
            session_isolate_trust: read.or(
                "SESSION_ISOLATE_TRUST",
                "whole seconds from 0 to 30",
                5,
                |text| number(text, 0, 30),
            ),
            refresh_replay_window: read.or(
                "REFRESH_REPLAY_WINDOW",
                "whole seconds from 0 to 300",
                30,
                |text| number(text, 0, MAX_REPLAY_WINDOW_SECONDS),
            ),
            tokens_not_before: tokens_not_before(&mut read, now),
            aws: AwsConfig::read(&mut read),
            nvidia_api_key: read.optional("NVIDIA_API_KEY", "an API key of NVIDIA", header_text),
            nvidia_model_id: read.or(
                "NVIDIA_MODEL_ID",
                MODEL_FORM,
                "nvidia/nemotron-3-super-120b-a12b".to_owned(),
                model,
            ),
        };
        read.check_that_keys_are_distinct();
        read.check_that_names_are_known(names);
        if read.mistakes.is_empty() {
            Ok(config)
        } else {
            Err(read.mistakes)
        }
    }
}

impl AwsConfig {
    fn read(read: &mut Reader<'_>) -> Self {
        let region = read.or("AWS_REGION", REGION_FORM, Region::default(), Region::parse);
        let credentials = credentials(read);
        let identity_store_id = read.optional(
            "AWS_IDENTITY_STORE_ID",
            "d- and ten hex digits, or a UUID",
            store_id,
        );
        if identity_store_id.is_some() && credentials.is_none() {
            read.missing(
                "AWS_ACCESS_KEY_ID",
                "keys that may read AWS_IDENTITY_STORE_ID",
            );
        }
        let sso_account_id = read.optional("AWS_SSO_ACCOUNT_ID", "twelve digits", |text| {
            arn::is_account(text).then(|| text.to_owned())
        });
        let sso_role_map = read.optional("AWS_SSO_ROLE_MAP", ROLE_MAP_FORM, |text| {
            RoleMap::parse(text).ok()
        });
        let is_usable = |map: &RoleMap| map.is_usable(sso_account_id.as_deref());
        if !sso_role_map.as_ref().is_none_or(is_usable) {
            read.missing("AWS_SSO_ROLE_MAP", ROLE_MAP_ACCOUNTS);
        }
        Self {
            credentials,
            region,
            sso_region: read.or("AWS_SSO_REGION", REGION_FORM, region, Region::parse),
            sso_start_url: read.optional(
                "AWS_SSO_START_URL",
                "an https URL of a portal",
                start_url,
            ),
            sso_account_id,
            sso_role_name: read.optional(
                "AWS_SSO_ROLE_NAME",
                "the name of a permission set",
                |text| arn::is_permission_set(text).then(|| text.to_owned()),
            ),
            identity_store_id,
            sso_role_map,
            email_domain: read.optional("AWS_EMAIL_DOMAIN", "a domain such as example.com", domain),
            login: read.or(
                "AWS_LOGIN",
                "none, app, proof, or app,proof",
                AwsLogin {
                    app: false,
                    proof: true,
                },
                login,
            ),
            login_arns: read.or(
                "AWS_LOGIN_ARNS",
                "ARN=ROLE, several separated by commas",
                LoginArns::default(),
                |text| LoginArns::parse(text).ok(),
            ),
            bedrock_model_id: read.or(
                "BEDROCK_MODEL_ID",
                MODEL_FORM,
                "global.anthropic.claude-sonnet-4-6".to_owned(),
                model,
            ),
            device_token_wait: read.or(
                "DEVICE_TOKEN_WAIT",
                "whole seconds from 0 to 25",
                25,
                |text| number(text, 0, 25),
            ),
            overrides: EndpointOverrides {
                sts: read.optional("AWS_ENDPOINT_URL_STS", LOOPBACK_FORM, loopback),
                sso_oidc: read.optional("AWS_ENDPOINT_URL_SSO_OIDC", LOOPBACK_FORM, loopback),
                sso_portal: read.optional("AWS_ENDPOINT_URL_SSO", LOOPBACK_FORM, loopback),
                identity_store: read.optional(
                    "AWS_ENDPOINT_URL_IDENTITYSTORE",
                    LOOPBACK_FORM,
                    loopback,
                ),
            },
        }
    }
}

/// A time in the future would invalidate every token that is issued until then. Small clock differences are tolerated.
fn tokens_not_before(read: &mut Reader<'_>, now: Timestamp) -> Option<Timestamp> {
    const NAME: &str = "TOKENS_NOT_BEFORE";
    const FORM: &str = "a moment in the past such as 2026-01-31T12:00:00Z (RFC 3339)";
    let moment = read.optional(NAME, FORM, Timestamp::parse_rfc3339)?;
    if moment > now.plus(LEEWAY) {
        read.missing(NAME, FORM);
    }
    Some(moment)
}

/// Both keys or neither; a token only with them.
fn credentials(read: &mut Reader<'_>) -> Option<Credentials> {
    let id = read.optional("AWS_ACCESS_KEY_ID", "an access key id", header_text);
    let key = read.optional(
        "AWS_SECRET_ACCESS_KEY",
        "the secret of AWS_ACCESS_KEY_ID",
        header_text,
    );
    let session_token = read.optional(
        "AWS_SESSION_TOKEN",
        "the token of a temporary key",
        header_text,
    );
    match (id, key) {
        (Some(access_key_id), Some(secret_access_key)) => Some(Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        }),
        (Some(_), None) => {
            read.missing("AWS_SECRET_ACCESS_KEY", "the secret of AWS_ACCESS_KEY_ID");
            None
        }
        (None, Some(_)) => {
            read.missing("AWS_ACCESS_KEY_ID", "the id of AWS_SECRET_ACCESS_KEY");
            None
        }
        (None, None) => None,
    }
}

/// A key of somebody else's that has to fit into a header: a line break or a blank was copied along by mistake.
fn header_text(text: &str) -> Option<Secret> {
    let is_plain = text.len() <= 4_096 && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain.then(|| Secret::new(text))
}

/// Any text as long as AWS allows (`ConversationalModelId`): its form is the vendor's business, and the examples quote
/// it. Only the names that a path would swallow are none.
fn model(text: &str) -> Option<String> {
    (text.len() <= 2_048 && !matches!(text, "." | "..")).then(|| text.to_owned())
}

fn start_url(text: &str) -> Option<String> {
    let is_plain = text.len() <= 500
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"');
    let is_remote = text
        .strip_prefix("https://")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
    let is_here = text
        .strip_prefix("http://127.0.0.1")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']));
    (is_plain && (is_remote || is_here)).then(|| text.to_owned())
}

fn store_id(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ((1..=36).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn domain(text: &str) -> Option<String> {
    names::email(&format!("a@{text}"))
        .ok()
        .map(|_| text.to_owned())
}

fn login(text: &str) -> Option<AwsLogin> {
    let none = AwsLogin {
        app: false,
        proof: false,
    };
    if text == "none" {
        return Some(none);
    }
    text.split(',')
        .map(str::trim)
        .try_fold(none, |login, way| match way {
            "app" => Some(AwsLogin { app: true, ..login }),
            "proof" => Some(AwsLogin {
                proof: true,
                ..login
            }),
            _ => None,
        })
}

/// An endpoint on this machine. A deployed Worker reaches none, so an override left in its configuration leads nowhere,
/// least of all to a host that would see a bearer.
fn loopback(text: &str) -> Option<Endpoint> {
    let is_here = |endpoint: &Endpoint| {
        let host = endpoint.authority();
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
            host.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    };
    Endpoint::overridden(text).filter(is_here)
}

const ROLE_MAP_FORM: &str = "SET=ROLE or ACCOUNT/SET=ROLE, several separated by commas";
const ROLE_MAP_ACCOUNTS: &str = "ACCOUNT/SET=ROLE for every role above user unless AWS_SSO_ACCOUNT_ID is set, about that account only if it is set, and at most 5 accounts";
const REGION_FORM: &str = "an AWS region such as eu-north-1";
const LOOPBACK_FORM: &str = "an http URL on 127.0.0.1, localhost or [::1]; development only";
const MODEL_FORM: &str = "the id of a model, up to 2048 bytes";
const JWT_SECRET_FORM: &str = "at least 32 bytes of random text";
/// The secrets that must differ from each other.
const KEYS: [&str; 8] = [
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "PASSWORD_PEPPER",
    "PASSWORD_PEPPER_PREVIOUS",
    "HANDLE_KEY",
    "HANDLE_KEY_PREVIOUS",
    "AUDIT_KEY",
    "AUDIT_KEY_PREVIOUS",
];
/// The prefixes of variable names that have to be known.
const PREFIXES: [&str; 3] = ["SESSION_", "JWT_", "AWS_"];
const ISSUER_FORM: &str = "the service's own https origin without a trailing slash, such as https://auth.example.com; in development http://localhost:PORT";
const NAME_FORM: &str = "1 to 200 printable ASCII characters";
const KEY_FORM: &str = "base64 of exactly 32 random bytes";
const KEYS_FORM: &str =
    "base64 of exactly 32 random bytes; several, the newest first, separated by commas";

struct Reader<'l> {
    lookup: &'l dyn Fn(&str) -> Option<String>,
    mistakes: Vec<ConfigError>,
    /// The variables that were looked up.
    known: Vec<&'static str>,
}

impl Reader<'_> {
    fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let text = (self.lookup)(name).filter(|text| !text.is_empty())?;
        let value = parse(&text);
        if value.is_none() {
            self.add(name, expected);
        }
        value
    }

    fn add(&mut self, name: impl Into<Cow<'static, str>>, expected: &'static str) {
        let name = name.into();
        self.mistakes.push(ConfigError { name, expected });
    }

    /// If two secrets were equal, an attacker who learns one could use it for what the other protects.
    fn check_that_keys_are_distinct(&mut self) {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for name in KEYS {
            let text = (self.lookup)(name).unwrap_or_default();
            // Only this variable holds several keys; a comma may be part of `JWT_SECRET`.
            let texts: Vec<&str> = if name == "AUDIT_KEY_PREVIOUS" {
                text.split(',').map(str::trim).collect()
            } else {
                vec![&text]
            };
            // `JWT_SECRET` may be the base64 text of a key.
            let value = |text: &str| key(text).map_or_else(|| text.into(), |key| key.0.to_vec());
            let texts = texts.into_iter().filter(|text| !text.is_empty());
            let values: Vec<Vec<u8>> = texts.map(value).collect();
            if values.iter().any(|value| seen.contains(value)) {
                self.missing(name, "a value different from all other secrets");
            }
            seen.extend(values);
        }
    }

    fn check_that_names_are_known(&mut self, names: impl IntoIterator<Item = String>) {
        let is_ours = |name: &String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let is_plain = |letter: &char| {
            letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == '_'
        };
        for name in names.into_iter().filter(is_ours) {
            if !self.known.contains(&name.as_str()) {
                let name: String = name.chars().take_while(is_plain).take(100).collect();
                self.add(name, "no variable of this name");
            }
        }
    }

    fn missing(&mut self, name: &'static str, expected: &'static str) {
        if !self.mistakes.iter().any(|mistake| mistake.name == name) {
            self.add(name, expected);
        }
    }

    fn or<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        default: T,
        parse: fn(&str) -> Option<T>,
    ) -> T {
        self.optional(name, expected, parse).unwrap_or(default)
    }

    /// The default that stands in for a missing value never leaves `from_lookup`: the mistake does.
    fn required<T: Stand>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> T {
        let value = self.optional(name, expected, parse);
        if value.is_none() {
            self.missing(name, expected);
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
        Self([0; 32])
    }
}

/// Minimum number of different bytes in a secret. One in 10^37 texts of 32 random bytes has fewer, and one in 10^12 of 32
/// random letters. This catches placeholders such as zeros, not weak secrets in general.
const MIN_DISTINCT_BYTES: usize = 8;

fn is_varied(bytes: &[u8]) -> bool {
    bytes.iter().collect::<BTreeSet<_>>().len() >= MIN_DISTINCT_BYTES
}

fn jwt_secret(text: &str) -> Option<Secret> {
    (text.len() >= 32 && is_varied(text.as_bytes())).then(|| Secret::new(text))
}

/// The service's own origin as browsers write it (RFC 6454 section 6.2). Plain http is for development on a loopback name.
/// An IP address is refused: it cannot be the domain of a passkey, and `127.0.0.1` is a different site than `localhost`.
fn issuer(text: &str) -> Option<String> {
    let (authority, default_port, is_secure) = match text.strip_prefix("https://") {
        Some(authority) => (authority, "443", true),
        None => (text.strip_prefix("http://")?, "80", false),
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_port = port.is_none_or(|port| {
        port != default_port
            && !port.starts_with('0')
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok()
    });
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    // A host whose last label is a number is an IPv4 address to browsers (URL Standard, "ends in a number").
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_address = last.starts_with(|first: char| first.is_ascii_digit());
    let is_loopback = host == "localhost" || host.ends_with(".localhost");
    let is_host = host.len() <= 253 && host.split('.').all(is_label) && !is_address;
    (is_host && is_port && (is_secure || is_loopback)).then(|| text.to_owned())
}

fn name(text: &str) -> Option<String> {
    (text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

fn key(text: &str) -> Option<Key> {
    let mut bytes = [0; 32];
    let is_whole = Base64::decode(text, &mut bytes).ok()?.len() == bytes.len();
    (is_whole && is_varied(&bytes)).then_some(Key(bytes))
}

fn keys(text: &str) -> Option<Vec<Key>> {
    text.split(',').map(str::trim).map(key).collect()
}

fn key_text(text: &str) -> Option<Secret> {
    key(text).map(|_| Secret::new(text))
}

fn number<T: std::str::FromStr + PartialOrd + Copy>(text: &str, least: T, most: T) -> Option<T> {
    text.parse()
        .ok()
        .filter(|value| least <= *value && *value <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn lookup<'a>(changes: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = changes.iter().find(|(changed, _)| *changed == name);
            let text = match (found, name) {
                (Some((_, text)), _) => text,
                (None, "JWT_SECRET") => "0123456789abcdef0123456789abcdef",
                (None, "JWT_ISSUER" | "JWT_AUDIENCE") => "https://auth.example.com",
                (None, "PASSWORD_PEPPER") => KEY,
                (None, "HANDLE_KEY") => "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                (None, "AUDIT_KEY") => "QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                _ => return None,
            };
            Some(text.to_owned())
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment")
    }

    #[test]
    fn tokens_not_before_may_be_now_on_another_clock() {
        for moment in ["2026-01-01T00:00:30Z", "2025-12-31T23:59:59Z"] {
            let config = Config::from_lookup(lookup(&[("TOKENS_NOT_BEFORE", moment)]), now());
            let expected = Timestamp::parse(moment);
            assert_eq!(config.expect("good").tokens_not_before, expected);
        }
    }

    #[test]
    fn the_least_configuration_has_the_documented_defaults() {
        let config = Config::from_lookup(lookup(&[]), now()).expect("complete");
        assert_eq!(config.token_lifetime, 86_400);
        assert_eq!(config.password_min_length, 15);
        assert_eq!(config.session_consistency, Consistency::Edge);
        assert_eq!(config.session_edge_trust, 300);
        assert_eq!(config.session_isolate_trust, 5);
        assert_eq!(config.refresh_replay_window, 30);
        assert_eq!(config.tokens_not_before, None);
        assert!(config.allowed_origins.is_empty());
        assert!(config.jwt_secret_previous.is_none() && config.handle_key_previous.is_none());
        assert!(config.aws.credentials.is_none() && config.nvidia_api_key.is_none());
        assert_eq!(
            config.aws.bedrock_model_id,
            "global.anthropic.claude-sonnet-4-6"
        );
        assert_eq!(config.nvidia_model_id, "nvidia/nemotron-3-super-120b-a12b");
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mistakes = Config::from_lookup(|_| None, now()).expect_err("nothing set");
        let names: Vec<_> = mistakes.iter().map(|mistake| &mistake.name).collect();
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
            ("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            (
                "JWT_SECRET_PREVIOUS",
                "abcabcabcabcabcabcabcabcabcabcabcabc",
            ),
            (
                "PASSWORD_PEPPER",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            ),
            ("HANDLE_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (
                "AUDIT_KEY",
                "/////////////////////////////////////////////w==",
            ),
            ("AUDIT_KEY", "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWI="),
            ("JWT_ISSUER", "with space"),
            ("JWT_ISSUER", "edge-auth"),
            ("JWT_ISSUER", "https://"),
            ("JWT_ISSUER", "https://auth.example.com/"),
            ("JWT_ISSUER", "https://auth.example.com:443"),
            ("JWT_ISSUER", "https://auth.example.com:0"),
            ("JWT_ISSUER", "https://auth.example.com:"),
            ("JWT_ISSUER", "https://auth.example.com:65536"),
            ("JWT_ISSUER", "https://auth.example.com:+1"),
            ("JWT_ISSUER", "https://Auth.example.com"),
            ("JWT_ISSUER", "https://auth..example.com"),
            ("JWT_ISSUER", "https://auth.example.com?"),
            ("JWT_ISSUER", "https://user@auth.example.com"),
            ("JWT_ISSUER", "https://192.0.2.1"),
            ("JWT_ISSUER", "https://[::1]"),
            ("JWT_ISSUER", "http://auth.example.com"),
            ("JWT_ISSUER", "http://127.0.0.1:8787"),
            ("JWT_ISSUER", "http://localhost:80"),
            ("JWT_ISSUER", "http://localhost.example.com"),
            ("JWT_ISSUER", "//auth.example.com"),
            ("TOKEN_LIFETIME", "59"),
            ("TOKEN_LIFETIME", "86401"),
            ("TOKEN_LIFETIME", "1e3"),
            ("PASSWORD_PEPPER", "AAECAwQ="),
            (
                "PASSWORD_PEPPER",
                "not base64 at all, but of some length......",
            ),
            ("AUDIT_KEY_PREVIOUS", "AAECAwQ="),
            (
                "AUDIT_KEY_PREVIOUS",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,",
            ),
            ("PASSWORD_MIN_LENGTH", "7"),
            ("ALLOWED_ORIGINS", "*"),
            ("ALLOWED_ORIGINS", "null"),
            ("ALLOWED_ORIGINS", "https://a.example/path"),
            ("ALLOWED_ORIGINS", "http://a.example"),
            ("ALLOWED_ORIGINS", "https://-"),
            ("AWS_SSO_START_URL", "http://127.0.0.1.evil.example/"),
            ("AWS_SSO_START_URL", "http://portal.example/start"),
            ("AWS_REGION", "us-east-1.evil.example"),
            ("AWS_LOGIN", "app,other"),
            ("AWS_SESSION_TOKEN", "with space"),
            ("NVIDIA_API_KEY", "nvapi-with-a-line-break\n"),
            ("NVIDIA_MODEL_ID", ".."),
            ("BEDROCK_MODEL_ID", "."),
            ("AWS_ENDPOINT_URL_STS", "https://sts.evil.example"),
            ("DEVICE_TOKEN_WAIT", "26"),
            (
                "ALLOWED_ORIGINS",
                "https://a.example,https://b\u{fc}cher.example",
            ),
            ("SESSION_CONSISTENCY", "Edge"),
            ("SESSION_EDGE_TRUST", "29"),
            ("SESSION_ISOLATE_TRUST", "-1"),
            ("SESSION_ISOLATE_TRUST", "31"),
            ("REFRESH_REPLAY_WINDOW", "-1"),
            ("REFRESH_REPLAY_WINDOW", "301"),
            ("TOKENS_NOT_BEFORE", "yesterday"),
            ("TOKENS_NOT_BEFORE", "2026-01-01T00:00:31Z"),
        ] {
            let mistakes = Config::from_lookup(lookup(&[(name, text)]), now()).expect_err(name);
            assert_eq!(
                mistakes
                    .iter()
                    .map(|mistake| &mistake.name)
                    .collect::<Vec<_>>(),
                [name],
                "{text}"
            );
        }
    }

    #[test]
    fn secrets_that_are_equal_are_refused_in_every_pair() {
        let expected = "a value different from all other secrets";
        for (number, first) in KEYS.iter().enumerate() {
            for second in &KEYS[number + 1..] {
                let value = "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
                let changes = [(*first, value), (*second, value)];
                let mistakes = Config::from_lookup(lookup(&changes), now()).expect_err("equal");
                let named: Vec<_> = mistakes.iter().map(|it| (&*it.name, it.expected)).collect();
                assert_eq!(named, [(*second, expected)], "{first}");
            }
        }
        let several = "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert!(Config::from_lookup(lookup(&[("AUDIT_KEY_PREVIOUS", several)]), now()).is_err());
    }

    #[test]
    fn secrets_with_a_comma_are_compared_as_a_whole() {
        let changes = [
            ("JWT_SECRET", "the new secret of the tests, long enough"),
            (
                "JWT_SECRET_PREVIOUS",
                "the old secret of the tests, long enough",
            ),
        ];
        assert!(Config::from_lookup(lookup(&changes), now()).is_ok());
    }

    #[test]
    fn unknown_names_with_a_known_prefix_are_mistakes() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let known = names(&[
            "SESSION_CONSISTENCY",
            "JWT_ISSUER",
            "AWS_REGION",
            "AWS_PROFILES",
        ]);
        let read = |names: Vec<String>| Config::from_environment(names, lookup(&[]), now());
        let found = |names| {
            let mistakes = read(names).err().unwrap_or_default();
            mistakes
                .into_iter()
                .map(|mistake| mistake.name.into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found(known), ["AWS_PROFILES"]);
        assert_eq!(
            found(names(&[
                "SESSIONS",
                "OTHER",
                "session_x",
                "PASSWORD_LINK_URL"
            ])),
            [""; 0]
        );
        assert_eq!(
            found(names(&["SESSION_TRUST", "JWT_SECRET_OLD", "AWS_X\"quote"])),
            ["SESSION_TRUST", "JWT_SECRET_OLD", "AWS_X"]
        );
    }

    #[test]
    fn issuer_that_is_an_https_origin_or_on_a_loopback_name_is_accepted() {
        for text in [
            "https://auth.example.com",
            "https://auth.example.com:8443",
            "https://localhost:8787",
            "https://xn--bcher-kva.example",
            "http://localhost",
            "http://localhost:8787",
            "http://auth.localhost:65535",
        ] {
            let config = Config::from_lookup(lookup(&[("JWT_ISSUER", text)]), now());
            assert_eq!(config.expect(text).jwt_issuer, text);
        }
    }
}
