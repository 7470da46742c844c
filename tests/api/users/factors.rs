//! `/api/auth/users/{id}/factors`: list and reset the second factors of a user.

use crate::support::{App, Authenticator, Fault, User, Vars, assert_refused};
use serde_json::json;
use std::future::IntoFuture as _;

/// The rows of a user in the tables of second factors.
async fn rows(app: &App, user: &User) -> Vec<u64> {
    let mut counts = Vec::new();
    for table in [
        "passkeys",
        "totp",
        "recovery_codes",
        "factor_attempts",
        "pending_sign_ins",
    ] {
        let sql = format!("SELECT count(*) AS n FROM {table} WHERE user_id = ?1");
        counts.push(app.count(&sql, [user.id.clone()]).await);
    }
    counts
}

#[tokio::test]
async fn factors_of_a_user_are_listed_without_secrets() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let body = admin.list_user_factors(&ada.id).await.json();
    let none = json!({
        "success": true,
        "has_password": true,
        "passkeys": [],
        "totp": null,
        "recovery_codes": null,
        "codes_locked": false
    });
    assert_eq!(body, none);
    assert_eq!(admin.get_user(&ada.id).await.user()["has_factor"], false);
    let authenticator = ada.add_totp().await;
    ada.add_passkey_row().await;
    let codes = ada.add_recovery_codes(3).await;
    ada.sign_in_with_code("token", "recovery_code", &codes[0])
        .await;
    for (failures, is_locked) in [(99, false), (100, true), (101, true)] {
        ada.set_wrong_codes(failures).await;
        let body = admin.list_user_factors(&ada.id).await.json();
        assert_eq!(body["codes_locked"], is_locked, "{failures}");
    }
    let response = admin.list_user_factors(&ada.id).await;
    let body = response.assert_status(200).json();
    assert_eq!(body["passkeys"][0]["name"], "Key");
    assert!(body["totp"]["created_at"].is_string());
    assert_eq!(body["recovery_codes"]["remaining"], 2);
    assert!(!response.text().contains(&authenticator.secret));
    assert_eq!(admin.get_user(&ada.id).await.user()["has_factor"], true);
    let listed = admin.list_user_sessions(&ada.id).await.list("sessions");
    assert_eq!(listed[0]["factor"], "recovery_code");
}

#[tokio::test]
async fn reset_removes_every_factor_and_revokes_every_session() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let authenticator = ada.add_totp().await;
    ada.add_passkey_row().await;
    let codes = ada.add_recovery_codes(2).await;
    let first = ada
        .sign_in_with_code("token", "recovery_code", &codes[0])
        .await;
    app.skip_back_off().await;
    let code = authenticator.code().await;
    let second = ada.sign_in_with_code("cookie", "totp", &code).await;
    first.validate().await.assert_status(200);
    let pending = ada.first_step("token").await;
    ada.set_wrong_codes(100).await;
    for (number, count) in [(1, 2), (2, 0)] {
        let response = admin.reset_user_factors(&ada.id).await;
        response.recorded().await;
        let body = response.assert_status(200).json();
        assert_eq!(body["revoked_sessions"], count, "request {number}");
    }
    assert_eq!(rows(&app, &ada).await, [0; 5]);
    assert_refused(&[&first, &second]).await;
    assert_eq!(admin.get_user(&ada.id).await.user()["has_factor"], false);
    assert_eq!(ada.audit_entries("factors_reset").await, 2);
    assert_eq!(
        ada.audit_details("session_revoked").await,
        ["factors_reset"]
    );
    let code = authenticator.code_in(1).await;
    let response = app.anonymous().verify(&pending, "totp", &code).await;
    response.assert_error(401, "pending_sign_in_expired");
    // The password is not changed.
    app.skip_back_off().await;
    ada.login().await.assert_status(200);
}

/// A secret that no code has confirmed is not a factor, and is removed as well.
#[tokio::test]
async fn reset_removes_one_time_codes_that_are_not_confirmed() {
    let app = App::shared();
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let session = ada.sign_in().await;
    session.create_totp().await.assert_status(200);
    admin.reset_user_factors(&ada.id).await.assert_status(200);
    assert_eq!(rows(&app, &ada).await, [0; 5]);
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn reset_by_an_administrator_who_was_demoted_meanwhile_is_refused() {
    let app = App::shared();
    let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
    let session = ada.sign_in().await;
    let admin = grace.sign_in().await;
    ada.add_totp().await;
    let fault = Fault::d1().matching("SET factor_version");
    let paused = app.fault(fault.times(1).pauses()).await;
    let reset = tokio::spawn(admin.reset_user_factors(&ada.id).into_future());
    paused.wait_for_hits(1).await;
    grace.update("role = 'user'").await;
    paused.release().await;
    reset.await.unwrap().assert_error(403, "not_permitted");
    assert_eq!(rows(&app, &ada).await[1], 1);
    session.me().await.assert_status(200);
    for kind in ["factors_reset", "session_revoked"] {
        assert_eq!(ada.audit_entries(kind).await, 0, "{kind}");
    }
}

#[tokio::test]
async fn reset_is_announced_to_the_user() {
    let app = App::with(Vars::with_email());
    let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
    ada.add_totp().await;
    let admin = grace.sign_in().await;
    let response = admin.reset_user_factors(&ada.id).await;
    response.assert_status(200).recorded().await;
    let subjects = app.subjects_to(&ada.email).await;
    assert_eq!(
        subjects,
        ["The second factors of your account at Edge Auth were removed"]
    );
}

#[tokio::test]
async fn administrator_restores_access_for_a_user_who_lost_every_factor() {
    let app = App::with(Vars::new().set("MFA_POLICY", "required"));
    let (grace, ada) = (app.admin("grace").await, app.user("ada").await);
    let lost = ada.add_totp().await;
    let of_grace = grace.add_totp().await;
    let code = of_grace.code().await;
    let admin = grace.sign_in_with_code("token", "totp", &code).await;
    // The user has neither the authenticator nor recovery codes.
    let pending = ada.first_step("cookie").await;
    let wrong = lost.wrong_code().await;
    let response = app.anonymous().verify(&pending, "totp", &wrong).await;
    response.assert_error(401, "invalid_second_factor");

    admin.reset_user_factors(&ada.id).await.assert_status(200);

    // The password alone starts no session: the policy demands a new factor.
    app.skip_back_off().await;
    ada.login()
        .await
        .assert_error(401, "second_factor_required");
    app.skip_back_off().await;
    let pending = ada.first_step("cookie").await;
    assert_eq!(
        (pending.methods.clone(), pending.enrol.clone()),
        (json!([]), json!(["passkey", "totp"]))
    );
    let caller = app.anonymous();
    let body = caller.enrol_totp(&pending).await.assert_status(200).json();
    let found = Authenticator::new(&app, body["secret"].as_str().expect("a secret"));
    let code = found.code().await;
    let response = caller.verify(&pending, "totp", &code).await;
    let codes = response.assert_status(200).list("recovery_codes");
    assert_eq!(codes.len(), 10);
    assert_eq!(response.session().statuses().await, [200; 3]);
    let factors = admin.list_user_factors(&ada.id).await.json();
    assert_eq!(factors["recovery_codes"]["remaining"], 10);
    for kind in [
        "factors_reset",
        "totp_added",
        "recovery_codes_created",
        "sign_in",
    ] {
        assert_eq!(ada.audit_entries(kind).await, 1, "{kind}");
    }
}
