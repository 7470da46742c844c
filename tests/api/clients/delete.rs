//! `DELETE /api/auth/clients/{id}`: delete an OAuth client.

use crate::support::App;
use serde_json::{Value, json};

#[tokio::test]
async fn deleted_client_is_gone_and_its_deletion_is_recorded() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("Gone").await;
    let response = admin.delete_client(&id, "\"1\"").await;
    response.assert_status(200);
    let expected = json!({ "success": true, "message": "Client deleted" });
    assert_eq!(response.json(), expected);
    admin
        .get_client(&id)
        .await
        .assert_error(404, "client_not_found");
    let listed = admin.list_clients("?term=gone").await;
    assert_eq!(listed.assert_status(200).json()["clients"], json!([]));
    // The row is deleted later, and has version 2.
    for if_match in ["*", "\"1\"", "\"2\""] {
        let again = admin.delete_client(&id, if_match).await;
        again.assert_error(404, "client_not_found");
    }
    let changes = json!({ "is_active": true });
    let response = admin.update_client_version(&id, "\"2\"", &changes).await;
    response.assert_error(404, "client_not_found");
    let entry = ("client_deleted".to_owned(), String::new());
    assert_eq!(app.client_entries(&id).await, [entry]);
}

#[tokio::test]
async fn deletion_needs_the_current_version() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    let id = app.seed_oauth_client("App").await;
    let path = format!("/api/auth/clients/{id}");
    let without = admin.request("DELETE", &path).await;
    without.assert_error(428, "precondition_required");
    for if_match in ["\"2\"", "\"0\"", "1", "W/\"1\""] {
        let response = admin.delete_client(&id, if_match).await;
        response.assert_error(412, "version_mismatch");
    }
    assert_eq!(app.client_entries(&id).await, []);
}

/// The creator of a client is a user, whose erasure leaves no trace of the user in the client.
#[tokio::test]
async fn client_of_an_erased_user_stays_without_its_creator() {
    let app = App::shared();
    let root = app.administrator("super_admin").await;
    let grace = app.super_admin("grace").await;
    let session = grace.sign_in().await;
    let created = session.create_client(&crate::support::registration("App"));
    let id = created.await.client_id();
    let client = root.get_client(&id).await.client();
    assert_eq!(client["created_by"], json!(grace.id));
    let path = format!("/api/auth/users/{}", grace.id);
    let erase = root.request("DELETE", &path).header("if-match", "*").await;
    erase.assert_status(200);
    let client = root.get_client(&id).await.client();
    assert_eq!(
        (&client["created_by"], &client["version"]),
        (&Value::Null, &json!(1))
    );
}
