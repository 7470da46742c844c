//! The principals that STS names, read strictly, and the patterns of `AWS_LOGIN_ARNS` that allow some of them.
//!
//! Out of scope: principals whose name its bearer chose freely (`federated-user`) and everything that is no principal.

use super::partition::Partition;

/// Roles that Identity Center makes for its permission sets are called this, then the set's name, `_` and 16 hex digits.
const RESERVED: &str = "AWSReservedSSO_";
/// Longer ones are refused unread (IAM's own limit for an ARN).
const LONGEST: usize = 2_048;

/// A principal's ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// Where its account is.
    pub partition: Partition,
    /// Twelve digits.
    pub account: String,
    /// Who in that account.
    pub principal: Principal,
}

/// Who in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account's root.
    Root,
    /// An IAM user.
    User {
        /// `/`, or more parts, each closed by `/`.
        path: String,
        /// Unique in the account.
        name: String,
    },
    /// A session of a role. STS leaves the role's path out.
    AssumedRole {
        /// Unique in the account.
        role: String,
        /// For a role of Identity Center the user name, else whatever its caller chose.
        session: String,
    },
}

impl Arn {
    /// Reads an ARN as STS's `GetCallerIdentity` tells it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (partition, service, account, resource) = split(text)?;
        let principal = match (service, resource.split_once('/')) {
            ("iam", None) if resource == "root" => Principal::Root,
            ("iam", Some(("user", user))) => {
                let (path, name) = path_and_name(user)?;
                Principal::User { path, name }
            }
            ("sts", Some(("assumed-role", session))) => {
                let (role, session) = session.split_once('/')?;
                if !is_name(role) || !is_user_name(session) {
                    return None;
                }
                Principal::AssumedRole {
                    role: role.to_owned(),
                    session: session.to_owned(),
                }
            }
            _ => return None,
        };
        Some(Self {
            partition,
            account: account.to_owned(),
            principal,
        })
    }

    /// Permission set and user name, if this is a session that Identity Center gave.
    #[must_use]
    pub fn signed_in(&self) -> Option<(&str, &str)> {
        let Principal::AssumedRole { role, session } = &self.principal else {
            return None;
        };
        let (set, suffix) = role.strip_prefix(RESERVED)?.rsplit_once('_')?;
        let is_suffix = suffix.len() == 16
            && suffix
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (is_suffix && is_permission_set(set)).then_some((set, session.as_str()))
    }
}

/// What a line of `AWS_LOGIN_ARNS` allows: one IAM user, or one role by whoever may assume it.
///
/// `arn:aws:iam::ACCOUNT:user/PATH/NAME` · `arn:aws:iam::ACCOUNT:role/PATH/NAME` ·
/// `arn:aws:sts::ACCOUNT:assumed-role/NAME/*`. The last two mean the same; a session's name is its caller's choice, so
/// only `*` can stand for it, and nowhere else is a wildcard read.
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
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever configures it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (partition, service, account, resource) =
            split(text).ok_or("is not an ARN of a principal with an account of twelve digits")?;
        let target = match (service, resource.split_once('/')) {
            ("iam", Some(("user", user))) => {
                let (path, name) = path_and_name(user)
                    .ok_or("names no single IAM user (wildcards are not read)")?;
                Target::User { path, name }
            }
            ("iam", Some(("role", role))) => {
                let (_, name) =
                    path_and_name(role).ok_or("names no single role (wildcards are not read)")?;
                Target::Role(name)
            }
            ("sts", Some(("assumed-role", session))) => match session.split_once('/') {
                Some((role, "*")) if is_name(role) => Target::Role(role.to_owned()),
                Some((role, _)) if is_name(role) => {
                    return Err("must end in /*: a session's name is chosen by its caller");
                }
                _ => return Err("names no single role (wildcards are not read)"),
            },
            _ => return Err("is neither an IAM user nor a role"),
        };
        Ok(Self {
            partition,
            account: account.to_owned(),
            target,
        })
    }

    /// True if it allows this principal.
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

/// True for twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// True for a name that a permission set can have: `[\w+=,.@-]{1,32}` (botocore's model of `sso-admin`).
#[must_use]
pub fn is_permission_set(text: &str) -> bool {
    is_name(text) && text.len() <= 32
}

/// Partition, service, account, resource; the region of a principal is empty.
fn split(text: &str) -> Option<(Partition, &str, &str, &str)> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    let ("arn", partition, service, "", account, resource) =
        (next()?, next()?, next()?, next()?, next()?, next()?)
    else {
        return None;
    };
    is_account(account).then_some((Partition::parse(partition)?, service, account, resource))
}

/// IAM's names of users and roles: `[\w+=,.@-]{1,64}`.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// IAM's paths: visible ASCII between slashes.
fn path_and_name(text: &str) -> Option<(String, String)> {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let is_path = path.len() <= 510
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"*?".contains(&byte));
    let path = if path.is_empty() {
        "/".to_owned()
    } else {
        format!("/{path}/")
    };
    (is_path && is_name(name)).then(|| (path, name.to_owned()))
}

/// The directory's user names: 1 to 128 of `[\p{L}\p{M}\p{S}\p{N}\p{P}]` (botocore's model of `identitystore`). That
/// leaves out separators and the invisible; `:`, `/` and `*` are in.
fn is_user_name(text: &str) -> bool {
    text.chars().count() <= 128 && !text.is_empty() && text.chars().all(is_user_name_character)
}

