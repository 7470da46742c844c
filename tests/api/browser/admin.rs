//! The console and the page of the first administrator in Chromium. The cases are in `cases/pages/admin`.

use super::world::World;
use crate::support::audit::record_users;
use crate::support::{User, Vars, credentials};
use serde_json::{Value, json};

/// Runs a file of `cases/pages/admin` with users of these names and roles.
async fn run(case: &str, vars: Vars, users: &[(&str, &'static str)], more: Value) {
    let mut world = World::new(vars).await;
    add(&mut world, users).await;
    world.more = more;
    world.run(&format!("pages/admin/{case}")).await;
}

async fn add(world: &mut World, users: &[(&str, &'static str)]) {
    for (name, role) in users {
        let user = world.app.new_user(name).role(role);
        world.add(user).await;
    }
}

const ROOT: (&str, &str) = ("root", "super_admin");
const ADMIN: (&str, &str) = ("bea", "admin");
const ADA: (&str, &str) = ("ada", "user");

#[tokio::test]
#[ignore = "slow"]
async fn administrator_finds_users_by_search_filter_and_order() {
    let users = [ROOT, ADA, ("grace", "user")];
    run("find", Vars::new(), &users, Value::Null).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_adds_a_user_who_gets_a_message() {
    let more = json!({ "hasMail": true });
    run("create", Vars::with_email(), &[ROOT, ADMIN], more).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_adds_a_user_and_sees_the_link_once() {
    let more = json!({ "hasMail": false });
    run("create", Vars::new(), &[ROOT, ADMIN], more).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_changes_a_user_and_overwrites_no_other_administrator() {
    let mut world = World::new(Vars::with_email()).await;
    add(&mut world, &[ROOT, ("other", "super_admin"), ADA]).await;
    world.user("locked").await.set_failures(100).await;
    world.run("pages/admin/manage").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_ends_sessions_exports_and_erases_a_user() {
    run("end", Vars::new(), &[ROOT, ADA], Value::Null).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_removes_the_factors_of_a_user_who_lost_them() {
    let mut world = World::new(Vars::new()).await;
    add(&mut world, &[ROOT]).await;
    give_factors(&world.user("ada").await).await;
    let sql = "UPDATE totp SET key_id = 'another'";
    world.app.run_sql(sql).await;
    world.run("pages/admin/factors").await;
}

/// Factors of all kinds, and codes that are locked.
async fn give_factors(user: &User) {
    user.add_totp().await;
    user.add_passkey_row().await;
    user.add_recovery_codes(3).await;
    user.set_wrong_codes(100).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_imports_users_after_a_dry_run() {
    run("import", Vars::new(), &[ROOT], Value::Null).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_searches_exports_and_verifies_the_audit_log() {
    let mut world = World::new(Vars::new()).await;
    add(&mut world, &[ROOT, ADMIN, ADA]).await;
    record_users(&world.app).await;
    world.run("pages/admin/audit").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn administrator_copies_the_programs_of_the_credentials_pages() {
    let nvidia = "nvapi-abcdefghijklmnopqrstuvwxyz";
    let vars = credentials::with_aws_keys().set("NVIDIA_API_KEY", nvidia);
    let secret = vars.expect("AWS_SECRET_ACCESS_KEY").to_owned();
    let more = json!({ "secrets": [nvidia, secret] });
    run("credentials", vars, &[ADMIN], more).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn console_is_for_administrators_as_far_as_their_role_goes() {
    run("access", Vars::new(), &[ROOT, ADMIN, ADA], Value::Null).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn super_administrator_registers_changes_and_deletes_oauth_clients() {
    let users = [ROOT, ("other", "super_admin"), ADMIN, ADA];
    run("clients", Vars::new(), &users, Value::Null).await;
}

/// With all users that the pictures and the checks of accessibility need.
async fn visit_all(case: &str, more: Value) {
    let vars = credentials::with_aws_keys().set("NVIDIA_API_KEY", "nvapi-0123456789abcdef01234567");
    let mut world = World::new(vars).await;
    add(&mut world, &[ROOT]).await;
    let locked = world.user("locked").await;
    locked.set_failures(100).await;
    give_factors(&locked).await;
    let client = world.app.seed_oauth_client("Dashboards").await;
    world.app.seed_grant(&locked.id, &client).await;
    for number in 0..6 {
        world.user(&format!("ada{number}")).await;
    }
    record_users(&world.app).await;
    world.more = more;
    world.run(&format!("pages/admin/{case}")).await;
}

#[tokio::test]
#[ignore = "slow: checks each view in two forms"]
async fn light_console_is_accessible() {
    visit_all("accessibility", json!({ "colorScheme": "light" })).await;
}

#[tokio::test]
#[ignore = "slow: checks each view in two forms"]
async fn dark_console_is_accessible() {
    visit_all("accessibility", json!({ "colorScheme": "dark" })).await;
}

/// Writes pictures of all views to the folder in `EDGE_AUTH_SCREENSHOTS`, for a review by eye. Without the variable, it does nothing:
/// other tests check the behaviour of the views.
#[tokio::test]
#[ignore = "slow: takes a picture of each view in six forms"]
async fn console_is_photographed_on_demand() {
    let Ok(folder) = std::env::var("EDGE_AUTH_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    visit_all("screenshots", json!({ "folder": folder })).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn first_administrator_is_created_with_the_secret_of_the_link() {
    let mut world = World::new(Vars::new()).await;
    let secret = world.app.bootstrap_secret().await;
    world.more = json!({ "secret": secret });
    world.run("pages/admin/bootstrap").await;
}
