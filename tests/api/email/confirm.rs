//! `POST /api/auth/confirm-email`: confirm a new e-mail address.

use super::{app, change, new_address, request, secret_for};
use crate::support::{App, Fault, NEW_PASSWORD, PASSWORD, User};
use serde_json::{Value, json};

const CHANGED: &str = "The e-mail address of your account at Edge Auth was changed";

async fn email_of(user: &User) -> Value {
    user.row("email").await["email"].clone()
}

#[tokio::test]
async fn confirm_email_changes_the_address() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    session.validate().await.recorded().await;
    let new = format!("New.{}", new_address(&ada));
    let secret = secret_for(&app, &session, &new).await;
    app.redact(&new, "new");
    let response = session.confirm_email(&format!(" {secret}\n")).await;
    response.recorded().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "email": "[new]"
    }
    "#);
    let row = ada
        .row("email, email_key, email_verified_at, updated_at")
        .await;
    assert_eq!(row["email"], new);
    assert_eq!(row["email_key"], new.to_lowercase());
    assert_eq!(row["email_verified_at"], row["updated_at"]);
    // The cached session has the new address.
    assert_eq!(session.validate().await.user()["email"], new);
    let login = |name: &str| app.anonymous().login(name, PASSWORD);
    login(&new).await.assert_status(200);
    login(&ada.email).await.assert_status(401);
}

#[tokio::test]
async fn earlier_address_gets_a_link_that_restores_it_and_the_new_one_gets_nothing_more() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    change(&app, &session, &new).await;
    // The recipient is the address before the change.
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, CHANGED);
    mail.secret(&app, "revert-email");
    assert!(!mail.text.contains(&new), "{}", mail.text);
    assert_eq!(app.mails_to(&new).await.len(), 1);
}

#[tokio::test]
async fn link_counts_only_in_the_session_that_asked() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (own, other, of_bob) = (
        ada.sign_in().await,
        ada.sign_in().await,
        bob.sign_in().await,
    );
    let new = new_address(&ada);
    let secret = secret_for(&app, &own, &new).await;
    let unknown = own.confirm_email("unknown").await;
    unknown.assert_error(400, "invalid_link");
    for session in [&other, &of_bob] {
        let response = session.confirm_email(&secret).await;
        assert_eq!(
            (response.snapshot(), &response.body),
            (unknown.snapshot(), &unknown.body)
        );
    }
    app.anonymous()
        .confirm_email(&secret)
        .await
        .assert_error(401, "no_token");
    assert_eq!(email_of(&ada).await, ada.email);
    // A refresh does not begin another session.
    own.refreshed()
        .await
        .confirm_email(&secret)
        .await
        .assert_status(200);
    assert_eq!(email_of(&ada).await, new);
}

#[tokio::test]
async fn link_counts_in_the_same_cookie_session_after_a_step_up() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let session = session.step_up(&ada.password).await.cookie_session();
    let response = ada.sign_in_with_cookie().await.confirm_email(&secret).await;
    response.assert_error(400, "invalid_link");
    session.confirm_email(&secret).await.assert_status(200);
}

#[tokio::test]
async fn link_is_valid_once_and_for_an_hour() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    let secret = secret_for(&app, &session, &new).await;
    app.shift_clock(3_601).await;
    let response = session.confirm_email(&secret).await;
    response.assert_error(400, "invalid_link");
    app.shift_clock(3_500).await;
    session.confirm_email(&secret).await.assert_status(200);
    let response = session.confirm_email(&secret).await;
    response.assert_error(400, "invalid_link");
}

#[tokio::test]
async fn revert_link_does_not_confirm_an_address() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    change(&app, &session, &new_address(&ada)).await;
    let secret = app.mail_to(&ada.email).await.secret(&app, "revert-email");
    let response = session.confirm_email(&secret).await;
    response.assert_error(400, "invalid_link");
}

#[tokio::test]
async fn change_of_address_voids_links_that_set_a_password() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = ada.sign_in().await;
    let mut links = Vec::new();
    for user in [&ada, &bob] {
        let forgot = app.anonymous().forgot_password(&user.username).await;
        forgot.recorded().await;
        links.push(app.mail_to(&user.email).await.secret(&app, "set-password"));
    }
    links.insert(1, ada.reset_link().await);
    change(&app, &session, &new_address(&ada)).await;
    for (link, status) in links.iter().zip([400, 400, 200]) {
        let response = app.anonymous().set_password(link, NEW_PASSWORD).await;
        response.assert_status(status);
    }
}