fn is_user_name_character(character: char) -> bool {
    let is_format = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    let is_private = matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    !(character.is_control() || character.is_whitespace() || is_format || is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef";

    fn session(role: &str, session: &str) -> String {
        format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}")
    }

    #[test]
    fn people_of_identity_center_are_recognised() {
        for (set, user) in [
            ("AdministratorAccess", "john.doe"),
            ("Read_Only_2", "jane"),
            ("_", "x"),
            ("a_0123456789abcdef", "x"),
            ("P+w=r,u.s@r-x", "someone@example.com"),
            ("Dev", "zoë"),
            ("Dev", "田中"),
            ("Dev", "a/b:c*d#e?f%g&h\"i<j>"),
            ("Dev", "::"),
            ("Dev", "/"),
            ("Dev", "e\u{301}😀"),
            ("Dev", &"ü".repeat(128)),
        ] {
            let text = session(&format!("AWSReservedSSO_{set}_{HEX}"), user);
            let arn = Arn::parse(&text).unwrap();
            assert_eq!(arn.signed_in(), Some((set, user)), "{text}");
        }
        for (partition, parsed) in [
            ("aws-cn", Partition::China),
            ("aws-us-gov", Partition::GovCloud),
            ("aws-eusc", Partition::EuropeanSovereign),
        ] {
            let text = session("R", "s").replace(":aws:", &format!(":{partition}:"));
            assert_eq!(Arn::parse(&text).unwrap().partition, parsed);
        }
    }

    #[test]
    fn other_sessions_are_not_from_identity_center() {
        for role in [
            "Admin",
            "AWSReservedSSO_",
            "AWSReservedSSO_Admin",
            "AWSReservedSSO__0123456789abcdef",
            "AWSReservedSSO_Admin_0123456789ABCDEF",
            "AWSReservedSSO_Admin_0123456789abcde",
            "AWSReservedSSO_Admin_0123456789abcdef0",
            "AWSReservedSSO_Admin_0123456789abcdeg",
            "AWSReservedSSO_Admin-0123456789abcdef",
            "awsreservedsso_Admin_0123456789abcdef",
            "xAWSReservedSSO_Admin_0123456789abcdef",
        ] {
            let arn = Arn::parse(&session(role, "john")).unwrap();
            assert_eq!(arn.signed_in(), None, "{role}");
        }
        // A caller-chosen session name that looks like a reserved role stays a session name.
        let arn = Arn::parse(&session("Own", &format!("AWSReservedSSO_Admin_{HEX}/root"))).unwrap();
        assert_eq!(arn.signed_in(), None);
        for text in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:user/AWSReservedSSO_A",
        ] {
            assert_eq!(Arn::parse(text).unwrap().signed_in(), None);
        }
    }

    #[test]
    fn pathological_arns_are_refused() {
        let long = session("Role", &"x".repeat(129));
        let longer = session("Role", &"x".repeat(3_000));
        for text in [
            "",
            "arn",
            ":::::",
            "arn:aws:sts::123456789012",
            "arn:aws:sts::123456789012:",
            "arn:aws:sts::123456789012:assumed-role",
            "arn:aws:sts::123456789012:assumed-role/",
            "arn:aws:sts::123456789012:assumed-role/Role",
            "arn:aws:sts::123456789012:assumed-role/Role/",
            "arn:aws:sts::123456789012:assumed-role//session",
            "arn:aws:sts::123456789012:assumed-role/Ro le/session",
            "arn:aws:sts::123456789012:assumed-role/Röle/session",
            "arn:aws:sts::123456789012:assumed-role/Ro:le/session",
            "arn:aws:sts::123456789012:assumed-role/Role/a b",
            "arn:aws:sts::123456789012:assumed-role/Role/a\u{0}b",
            "arn:aws:sts::123456789012:assumed-role/Role/a\r\nb",
            "arn:aws:sts::123456789012:assumed-role/Role/a\u{202e}b",
            "arn:aws:sts::123456789012:assumed-role/Role/a\u{200b}b",
            "arn:aws:sts::123456789012:assumed-role/Role/a\u{e000}b",
            "arn:aws:sts::123456789012:Assumed-Role/Role/session",
            "arn:aws:sts::123456789012:assumed-role:Role:session",
            "arn:aws:sts:us-east-1:123456789012:assumed-role/Role/session",
            "arn:aws:sts::12345678901:assumed-role/Role/session",
            "arn:aws:sts::1234567890123:assumed-role/Role/session",
            "arn:aws:sts::12345678901x:assumed-role/Role/session",
            "arn:aws:sts::١٢٣٤٥٦٧٨٩٠١٢:assumed-role/Role/session",
            "arn:aws:sts:::assumed-role/Role/session",
            "arn:aws:iam::123456789012:assumed-role/Role/session",
            "arn:aws:iam::123456789012:role/Role",
            "arn:aws:sts::123456789012:federated-user/name",
            "arn:aws:sts::123456789012:user/name",
            "arn:aws:iam::123456789012:user",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:user/path/",
            "arn:aws:iam::123456789012:user/pa th/name",
            "arn:aws:iam::123456789012:user/na*me",
            "arn:aws:iam::123456789012:root/",
            "arn:aws:iam::123456789012:root/x",
            "arn:aws:sts::123456789012:root",
            "arn:aws:iam::aws:user/name",
            "arn:aws-iso:sts::123456789012:assumed-role/Role/session",
            "arn:AWS:sts::123456789012:assumed-role/Role/session",
            "arn::sts::123456789012:assumed-role/Role/session",
            "ARN:aws:sts::123456789012:assumed-role/Role/session",
            " arn:aws:sts::123456789012:assumed-role/Role/session",
            "arn:aws:sts::123456789012:assumed-role/Role/session\n",
            "arn:aws:s3:::bucket/key",
            &long,
            &longer,
        ] {
            assert_eq!(Arn::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn patterns_allow_one_user_or_one_role() {
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
    fn patterns_that_allow_more_or_nothing_are_refused() {
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
