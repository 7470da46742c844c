//! `DELETE /api/auth/users/{id}`: erase a user.

mod canaries;

use crate::support::audit::{CRON, record_users};
use crate::support::secrets::stored_and_logged;
use crate::support::{App, Fault, Vars, assert_refused};
use serde_json::json;
use std::future::IntoFuture;
use tokio::task::JoinSet;

/// The rows that contain the id of a user.
async fn rows_with_id(app: &App, id: &str) -> Vec<String> {
    let lines = stored_and_logged(app).await;
    let is_about = |line: &String| line.contains(id) && !line.starts_with("D1 audit ");
    lines.into_iter().filter(is_about).collect()
}

#[tokio::test]
async fn erase_returns_the_documented_body_and_keeps_only_the_audit_entries() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    record_users(&app).await;
    let (session, administrator) = (ada.sign_in().await, grace.sign_in().await);
    ada.reset_link().await;
    ada.email_link("confirm", "new@example.com", None).await;
    session.validate().await.assert_status(200);
    let response = administrator.erase_user(&ada.id, "\"1\"").await;
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "User erased"
    }
    "#);
    assert_refused(&[&session]).await;
    ada.login().await.assert_error(401, "invalid_credentials");
    assert_eq!(rows_with_id(&app, &ada.id).await, [""; 0]);
    for (kind, entries) in [("user_added", 1), ("sign_in", 1), ("user_erased", 1)] {
        assert_eq!(ada.audit_entries(kind).await, entries, "{kind}");
    }
    administrator
        .erase_user(&ada.id, "*")
        .await
        .assert_error(404, "user_not_found");
}

#[tokio::test]
async fn erase_needs_the_current_version_and_permission() {
    let app = App::shared();
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let (hopper, root) = (app.admin("hopper").await, app.super_admin("root").await);
    let (admin, super_admin) = (grace.sign_in().await, root.sign_in().await);
    let path = format!("/api/auth/users/{}", ada.id);
    admin
        .request("DELETE", &path)
        .await
        .assert_error(428, "precondition_required");
    for version in ["\"2\"", "1", "W/\"1\"", "\"2\", \"3\""] {
        let response = admin.erase_user(&ada.id, version).await;
        response.assert_error(412, "version_mismatch");
    }
    for id in ["x", "00000000-0000-4000-8000-000000000000"] {
        let response = admin.erase_user(id, "*").await;
        response.assert_error(404, "user_not_found");
    }
    for (caller, user) in [
        (&admin, &hopper),
        (&admin, &root),
        (&admin, &grace),
        (&super_admin, &root),
    ] {
        let response = caller.erase_user(&user.id, "*").await;
        response.assert_error(403, "not_permitted");
    }
    let user = ada.sign_in().await;
    let response = user.erase_user(&hopper.id, "*").await;
    response.assert_error(403, "admin_required");
    for (caller, user) in [(&admin, &ada), (&super_admin, &hopper)] {
        caller.erase_user(&user.id, "*").await.assert_status(200);
    }
}

/// An administrator who is demoted between the check and the write erases nothing.
#[tokio::test]
async fn erase_by_an_administrator_who_was_demoted_meanwhile_has_no_effect() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let (session, administrator) = (ada.sign_in().await, grace.sign_in().await);
    let paused = app
        .fault(
            Fault::d1()
                .matching("DELETE FROM email_links")
                .times(1)
                .pauses(),
        )
        .await;
    let erase = tokio::spawn(administrator.erase_user(&ada.id, "*").into_future());
    paused.wait_for_hits(1).await;
    grace.update("role = 'user'").await;
    paused.release().await;
    erase.await.unwrap().assert_error(403, "not_permitted");
    session.me().await.assert_status(200);
    assert_eq!(ada.audit_entries("user_erased").await, 0);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn client_of_an_administrator_stays_in_entries_about_the_erased_user() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let administrator = grace.sign_in().await;
    let erase = administrator.erase_user(&ada.id, "*");
    erase.client_ip("192.0.2.99").await.assert_status(200);
    let sql = "SELECT address FROM audit_clients JOIN audit ON audit.number = audit_clients.number \
               WHERE subject = ?1 AND kind = 'user_erased'";
    let clients = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(clients, [json!({ "address": "192.0.2.99" })]);
}

/// A sign-in that was being evaluated during the erasure records its client afterwards. The next cron event removes it.
#[tokio::test]
async fn sign_in_in_flight_during_the_erasure_leaves_no_client() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let administrator = grace.sign_in().await;
    let paused = app
        .fault(Fault::d1().matching("INTO sessions").times(1).pauses())
        .await;
    let login = ada.login().client_ip("198.51.100.78");
    let login = tokio::spawn(login.into_future());
    paused.wait_for_hits(1).await;
    administrator
        .erase_user(&ada.id, "*")
        .await
        .assert_status(200);
    paused.release().await;
    login
        .await
        .unwrap()
        .assert_error(401, "invalid_credentials");
    app.scheduled(CRON).await;
    let sql = "SELECT count(*) AS n FROM audit_clients WHERE address = ?1";
    assert_eq!(app.count(sql, ["198.51.100.78"]).await, 0);
    assert_eq!(rows_with_id(&app, &ada.id).await, [""; 0]);
}

#[tokio::test]
#[ignore = "slow"]
async fn erasures_among_sign_ins_and_refreshes_leave_no_session() {
    let app = App::isolated(Vars::new());
    let administrator = app.admin("grace").await.sign_in().await;
    for round in 0..6 {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let mut running = JoinSet::new();
        for number in 0..4 {
            let login = ada.login().client_ip(&app.other_ip(number));
            running.spawn(login.into_future());
            running.spawn(session.refresh().into_future());
            running.spawn(session.validate().into_future());
            if number == round % 4 {
                running.spawn(administrator.erase_user(&ada.id, "*").into_future());
            }
        }
        for response in running.join_all().await {
            let is_expected = [200, 401, 429].contains(&response.status);
            assert!(is_expected, "{}: {}", response.status, response.text());
        }
        assert_eq!(ada.audit_entries("user_erased").await, 1);
        assert_eq!(ada.sessions_where("true").await, 0);
        session.me().await.assert_status(401);
        session.refresh().await.assert_status(401);
    }
}

/// Two administrators who erase each other: one of them stays.
#[tokio::test]
async fn super_administrators_who_erase_each_other_leave_one() {
    let app = App::isolated(Vars::new());
    let (first, second) = (app.super_admin("ada").await, app.super_admin("eve").await);
    let (by_first, by_second) = (first.sign_in().await, second.sign_in().await);
    let mut running = JoinSet::new();
    for _ in 0..20 {
        running.spawn(by_first.erase_user(&second.id, "*").into_future());
        running.spawn(by_second.erase_user(&first.id, "*").into_future());
    }
    let responses = running.join_all().await;
    let erased = responses.iter().filter(|response| response.status == 200);
    assert_eq!(erased.count(), 1);
    let left = "SELECT count(*) AS n FROM users WHERE role = 'super_admin' AND is_active = 1";
    assert_eq!(app.count(left, [0; 0]).await, 1);
}
