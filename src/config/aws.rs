//! The configuration of AWS. Features that need an absent variable are switched off.

use super::keys::header_text;
use super::variable::{Default, Reader, Variable, number};
use crate::aws::EndpointOverrides;
use crate::aws::arn;
use crate::aws::endpoint::Endpoint;
use crate::aws::region::Region;
use crate::aws::role_map::{LoginArns, RoleMap};
use crate::aws::sigv4::Credentials;
use crate::domain::{host, names};

/// The configuration of AWS.
#[derive(Debug)]
pub struct AwsConfig {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`: the service credentials.
    pub credentials: Option<Credentials>,
    /// `AWS_REGION`.
    pub region: Region,
    /// `AWS_SSO_REGION`.
    pub sso_region: Region,
    /// `AWS_SSO_START_URL`.
    pub sso_start_url: Option<String>,
    /// `AWS_SSO_ACCOUNT_ID`: the account whose assignments identify users.
    pub sso_account_id: Option<String>,
    /// `AWS_SSO_ROLE_NAME`: the permission set whose credentials identify users.
    pub sso_role_name: Option<String>,
    /// `AWS_IDENTITY_STORE_ID`.
    pub identity_store_id: Option<String>,
    /// `AWS_SSO_ROLE_MAP`. If configured, it decides the role at each sign-in: the highest role of all permission sets that the
    /// user has in the accounts that the service checks, or `user` if the map names none of these sets.
    pub sso_role_map: Option<RoleMap>,
    /// `AWS_EMAIL_DOMAIN`.
    pub email_domain: Option<String>,
    /// `AWS_LOGIN`.
    pub login: AwsLogin,
    /// `AWS_LOGIN_ARNS`: the principals that may sign in with a proof, and their roles.
    pub login_arns: LoginArns,
    /// `BEDROCK_MODEL_ID`.
    pub bedrock_model_id: String,
    /// `DEVICE_TOKEN_WAIT` in seconds, 0 to 25.
    pub device_token_wait: u32,
    /// `AWS_ENDPOINT_URL_STS` and others.
    pub overrides: EndpointOverrides,
}

/// The ways to sign in at `/aws-login`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::default::Default)]
pub struct AwsLogin {
    /// A request without a body signs in with the service credentials.
    pub app: bool,
    /// A proof signs in its principal.
    pub proof: bool,
}

const EXPECTED_REGION: &str = "an AWS region such as eu-north-1";
const EXPECTED_LOOPBACK: &str = "an http URL on 127.0.0.1, localhost or [::1]; development only";
pub(super) const EXPECTED_MODEL: &str = "the id of a model, up to 2048 bytes";
const EXPECTED_ROLE_MAP_ACCOUNTS: &str = "at most 5 accounts; if AWS_SSO_ACCOUNT_ID is set, no other account; if not, ACCOUNT/SET=ROLE for every role above user";

const AWS_REGION: Variable = Variable::new(
    "AWS_REGION",
    Default::Text("us-east-1"),
    EXPECTED_REGION,
    "AWS region in which the service credentials are used and proofs are verified",
);
const AWS_ACCESS_KEY_ID: Variable = Variable::secret(
    "AWS_ACCESS_KEY_ID",
    Default::None,
    "an access key id",
    "access key id of the service credentials",
);
const AWS_SECRET_ACCESS_KEY: Variable = Variable::secret(
    "AWS_SECRET_ACCESS_KEY",
    Default::None,
    "the secret of AWS_ACCESS_KEY_ID",
    "secret access key of the service credentials",
);
const AWS_SESSION_TOKEN: Variable = Variable::secret(
    "AWS_SESSION_TOKEN",
    Default::None,
    "the token of a temporary key",
    "session token of the service credentials, if they are temporary",
);
const BEDROCK_MODEL_ID: Variable = Variable::new(
    "BEDROCK_MODEL_ID",
    Default::Text("global.anthropic.claude-sonnet-4-6"),
    EXPECTED_MODEL,
    "model or inference profile in the sample programs of `/aws-credentials`",
);
const AWS_SSO_START_URL: Variable = Variable::new(
    "AWS_SSO_START_URL",
    Default::None,
    "an https URL of a portal",
    "URL of the AWS access portal; without it the device flow is disabled",
);
const AWS_SSO_REGION: Variable = Variable::new(
    "AWS_SSO_REGION",
    Default::Described("`AWS_REGION`"),
    EXPECTED_REGION,
    "region of Identity Center",
);
const AWS_SSO_ACCOUNT_ID: Variable = Variable::new(
    "AWS_SSO_ACCOUNT_ID",
    Default::Described("the first that is assigned"),
    "twelve digits",
    "account whose credentials identify the user",
);
const AWS_SSO_ROLE_NAME: Variable = Variable::new(
    "AWS_SSO_ROLE_NAME",
    Default::Described("the first that is assigned"),
    "the name of a permission set",
    "permission set whose credentials identify the user",
);
const AWS_IDENTITY_STORE_ID: Variable = Variable::new(
    "AWS_IDENTITY_STORE_ID",
    Default::None,
    "d- and ten hex digits, or a UUID",
    "Identity Store from which stable ids, names and e-mail addresses are read with the service credentials",
);
const AWS_SSO_ROLE_MAP: Variable = Variable::new(
    "AWS_SSO_ROLE_MAP",
    Default::None,
    "SET=ROLE or ACCOUNT/SET=ROLE, separated by commas",
    "roles by permission set: `SET=ROLE` or `ACCOUNT/SET=ROLE`, separated by commas; see \
     [the guide](../guides/aws-device-flow.md)",
);
const AWS_EMAIL_DOMAIN: Variable = Variable::new(
    "AWS_EMAIL_DOMAIN",
    Default::None,
    "a domain such as example.com",
    "domain that is appended to AWS user names that are not e-mail addresses; the address is omitted if a password user has it",
);
const AWS_LOGIN: Variable = Variable::new(
    "AWS_LOGIN",
    Default::Text("proof"),
    "none, app, proof, or app,proof",
    "what `/aws-login` accepts: `none`, `app` (a request without a body signs in as the principal of the service credentials), \
     `proof`, or `app,proof`",
);
const AWS_LOGIN_ARNS: Variable = Variable::new(
    "AWS_LOGIN_ARNS",
    Default::None,
    "ARN=ROLE, separated by commas",
    "principals that may sign in with a proof: `ARN=ROLE`, separated by commas. The ARN is that of an IAM user or a role, or \
     `arn:aws:sts::ACCOUNT:assumed-role/NAME/*`",
);
const DEVICE_TOKEN_WAIT: Variable = Variable::new(
    "DEVICE_TOKEN_WAIT",
    Default::Text("25"),
    "whole seconds from 0 to 25",
    "maximum number of seconds for which `/token` waits, 0 to 25",
);
const AWS_ENDPOINT_URL_STS: Variable = endpoint("AWS_ENDPOINT_URL_STS");
const AWS_ENDPOINT_URL_SSO_OIDC: Variable = endpoint("AWS_ENDPOINT_URL_SSO_OIDC");
const AWS_ENDPOINT_URL_SSO: Variable = endpoint("AWS_ENDPOINT_URL_SSO");
const AWS_ENDPOINT_URL_IDENTITYSTORE: Variable = endpoint("AWS_ENDPOINT_URL_IDENTITYSTORE");

const fn endpoint(name: &'static str) -> Variable {
    Variable::new(
        name,
        Default::Described("AWS"),
        EXPECTED_LOOPBACK,
        "endpoint override for development; loopback addresses only",
    )
}

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &AWS_REGION,
    &AWS_ACCESS_KEY_ID,
    &AWS_SECRET_ACCESS_KEY,
    &AWS_SESSION_TOKEN,
    &BEDROCK_MODEL_ID,
    &AWS_SSO_START_URL,
    &AWS_SSO_REGION,
    &AWS_SSO_ACCOUNT_ID,
    &AWS_SSO_ROLE_NAME,
    &AWS_IDENTITY_STORE_ID,
    &AWS_SSO_ROLE_MAP,
    &AWS_EMAIL_DOMAIN,
    &AWS_LOGIN,
    &AWS_LOGIN_ARNS,
    &DEVICE_TOKEN_WAIT,
    &AWS_ENDPOINT_URL_STS,
    &AWS_ENDPOINT_URL_SSO_OIDC,
    &AWS_ENDPOINT_URL_SSO,
    &AWS_ENDPOINT_URL_IDENTITYSTORE,
];

impl AwsConfig {
    pub(super) fn read(read: &mut Reader<'_>) -> Self {
        let region = read.or_default(&AWS_REGION, Region::parse);
        let credentials = credentials(read);
        let identity_store_id = read.optional(&AWS_IDENTITY_STORE_ID, store_id);
        if identity_store_id.is_some() && credentials.is_none() {
            read.must_be(
                &AWS_ACCESS_KEY_ID,
                "AWS keys that may read the Identity Store AWS_IDENTITY_STORE_ID",
            );
        }
        let sso_account_id = read.optional(&AWS_SSO_ACCOUNT_ID, |text| {
            arn::is_account(text).then(|| text.to_owned())
        });
        let sso_role_map = read.optional(&AWS_SSO_ROLE_MAP, |text| RoleMap::parse(text).ok());
        let is_usable = |map: &RoleMap| map.is_usable(sso_account_id.as_deref());
        if !sso_role_map.as_ref().is_none_or(is_usable) {
            read.must_be(&AWS_SSO_ROLE_MAP, EXPECTED_ROLE_MAP_ACCOUNTS);
        }
        let sso_region = read.optional(&AWS_SSO_REGION, Region::parse);
        let login_arns = read.optional(&AWS_LOGIN_ARNS, |text| LoginArns::parse(text).ok());
        Self {
            credentials,
            region,
            sso_region: sso_region.unwrap_or(region),
            sso_start_url: read.optional(&AWS_SSO_START_URL, start_url),
            sso_account_id,
            sso_role_name: read.optional(&AWS_SSO_ROLE_NAME, |text| {
                arn::is_permission_set(text).then(|| text.to_owned())
            }),
            identity_store_id,
            sso_role_map,
            email_domain: read.optional(&AWS_EMAIL_DOMAIN, domain),
            login: read.or_default(&AWS_LOGIN, login),
            login_arns: login_arns.unwrap_or_default(),
            bedrock_model_id: read.or_default(&BEDROCK_MODEL_ID, model),
            device_token_wait: read.or_default(&DEVICE_TOKEN_WAIT, number(0, 25)),
            overrides: EndpointOverrides {
                sts: read.optional(&AWS_ENDPOINT_URL_STS, loopback),
                sso_oidc: read.optional(&AWS_ENDPOINT_URL_SSO_OIDC, loopback),
                sso_portal: read.optional(&AWS_ENDPOINT_URL_SSO, loopback),
                identity_store: read.optional(&AWS_ENDPOINT_URL_IDENTITYSTORE, loopback),
            },
        }
    }
}

/// Reads the service credentials: both keys or neither, and a session token only if there are keys.
fn credentials(read: &mut Reader<'_>) -> Option<Credentials> {
    let id = read.optional(&AWS_ACCESS_KEY_ID, header_text);
    let key = read.optional(&AWS_SECRET_ACCESS_KEY, header_text);
    let session_token = read.optional(&AWS_SESSION_TOKEN, header_text);
    match (id, key) {
        (Some(access_key_id), Some(secret_access_key)) => Some(Credentials {
            access_key_id,
            secret_access_key,
            session_token,
        }),
        (Some(_), None) => {
            read.invalid(&AWS_SECRET_ACCESS_KEY);
            None
        }
        (None, Some(_)) => {
            read.must_be(&AWS_ACCESS_KEY_ID, "the id of AWS_SECRET_ACCESS_KEY");
            None
        }
        (None, None) => None,
    }
}

/// Parses a model id: any text up to the length that AWS allows (`ConversationalModelId`). The sample programs quote it. `.`
/// and `..` are refused, because they would be removed from a path.
pub(super) fn model(text: &str) -> Option<String> {
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
    let is_loopback = text
        .strip_prefix("http://")
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .is_some_and(host::is_loopback_authority);
    (is_plain && (is_remote || is_loopback)).then(|| text.to_owned())
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
    let none = AwsLogin::default();
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

/// Parses an endpoint on this machine. A deployed Worker cannot reach such an address, so an override that is left in its
/// configuration cannot send a bearer token to another host.
fn loopback(text: &str) -> Option<Endpoint> {
    let is_loopback = |endpoint: &Endpoint| host::is_loopback_authority(endpoint.authority());
    Endpoint::overridden(text).filter(is_loopback)
}
