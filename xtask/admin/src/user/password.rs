//! A password from standard input, validated and hashed as the Worker does.

use crate::{password_input, random, settings};
use anyhow::{Context as _, Result, anyhow};
use cli::Target;
use edge_auth::crypto::password::{self, Peppers};
use edge_auth::domain::password_policy::{self, OwnNames};
use uuid::Uuid;

/// Default of `PASSWORD_MIN_LENGTH`.
const MIN_LENGTH: usize = 15;

/// Reads a password and returns its hash, which is bound to the id of the user.
///
/// # Errors
/// A password that the policy refuses, or an invalid configuration.
pub fn hash_from_stdin(target: &Target, user: &str, own: &OwnNames<'_>) -> Result<String> {
    let user = Uuid::try_parse(user).context("the id of the user is not a UUID")?;
    let text = password_input::read()?;
    let minimum = match settings::variable(target, "PASSWORD_MIN_LENGTH")? {
        None => MIN_LENGTH,
        Some(number) => number
            .parse()
            .with_context(|| format!("PASSWORD_MIN_LENGTH is not a number: {number}"))?,
    };
    let password =
        password_policy::check(&text, minimum, own).map_err(|error| anyhow!("{error}"))?;
    let pepper = settings::key("PASSWORD_PEPPER")?.context(
        ".dev.vars does not set PASSWORD_PEPPER; `cargo dev` writes the file if it is missing",
    )?;
    let peppers = Peppers::new(pepper, None);
    password::hash(&password, user, random::bytes()?, &peppers).map_err(|error| anyhow!("{error}"))
}
