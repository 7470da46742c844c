//! What an attacker can do with one stolen item of a user who has a password, one-time codes and recovery codes. Each test is a row of
//! the table in `docs/security/threat-model.md`.

use crate::support::{App, Authenticator, Caller, NEW_PASSWORD, User, Vars};
use serde_json::{Value, json};

/// The user, with the authenticator and the recovery codes.
async fn ada(app: &App) -> (User, Authenticator, Vec<String>) {
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let codes = ada.add_recovery_codes(2).await;
    (ada, authenticator, codes)
}

/// Fails unless no session of the user was started.
async fn assert_no_session(user: &User) {
    assert_eq!(user.sessions_where("true").await, 0);
    assert_eq!(user.audit_entries("sign_in").await, 0);
}

/// Adding and removing what the user signs in with, and the address to which links are sent.
fn takeovers(session: &Caller) -> [crate::support::Request; 9] {
    [
        session.post("/api/auth/passkeys/options"),
        session.post("/api/auth/passkeys").json(&json!({})),
        session.request(
            "DELETE",
            "/api/auth/passkeys/00000000-0000-4000-8000-000000000000",
        ),
        session.create_totp(),
        session.confirm_totp("123456"),
        session.remove_totp(),
        session.replace_recovery_codes(),
        session.remove_password(),
        session.change_email("attacker@example.com"),
    ]
}

#[tokio::test]
async fn stolen_password_starts_no_session_and_adds_no_factor() {
    let app = App::shared();
    let (ada, authenticator, _) = ada(&app).await;
    let attacker = app.anonymous();
    ada.login()
        .await
        .assert_error(401, "second_factor_required");
    for kind in ["token", "cookie"] {
        app.skip_back_off().await;
        let pending = ada.first_step(kind).await;
        let response = attacker.enrol_totp(&pending).await;
        response.assert_error(409, "factor_exists");
        let wrong = authenticator.wrong_code().await;
        let response = attacker.verify(&pending, "totp", &wrong).await;
        response.assert_error(401, "invalid_second_factor");
    }
    assert_no_session(&ada).await;
}

/// The attacker has an unlocked phone with the authenticator app, and its codes.
#[tokio::test]
async fn stolen_phone_with_one_time_codes_starts_no_session() {
    let app = App::shared();
    let (ada, authenticator, _) = ada(&app).await;
    let code = authenticator.code().await;
    let attacker = app.anonymous();
    let body = json!({ "pending": "A".repeat(43), "method": "totp", "code": code });
    let response = attacker.post("/api/auth/sign-in/verify").json(&body).await;
    response.assert_error(401, "pending_sign_in_expired");
    // A code is not a password.
    ada.login_with(&code)
        .await
        .assert_error(401, "invalid_credentials");
    assert_no_session(&ada).await;
}

#[tokio::test]
async fn stolen_recovery_codes_start_no_session() {
    let app = App::shared();
    let (ada, _, codes) = ada(&app).await;
    let attacker = app.anonymous();
    for code in &codes {
        let body = json!({ "pending": "A".repeat(43), "method": "recovery_code", "code": code });
        let response = attacker.post("/api/auth/sign-in/verify").json(&body).await;
        response.assert_error(401, "pending_sign_in_expired");
    }
    ada.login_with(&codes[0])
        .await
        .assert_error(401, "invalid_credentials");
    assert_no_session(&ada).await;
}

/// The attacker sets a new password with a link. The second factor stays, and the user is told.
#[tokio::test]
async fn stolen_mailbox_sets_a_password_and_starts_no_session() {
    let app = App::with(Vars::with_email());
    let (ada, authenticator, _) = ada(&app).await;
    let attacker = app.anonymous();
    let link = ada.reset_link().await;
    let set = attacker.set_password(&link, NEW_PASSWORD).await;
    set.assert_status(200).recorded().await;
    let response = ada.login_with(NEW_PASSWORD).await;
    response.assert_error(401, "second_factor_required");
    app.skip_back_off().await;
    let response = attacker.sign_in("token", &ada.username, NEW_PASSWORD).await;
    let pending = response.pending();
    let response = attacker.enrol_totp(&pending).await;
    response.assert_error(409, "factor_exists");
    assert_eq!(pending.enrol, json!([]));
    assert_no_session(&ada).await;
    let subjects = app.subjects_to(&ada.email).await;
    let announced = "The password of your account at Edge Auth was changed";
    assert!(
        subjects.iter().any(|sent| sent == announced),
        "{subjects:?}"
    );
    // The user still has the factor, and gets the account back with a link of their own.
    app.skip_back_off().await;
    let code = authenticator.code().await;
    let response = attacker.verify(&pending, "totp", &code).await;
    response.assert_status(200);
}

/// The session is used by the attacker for its lifetime, but it cannot be made permanent.
#[tokio::test]
async fn stolen_session_changes_no_factor_password_or_address() {
    let app = App::shared();
    for kind in ["token", "cookie"] {
        let (ada, authenticator, _) = ada(&app).await;
        let code = authenticator.code().await;
        let session = ada.sign_in_with_code(kind, "totp", &code).await;
        app.shift_clock(app.clock() + 301).await;
        session.factors().await.assert_status(200);
        let before = ada
            .row("factor_version, has_factor, email, password_hash")
            .await;
        for request in takeovers(&session) {
            request.await.assert_error(401, "step_up_required");
        }
        // The password is not enough for a step-up, so knowing it as well does not help.
        let response = session.step_up(&ada.password).await;
        response.assert_error(403, "factor_required_for_step_up");
        let response = session.change_password(&ada.password, NEW_PASSWORD).await;
        response.assert_error(401, "step_up_required");
        let after = ada
            .row("factor_version, has_factor, email, password_hash")
            .await;
        assert_eq!(before, after);
    }
}

/// A session from before the first factor, in which the user authenticated a moment ago.
#[tokio::test]
async fn session_from_before_the_first_factor_changes_no_factor_after_it() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let stolen = ada.sign_in().await;
    ada.add_totp().await;
    for request in takeovers(&stolen) {
        request.await.assert_error(401, "step_up_required");
    }
}

/// The rows of the tables of second factors contain nothing that can be sent in place of a factor or a pending sign-in.
#[tokio::test]
async fn stolen_backup_of_d1_completes_no_sign_in() {
    let app = App::shared();
    let (ada, _, _) = ada(&app).await;
    let pending = ada.first_step("token").await;
    let sql = "SELECT (SELECT secret FROM totp WHERE user_id = ?1) AS secret,
                      (SELECT min(code_hash) FROM recovery_codes WHERE user_id = ?1) AS code,
                      (SELECT id FROM pending_sign_ins WHERE user_id = ?1) AS pending";
    let stolen = app.sql(sql, [ada.id.clone()]).await.remove(0);
    let text = |name: &str| stolen[name].as_str().expect("a text").to_owned();
    let attacker = app.anonymous();
    let send = |body: Value| attacker.post("/api/auth/sign-in/verify").json(&body);
    let (secret, hash) = (text("secret"), text("code"));
    for (method, code) in [
        ("recovery_code", hash.as_str()),
        ("recovery_code", &secret[..64.min(secret.len())]),
        ("totp", &hash[..6]),
    ] {
        app.skip_back_off().await;
        let body = json!({ "pending": pending.secret, "method": method, "code": code });
        let response = send(body).await;
        assert_ne!(response.status, 200, "{method}: {}", response.text());
    }
    let body = json!({ "pending": text("pending"), "method": "totp", "code": "123456" });
    send(body)
        .await
        .assert_error(401, "pending_sign_in_expired");
    assert_no_session(&ada).await;
}
