//! Requests about one OAuth client at the same time.

use crate::support::{App, Fault, Response, registration};
use serde_json::json;
use std::future::IntoFuture;
use tokio::task::JoinSet;

async fn all(requests: Vec<crate::support::Request>) -> Vec<Response> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.into_future());
    }
    running.join_all().await
}

fn succeeded(responses: &[Response]) -> usize {
    let is_successful = |response: &&Response| response.status == 200;
    responses.iter().filter(is_successful).count()
}

#[tokio::test]
async fn of_changes_of_the_same_version_one_is_made() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let change = |number: usize| {
        let changes = json!({ "client_name": format!("App {number}") });
        admin.update_client_version(&id, "\"1\"", &changes)
    };
    let responses = all((0..20).map(change).collect()).await;
    assert_eq!(succeeded(&responses), 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        response.assert_error(412, "version_mismatch");
    }
    let row = app.oauth_client_row(&id, "version").await;
    assert_eq!(row["version"], 2);
    assert_eq!(app.client_entries(&id).await.len(), 1);
}

/// The loser would otherwise show a secret that is not valid.
#[tokio::test]
async fn of_new_secrets_of_the_same_version_one_is_created_and_is_valid() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let created = admin.create_client(&registration("App")).await;
    let id = created.client_id();
    let requests = (0..10).map(|_| admin.new_client_secret(&id, "\"1\""));
    let responses = all(requests.collect()).await;
    assert_eq!(succeeded(&responses), 1);
    let winner = responses.iter().find(|response| response.status == 200);
    let secret = winner.expect("a winner").json()["client_secret"].clone();
    let hash = crate::support::internals::fingerprint(secret.as_str().expect("a secret"));
    let row = app.oauth_client_row(&id, "secret_hash, version").await;
    assert_eq!(row, json!({ "secret_hash": hash, "version": 2 }));
}

#[tokio::test]
async fn of_deletions_one_succeeds_and_is_recorded_once() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let requests = (0..10).map(|_| admin.delete_client(&id, "*"));
    let responses = all(requests.collect()).await;
    assert_eq!(succeeded(&responses), 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        response.assert_error(404, "client_not_found");
    }
    assert_eq!(app.client_entries(&id).await.len(), 1);
}

/// A change of any version is based on the latest one, so that it undoes no other change.
#[tokio::test]
async fn change_of_any_version_keeps_a_change_that_was_made_meanwhile() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let view = app.another_view();
    let fault = Fault::d1().matching("UPDATE oauth_clients").times(1);
    let paused = view.fault(fault.pauses()).await;
    let slow = admin.in_view(&view);
    let slow = slow.update_client(&id, &json!({ "client_name": "Slow" }));
    let slow = tokio::spawn(slow.into_future());
    paused.wait_for_hits(1).await;
    let fast = json!({ "redirect_uris": ["https://fast.example.com/"] });
    admin.update_client(&id, &fast).await.assert_status(200);
    paused.release().await;
    let client = slow.await.expect("a response").client();
    assert_eq!(client["client_name"], "Slow");
    assert_eq!(client["redirect_uris"], fast["redirect_uris"]);
    assert_eq!(client["version"], 3);
}

/// A super administrator who loses the role between the check and the write changes nothing.
#[tokio::test]
async fn write_of_a_demoted_administrator_is_refused() {
    let app = App::shared();
    let id = app.seed_oauth_client("App").await;
    for (pattern, number) in [
        ("INSERT INTO oauth_clients", 0),
        ("UPDATE oauth_clients SET secret_hash", 1),
    ] {
        let grace = app.super_admin("grace").await;
        let admin = grace.sign_in().await;
        let fault = Fault::d1().matching(pattern).times(1).pauses();
        let paused = app.fault(fault).await;
        let request = if number == 0 {
            admin.create_client(&registration("Demoted"))
        } else {
            admin.new_client_secret(&id, "*")
        };
        let request = tokio::spawn(request.into_future());
        paused.wait_for_hits(1).await;
        grace.update("role = 'user'").await;
        paused.release().await;
        let response = request.await.expect("a response");
        response.assert_error(403, "super_admin_required");
        app.remove_faults().await;
    }
    let sql = "SELECT count(*) AS n FROM oauth_clients WHERE name = 'Demoted'";
    assert_eq!(app.count(sql, [0; 0]).await, 0);
    assert_eq!(app.client_entries(&id).await, []);
}

/// Without the entry in the audit log, nothing is written.
#[tokio::test]
async fn lost_response_of_d1_leaves_client_and_entry_together() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let fault = Fault::d1().matching("UPDATE oauth_clients").times(1);
    app.fault(fault.loses_response()).await;
    let changes = json!({ "client_name": "Other" });
    let response = admin.update_client_version(&id, "\"1\"", &changes).await;
    response.assert_error(503, "storage_unavailable");
    app.remove_faults().await;
    let row = app.oauth_client_row(&id, "name, version").await;
    assert_eq!(row, json!({ "name": "Other", "version": 2 }));
    assert_eq!(app.client_entries(&id).await.len(), 1);
}
