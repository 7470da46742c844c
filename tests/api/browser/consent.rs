//! The page on which users allow or deny an application access, and the connected applications, in Chromium. The cases are in
//! `cases/pages/consent`.

use super::world::World;
use crate::support::{User, Vars, aws};
use aws_simulator::{ACCOUNT, Config, User as DirectoryUser};
use serde_json::{Value, json};

/// Creates OAuth clients with these names, and a grant of the user for each of them. Returns the ids of the grants.
async fn connect(world: &World, user: &User, names: &[&str]) -> Vec<String> {
    let mut grants = Vec::new();
    for name in names {
        let client = world.app.seed_oauth_client(name).await;
        let grant = world.app.seed_grant(&user.id, &client).await;
        let consent = world
            .app
            .seed_consent(&user.id, &client, "app.example.com", "");
        consent.await;
        grants.push(grant);
    }
    grants
}

/// Registers an application on a website, one on the user's device, and one on a website that opens a program. Returns their ids.
async fn applications(world: &World) -> Value {
    let admin = world.app.super_admin_session().await;
    let mut clients = json!({});
    for (key, name, uri) in [
        ("web", "App", "https://app.example.com/callback"),
        ("local", "Local", "http://127.0.0.1/callback"),
        ("bridge", "Bridge", "https://app.example.com/bridge"),
    ] {
        let client = json!({
            "client_name": name, "token_endpoint_auth_method": "none", "redirect_uris": [uri],
            "post_logout_redirect_uris": ["https://app.example.com/signed-out"],
            "grant_types": ["authorization_code", "refresh_token"]
        });
        clients[key] = admin.create_client(&client).await.client_id().into();
    }
    clients
}

/// The case gives the responses of the service about the request of the application, so that each of them can be tried.
#[tokio::test]
#[ignore = "slow"]
async fn consent_page_asks_once_and_leads_back_to_the_application() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.run("pages/consent/page").await;
}

/// With an application on a website and one on the user's device.
#[tokio::test]
async fn application_gets_a_code_with_the_consent_of_the_user() {
    let mut world = World::new(Vars::new()).await;
    for name in ["ada", "bob"] {
        world.user(name).await;
    }
    world.more = applications(&world).await;
    world.run("pages/consent/flow").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn authorization_request_survives_each_sign_in_reloads_and_other_tabs() {
    // A simulator of its own, because its page lists the users of all tests.
    let simulator = aws::start(Config::default());
    let directory_user = DirectoryUser::new("grace").assigned(ACCOUNT, "Developer");
    let username = directory_user.user_name.clone();
    simulator.put_user(directory_user);
    let vars = aws::portal(&simulator).set("JWT_ISSUER", "http://localhost:{PORT}");
    let mut world = World::new(vars).await;
    for name in ["ada", "bob", "eve"] {
        world.user(name).await;
    }
    let mut more = applications(&world).await;
    more["simulator"] = simulator.url().into();
    more["username"] = username.into();
    world.more = more;
    world.run("pages/consent/survives").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn consent_leads_to_websites_and_programs() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.more = applications(&world).await;
    world.run("pages/consent/redirects").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn consent_page_takes_no_answer_before_the_user_has_seen_it() {
    let mut world = World::new(Vars::new()).await;
    world.user("ada").await;
    world.run("pages/consent/double_click").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn application_signs_the_user_out_and_asks_if_it_cannot_name_the_user() {
    let mut world = World::new(Vars::new()).await;
    for name in ["ada", "bob"] {
        world.user(name).await;
    }
    world.more = applications(&world).await;
    world.run("pages/consent/sign_out").await;
}

#[tokio::test]
#[ignore = "slow"]
async fn user_and_administrator_remove_connected_applications() {
    let mut world = World::new(Vars::new()).await;
    let root = world.app.new_user("root").role("super_admin");
    world.add(root).await;
    let ada = world.user("ada").await;
    let names = ["Dashboards", "Notebook", "Gone", "Last"];
    let grants = connect(&world, &ada, &names).await;
    let changes = "scope = 'openid profile offline_access reports:read', resource = 'https://api.example.com/v1', last_used_at = created_at";
    world.app.change_grant(&grants[0], changes).await;
    let loopback = "redirect_uri = 'http://127.0.0.1:49152/callback'";
    world.app.change_grant(&grants[1], loopback).await;
    world.more = json!({ "grants": grants });
    world.run("pages/consent/applications").await;
}

async fn visit_all(case: &str, users: usize, more: Value) {
    let mut world = World::new(Vars::new()).await;
    for number in 0..users {
        let user = world.user(&format!("user-{number}")).await;
        connect(&world, &user, &["Dashboards", "Notebook of the data team"]).await;
    }
    let changes = "scope = 'openid profile email offline_access reports:read reports:write', resource = 'https://api.example.com/v1'";
    let sql = format!(
        "UPDATE oauth_grants SET {changes} WHERE client_id IN (SELECT id FROM oauth_clients WHERE name = 'Dashboards')"
    );
    world.app.run_sql(&sql).await;
    world.more = more;
    world.run(&format!("pages/consent/{case}")).await;
}

#[tokio::test]
#[ignore = "slow: checks each state of the page in two forms"]
async fn light_consent_is_accessible() {
    visit_all("accessibility", 2, json!({ "colorScheme": "light" })).await;
}

#[tokio::test]
#[ignore = "slow: checks each state of the page in two forms"]
async fn dark_consent_is_accessible() {
    visit_all("accessibility", 2, json!({ "colorScheme": "dark" })).await;
}

/// Writes pictures to the folder in `EDGE_AUTH_SCREENSHOTS`, for a review by eye. Without the variable, it does nothing: other
/// tests check the behaviour of the page.
#[tokio::test]
#[ignore = "slow: takes a picture of each state in six forms"]
async fn consent_is_photographed_on_demand() {
    let Ok(folder) = std::env::var("EDGE_AUTH_SCREENSHOTS") else {
        return;
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    visit_all("screenshots", 6, json!({ "folder": folder })).await;
}
