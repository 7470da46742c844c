//! Somebody about to be added, checked by the Worker's own rules.

use crate::arguments::NewPerson;
use edge_auth::aws::partition::Region;
use edge_auth::domain::names::{self, Email, Username};
use edge_auth::domain::role::Role;

/// A password user.
pub struct Person {
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

impl Person {
    /// Checks what was typed. The person has no password yet.
    ///
    /// # Errors
    /// A sentence that names the option and what it takes.
    pub fn new(typed: &NewPerson, id: String) -> Result<Self, String> {
        let username =
            names::canonical(&typed.username).map_err(|rule| refused("username", rule))?;
        let name = match &typed.name {
            Some(name) => names::text(name).map_err(|rule| refused("name", rule))?,
            None => names::full_name_from(username.as_str()),
        };
        let text = |option, given: &Option<String>| {
            let checked = given.as_deref().map(names::text).transpose();
            checked.map_err(|rule| refused(option, rule))
        };
        Ok(Self {
            id,
            skeleton: names::skeleton(&username),
            username,
            email: names::email(&typed.email).map_err(|rule| refused("email", rule))?,
            name,
            organization: text("organization", &typed.organization)?,
            aws_region: typed.aws_region.as_deref().map(region).transpose()?,
            role: typed.role.unwrap_or(Role::User),
            password_hash: None,
        })
    }
}

/// The name of a region, as AWS writes it.
fn region(typed: &str) -> Result<String, String> {
    let region = Region::parse(&typed.trim().to_ascii_lowercase());
    let region = region.map(|region| region.as_str().to_owned());
    region.ok_or_else(|| {
        format!("--aws-region is not accepted: `{typed}` is not an AWS region such as eu-north-1.")
    })
}

fn refused(option: &str, rule: names::NameError) -> String {
    format!("--{option} is not accepted: {rule}.")
}
