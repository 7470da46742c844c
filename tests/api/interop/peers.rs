//! Runs the sequences of `peers/` against the built Worker and the peers of the benchmark, each in workerd.

use super::clients::packages;
use super::outcomes::{EDGE_AUTH, Outcomes, PACKAGE, PACKAGE_LOCK, Row};
use crate::support::{node, node_modules};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// The result of each sequence now.
fn run() -> Outcomes {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let peers = packages("peers", PACKAGE, PACKAGE_LOCK);
    let options = json!({
        "repository": repository, "tools": node_modules(), "peers": peers.join("node_modules")
    });
    let program = repository.join("tests/api/interop/peers/run.mjs");
    let mut command = Command::new(node());
    let output = command.arg(program).arg(options.to_string()).output();
    let output = output.expect("node runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("the results")
}

#[tokio::test]
#[ignore = "interop: installs third-party packages and takes minutes"]
async fn sequences_have_the_documented_outcomes() {
    let found = tokio::task::spawn_blocking(run).await.expect("results");
    for row in &found.rows {
        let outcome = &row.results[EDGE_AUTH].outcome;
        assert_eq!(*outcome, row.expected, "Edge Auth, {}", row.title);
    }
    if std::env::var_os("WRITE_PEERS").is_some() {
        return found.write();
    }
    let documented = Outcomes::read();
    let is_new = |row: &&Row| !documented.rows.contains(row);
    let differ: Vec<_> = found.rows.iter().filter(is_new).map(Row::line).collect();
    let update = "after a review, WRITE_PEERS=1 updates outcomes.json";
    assert_eq!(differ, [""; 0], "{update}");
    assert_eq!(found.rows.len(), documented.rows.len(), "{update}");
}
