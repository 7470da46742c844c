//! Patterns of `AWS_LOGIN_ARNS` for the principals that may sign in with a proof.

use super::arn::{Arn, Principal, is_name, path_and_name, split};
use super::region::Partition;

/// The principals that an entry of `AWS_LOGIN_ARNS` allows: one IAM user, or all sessions of one role.
///
/// `arn:aws:iam::ACCOUNT:user/PATH/NAME`, `arn:aws:iam::ACCOUNT:role/PATH/NAME` or
/// `arn:aws:sts::ACCOUNT:assumed-role/NAME/*`. The last two mean the same. The session name must be `*`, because its caller
/// chose it; other wildcards are not supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern {
    partition: Partition,
    account: String,
    target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    User { path: String, name: String },
    Role(String),
}

impl ArnPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// The error, as the end of a sentence about the entry.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (partition, service, account, resource) =
            split(text).ok_or("is not an ARN of a principal with an account of twelve digits")?;
        let target = match (service, resource.split_once('/')) {
            ("iam", Some(("user", user))) => {
                let (path, name) = path_and_name(user)
                    .ok_or("does not name a single IAM user (wildcards are not supported)")?;
                Target::User { path, name }
            }
            ("iam", Some(("role", role))) => {
                let (_, name) = path_and_name(role)
                    .ok_or("does not name a single role (wildcards are not supported)")?;
                Target::Role(name)
            }
            ("sts", Some(("assumed-role", session))) => match session.split_once('/') {
                Some((role, "*")) if is_name(role) => Target::Role(role.to_owned()),
                Some((role, _)) if is_name(role) => {
                    return Err("must end in /*, because the caller chooses the session name");
                }
                _ => return Err("does not name a single role (wildcards are not supported)"),
            },
            _ => return Err("is neither an IAM user nor a role"),
        };
        Ok(Self {
            partition,
            account: account.to_owned(),
            target,
        })
    }

    /// True if the pattern matches this principal.
    #[must_use]
    pub fn allows(&self, arn: &Arn) -> bool {
        let is_target = match (&self.target, &arn.principal) {
            (Target::Role(allowed), Principal::AssumedRole { role, .. }) => allowed == role,
            (
                Target::User { path, name },
                Principal::User {
                    path: other_path,
                    name: other_name,
                },
            ) => path == other_path && name == other_name,
            _ => false,
        };
        self.partition == arn.partition && self.account == arn.account && is_target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(role: &str, session: &str) -> String {
        format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}")
    }

    #[test]
    fn pattern_matches_one_user_or_one_role() {
        let arn = |text: &str| Arn::parse(text).unwrap();
        let user = arn("arn:aws:iam::123456789012:user/team/ci");
        let role = arn(&session("Deploy", "anything"));
        for (pattern, of_user, of_role) in [
            ("arn:aws:iam::123456789012:user/team/ci", true, false),
            ("arn:aws:iam::123456789012:user/ci", false, false),
            ("arn:aws:iam::123456789012:user/team/Ci", false, false),
            ("arn:aws:iam::210987654321:user/team/ci", false, false),
            ("arn:aws-cn:iam::123456789012:user/team/ci", false, false),
            (
                "arn:aws:sts::123456789012:assumed-role/Deploy/*",
                false,
                true,
            ),
            ("arn:aws:iam::123456789012:role/Deploy", false, true),
            (
                "arn:aws:iam::123456789012:role/some/path/Deploy",
                false,
                true,
            ),
            ("arn:aws:iam::123456789012:role/Deploy2", false, false),
            (
                "arn:aws:sts::210987654321:assumed-role/Deploy/*",
                false,
                false,
            ),
            (
                "arn:aws-us-gov:sts::123456789012:assumed-role/Deploy/*",
                false,
                false,
            ),
        ] {
            let pattern = ArnPattern::parse(pattern).unwrap();
            assert_eq!(pattern.allows(&user), of_user, "{pattern:?}");
            assert_eq!(pattern.allows(&role), of_role, "{pattern:?}");
            assert!(!pattern.allows(&arn("arn:aws:iam::123456789012:root")));
        }
    }

    #[test]
    fn pattern_with_a_wildcard_or_without_a_principal_is_refused() {
        for text in [
            "*",
            "",
            "arn:aws:iam::*:user/ci",
            "arn:*:iam::123456789012:user/ci",
            "arn:aws:iam::123456789012:user/*",
            "arn:aws:iam::123456789012:user/team/*",
            "arn:aws:iam::123456789012:user/*/ci",
            "arn:aws:iam::123456789012:role/*",
            "arn:aws:iam::123456789012:role/Deploy*",
            "arn:aws:iam::123456789012:*",
            "arn:aws:iam::123456789012:root",
            "arn:aws:sts::123456789012:assumed-role/*/*",
            "arn:aws:sts::123456789012:assumed-role/Dep*/*",
            "arn:aws:sts::123456789012:assumed-role/Deploy",
            "arn:aws:sts::123456789012:assumed-role/Deploy/",
            "arn:aws:sts::123456789012:assumed-role/Deploy/me",
            "arn:aws:sts::123456789012:assumed-role/Deploy/me*",
            "arn:aws:sts::123456789012:assumed-role/Deploy/**",
            "arn:aws:sts::123456789012:federated-user/x",
        ] {
            assert!(ArnPattern::parse(text).is_err(), "{text}");
        }
    }
}
