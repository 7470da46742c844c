//! Five factors per pending sign-in, five codes per session; after a hundred wrong codes in a row none is accepted, except in three ways.

use crate::support::App;

#[tokio::test]
async fn sixth_factor_of_a_pending_sign_in_is_not_checked() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let pending = ada.first_step("token").await;
    let caller = app.anonymous();
    for number in 1..=5 {
        let wrong = authenticator.wrong_code().await;
        let response = caller.verify(&pending, "totp", &wrong).await;
        response.assert_error(401, "invalid_second_factor");
        assert_eq!(ada.wrong_codes().await, number);
        app.shift_clock(app.clock() + 11).await;
    }
    let code = authenticator.code().await;
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_error(401, "pending_sign_in_expired");
    assert_eq!(ada.wrong_codes().await, 5);
    let pending = ada.first_step("token").await;
    let code = authenticator.code().await;
    let response = caller.verify(&pending, "totp", &code).await;
    response.assert_status(200);
}

#[tokio::test]
async fn back_off_is_one_three_five_and_ten_seconds() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let mut pending = ada.first_step("token").await;
    for (number, seconds) in [1, 3, 5, 10, 10, 10].into_iter().enumerate() {
        if number == 4 {
            pending = ada.first_step("token").await;
        }
        let wrong = authenticator.wrong_code().await;
        let response = app.anonymous().verify(&pending, "totp", &wrong).await;
        response.assert_error(401, "invalid_second_factor");
        let response = app.anonymous().verify(&pending, "totp", &wrong).await;
        assert_eq!(response.back_off(), seconds);
        app.shift_clock(app.clock() + i64::from(seconds)).await;
    }
}

#[tokio::test]
async fn locked_codes_are_refused_like_wrong_ones() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let codes = ada.add_recovery_codes(1).await;
    ada.set_wrong_codes(100).await;
    let pending = ada.first_step("token").await;
    for (method, code) in [
        ("totp", authenticator.code().await),
        ("recovery_code", codes[0].clone()),
        ("totp", authenticator.wrong_code().await),
    ] {
        let response = app.anonymous().verify(&pending, method, &code).await;
        response.assert_error(401, "invalid_second_factor");
        app.shift_clock(app.clock() + 11).await;
    }
    // Nothing more is recorded, so the log does not grow.
    assert_eq!(ada.audit_entries("factor_failed").await, 0);
    assert_eq!(ada.wrong_codes().await, 101);
    assert_eq!(ada.live_sessions().await, 0);
}

#[tokio::test]
async fn recovery_code_on_a_recognised_device_unlocks_codes() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let device = ada.device_cookie().await;
    let other = bob.device_cookie().await;
    let authenticator = ada.add_totp().await;
    let codes = ada.add_recovery_codes(1).await;
    ada.set_wrong_codes(100).await;
    let pending = ada.first_step("token").await;
    let attempt = async |cookie: &str, method: &str, code: &str| {
        app.shift_clock(app.clock() + 11).await;
        let request = app.anonymous().verify(&pending, method, code);
        request.cookie(cookie).await
    };
    let response = attempt(&other, "recovery_code", &codes[0]).await;
    response.assert_error(401, "invalid_second_factor");
    let code = authenticator.code().await;
    let response = attempt(&device, "totp", &code).await;
    response.assert_error(401, "invalid_second_factor");
    let response = attempt(&device, "recovery_code", &codes[0]).await;
    response.assert_status(200);
    assert_eq!(ada.wrong_codes().await, 0);
    app.skip_back_off().await;
    let code = authenticator.code().await;
    ada.sign_in_with_code("token", "totp", &code).await;
}

/// A reset by an administrator and a sign-in with a passkey remove the row of the counter. Both have tests of their own.
#[tokio::test]
async fn codes_are_accepted_again_once_the_counter_is_removed() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    ada.set_wrong_codes(101).await;
    let pending = ada.first_step("token").await;
    let code = authenticator.code().await;
    let response = app.anonymous().verify(&pending, "totp", &code).await;
    response.assert_error(401, "invalid_second_factor");
    let sql = "DELETE FROM factor_attempts WHERE user_id = ?1";
    app.sql(sql, [ada.id.as_str()]).await;
    let response = app.anonymous().verify(&pending, "totp", &code).await;
    response.assert_status(200);
}

