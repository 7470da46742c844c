//! Requests, valid and invalid, that schemathesis generates from the OpenAPI document. The document also describes the
//! permitted responses.

mod expected;
mod oauth;

use crate::support::aws::{SIMULATOR, keyed};
use crate::support::routes::{self, Route};
use crate::support::services::RESOURCES;
use crate::support::{App, installed};
use std::path::Path;
use std::process::Command;

const CONFIG: &str = include_str!("../../schemathesis/schemathesis.toml");
const REQUIREMENTS: &str = include_str!("../../schemathesis/requirements.txt");

#[tokio::test]
#[ignore = "slow: installs schemathesis and sends thousands of requests"]
async fn generated_requests_get_documented_responses() {
    let cases = std::env::var("EDGE_AUTH_SCHEMATHESIS").map_or(2_000, |cases| -> usize {
        cases.parse().expect("EDGE_AUTH_SCHEMATHESIS is a number")
    });
    // Half as many again as an equal share, because routes with few possible requests get fewer.
    let each: usize = cases * 3 / 2 / (routes::all().len() - 2);
    let vars = keyed(&SIMULATOR).set("DEVICE_TOKEN_WAIT", "0");
    let app = App::isolated(vars.set("OAUTH_RESOURCES", RESOURCES));
    // No other request changes this user or its session.
    let clients = oauth::setup(&app, &app.user("owner").await).await;
    let users = [
        ("user", app.user("ada").await),
        ("guesser", app.user("ada").await),
        ("admin", app.admin("ada").await),
        ("super_admin", app.super_admin("ada").await),
    ]
    .map(|(caller, user)| format!("{caller}={}={}", user.username, user.password));
    let role = |route: &Route| Some(format!("{}={}", route.template, route.required_role()?));
    let callers: Vec<String> = routes::all().iter().filter_map(role).collect();
    let origin = app.server().origin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    // Requests to the OAuth routes take turns with valid parameters and mistakes, and the fuzzing phase must reach all of them.
    let (paths, of_oauth) = (expected::paths(), each.max(oauth::LEAST_CASES));
    let config = format!(
        "{CONFIG}\n[[operations]]\ninclude-path-regex = \"{paths}\"\ngeneration.max-examples = {of_oauth}\n"
    );
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = |name: &str| temporary.join(format!("{name}-{}", std::process::id()));
    let (config_file, seen) = (file("schemathesis.toml"), file("generated-requests"));
    std::fs::write(&config_file, config).expect("written");
    let output = Command::new(
        installed::python("schemathesis", REQUIREMENTS).with_file_name("schemathesis"),
    )
    .arg("--config-file")
    .arg(&config_file)
    .args(["run", &format!("{origin}/api/auth/openapi.json")])
    .args(["--url", &origin, "--mode", "all"])
    .args(["--phases", "examples,coverage,fuzzing"])
    .args(["--max-examples", &each.to_string()])
    // A body that the document allows can still have a wrong password or an unknown handle.
    .args(["--exclude-checks", "positive_data_acceptance"])
    .args(["--seed", "1", "--no-color"])
    .args(["--generation-database", "none"])
    .env("SCHEMATHESIS_HOOKS", "hooks")
    .env("PYTHONPATH", &folder)
    .env("PYTHONDONTWRITEBYTECODE", "1")
    .env("EDGE_AUTH_ORIGIN", &origin)
    .env("EDGE_AUTH_USERS", users.join("\n"))
    .env("EDGE_AUTH_CALLERS", callers.join("\n"))
    .env("EDGE_AUTH_OAUTH", clients.to_string())
    .env("EDGE_AUTH_SEEN", &seen)
    .current_dir(temporary)
    .output()
    .expect("schemathesis");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let summary = stdout
        .split_once("Test cases:")
        .map(|(_, rest)| rest.trim());
    let generated = summary.and_then(|text| text.split(' ').next()?.parse::<usize>().ok());
    assert!(generated.is_some_and(|it| it >= cases), "{stdout}");
    let results = oauth::Seen::read(&seen);
    println!("{}", results.table());
    results.assert_reach();
    for file in [config_file, seen] {
        std::fs::remove_file(file).expect("removed");
    }
}
