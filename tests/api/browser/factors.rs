//! Passkeys, one-time codes and recovery codes on the pages, in Chromium with a virtual authenticator. Each case in
//! `cases/pages/factors` is a story of one or two users.

use super::world::World;
use crate::support::{Vars, aws};
use aws_simulator::{ACCOUNT, Config, User};
use serde_json::{Value, json};

/// Runs a file of `cases/pages/factors` with this many users.
async fn run(case: &str, vars: Vars, users: usize) {
    let mut world = World::new(vars).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    world.run(&format!("pages/factors/{case}")).await;
}

/// The service demands a factor of every user.
fn with_policy() -> Vars {
    Vars::new().set("MFA_POLICY", "required")
}

#[tokio::test]
#[ignore = "slow"]
async fn user_adds_uses_renames_and_deletes_a_passkey() {
    run("passkeys", Vars::new(), 2).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_signs_in_and_confirms_changes_with_codes() {
    run("codes", Vars::new(), 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_adds_a_factor_at_the_sign_in_if_the_policy_demands_one() {
    run("enrolment", with_policy(), 2).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_without_a_password_sets_one_and_checks_the_passkeys() {
    run("recovery", Vars::with_email(), 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_sets_up_codes_with_the_keyboard_alone() {
    run("keyboard", Vars::new(), 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn passkeys_work_in_older_browsers_and_are_not_offered_without_support() {
    run("older_browsers", Vars::new(), 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_of_aws_adds_codes_and_a_passkey() {
    // A simulator of its own, because its page lists the users of all tests.
    let simulator = aws::start(Config::default());
    let directory_user = User::new("grace").assigned(ACCOUNT, "Developer");
    let username = directory_user.user_name.clone();
    simulator.put_user(directory_user);
    let vars = aws::portal(&simulator)
        .set("JWT_ISSUER", "http://localhost:{PORT}")
        .set("MFA_POLICY", "required");
    let mut world = World::new(vars).await;
    world.more = json!({ "simulator": simulator.url(), "username": username });
    world.run("pages/factors/aws").await;
}

/// Visits each view and state.
async fn visit_all(case: &str, users: usize, more: Value) {
    let mut world = World::new(with_policy()).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    world.more = more;
    world.run(&format!("pages/factors/{case}")).await;
}

#[tokio::test]
#[ignore = "slow: checks each view in two forms"]
async fn light_views_of_factors_are_accessible() {
    visit_all("accessibility", 2, json!({ "colorScheme": "light" })).await;
}

#[tokio::test]
#[ignore = "slow: checks each view in two forms"]
async fn dark_views_of_factors_are_accessible() {
    visit_all("accessibility", 2, json!({ "colorScheme": "dark" })).await;
}

/// Writes pictures of all views to the folder in `EDGE_AUTH_SCREENSHOTS`, for a review by eye. Without the variable, it does nothing:
/// other tests check the behaviour of the views.
#[tokio::test]
#[ignore = "slow: takes a picture of each view in six forms"]
async fn views_of_factors_are_photographed_on_demand() {
    let Ok(folder) = std::env::var("EDGE_AUTH_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    visit_all("screenshots", 6, json!({ "folder": folder })).await;
}
