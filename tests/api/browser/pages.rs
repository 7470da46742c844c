//! The pages of the service in Chromium. Each case in `cases/pages` is a story of one or more users. No case may violate the content
//! security policy of a page, and no page may throw.

use super::world::World;
use crate::support::{Vars, aws};
use aws_simulator::{ACCOUNT, Config, User};
use serde_json::json;

/// Runs a file of `cases/pages` with this many users.
async fn run(case: &str, users: usize) {
    let mut world = World::new(Vars::new()).await;
    for number in 0..users {
        world.user(&format!("user-{number}")).await;
    }
    world.run(&format!("pages/{case}")).await;
}

#[tokio::test]
async fn user_signs_in_with_a_password_and_signs_out() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.user("locked").await.set_failures(100).await;
    world.run("pages/sign_in").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_signs_in_with_aws() {
    // A simulator of its own, because its page lists the users of all tests.
    let simulator = aws::start(Config::default());
    let directory_user = User::new("grace").assigned(ACCOUNT, "Developer");
    let username = directory_user.user_name.clone();
    simulator.put_user(directory_user);
    let vars = aws::portal(&simulator).set("JWT_ISSUER", "http://localhost:{PORT}");
    let mut world = World::new(vars).await;
    world.more = json!({ "simulator": simulator.url(), "username": username });
    world.run("pages/aws").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn sign_in_leads_to_an_allowed_address_only() {
    run("return_to", 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn pages_handle_the_keyboard_slow_requests_languages_and_failures() {
    let mut world = World::new(Vars::with_email()).await;
    let user = world.user("ada").await;
    world.more = json!({ "link": user.reset_link().await });
    world.run("pages/details").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_sets_and_changes_a_password() {
    let mut world = World::new(Vars::with_email()).await;
    let user = world.user("ada").await;
    world.more = json!({ "link": user.reset_link().await });
    world.run("pages/passwords").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn revoked_or_expired_session_is_signed_out_at_its_next_click() {
    run("sessions", 1).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_changes_the_email_address_and_takes_it_back() {
    let mut world = World::new(Vars::with_email()).await;
    world.user("ada").await;
    world.run("pages/email").await;
}

/// Writes pictures of all pages to the folder in `EDGE_AUTH_SCREENSHOTS`, for a review by eye. Without the variable, it does nothing:
/// other tests check what the pages do.
#[tokio::test]
#[ignore = "slow: takes a picture of each page in six forms"]
async fn pages_are_photographed_on_demand() {
    let Ok(folder) = std::env::var("EDGE_AUTH_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    let vars = aws::portal(&aws::SIMULATOR)
        .set("JWT_ISSUER", "http://localhost:{PORT}")
        .set("EMAIL_FROM", "Edge Auth <no-reply@auth.example.com>");
    let mut world = World::new(vars).await;
    for name in ["ada", "bea", "cleo", "dora", "eve", "flo"] {
        world.user(name).await;
    }
    world.more = json!({ "folder": folder });
    world.run("pages/screenshots").await;
}