#[tokio::test]
async fn codes_of_sign_in_step_up_and_confirmation_have_one_counter() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    session.create_totp().await.assert_status(200);
    let response = session.confirm_totp("000000").await;
    assert!([200, 400].contains(&response.status));
    let authenticator = ada_with_codes(&app, &ada).await;
    app.skip_back_off().await;
    let wrong = authenticator.wrong_code().await;
    ada.set_wrong_codes(2).await;
    session
        .step_up_with("totp", &wrong)
        .await
        .assert_status(400);
    let pending = ada.first_step("token").await;
    let response = app.anonymous().verify(&pending, "totp", &wrong).await;
    assert_eq!(response.back_off(), 5);
}

async fn ada_with_codes(app: &App, ada: &crate::support::User) -> crate::support::Authenticator {
    let sql = "DELETE FROM totp WHERE user_id = ?1";
    app.sql(sql, [ada.id.as_str()]).await;
    ada.add_totp().await
}

#[tokio::test]
async fn password_attempt_stays_counted_until_the_sign_in_is_complete() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    for _ in 0..3 {
        ada.first_step("token").await;
        app.skip_back_off().await;
    }
    assert_eq!(ada.failures().await, 3);
    let code = authenticator.code().await;
    ada.sign_in_with_code("token", "totp", &code).await;
    assert_eq!(ada.failures().await, 0);
}

/// A stolen session cannot lock the codes of its user.
#[tokio::test]
async fn sixth_code_for_step_up_is_not_checked() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let authenticator = ada.add_totp().await;
        for number in 1..=5 {
            let wrong = authenticator.wrong_code().await;
            let response = session.step_up_with("totp", &wrong).await;
            response.assert_error(400, "invalid_code");
            assert_eq!(ada.wrong_codes().await, number);
            app.shift_clock(app.clock() + 11).await;
        }
        for _ in 0..3 {
            let code = authenticator.code().await;
            let response = session.step_up_with("totp", &code).await;
            response.assert_error(403, "too_many_codes");
        }
        assert_eq!(ada.wrong_codes().await, 5);
        let code = authenticator.code().await;
        let session = ada.sign_in_with_code("token", "totp", &code).await;
        session.create_totp().await.assert_error(409, "totp_exists");
    }
}

#[tokio::test]
async fn accepted_factor_allows_five_more_codes_in_the_session() {
    for app in App::shared().of_each_kind() {
        let ada = app.user("ada").await;
        let mut session = ada.sign_in().await;
        let authenticator = ada.add_totp().await;
        for _ in 0..2 {
            for _ in 0..4 {
                let wrong = authenticator.wrong_code().await;
                let response = session.step_up_with("totp", &wrong).await;
                response.assert_error(400, "invalid_code");
                app.shift_clock(app.clock() + 31).await;
            }
            let code = authenticator.code().await;
            let response = session.step_up_with("totp", &code).await;
            response.assert_status(200).recorded().await;
            session = response.continued(session);
            app.shift_clock(app.clock() + 31).await;
        }
    }
}

/// Otherwise a client that keeps sending wrong codes could keep the user from using a recovery code.
#[tokio::test]
async fn wrong_code_begins_no_back_off_once_codes_are_locked() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let device = ada.device_cookie().await;
    let authenticator = ada.add_totp().await;
    let codes = ada.add_recovery_codes(1).await;
    ada.set_wrong_codes(101).await;
    let attacker = ada.first_step("token").await;
    app.skip_back_off().await;
    let pending = ada.first_step("token").await;
    let wrong = authenticator.wrong_code().await;
    let response = app.anonymous().verify(&attacker, "totp", &wrong).await;
    response.assert_error(401, "invalid_second_factor");
    let caller = app.anonymous().with_cookie(&device);
    let response = caller.verify(&pending, "recovery_code", &codes[0]).await;
    response.assert_status(200);
}

/// Such a code is no attempt of the user.
#[tokio::test]
async fn code_in_a_session_of_a_program_or_without_a_factor_is_not_counted() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    for method in ["totp", "recovery_code"] {
        let response = session.step_up_with(method, "123456").await;
        response.assert_error(400, "invalid_code");
    }
    let authenticator = ada.add_totp().await;
    let sql = "UPDATE sessions SET method = 'aws_proof' WHERE id = ?1";
    app.sql(sql, [session.session_id()]).await;
    let code = authenticator.code().await;
    let response = session.step_up_with("totp", &code).await;
    response.assert_error(400, "invalid_code");
    assert_eq!(ada.wrong_codes().await, 0);
}
