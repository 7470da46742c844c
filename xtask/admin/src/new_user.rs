//! A user to be added, validated by the Worker's rules.

use anyhow::{Context as _, Error, Result, anyhow};
use edge_auth::aws::region::Region;
use edge_auth::domain::names::{self, Email, NameError, Username};
use edge_auth::domain::role::Role;

/// A user who signs in with a password.
pub struct NewUser {
    pub id: String,
    pub username: Username,
    pub skeleton: String,
    pub email: Email,
    pub name: String,
    pub organization: Option<String>,
    pub aws_region: Option<String>,
    pub role: Role,
    pub password_hash: Option<String>,
}

impl NewUser {
    /// Validates the arguments. The user has no password yet.
    ///
    /// # Errors
    /// Names the option and the rule.
    pub fn new(args: &cli::NewUser, id: String) -> Result<Self> {
        let username =
            names::canonical(&args.username).map_err(|rule| invalid("username", rule))?;
        let name = match &args.name {
            Some(name) => names::text(name).map_err(|rule| invalid("name", rule))?,
            None => names::full_name_from(username.as_str()),
        };
        let organization = args.organization.as_deref().map(names::text).transpose();
        Ok(Self {
            id,
            skeleton: names::skeleton(&username),
            username,
            email: names::email(&args.email).map_err(|rule| invalid("email", rule))?,
            name,
            organization: organization.map_err(|rule| invalid("organization", rule))?,
            aws_region: args.aws_region.as_deref().map(region).transpose()?,
            role: role(args.role)?,
            password_hash: None,
        })
    }
}

/// The Worker's role of this name.
///
/// # Errors
/// A role that the Worker does not know. A test shows that there is none.
pub fn role(role: cli::Role) -> Result<Role> {
    Role::parse(role.as_str()).with_context(|| format!("unknown role {}", role.as_str()))
}

fn region(text: &str) -> Result<String> {
    Region::parse(&text.trim().to_ascii_lowercase())
        .map(|region| region.as_str().to_owned())
        .ok_or_else(|| {
            anyhow!("invalid --aws-region: '{text}' is not an AWS region such as eu-north-1")
        })
}

fn invalid(option: &str, rule: NameError) -> Error {
    anyhow!("invalid --{option}: {rule}")
}

#[cfg(test)]
mod tests {
    use super::{NewUser, Role, role};
    use clap::ValueEnum as _;

    fn args(username: &str, email: &str) -> cli::NewUser {
        cli::NewUser {
            username: username.into(),
            email: email.into(),
            ..Default::default()
        }
    }

    #[test]
    fn roles_of_the_command_line_are_those_of_the_worker() {
        for arg in cli::Role::value_variants() {
            assert_eq!(role(*arg).unwrap().as_str(), arg.as_str());
        }
    }

    #[test]
    fn arguments_are_validated_by_the_rules_of_sign_in() {
        let user = NewUser::new(&args("John.Doe", "J@x.de"), String::new()).unwrap();
        assert_eq!(
            (user.username.as_str(), user.name.as_str()),
            ("john.doe", "John Doe")
        );
        assert_eq!(user.role, Role::User);
        let with_name = cli::NewUser {
            name: Some("a\nb".to_owned()),
            ..args("john", "j@x.de")
        };
        for (args, option) in [
            (args("john doe", "j@x.de"), "invalid --username: "),
            (args("john", "x.de"), "invalid --email: "),
            (with_name, "invalid --name: "),
        ] {
            let error = NewUser::new(&args, String::new())
                .err()
                .unwrap()
                .to_string();
            assert!(error.starts_with(option), "{error}");
        }
    }

    #[test]
    fn aws_region_is_validated_and_stored_in_lower_case() {
        let region = |region: &str| {
            let args = cli::NewUser {
                aws_region: Some(region.to_owned()),
                ..args("john", "j@x.de")
            };
            NewUser::new(&args, String::new()).map(|user| user.aws_region)
        };
        assert_eq!(
            region(" EU-North-1 ").unwrap().as_deref(),
            Some("eu-north-1")
        );
        let error = region("mars-1").unwrap_err().to_string();
        assert!(
            error.starts_with("invalid --aws-region: 'mars-1'"),
            "{error}"
        );
    }
}
