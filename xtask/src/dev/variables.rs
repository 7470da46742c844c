//! The variables that `cargo dev` passes to the Worker; they override those of `.dev.vars` and `wrangler.toml`.

use super::aws::for_development;
use super::options::Options;
use crate::{terminal, workspace};
use anyhow::Result;

/// `NAME:value` for each, as `wrangler dev --var` takes it.
pub fn for_wrangler(options: &Options) -> Result<Vec<String>> {
    let (secrets, manifest) = (
        workspace::read(".dev.vars")?,
        workspace::read("wrangler.toml")?,
    );
    if let Some(warning) = issuer_warning(options, &secrets) {
        terminal::note(warning);
    }
    Ok(variables(options, &secrets, for_development(&manifest)))
}

/// A warning if `.dev.vars` sets an issuer with another port. Tokens name the issuer, and AWS proofs are signed for it,
/// so clients that compare it with their URL would refuse them.
fn issuer_warning(options: &Options, secrets: &str) -> Option<String> {
    let issuer = workspace::variable(secrets, "JWT_ISSUER")?;
    let (_, authority) = issuer.split_once("://")?;
    let port = match authority.rsplit_once(':') {
        Some((_, port)) => port,
        None if issuer.starts_with("https:") => "443",
        None => "80",
    };
    (port != options.port.to_string()).then(|| {
        format!(
            "warning: JWT_ISSUER in .dev.vars is {issuer}, but the Worker listens on port {}",
            options.port
        )
    })
}

fn variables(options: &Options, secrets: &str, manifest: &str) -> Vec<String> {
    let mut variables = Vec::new();
    if workspace::variable(secrets, "JWT_ISSUER").is_none() {
        variables.push(format!("JWT_ISSUER:{}", options.address()));
    }
    if !options.allow_origins.is_empty() {
        let name = "ALLOWED_ORIGINS";
        let set =
            workspace::variable(secrets, name).or_else(|| workspace::variable(manifest, name));
        let given = options.allow_origins.iter().map(String::as_str);
        let origins: Vec<&str> = set.into_iter().chain(given).collect();
        variables.push(format!("{name}:{}", origins.join(",")));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::{issuer_warning, variables};
    use crate::dev::options::{Options, tests};

    fn options(args: &[&str]) -> Options {
        tests::options(args).expect("options")
    }

    #[test]
    fn issuer_with_another_port_is_a_warning() {
        let options = options(&["--port", "9000"]);
        for (secrets, is_warning) in [
            ("JWT_ISSUER=http://localhost:8787", true),
            ("JWT_ISSUER=https://auth.example.com", true),
            ("JWT_ISSUER=http://localhost:9000", false),
            ("", false),
        ] {
            let warning = issuer_warning(&options, secrets);
            assert_eq!(warning.is_some(), is_warning, "{secrets}: {warning:?}");
        }
    }

    #[test]
    fn issuer_is_localhost_with_the_port_in_use_unless_dev_vars_sets_it() {
        let options = options(&["--port", "9000"]);
        let manifest = "JWT_ISSUER = \"http://localhost:8787\"";
        assert_eq!(
            variables(&options, "", manifest),
            ["JWT_ISSUER:http://localhost:9000"]
        );
        let own = "JWT_ISSUER=http://auth.localhost:9000";
        assert!(variables(&options, own, manifest).is_empty());
    }

    #[test]
    fn allowed_origins_are_added_to_those_that_are_set() {
        let options = options(&["--allow-origin=http://a:1", "--allow-origin=http://b:2"]);
        for (secrets, manifest, expected) in [
            ("", "ALLOWED_ORIGINS = \"\"", "http://a:1,http://b:2"),
            (
                "",
                "ALLOWED_ORIGINS = \"https://c\"",
                "https://c,http://a:1,http://b:2",
            ),
            (
                "ALLOWED_ORIGINS=https://d, https://e",
                "ALLOWED_ORIGINS = \"https://c\"",
                "https://d, https://e,http://a:1,http://b:2",
            ),
        ] {
            let variables = variables(&options, secrets, manifest);
            assert_eq!(variables[1..], [format!("ALLOWED_ORIGINS:{expected}")]);
        }
    }
}
