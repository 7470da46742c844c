//! Identities and credentials, as STS knows them.

use crate::encoding::sha256_hex;
use crate::random::role_id;
use std::fmt;

/// The identity that `GetCallerIdentity` returns for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The complete ARN.
    pub arn: String,
    /// `AIDA…` for a user, `AROA…:SESSION_NAME` for a role session.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
}

impl CallerIdentity {
    /// An IAM user.
    #[must_use]
    pub fn iam_user(account: &str, name: &str) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: role_id("AIDA", &format!("{account}/user/{name}")),
            account: account.into(),
        }
    }

    /// A session of a role, with a name that its caller chose.
    #[must_use]
    pub fn role_session(account: &str, role: &str, session: &str) -> Self {
        let role_id = role_id("AROA", &format!("{account}/role/{role}"));
        Self {
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            user_id: format!("{role_id}:{session}"),
            account: account.into(),
        }
    }

    /// A role session of Identity Center. The role is `AWSReservedSSO_`, the permission set and 16 hexadecimal digits, which
    /// are different in each account; the name of the session is the user name.
    #[must_use]
    pub fn sso_session(account: &str, permission_set: &str, user_name: &str) -> Self {
        let digits = sha256_hex(format!("{account}/{permission_set}").as_bytes());
        let (digits, _) = digits.split_at(16);
        let role = format!("AWSReservedSSO_{permission_set}_{digits}");
        Self::role_session(account, &role, user_name)
    }
}

/// Credentials that sign requests. `Debug` shows the access key id only.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` for a long-term key, `ASIA…` for a temporary one.
    pub access_key_id: String,
    /// Forty characters.
    pub secret_access_key: String,
    /// Temporary credentials only.
    pub session_token: Option<String>,
    /// Milliseconds since 1970; temporary credentials only.
    pub expiration: Option<i64>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credentials({}, …)", self.access_key_id)
    }
}
