//! Checks `wrangler.toml` and the workflows for properties of a deployment. It reads them as text and deploys nothing.

use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// All files of `.github/workflows`.
const WORKFLOWS: [&str; 3] = ["ci.yml", "deploy.yml", "weekly.yml"];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The top level of `wrangler.toml`, which is for development, and `[env.production]`.
fn environments() -> (Table, Table) {
    let manifest: Table = read("wrangler.toml").parse().expect("TOML");
    let production = manifest["env"]["production"].as_table().expect("a table");
    (manifest.clone(), production.clone())
}

fn texts<'e>(environment: &'e Table, list: &str, name: &str) -> Vec<&'e str> {
    let entries = environment[list].as_array().expect("a list").iter();
    let text = |entry: &'e Value| entry[name].as_str().expect("a text");
    entries.map(text).collect()
}

#[test]
fn deployment_without_an_environment_touches_nothing_of_production() {
    let (development, production) = environments();
    assert_ne!(development["name"], production["name"]);
    for (list, name) in [
        ("d1_databases", "database_name"),
        ("ratelimits", "namespace_id"),
    ] {
        let (in_development, in_production) = (
            texts(&development, list, name),
            texts(&production, list, name),
        );
        assert_eq!(in_development.len(), in_production.len(), "{list}");
        let shared: Vec<_> = in_development
            .iter()
            .filter(|text| in_production.contains(text))
            .collect();
        assert!(shared.is_empty(), "{list}: {shared:?}");
    }
    // Without an id, wrangler creates one namespace per Worker name.
    for environment in [&development, &production] {
        let namespaces = environment["kv_namespaces"].as_array().expect("a list");
        assert!(
            namespaces
                .iter()
                .all(|namespace| namespace.get("id").is_none())
        );
    }
}

#[test]
fn archive_is_bound_in_development_and_optional_in_production() {
    let (development, production) = environments();
    assert_eq!(texts(&development, "r2_buckets", "binding"), ["ARCHIVE"]);
    // A deployment fails if the account has no R2.
    assert!(production.get("r2_buckets").is_none());
    assert!(
        read("wrangler.toml")
            .contains("\n# [[env.production.r2_buckets]]\n# binding = \"ARCHIVE\"\n")
    );
}

#[test]
fn production_is_reachable_at_a_custom_domain_only() {
    let (development, production) = environments();
    for environment in [&development, &production] {
        assert_eq!(environment["workers_dev"], Value::Boolean(false));
    }
    assert_eq!(development["preview_urls"], Value::Boolean(false));
    // This repository names no domain. A fork that deploys names its own.
    let Some(routes) = production.get("routes") else {
        return;
    };
    for route in routes.as_array().expect("a list") {
        assert_eq!(
            route.get("custom_domain"),
            Some(&Value::Boolean(true)),
            "{route:?}"
        );
    }
}

#[test]
fn issuer_has_a_development_value_and_no_default_in_production() {
    let (development, production) = environments();
    let issuer = |environment: &Table| environment["vars"]["JWT_ISSUER"].clone();
    assert_eq!(issuer(&development), Value::from("http://localhost:8787"));
    assert_eq!(issuer(&production), Value::from(""));
}

#[test]
fn deployment_with_an_empty_issuer_stops_before_the_migrations() {
    let workflow = read(".github/workflows/deploy.yml");
    let place = |text: &str| {
        let place = workflow.find(text);
        place.unwrap_or_else(|| panic!("deploy.yml has no `{text}`"))
    };
    let checked = place("[[ ! $JWT_ISSUER =~ ^https://[a-z0-9.-]+(:[0-9]+)?$ ]]");
    let migrated = place("\n            d1 migrations apply DB --remote --env production\n");
    let deployed =
        place("\n            deploy --env production --var JWT_ISSUER:${{ vars.JWT_ISSUER }}\n");
    assert!(checked < migrated && migrated < deployed);
}

