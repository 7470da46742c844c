//! ARNs of the principals that STS returns. `federated-user` is not accepted, because its caller chose the name.

use super::region::Partition;

/// Prefix of the roles that Identity Center creates for permission sets. The name of the permission set, `_` and 16
/// hexadecimal digits follow.
const SSO_ROLE_PREFIX: &str = "AWSReservedSSO_";

/// Maximum length of an ARN in IAM.
const MAX_ARN_BYTES: usize = 2_048;

/// The ARN of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// Partition of the account.
    pub partition: Partition,
    /// Account ID: twelve digits.
    pub account: String,
    /// The principal in the account.
    pub principal: Principal,
}

/// A principal in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user of the account.
    Root,
    /// An IAM user.
    User {
        /// Path: starts and ends with `/`.
        path: String,
        /// Name, unique in the account.
        name: String,
    },
    /// A session of a role. STS leaves out the path of the role.
    AssumedRole {
        /// Name of the role, unique in the account.
        role: String,
        /// Session name: for a role of Identity Center the user name, otherwise chosen by the caller of `AssumeRole`.
        session: String,
    },
}

impl Arn {
    /// Parses an ARN as `GetCallerIdentity` returns it.
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

    /// Returns permission set and user name if the session is one of Identity Center.
    #[must_use]
    pub fn sso_user(&self) -> Option<(&str, &str)> {
        let Principal::AssumedRole { role, session } = &self.principal else {
            return None;
        };
        let (set, suffix) = role.strip_prefix(SSO_ROLE_PREFIX)?.rsplit_once('_')?;
        let is_suffix = suffix.len() == 16
            && suffix
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (is_suffix && is_permission_set(set)).then_some((set, session.as_str()))
    }
}

/// True for an account ID: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// True for the name of a permission set: `[\w+=,.@-]{1,32}` (`sso-admin` model of botocore).
#[must_use]
pub fn is_permission_set(text: &str) -> bool {
    is_name(text) && text.len() <= 32
}

/// Splits the ARN of a principal into partition, service, account and resource. Its region is empty.
pub(super) fn split(text: &str) -> Option<(Partition, &str, &str, &str)> {
    if text.len() > MAX_ARN_BYTES {
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

/// True for the name of an IAM user or role: `[\w+=,.@-]{1,64}`.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Splits an IAM path and name. A path consists of visible ASCII characters.
pub(super) fn path_and_name(text: &str) -> Option<(String, String)> {
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

/// True for a user name of the directory: 1 to 128 of `[\p{L}\p{M}\p{S}\p{N}\p{P}]` (`identitystore` model of botocore). This
/// excludes separators and invisible characters and includes `:`, `/` and `*`.
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
    fn session_of_a_permission_set_is_an_sso_user() {
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
            assert_eq!(arn.sso_user(), Some((set, user)), "{text}");
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
    fn session_of_another_role_is_not_an_sso_user() {
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
            assert_eq!(arn.sso_user(), None, "{role}");
        }
        // A caller-chosen session name that looks like a reserved role stays a session name.
        let arn = Arn::parse(&session("Own", &format!("AWSReservedSSO_Admin_{HEX}/root"))).unwrap();
        assert_eq!(arn.sso_user(), None);
        for text in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:user/AWSReservedSSO_A",
        ] {
            assert_eq!(Arn::parse(text).unwrap().sso_user(), None);
        }
    }

    #[test]
    fn malformed_arn_is_not_parsed() {
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
}
