//! Runs the clients of `table` and the conformance tests of the Model Context Protocol. Users sign in and consent in Chromium. The
//! cases are in `tests/api/browser/cases/interop`, and the programs in `programs`.

use super::table::{CELLS, CLIENTS, Cell, PACKAGE, PACKAGE_LOCK, REQUIREMENTS};
use crate::browser::world::World;
use crate::support::access_tokens::RESOURCE;
use crate::support::services::with_resources;
use crate::support::{installed, node};
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with the npm packages that this lock file pins.
pub fn packages(name: &str, package: &str, lock: &str) -> PathBuf {
    installed::once(name, lock, |folder| {
        fs::write(folder.join("package.json"), package).expect("written");
        fs::write(folder.join("package-lock.json"), lock).expect("written");
        let own = node().parent().expect("a folder").to_owned();
        let others = env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(own).chain(env::split_paths(&others));
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .env("PATH", env::join_paths(path).expect("a path"));
        installed::run(&mut npm);
    })
}

/// A world with as many users, and with the session of a super administrator who registers clients.
async fn world(users: usize, more: Value) -> World {
    let mut world = World::new(with_resources()).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    let installed = || {
        let python = installed::python("interop", REQUIREMENTS);
        (packages("interop", PACKAGE, PACKAGE_LOCK), python)
    };
    let installed = tokio::task::spawn_blocking(installed).await;
    let (packages, python) = installed.expect("the packages");
    let admin = world.app.super_admin_session().await;
    world.more = json!({
        "admin": admin.token(), "packages": packages, "python": python, "resource": RESOURCE, "folder": null
    });
    let fields = more.as_object().expect("an object").clone();
    world
        .more
        .as_object_mut()
        .expect("an object")
        .extend(fields);
    world
}

fn cells(are_programs: bool) -> Vec<Value> {
    let wanted = |cell: &&Cell| cell.program().is_some() == are_programs;
    CELLS
        .iter()
        .filter(wanted)
        .map(|cell| cell.json())
        .collect()
}

#[tokio::test]
#[ignore = "interop: installs third-party packages and takes minutes"]
async fn each_program_completes_each_flow() {
    let world = world(CLIENTS.len(), json!({ "cells": cells(true) })).await;
    world.run("interop/applications").await;
}

#[tokio::test]
#[ignore = "interop: installs third-party packages and takes minutes"]
async fn web_pages_sign_in_by_redirect_and_pop_up_and_renew_without_the_user() {
    let cells = cells(false);
    let world = world(cells.len(), json!({ "cells": cells })).await;
    world.run("interop/single_page").await;
}

#[tokio::test]
#[ignore = "interop: installs third-party packages and takes minutes"]
async fn authorization_scenarios_of_the_model_context_protocol_pass() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let scenarios = [
        "authorization-server-metadata-endpoint",
        "authorization-code-grant",
    ];
    let more = json!({ "folder": folder, "scenarios": scenarios });
    world(1, more).await.run("interop/conformance").await;
}
