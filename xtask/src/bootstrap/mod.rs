//! `cargo xtask bootstrap`: a one-time link with which the first super administrator is created.

mod secret;
mod settings;
mod target;
mod wrangler;

pub use secret::Secret;
pub use target::Target;

use crate::terminal;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// Print a one-time link with which the first super administrator is created
///
/// The link can be used once, within one hour, and only while the service has no active super administrator. It leads to a page of the
/// service. The database stores only the hash of its secret.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    /// URL of the service, such as https://auth.example.com [default: JWT_ISSUER of wrangler.toml, or the address of
    /// `cargo dev`]
    #[arg(long)]
    url: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Adds a secret to the database of the target and prints the link.
pub fn run(options: &Options) -> Result<()> {
    let origin = match &options.url {
        Some(url) => cli::origin(url)?,
        None => settings::address(&options.target)?,
    };
    let secret = Secret::new()?;
    let output = wrangler::execute(&options.target, &secret.unless_there_is_a_super_admin())?;
    let is_added = is_added(&output).context("wrangler printed no result")?;
    if !is_added {
        bail!("there is an active super administrator; to add others, use `cargo xtask user add`");
    }
    terminal::print(if options.json {
        json!({ "link": link(&origin, &secret), "secret": secret.reveal() }).to_string()
    } else {
        instructions(&origin, &secret)
    })
}

/// Whether the last statement of [`Secret`]'s SQL found the secret, in the output of wrangler.
pub fn is_added(output: &str) -> Option<bool> {
    let results: Value = serde_json::from_str(output).ok()?;
    let last = results.as_array()?.last()?;
    last["results"][0]["is_added"]
        .as_u64()
        .map(|found| found == 1)
}

fn link(origin: &str, secret: &Secret) -> String {
    format!("{origin}/bootstrap#token={}", secret.reveal())
}

fn instructions(origin: &str, secret: &Secret) -> String {
    format!(
        "Create the first super administrator on this page. The link can be used once, within one hour:\n\n  {}",
        link(origin, secret),
    )
}

#[cfg(test)]
mod tests {
    use super::{Secret, instructions, is_added};

    #[test]
    fn instructions_are_the_link_and_no_command() {
        let secret = Secret::of("abc");
        let text = instructions("https://auth.example.com", &secret);
        assert!(text.ends_with("\n\n  https://auth.example.com/bootstrap#token=abc"));
        // Other users of the machine can read the arguments of a program.
        assert!(!text.contains("curl") && text.matches("abc").count() == 1);
        assert!(!text.contains(&secret.hash()));
    }

    #[test]
    fn result_is_that_of_the_last_statement() {
        let output = |last: &str| format!(r#"[{{"results":[]}},{{"results":[{last}]}}]"#);
        assert_eq!(is_added(&output(r#"{"is_added":1}"#)), Some(true));
        assert_eq!(is_added(&output(r#"{"is_added":0}"#)), Some(false));
        for text in ["", "[]", "{}", &output("")] {
            assert_eq!(is_added(text), None, "{text}");
        }
    }
}
