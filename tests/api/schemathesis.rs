//! The API against schemathesis, which makes requests of the API's own description: such as it allows, and such as it
//! forbids. What it may be answered stands there too.
//!
//! `EDGE_AUTH_SCHEMATHESIS` says how many requests at least; 2,000 by default.

use crate::aws::{SIMULATOR, keyed};
use crate::examples::installed;
use crate::support::App;
use edge_auth::router::ROUTES;
use std::path::Path;
use std::process::Command;

const REQUIREMENTS: &str = include_str!("../schemathesis/requirements.txt");

#[tokio::test]
#[ignore = "installs schemathesis into the cache; a run of its own in .ci/run"]
async fn nothing_undocumented() {
    let cases = std::env::var("EDGE_AUTH_SCHEMATHESIS").map_or(2_000, |cases| -> usize {
        cases.parse().expect("EDGE_AUTH_SCHEMATHESIS is a number")
    });
    // It leaves out the route of the description itself, and stops early where there is little to choose: at every fourth.
    let each: usize = cases * 3 / 2 / (ROUTES.len() - 2);
    let app = App::alone(keyed(&SIMULATOR).set("DEVICE_TOKEN_WAIT", "0"));
    let people = [
        ("user", app.password_user("ada").await),
        ("guesser", app.password_user("ada").await),
        ("admin", app.admin("ada").await),
        ("super_admin", app.super_admin("ada").await),
    ]
    .map(|(caller, person)| format!("{caller}={}={}", person.username, person.password));
    let origin = app.server().door().origin;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let output = Command::new(
        installed::python("schemathesis", REQUIREMENTS).with_file_name("schemathesis"),
    )
    .args(["run", &format!("{origin}/api/auth/openapi.json")])
    .args(["--url", &origin, "--mode", "all"])
    .args(["--phases", "examples,coverage,fuzzing"])
    .args(["--max-examples", &each.to_string()])
    // What the description allows may still be nobody's password, or a handle that is not ours.
    .args(["--exclude-checks", "positive_data_acceptance"])
    .args(["--seed", "1", "--no-color"])
    .args(["--generation-database", "none"])
    .env("SCHEMATHESIS_HOOKS", "hooks")
    .env("PYTHONPATH", &folder)
    .env("PYTHONDONTWRITEBYTECODE", "1")
    .env("EDGE_AUTH_ORIGIN", &origin)
    .env("EDGE_AUTH_PEOPLE", people.join("\n"))
    .current_dir(env!("CARGO_TARGET_TMPDIR"))
    .output()
    .expect("schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let summary = said.split_once("Test cases:").map(|(_, rest)| rest.trim());
    let generated = summary.and_then(|text| text.split(' ').next()?.parse::<usize>().ok());
    assert!(generated.is_some_and(|it| it >= cases), "{said}");
}