#[test]
fn deployment_needs_ci_of_the_same_commit() {
    let (deploy, ci) = (
        read(".github/workflows/deploy.yml"),
        read(".github/workflows/ci.yml"),
    );
    assert!(deploy.contains("\n  ci:\n    uses: ./.github/workflows/ci.yml\n"));
    assert!(deploy.contains("\n  deploy:\n    needs: ci\n"));
    assert!(ci.contains("\n  workflow_call:\n"));
}

#[test]
fn toolchain_is_exact_and_the_same_everywhere() {
    let file: Table = read("rust-toolchain.toml").parse().expect("TOML");
    let toolchain = &file["toolchain"];
    let channel = toolchain["channel"].as_str().expect("a channel");
    let numbers = channel
        .split('.')
        .filter(|part| part.parse::<u32>().is_ok());
    assert_eq!(numbers.count(), 3, "{channel} moves");
    let package: Table = read("Cargo.toml").parse().expect("TOML");
    let least = package["package"]["rust-version"]
        .as_str()
        .expect("a version");
    assert!(channel.starts_with(least), "{channel} {least}");
    assert_eq!(toolchain["targets"].as_array().expect("targets").len(), 1);
    for workflow in WORKFLOWS {
        let text = read(&format!(".github/workflows/{workflow}"));
        assert!(
            text.contains("run: rustup toolchain install\n"),
            "{workflow}"
        );
        assert!(!text.contains("stable"), "{workflow}");
    }
}

#[test]
fn deployment_uses_the_wrangler_of_package_json() {
    let package: serde_json::Value = serde_json::from_str(&read("package.json")).expect("JSON");
    let version = package["devDependencies"]["wrangler"]
        .as_str()
        .expect("a version");
    let pinned = format!("wranglerVersion: {version}\n");
    assert!(read(".github/workflows/deploy.yml").contains(&pinned));
}

#[test]
fn third_party_clients_and_measurements_run_weekly_and_not_with_the_other_tests() {
    let workflow = read(".github/workflows/weekly.yml");
    // Minute, hour and day of the week; every day of the month and every month.
    assert!(workflow.contains("\n  schedule:\n    - cron: \"17 4 * * 1\"\n"));
    assert!(
        workflow.contains("\n      - run: cargo test-interop\n      - run: cargo test-weekly\n")
    );
    let config: Table = read(".cargo/config.toml").parse().expect("TOML");
    let alias = |name: &str| config["alias"][name].as_str().expect("a text").to_owned();
    assert!(
        alias("test-all")
            .ends_with(" --skip interop::clients:: --skip interop::peers:: --skip weekly::")
    );
    assert!(alias("test-interop").ends_with(" --include-ignored interop::"));
    assert!(alias("test-weekly").ends_with(" --ignored --test-threads 1 weekly::"));
}

#[test]
fn checks_read_every_workflow() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = fs::read_dir(folder).expect("the workflows");
    let name = |file: std::io::Result<fs::DirEntry>| file.expect("a file").file_name();
    let mut names: Vec<_> = files.map(name).collect();
    names.sort();
    assert_eq!(names, WORKFLOWS);
}

#[test]
fn actions_are_pinned_by_commit() {
    for workflow in WORKFLOWS {
        let text = read(&format!(".github/workflows/{workflow}"));
        let used = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in used.filter(|(_, action)| !action.starts_with("./")) {
            let commit = action
                .split_once('@')
                .map(|(_, rest)| rest.split(' ').next());
            let commit = commit.flatten().unwrap_or_default();
            let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hash, "{workflow}: {action}");
        }
    }
}

#[test]
fn worker_responds_to_the_paths_of_pages_and_of_missing_files() {
    let (development, production) = environments();
    for environment in [&development, &production] {
        let assets = environment["assets"].as_table().expect("a table");
        // Without the Worker, a page would have no security headers. A rule that excludes paths from the Worker would also
        // exclude those of missing files, and caches would store their responses with the headers of files.
        let first: Vec<_> = ["/api/*", "/html/*"].map(Value::from).into();
        assert_eq!(assets["run_worker_first"], Value::from(first));
        assert_eq!(assets["html_handling"], Value::from("none"));
        assert_eq!(assets["not_found_handling"], Value::from("none"));
    }
    assert_eq!(development["assets"], production["assets"]);
}
