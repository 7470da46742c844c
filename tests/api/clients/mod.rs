//! `/api/auth/clients`: registration of OAuth clients.

mod create;
mod delete;
mod hostile;
mod keys;
mod list;
mod races;
mod revoke_grants;
mod revoked_grants;
mod secret;
mod update;

use crate::support::{App, registration};
use serde_json::json;

#[tokio::test]
async fn administrators_read_and_only_super_administrators_write() {
    let app = App::shared();
    let id = app.seed_oauth_client("App").await;
    let (user, admin) = (
        app.administrator("user").await,
        app.administrator("admin").await,
    );
    user.list_clients("")
        .await
        .assert_error(403, "admin_required");
    user.get_client(&id)
        .await
        .assert_error(403, "admin_required");
    admin.list_clients("").await.assert_status(200);
    assert_eq!(admin.get_client(&id).await.client_id(), id);
    for caller in [user, admin] {
        let code = "super_admin_required";
        let create = caller.create_client(&registration("App")).await;
        create.assert_error(403, code);
        let update = caller.update_client(&id, &json!({ "client_name": "X" }));
        update.await.assert_error(403, code);
        caller.delete_client(&id, "*").await.assert_error(403, code);
        let secret = caller.new_client_secret(&id, "*").await;
        secret.assert_error(403, code);
        let revoke = caller.revoke_client_grants(&id).await;
        revoke.assert_error(403, code);
    }
    let row = app
        .oauth_client_row(&id, "name, version, secret_hash")
        .await;
    assert_eq!(
        row,
        json!({ "name": "App", "version": 1, "secret_hash": "x" })
    );
    assert_eq!(app.client_entries(&id).await, []);
}

#[tokio::test]
async fn writes_need_a_recent_authentication_and_reads_do_not() {
    let app = App::shared();
    let id = app.seed_oauth_client("App").await;
    let admin = app.administrator("super_admin").await;
    app.shift_clock(301).await;
    admin.list_clients("").await.assert_status(200);
    admin.get_client(&id).await.assert_status(200);
    for request in [
        admin.create_client(&registration("App")),
        admin.update_client(&id, &json!({ "client_name": "X" })),
        admin.delete_client(&id, "*"),
        admin.new_client_secret(&id, "*"),
        admin.revoke_client_grants(&id),
    ] {
        request.await.assert_error(401, "step_up_required");
    }
}

#[tokio::test]
async fn unknown_client_returns_404() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    for id in [
        "7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
        "7d0c6f0e7d3f4a5b9e556f4f2f7f6f10",
        "%7B7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10%7D",
        "urn:uuid:7d0c6f0e-7d3f-4a5b-9e55-6f4f2f7f6f10",
        "0",
        "*",
        "%00",
    ] {
        let code = "client_not_found";
        admin.get_client(id).await.assert_error(404, code);
        let update = admin.update_client(id, &json!({ "client_name": "X" }));
        update.await.assert_error(404, code);
        admin.delete_client(id, "*").await.assert_error(404, code);
        let secret = admin.new_client_secret(id, "*").await;
        secret.assert_error(404, code);
        let revoke = admin.revoke_client_grants(id).await;
        revoke.assert_error(404, code);
    }
}

/// The id of a client in the path is not recorded as that of a user.
#[tokio::test]
async fn refused_request_has_no_subject() {
    let app = App::shared();
    let id = app.seed_oauth_client("App").await;
    let grace = app.super_admin("grace").await;
    let session = grace.sign_in().await;
    let paused = app
        .fault(
            crate::support::Fault::d1()
                .matching("SET deleted_at")
                .times(1)
                .pauses(),
        )
        .await;
    let delete = session.delete_client(&id, "*");
    let delete = tokio::spawn(std::future::IntoFuture::into_future(delete));
    paused.wait_for_hits(1).await;
    grace.update("role = 'admin'").await;
    paused.release().await;
    delete
        .await
        .expect("a response")
        .assert_error(403, "super_admin_required");
    assert_eq!(app.client_entries(&id).await, []);
    let sql =
        "SELECT subject, detail FROM audit WHERE actor = ?1 AND kind = 'access_denied' LIMIT 1";
    let entry = app.sql(sql, [grace.id.as_str()]).await.remove(0);
    let detail = "super_admin_required: DELETE /api/auth/clients/{id}";
    assert_eq!(entry, json!({ "subject": null, "detail": detail }));
}
