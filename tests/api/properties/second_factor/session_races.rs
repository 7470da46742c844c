//! A change that a session has authorized has no effect once the session or the factors of its user have changed, also if that happens
//! between the check and the write.

use crate::support::authenticator::{Algorithm, Authenticator};
use crate::support::{App, Caller, Fault, NEW_PASSWORD, Request, Response, User};

/// Sends a request, makes the change when the request is about to execute a statement that matches, and returns the response.
async fn changed_before(
    app: &App,
    statement: &str,
    request: Request,
    change: impl AsyncFnOnce(),
) -> Response {
    let fault = Fault::d1().matching(statement).times(1).pauses();
    let paused = app.fault(fault).await;
    let waiting = tokio::spawn(request.send());
    paused.wait_for_hits(1).await;
    change().await;
    paused.release().await;
    waiting.await.expect("a response")
}

/// The requests that change the factors or the password of a user, each with its write.
fn changes(session: &Caller, user: &User) -> [(&'static str, Request); 5] {
    let passkey = format!("/api/auth/passkeys/{}", user.id);
    [
        (
            "INSERT INTO recovery_codes",
            session.replace_recovery_codes(),
        ),
        ("DELETE FROM totp", session.remove_totp()),
        ("DELETE FROM passkeys", session.request("DELETE", &passkey)),
        ("password_hash = NULL", session.remove_password()),
        (
            "UPDATE users SET password_hash = .1",
            session.change_password(&user.password, NEW_PASSWORD),
        ),
    ]
}

/// What these requests change.
async fn state(user: &User) -> serde_json::Value {
    let columns = "(SELECT count(*) FROM totp WHERE user_id = users.id) AS totp, \
                   (SELECT count(*) FROM passkeys WHERE user_id = users.id) AS passkeys, \
                   (SELECT count(*) FROM recovery_codes WHERE user_id = users.id) AS codes, password_hash";
    user.row(columns).await
}

fn assert_refused(response: &Response) {
    assert!(
        [401, 503].contains(&response.status),
        "{}: {}",
        response.request(),
        response.text()
    );
}

/// The session was stepped up by its password, which does not suffice once the user has a factor.
#[tokio::test]
async fn session_from_before_the_first_factor_changes_nothing_after_it() {
    let app = App::shared();
    for number in 0..5 {
        let ada = app.user("ada").await;
        let session = ada.sign_in().await;
        let (statement, request) = changes(&session, &ada).into_iter().nth(number).unwrap();
        let mut before = None;
        let response = changed_before(&app, statement, request, async || {
            ada.add_totp().await;
            ada.add_passkey_row().await;
            before = Some(state(&ada).await);
        });
        assert_refused(&response.await);
        assert_eq!(Some(state(&ada).await), before, "{statement}");
        app.skip_back_off().await;
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn session_that_was_revoked_or_rotated_changes_nothing() {
    for app in App::shared().of_each_kind() {
        for number in 0..4 {
            for change in ["revoked", "rotated"] {
                let ada = app.user("ada").await;
                let session = ada.sign_in().await;
                ada.add_totp().await;
                ada.add_passkey_row().await;
                let sql = "UPDATE sessions SET factor_at = created_at WHERE id = ?1";
                app.sql(sql, [session.session_id()]).await;
                let before = state(&ada).await;
                let (statement, request) = changes(&session, &ada).into_iter().nth(number).unwrap();
                let sql = match change {
                    "revoked" => "UPDATE sessions SET revoked_at = created_at WHERE id = ?1",
                    _ => "UPDATE sessions SET generation = generation + 1 WHERE id = ?1",
                };
                let response = changed_before(&app, statement, request, async || {
                    app.sql(sql, [session.session_id()]).await;
                });
                assert_refused(&response.await);
                assert_eq!(state(&ada).await, before, "{statement}, {change}");
            }
        }
    }
}

#[tokio::test]
async fn factor_is_not_added_after_a_change_of_the_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let options = session.passkey_options().await.json();
    let credential = passkey.create(&options["options"], &app.page_origin());
    let request = session.register_passkey(&options["state"], &credential, "Key");
    let response = changed_before(&app, "INSERT INTO passkeys", request, async || {
        let hash = crate::support::hash(&ada.id, NEW_PASSWORD);
        ada.update(&format!("password_hash = '{hash}'")).await;
    })
    .await;
    assert_ne!(response.status, 200, "{}", response.text());
    assert_eq!(state(&ada).await["passkeys"], 0);
}
