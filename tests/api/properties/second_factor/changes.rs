//! A pending sign-in has no effect after a change of the user, also if the change comes between the check of the factor and the
//! session.

use crate::support::{App, Fault, NEW_PASSWORD, User, eventually, hash};
use serde_json::json;

/// Changes of a user after which a sign-in in progress gives no session.
const CHANGES: [&str; 7] = [
    "password", "factor", "removal", "passkey", "status", "role", "erasure",
];

async fn change(app: &App, user: &User, what: &str) {
    let id = user.id.as_str();
    match what {
        "password" => {
            let hash = hash(id, NEW_PASSWORD);
            user.update(&format!("password_hash = '{hash}'")).await;
        }
        // Removed and added again, as after a reset by an administrator.
        "factor" => {
            app.sql("DELETE FROM totp WHERE user_id = ?1", [id]).await;
            user.add_totp().await;
        }
        "removal" => drop(app.sql("DELETE FROM totp WHERE user_id = ?1", [id]).await),
        "passkey" => user.add_passkey_row().await,
        "status" => user.disable().await,
        "role" => user.update("role = 'admin'").await,
        "erasure" => {
            for table in [
                "pending_sign_ins",
                "recovery_codes",
                "totp",
                "factor_attempts",
            ] {
                let sql = format!("DELETE FROM {table} WHERE user_id = ?1");
                app.sql(&sql, [id]).await;
            }
            app.sql("DELETE FROM users WHERE id = ?1", [id]).await;
        }
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn change_of_the_user_ends_pending_sign_ins() {
    let app = App::shared();
    for what in CHANGES {
        let ada = app.user("ada").await;
        let authenticator = ada.add_totp().await;
        let pending = ada.first_step("token").await;
        change(&app, &ada, what).await;
        let code = authenticator.code().await;
        let response = app.anonymous().verify(&pending, "totp", &code).await;
        assert_eq!(
            (response.status, response.error_code()),
            (401, Some("pending_sign_in_expired")),
            "{what}"
        );
        assert_eq!(ada.sessions_where("true").await, 0, "{what}");
        assert_eq!(ada.audit_entries("factor_failed").await, 0, "{what}");
        app.skip_back_off().await;
    }
}

#[tokio::test]
async fn change_between_the_check_and_the_session_gives_nothing() {
    let app = App::shared();
    for what in CHANGES {
        let ada = app.user("ada").await;
        ada.add_totp().await;
        let codes = ada.add_recovery_codes(1).await;
        let pending = ada.first_step("token").await;
        let paused = app
            .fault(
                Fault::d1()
                    .matching("INSERT INTO sessions")
                    .times(1)
                    .pauses(),
            )
            .await;
        let request = app.anonymous().verify(&pending, "recovery_code", &codes[0]);
        let waiting = tokio::spawn(request.send());
        eventually("the request is about to write", async || {
            paused.hits().await > 0
        })
        .await;
        change(&app, &ada, what).await;
        paused.release().await;
        let response = waiting.await.expect("a response");
        assert_eq!(
            (response.status, response.error_code()),
            (401, Some("pending_sign_in_expired")),
            "{what}: {}",
            response.text()
        );
        assert_eq!(ada.sessions_where("true").await, 0, "{what}");
        for kind in ["sign_in", "recovery_code_used"] {
            assert_eq!(ada.audit_entries(kind).await, 0, "{what}");
        }
        let sql =
            "SELECT count(*) AS n FROM recovery_codes WHERE user_id = ?1 AND used_at IS NOT NULL";
        assert_eq!(app.count(sql, [ada.id.as_str()]).await, 0, "{what}");
        app.skip_back_off().await;
    }
}

/// The first factor is added after the password was checked, and before the session is created.
#[tokio::test]
async fn login_that_began_before_the_first_factor_gives_no_session() {
    let app = App::shared();
    for route in ["login", "sign-in"] {
        let ada = app.user("ada").await;
        let paused = app
            .fault(
                Fault::d1()
                    .matching("INSERT INTO sessions")
                    .times(1)
                    .pauses(),
            )
            .await;
        let request = match route {
            "login" => ada.login(),
            _ => app
                .anonymous()
                .sign_in("token", &ada.username, &ada.password),
        };
        let waiting = tokio::spawn(request.send());
        eventually("the request is about to write", async || {
            paused.hits().await > 0
        })
        .await;
        ada.add_totp().await;
        paused.release().await;
        let response = waiting.await.expect("a response");
        response.assert_error(401, "invalid_credentials");
        assert_eq!(ada.sessions_where("true").await, 0);
        app.skip_back_off().await;
    }
}

#[tokio::test]
async fn step_up_that_loses_the_race_for_its_code_gives_nothing() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.add_totp().await;
    let codes = ada.add_recovery_codes(1).await;
    let paused = app
        .fault(Fault::d1().matching("factor_at = iif").times(1).pauses())
        .await;
    let request = session.step_up_with("recovery_code", &codes[0]);
    let waiting = tokio::spawn(request.send());
    eventually("the request is about to write", async || {
        paused.hits().await > 0
    })
    .await;
    let sql = "UPDATE recovery_codes SET used_at = created_at WHERE user_id = ?1";
    app.sql(sql, [ada.id.as_str()]).await;
    paused.release().await;
    let response = waiting.await.expect("a response");
    assert_eq!(response.status, 401, "{}", response.text());
    assert_eq!(ada.audit_entries("step_up").await, 0);
    assert!(session.column("factor_at").await.is_null());
}

/// A sign-in that waits does not outlive a status or role that the user has had in between.
#[tokio::test]
async fn change_that_is_undone_ends_pending_sign_ins_too() {
    let app = App::shared();
    let admin = app.new_user("root").role("super_admin").create().await;
    let admin = admin.sign_in().await;
    for (change, back) in [
        (json!({"is_active": false}), json!({"is_active": true})),
        (json!({"role": "admin"}), json!({"role": "user"})),
    ] {
        let ada = app.user("ada").await;
        let authenticator = ada.add_totp().await;
        let pending = ada.first_step("token").await;
        for fields in [&change, &back] {
            let response = admin.change_user(&ada.id, fields).await;
            response.assert_status(200);
        }
        let code = authenticator.code().await;
        let response = app.anonymous().verify(&pending, "totp", &code).await;
        response.assert_error(401, "pending_sign_in_expired");
        assert_eq!(ada.sessions_where("true").await, 0, "{change}");
        app.skip_back_off().await;
    }
}
