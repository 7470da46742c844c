//! The `OpenAPI` document works with common tools: a linter reports no error, and a generated client compiles under
//! strict TypeScript and works (`tests/openapi/`).

use crate::ROOT;
use crate::packages;
use crate::service::Service;
use crate::toolchain::{self, Toolchain};
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes/openapi.json");

/// Runs a JavaScript file in `tests/openapi`, whose packages are those of the repository, and fails the test if it fails.
fn run(tools: &Toolchain, program: &Path, arguments: &[&str]) {
    let output = Command::new(&tools.node)
        .arg(program)
        .args(arguments)
        .current_dir(Path::new(ROOT).join("tests/openapi"))
        .env("PATH", packages::path(tools))
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .output()
        .expect("Node starts");
    let printed = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let printed = printed.concat();
    assert!(output.status.success(), "{}:\n{printed}", program.display());
}

#[test]
fn document_has_no_lint_errors() {
    let tools = toolchain::prepare().expect("tools and Worker");
    let redocly = tools.node_modules.join("@redocly/cli/bin/cli.js");
    let arguments = ["lint", "--max-problems=1000", "--format=stylish", DOCUMENT];
    run(&tools, &redocly, &arguments);
}

#[test]
#[ignore = "slow: compiles a program, and starts the service"]
fn generated_client_compiles_under_strict_typescript_and_works() {
    let service = Service::shared();
    let tools = &service.tools;
    let generator = tools.node_modules.join("openapi-typescript/bin/cli.js");
    run(tools, &generator, &[DOCUMENT, "--output", "schema.d.ts"]);
    let compiler = tools.node_modules.join("typescript/bin/tsc");
    run(tools, &compiler, &["--project", "."]);
    let admin = &service.admin;
    let arguments = [&service.url, admin.username, &admin.password];
    run(tools, Path::new("client.mts"), &arguments);
}
