//! `examples/react-spa` in Chromium (Debian's `chromium`, or the one in `CHROMIUM_BIN`). The commands of its README
//! build and serve it. `browser_app.mjs` acts as the user.

use crate::packages::{self, Copy};
use crate::program::Program;
use crate::service::Service;
use crate::{ROOT, example, readme};
use serde_json::json;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test]
#[ignore = "slow: builds an application and runs Chromium"]
async fn react_application_signs_in_refreshes_in_one_tab_and_signs_out() {
    let service = Service::shared();
    service.set_password_of_user().await;
    let node_modules = packages::npm_packages(&service.tools, &example("react-spa"));
    let app = Copy::of(&example("react-spa"), Some(("node_modules", &node_modules)));
    let port = service.app_port;
    let commands = readme::block(app.path(), "npm run build").replace(
        "npm run preview",
        &format!("npx vite preview --port {port} --strictPort"),
    );
    let mut program = Program::start(
        Command::new("bash")
            .args(["-ec", &commands])
            .current_dir(app.path())
            .env("PATH", packages::path(&service.tools))
            .env("VITE_EDGE_AUTH_URL", &service.url),
    );
    program.wait_for_port(port);

    let given = json!({
        "packages": packages::npm_packages(&service.tools, &Path::new(ROOT).join("tests/api/browser")),
        "chromium": chromium(),
        "app": format!("http://localhost:{port}"),
        "service": service.url,
        "username": service.user.username,
        "password": service.user.password,
    });
    let mut command = tokio::process::Command::new(&service.tools.node);
    command
        .arg(Path::new(ROOT).join("tests/examples/browser_app.mjs"))
        .arg(given.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(TIMEOUT, command.output()).await;
    let output = output.expect("it ends in time").expect("it starts");
    let printed = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}", printed.concat());
}

fn chromium() -> PathBuf {
    let name = env::var("CHROMIUM_BIN").unwrap_or_else(|_| "chromium".to_owned());
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} not found; install Chromium, or set CHROMIUM_BIN"))
}