#[tokio::test]
async fn change_of_password_voids_a_link_that_confirms_an_address() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (session, of_bob) = (ada.sign_in().await, bob.sign_in().await);
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let secret_of_bob = secret_for(&app, &of_bob, &new_address(&bob)).await;
    session
        .change_password(PASSWORD, NEW_PASSWORD)
        .await
        .assert_status(200);
    let response = session.confirm_email(&secret).await;
    response.assert_error(400, "invalid_link");
    assert_eq!(email_of(&ada).await, ada.email);
    of_bob
        .confirm_email(&secret_of_bob)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn password_set_with_a_link_voids_a_link_that_confirms_an_address() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    secret_for(&app, &session, &new_address(&ada)).await;
    app.anonymous()
        .set_password(&ada.reset_link().await, NEW_PASSWORD)
        .await
        .assert_status(200);
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id]).await, 0);
}

#[tokio::test]
async fn address_that_another_user_has_meanwhile_is_not_set() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (session, of_bob) = (ada.sign_in().await, bob.sign_in().await);
    let new = new_address(&ada);
    let first = secret_for(&app, &session, &new).await;
    let second = secret_for(&app, &of_bob, &new).await;
    session.confirm_email(&first).await.assert_status(200);
    let response = of_bob.confirm_email(&second).await;
    response.assert_error(400, "invalid_link");
    assert_eq!(email_of(&bob).await, bob.email);
}

#[tokio::test]
async fn no_other_user_gets_an_address_that_can_be_restored() {
    for prefix in ["new", "New"] {
        let app = app();
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (session, of_bob) = (ada.sign_in().await, bob.sign_in().await);
        // Bob asks while Ada has the address, and after she has replaced it.
        let early = format!("{prefix}.{}", new_address(&ada));
        let secret_of_bob = secret_for(&app, &of_bob, &early).await;
        change(&app, &session, &early).await;
        change(&app, &session, &new_address(&ada)).await;
        let response = of_bob.confirm_email(&secret_of_bob).await;
        response.assert_error(400, "invalid_link");
        request(&of_bob, &early).await;
        let subjects = app.subjects_to(&early).await;
        let taken = "Your e-mail address already belongs to an account at Edge Auth";
        assert_eq!(subjects.last().map(String::as_str), Some(taken));
        // Ada may have it again.
        change(&app, &session, &early).await;
        app.shift_clock(8 * 86_400).await;
        assert_eq!(of_bob.validate().await.status, 401);
    }
}

#[tokio::test]
async fn confirmation_of_the_same_address_verifies_it() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    // A domain is the same in upper case.
    let (local, domain) = ada.email.split_once('@').unwrap();
    let same = format!("{local}@{}", domain.to_uppercase());
    request(&session, &same).await;
    let secret = app.mail_to(&ada.email).await.secret(&app, "confirm-email");
    let response = session.confirm_email(&secret).await;
    response.assert_status(200).recorded().await;
    let row = ada.row("email, email_verified_at").await;
    assert_eq!(row["email"], same);
    assert!(row["email_verified_at"].is_string());
    // Nothing was replaced, so there is nothing to restore.
    let subjects = app.subjects_to(&ada.email).await;
    assert!(!subjects.contains(&CHANGED.to_owned()), "{subjects:?}");
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id]).await, 0);
}

/// Messages go to the address as it is spelled. A Kelvin sign has the small letter k as its lower case.
#[tokio::test]
async fn address_that_differs_in_its_spelling_only_is_another_one() {
    for spelling in ["Kim", "\u{212a}im"] {
        let app = app();
        let kim = app.user("kim").await;
        let session = kim.sign_in().await;
        let (first, other) = (kim.email.clone(), kim.email.replacen("kim", spelling, 1));
        assert_ne!(first, other);
        change(&app, &session, &other).await;
        let row = kim.row("email, email_key").await;
        assert_eq!(
            (&row["email"], &row["email_key"]),
            (&json!(other), &json!(first))
        );
        let secret = app.mail_to(&first).await.secret(&app, "revert-email");
        // The second spelling is not the earlier address, so confirming it again voids nothing.
        let third = new_address(&kim);
        change(&app, &session, &third).await;
        change(&app, &session, &other.replacen('m', "M", 1)).await;
        let response = app.anonymous().revert_email(&secret).await;
        response.assert_status(200).recorded().await;
        assert_eq!(email_of(&kim).await, first);
    }
}

#[tokio::test]
async fn token_or_cookie_that_was_rotated_out_confirms_nothing() {
    let app = app();
    let ada = app.user("ada").await;
    for is_cookie in [false, true] {
        let first = if is_cookie {
            ada.sign_in_with_cookie().await
        } else {
            ada.sign_in().await
        };
        let secret = secret_for(&app, &first, &new_address(&ada)).await;
        let second = if is_cookie {
            first.stepped_up(PASSWORD).await
        } else {
            first.refreshed().await
        };
        // Other routes accept it within the replay window.
        first.list_sessions().await.assert_status(200);
        let response = first.confirm_email(&secret).await;
        response.assert_error(401, "invalid_token");
        second.confirm_email(&secret).await.assert_status(200);
    }
}

