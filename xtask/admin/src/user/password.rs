//! A password from standard input, validated and hashed as the Worker does.

use crate::{password_input, random, settings};
use anyhow::{Context as _, Result, anyhow};
use cli::Target;
use edge_auth::crypto::password::{self, Peppers};
use edge_auth::domain::password_policy::{self, OwnNames};

/// Default of `PASSWORD_MIN_LENGTH`.
const MIN_LENGTH: usize = 15;

/// Reads a password and returns its hash.
///
/// # Errors
/// A password that the policy refuses, or an invalid configuration.
pub fn hash_from_stdin(target: &Target, own: &OwnNames<'_>) -> Result<String> {
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
    password::hash(&password, random::bytes()?, &Peppers::new(pepper, None))
        .map_err(|error| anyhow!("{error}"))
}
