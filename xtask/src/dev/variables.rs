//! The variables that `cargo dev` passes to the Worker; they override those of `.dev.vars` and `wrangler.toml`.

use super::{aws::for_development, dev_vars, options::Options};
use crate::{clone, failed::Failed};
use std::fs;

/// `NAME:value` for each, as `wrangler dev --var` takes it.
pub fn of(options: &Options) -> Result<Vec<String>, Failed> {
    let read = |name: &str| {
        let path = clone::root().join(name);
        fs::read_to_string(&path).map_err(|error| Failed::file("read", &path, &error))
    };
    let (own, manifest) = (read(".dev.vars")?, read("wrangler.toml")?);
    Ok(given(options, &own, for_development(&manifest)))
}

fn given(options: &Options, own: &str, manifest: &str) -> Vec<String> {
    let mut variables = Vec::new();
    if !dev_vars::is_set(own, "JWT_ISSUER") {
        variables.push(format!("JWT_ISSUER:{}", options.address()));
    }
    if !options.allow_origins.is_empty() {
        let name = "ALLOWED_ORIGINS";
        let set = dev_vars::value(own, name).or_else(|| dev_vars::value(manifest, name));
        let given = options.allow_origins.iter().map(String::as_str);
        let origins: Vec<&str> = set.into_iter().chain(given).collect();
        variables.push(format!("{name}:{}", origins.join(",")));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::given;
    use crate::dev::options::Options;

    fn options(words: &[&str]) -> Options {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words).expect("options")
    }

    #[test]
    fn issuer_is_localhost_with_the_port_in_use_unless_dev_vars_sets_it() {
        let options = options(&["--port", "9000"]);
        let manifest = "JWT_ISSUER = \"http://localhost:8787\"";
        assert_eq!(
            given(&options, "", manifest),
            ["JWT_ISSUER:http://localhost:9000"]
        );
        let own = "JWT_ISSUER=http://auth.localhost:9000";
        assert!(given(&options, own, manifest).is_empty());
    }

    #[test]
    fn allowed_origins_are_added_to_those_that_are_set() {
        let options = options(&["--allow-origin=http://a:1", "--allow-origin=http://b:2"]);
        for (own, manifest, expected) in [
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
            let variables = given(&options, own, manifest);
            assert_eq!(variables[1..], [format!("ALLOWED_ORIGINS:{expected}")]);
        }
    }
}
