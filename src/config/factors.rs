//! The configuration of second factors: who needs one, the key of one-time codes, and the scope of passkeys.

use super::keys::{EXPECTED_KEY, key_text, previous};
use super::variable::{Default, Reader, Variable};
use crate::crypto::secret::Secret;
use crate::domain::host::{is_name, split_port};
use crate::domain::role::Role;

/// The configuration of second factors.
#[derive(Debug)]
pub struct FactorsConfig {
    /// `MFA_POLICY`: the users who need a factor.
    pub policy: MfaPolicy,
    /// `AWS_MFA_TRUSTED`: whether Identity Center asks for a second factor, so that a sign-in with it needs none here.
    pub is_aws_trusted: bool,
    /// `FACTOR_KEY`: seals the secrets of one-time codes. Without it, one-time codes are not offered. Its base64 text is used, not the
    /// decoded bytes.
    pub key: Option<Secret>,
    /// `FACTOR_KEY_PREVIOUS`: opens older secrets during a rotation.
    pub key_previous: Option<Secret>,
    /// `WEBAUTHN_RP_ID`: the domain that passkeys belong to.
    pub rp_id: String,
}

/// The users who need a second factor although they have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::default::Default)]
pub enum MfaPolicy {
    /// No user.
    #[default]
    Optional,
    /// Administrators and super administrators.
    Admins,
    /// All users.
    Required,
}

impl MfaPolicy {
    /// Whether a user of this role has to have a factor.
    #[must_use]
    pub fn demands(self, role: Role) -> bool {
        match self {
            Self::Optional => false,
            Self::Admins => role.is_admin(),
            Self::Required => true,
        }
    }
}

const MFA_POLICY: Variable = Variable::new(
    "MFA_POLICY",
    Default::Text("optional"),
    "optional, admins or required",
    "the users who must have a second factor: `optional` (none), `admins` (administrators and super administrators) or `required` (all). \
     A user without a factor adds one at the next sign-in. A user who has a factor always needs it",
);
const AWS_MFA_TRUSTED: Variable = Variable::new(
    "AWS_MFA_TRUSTED",
    Default::Text("false"),
    "true or false",
    "`true` states that AWS IAM Identity Center asks every user for a second factor, so that a sign-in with it needs none here: `true` or \
     `false`",
);
pub(super) const FACTOR_KEY: Variable = Variable::secret(
    "FACTOR_KEY",
    Default::None,
    EXPECTED_KEY,
    "base64 of 32 random bytes; encrypts the secrets of one-time codes. Without it, one-time codes are not offered",
);
pub(super) const FACTOR_KEY_PREVIOUS: Variable = previous(
    "FACTOR_KEY_PREVIOUS",
    EXPECTED_KEY,
    "decrypts older secrets of one-time codes during a rotation",
);
const WEBAUTHN_RP_ID: Variable = Variable::new(
    "WEBAUTHN_RP_ID",
    Default::Described("the host of `JWT_ISSUER`"),
    "the host of JWT_ISSUER, or a parent domain of it that contains a dot",
    "RP ID of passkeys: the host of `JWT_ISSUER`, or a parent domain of it that contains a dot. Passkeys are bound to it: after a change, \
     no existing passkey can be used any more",
);

/// The variables of this section.
pub(super) const VARIABLES: &[&Variable] = &[
    &MFA_POLICY,
    &AWS_MFA_TRUSTED,
    &FACTOR_KEY,
    &FACTOR_KEY_PREVIOUS,
    &WEBAUTHN_RP_ID,
];

impl FactorsConfig {
    pub(super) fn read(read: &mut Reader<'_>, issuer: &str) -> Self {
        let key = read.optional(&FACTOR_KEY, key_text);
        let key_previous = read.optional(&FACTOR_KEY_PREVIOUS, key_text);
        let host = host_of(issuer);
        let rp_id = read.optional(&WEBAUTHN_RP_ID, |text| rp_id(text, host));
        Self {
            policy: read.or_default(&MFA_POLICY, |text| match text {
                "optional" => Some(MfaPolicy::Optional),
                "admins" => Some(MfaPolicy::Admins),
                "required" => Some(MfaPolicy::Required),
                _ => None,
            }),
            is_aws_trusted: read.or_default(&AWS_MFA_TRUSTED, |text| match text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            }),
            key,
            key_previous,
            rp_id: rp_id.unwrap_or_else(|| host.to_owned()),
        }
    }
}

fn host_of(issuer: &str) -> &str {
    let authority = issuer.split_once("://").map_or("", |(_, rest)| rest);
    split_port(authority).map_or("", |(host, _)| host)
}

/// An RP ID that browsers accept for an origin with this host. They also refuse public suffixes, whose list the service does not have.
fn rp_id(text: &str, host: &str) -> Option<String> {
    let parent_of = |child: &str| {
        child
            .strip_suffix(text)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    let is_parent = is_name(text) && parent_of(host) && (text.contains('.') || text == "localhost");
    (text == host || is_parent).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rp_id_is_the_host_or_a_parent_domain() {
        for (text, host, is_accepted) in [
            ("auth.example.com", "auth.example.com", true),
            ("example.com", "auth.example.com", true),
            ("localhost", "localhost", true),
            ("localhost", "auth.localhost", true),
            ("com", "auth.example.com", false),
            ("h.example.com", "auth.example.com", false),
            ("uth.example.com", "auth.example.com", false),
            ("ample.com", "auth.example.com", false),
            ("", "auth.example.com", false),
            (".example.com", "auth.example.com", false),
            ("Example.com", "auth.example.com", false),
            ("other.example", "auth.example.com", false),
            ("a.auth.example.com", "auth.example.com", false),
        ] {
            let found = rp_id(text, host);
            assert_eq!(found.is_some(), is_accepted, "{text} for {host}");
        }
    }

    #[test]
    fn policy_demands_a_factor_of_its_roles() {
        for (policy, user, admin) in [
            (MfaPolicy::Optional, false, false),
            (MfaPolicy::Admins, false, true),
            (MfaPolicy::Required, true, true),
        ] {
            assert_eq!(policy.demands(Role::User), user);
            assert_eq!(policy.demands(Role::Admin), admin);
            assert_eq!(policy.demands(Role::SuperAdmin), admin);
        }
    }
}
