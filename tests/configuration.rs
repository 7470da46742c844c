//! Checks that the reference of the configuration matches the sections of `src/config`. To regenerate it after a change, run
//! `WRITE_CONFIGURATION=1 cargo test --test configuration`.

use edge_auth::config::{Default, SECTIONS, Variable};
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/docs/reference/configuration.md"
);

/// The page up to its first table.
const HEAD: &str = "\
# Configuration

Set variables in `wrangler.toml`: in `[env.production.vars]` for the deployed service, and in `[vars]` for `cargo dev`. Set secrets
(S) as Worker secrets, and in `.dev.vars` for `cargo dev`. An isolate checks all of them at its first
request. If a value is invalid, the log names the variable, `cargo dev` prints it, and clients get 503. An empty value counts as
absent. An unknown variable whose name begins with `SESSION_`, `JWT_`, `AWS_`, `TOKEN_`, `TOKENS_`, `REFRESH_`, `PASSWORD_`,
`AUDIT_`, `HANDLE_`, `EMAIL_`, `BRAND_`, `MFA_`, `FACTOR_`, `WEBAUTHN_` or `OAUTH_` is an error, so that misspelled and outdated names are noticed. Restart `cargo dev` after a
change of `.dev.vars` or `wrangler.toml`.

Secrets that are equal to another one, or that have fewer than 8 different bytes, are refused. To replace a secret, see
[Keep and rotate secrets](../operations/rotate-secrets.md).
";

fn row(variable: &Variable) -> String {
    let secret = if variable.is_secret { " S" } else { "" };
    let default = match variable.default {
        Default::Required => "required".to_owned(),
        Default::None => "none".to_owned(),
        Default::Text(text) => format!("`{text}`"),
        Default::Described(text) => text.to_owned(),
    };
    let (name, meaning) = (variable.name, variable.meaning);
    format!("| `{name}`{secret} | {meaning} | {default} |")
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (title, variables) in SECTIONS {
        write!(
            page,
            "\n## {title}\n\n| name | meaning | default |\n|---|---|---|\n"
        )
        .expect("text");
        for variable in variables {
            writeln!(page, "{}", row(variable)).expect("text");
        }
    }
    page
}

#[test]
fn reference_lists_every_variable_with_its_default() {
    let page = page();
    if std::env::var_os("WRITE_CONFIGURATION").is_some() {
        fs::write(FILE, &page).expect("configuration.md is writable");
    }
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(
        committed, page,
        "run WRITE_CONFIGURATION=1 cargo test --test configuration"
    );
}

#[test]
fn variable_names_are_distinct() {
    let mut names: Vec<&str> = SECTIONS
        .iter()
        .flat_map(|(_, variables)| variables.iter().map(|variable| variable.name))
        .collect();
    let count = names.len();
    assert!(count > 30, "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