#[tokio::test]
async fn session_that_is_rotated_meanwhile_changes_nothing() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE users SET email").pauses())
        .await;
    let confirming = tokio::spawn(session.confirm_email(&secret).send());
    paused.wait_for_hits(1).await;
    session.step_up(PASSWORD).await.assert_status(200);
    paused.remove().await;
    let response = confirming.await.unwrap();
    response.assert_error(400, "invalid_link");
    assert_eq!(email_of(&ada).await, ada.email);
}

#[tokio::test]
async fn recognised_device_stays_recognised_for_the_new_address() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let device = ada.device_cookie().await;
    let of_bob = bob.device_cookie().await;
    let session = ada.sign_in().await.with_cookie(&device);
    let new = new_address(&ada);
    let secret = secret_for(&app, &session, &new).await;
    let response = session.confirm_email(&secret).await;
    response.assert_status(200).recorded().await;
    let login = app.anonymous().login(&new, PASSWORD);
    let login = login
        .header("user-agent", "another")
        .cookie(&response.cookie());
    login.await.assert_status(200).recorded().await;
    let new_device = "New sign-in to your account at Edge Auth".to_owned();
    assert!(!app.subjects_to(&new).await.contains(&new_device));
    // A device that is recognised for another user does not become recognised for this one.
    let session = session.with_cookie(&of_bob);
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let response = session.confirm_email(&secret).await;
    assert_eq!(response.assert_status(200).header("set-cookie"), None);
}

#[tokio::test]
async fn session_that_is_revoked_meanwhile_changes_nothing() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE users SET email").pauses())
        .await;
    let confirming = tokio::spawn(session.confirm_email(&secret).send());
    paused.wait_for_hits(1).await;
    session.logout().await.assert_status(200);
    paused.release().await;
    let response = confirming.await.unwrap();
    response.assert_error(400, "invalid_link");
    assert_eq!(email_of(&ada).await, ada.email);
    assert_eq!(ada.audit_entries("email_changed").await, 0);
}

#[tokio::test]
async fn two_confirmations_at_the_same_time_change_the_address_once() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE users SET email").pauses())
        .await;
    let confirm = || tokio::spawn(session.confirm_email(&secret).send());
    let (first, second) = (confirm(), confirm());
    paused.wait_for_hits(2).await;
    paused.remove().await;
    let mut statuses = [first.await.unwrap().status, second.await.unwrap().status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(ada.audit_entries("email_changed").await, 1);
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1 AND purpose = 'revert'";
    assert_eq!(app.count(sql, [ada.id]).await, 1);
}

#[tokio::test]
async fn confirm_email_that_d1_does_not_confirm_returns_503_and_keeps_the_link() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let secret = secret_for(&app, &session, &new_address(&ada)).await;
    for nth in [1, 2, 3] {
        let fault = app.fault(Fault::d1().nth(nth).fails()).await;
        let response = session.confirm_email(&secret).await;
        response.assert_error(503, "storage_unavailable");
        fault.remove().await;
        assert_eq!(email_of(&ada).await, ada.email);
    }
    session.confirm_email(&secret).await.assert_status(200);
}

#[tokio::test]
async fn confirm_email_is_audited_without_the_address() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    change(&app, &session, &new_address(&ada)).await;
    let sql = "SELECT outcome, detail, actor, session FROM audit WHERE subject = ?1 AND kind = 'email_changed'";
    let entry = json!({
        "outcome": "success", "detail": "new address", "actor": ada.id, "session": session.session_id()
    });
    assert_eq!(app.sql(sql, [ada.id.clone()]).await, [entry]);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn secrets_of_links_are_neither_stored_nor_logged() {
    let app = App::isolated(crate::support::Vars::with_email());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    let confirm = secret_for(&app, &session, &new).await;
    session.confirm_email(&confirm).await.recorded().await;
    let revert = app.mail_to(&ada.email).await.secret(&app, "revert-email");
    let stored = async || crate::support::secrets::stored_and_logged(&app).await;
    let lines = stored().await;
    let response = app.anonymous().revert_email(&revert).await;
    response.assert_status(200).recorded().await;
    let password = app.mail_to(&ada.email).await.secret(&app, "set-password");
    let secrets: Vec<(&str, Vec<u8>)> = [confirm, revert, password]
        .map(|secret| ("a link", secret.into_bytes()))
        .into();
    let all = [lines, stored().await].concat();
    let places = ["D1 email_links", "D1 password_links", "D1 email_requests"];
    crate::support::secrets::assert_searched(&all, &places);
    crate::support::secrets::assert_absent(&secrets, &all);
}
