//! `POST /api/auth/revert-email`: restore the earlier e-mail address.

use super::{app, change, new_address, secret_for};
use crate::support::internals::names;
use crate::support::{App, Caller, Fault, NEW_PASSWORD, User, assert_refused};
use serde_json::{Value, json};

const CHANGED: &str = "The e-mail address of your account at Edge Auth was changed";
const RESTORED: &str = "The e-mail address of your account at Edge Auth was restored";
const REPLACED: &str = "The earlier e-mail address of your account at Edge Auth was restored";

/// Changes the address, and returns the secret of the link that restores the earlier one.
async fn hijack(app: &App, session: &Caller, from: &str, to: &str) -> String {
    change(app, session, to).await;
    app.mail_to(from).await.secret(app, "revert-email")
}

async fn email_of(user: &User) -> Value {
    user.row("email").await["email"].clone()
}

async fn revert(app: &App, secret: &str) {
    let response = app.anonymous().revert_email(secret).await;
    response.assert_status(200).recorded().await;
}

async fn assert_invalid(app: &App, secret: &str) {
    let response = app.anonymous().revert_email(secret).await;
    response.assert_error(400, "invalid_link");
}

#[tokio::test]
async fn revert_email_restores_the_address_and_removes_the_password_of_the_attacker() {
    let app = app();
    let ada = app.user("ada").await;
    let stolen = ada.sign_in().await;
    let of_attacker = new_address(&ada);
    let secret = hijack(&app, &stolen, &ada.email, &of_attacker).await;
    // The attacker has set another password and has sessions of it.
    let forgot = app.anonymous().forgot_password(&of_attacker).await;
    forgot.recorded().await;
    let link = app.mail_to(&of_attacker).await.secret(&app, "set-password");
    app.anonymous()
        .set_password(&link, "the passphrase of an attacker")
        .await
        .assert_status(200);
    let login = || ada.login_with("the passphrase of an attacker");
    let session = login().await.session();
    let forgot = app.anonymous().forgot_password(&of_attacker).await;
    forgot.recorded().await;
    let second_link = app.mail_to(&of_attacker).await.secret(&app, "set-password");

    let response = app.anonymous().revert_email(&format!(" {secret} ")).await;
    response.recorded().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true
    }
    "#);
    let row = ada
        .row("email, email_key, email_verified_at, updated_at, password_hash")
        .await;
    assert_eq!(
        (&row["email"], &row["email_key"]),
        (&json!(ada.email), &json!(ada.email))
    );
    assert_eq!(row["email_verified_at"], row["updated_at"]);
    assert_eq!(row["password_hash"], Value::Null);
    assert_refused(&[&stolen, &session]).await;
    assert_eq!(ada.live_sessions().await, 0);
    app.skip_back_off().await;
    login().await.assert_status(401);
    let set_password = |link: &str| app.anonymous().set_password(link, NEW_PASSWORD);
    set_password(&second_link).await.assert_status(400);

    // The owner gets a link that sets a new password. The attacker gets a notice without a link.
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, RESTORED);
    let link = mail.secret(&app, "set-password");
    let notice = app.mail_to(&of_attacker).await;
    assert_eq!(notice.subject, REPLACED);
    assert!(!notice.text.contains('#'), "{}", notice.text);
    set_password(&link).await.assert_status(200);
    app.skip_back_off().await;
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn user_is_found_by_the_restored_address() {
    for address in ["Ada.Restored@Example.com", "Žofie.Restored@Bücher.example"] {
        let app = app();
        let ada = app.new_user("ada").email(address).create().await;
        let email = names::email(address).unwrap();
        let of_attacker = format!("attacker-{}@example.com", ada.username);
        let session = ada.sign_in().await;
        let secret = hijack(&app, &session, &email.mailbox(), &of_attacker).await;
        revert(&app, &secret).await;
        let row = ada.row("email, email_key").await;
        assert_eq!(row, json!({ "email": address, "email_key": email.key() }));
        let forgot = app.anonymous().forgot_password(&address.to_lowercase());
        forgot.await.assert_status(200).recorded().await;
        let mail = app.mail_to(&email.mailbox()).await;
        assert_eq!(mail.subject, "Set your password for Edge Auth");
        let secret = mail.secret(&app, "set-password");
        let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
        set.assert_status(200);
        let login = app.anonymous().login(address, NEW_PASSWORD).await;
        login.assert_status(200);
    }
}

#[tokio::test]
async fn unusable_links_return_one_response() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    let confirm = secret_for(&app, &session, &new).await;
    let unknown = app.anonymous().revert_email("unknown").await;
    unknown.assert_error(400, "invalid_link");
    let forgot = app.anonymous().forgot_password(&ada.username).await;
    forgot.recorded().await;
    let password = app.mail_to(&ada.email).await.secret(&app, "set-password");
    let used = hijack(&app, &session, &ada.email, &new_address(&ada)).await;
    revert(&app, &used).await;
    for secret in [&confirm, &password, &used, "", "\0"] {
        let response = app.anonymous().revert_email(secret).await;
        assert_eq!(
            (response.snapshot(), &response.body),
            (unknown.snapshot(), &unknown.body),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn link_is_valid_for_seven_days() {
    let app = app();
    let ada = app.user("ada").await;
    let secret = hijack(&app, &ada.sign_in().await, &ada.email, &new_address(&ada)).await;
    app.shift_clock(7 * 86_400 + 1).await;
    assert_invalid(&app, &secret).await;
    app.shift_clock(7 * 86_400 - 60).await;
    revert(&app, &secret).await;
}

#[tokio::test]
async fn owner_of_the_first_address_wins_over_the_second() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let (second, third) = (new_address(&ada), new_address(&ada));
    let to_first = hijack(&app, &session, &ada.email, &second).await;
    let to_second = hijack(&app, &session, &second, &third).await;
    // The owner of the second address reverts first.
    revert(&app, &to_second).await;
    assert_eq!(email_of(&ada).await, second);
    assert_invalid(&app, &to_second).await;
    // The first address can still be restored.
    revert(&app, &to_first).await;
    assert_eq!(email_of(&ada).await, ada.email);
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id]).await, 0);
}

#[tokio::test]
async fn link_of_a_newer_address_is_void_after_the_first_was_restored() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let (second, third) = (new_address(&ada), new_address(&ada));
    let to_first = hijack(&app, &session, &ada.email, &second).await;
    let to_second = hijack(&app, &session, &second, &third).await;
    let pending = secret_for(&app, &session, &new_address(&ada)).await;
    let revert_links = async || {
        let mut number = 0;
        for address in [&ada.email, &second, &third] {
            let mails = app.mails_to(address).await;
            number += mails
                .iter()
                .filter(|mail| mail.text.contains("/revert-email#"))
                .count();
        }
        number
    };
    assert_eq!(revert_links().await, 2);
    revert(&app, &to_first).await;
    assert_invalid(&app, &to_second).await;
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id.clone()]).await, 0);
    // No address gets a link that undoes the reversal.
    assert_eq!(revert_links().await, 2);
    assert_eq!(email_of(&ada).await, ada.email);
    let response = session.confirm_email(&pending).await;
    response.assert_status(401);
}

/// An attacker who waits with the second change gains nothing: both links are valid for seven days after it.
#[tokio::test]
async fn further_change_extends_the_links_of_earlier_addresses() {
    let app = app();
    let ada = app.user("ada").await;
    let (second, third) = (new_address(&ada), new_address(&ada));
    let to_first = hijack(&app, &ada.sign_in().await, &ada.email, &second).await;
    app.shift_clock(7 * 86_400 - 60).await;
    let to_second = hijack(&app, &ada.sign_in().await, &second, &third).await;
    let links = "SELECT count(*) AS links, min(expires_at) AS first, max(expires_at) AS last,
                   unixepoch(max(expires_at)) - unixepoch(max(created_at)) AS seconds
                 FROM email_links WHERE user_id = ?1";
    let links = app.sql(links, [ada.id.clone()]).await.remove(0);
    assert_eq!(
        (&links["links"], &links["seconds"]),
        (&json!(2), &json!(7 * 86_400))
    );
    assert_eq!(links["first"], links["last"]);
    let end = links["last"].as_str().unwrap();
    let mail = app.mail_to(&second).await;
    let shown = format!("{} {} UTC", &end[..10], &end[11..16]);
    assert!(mail.text.contains(&shown), "{shown}: {}", mail.text);
    app.shift_clock(14 * 86_400 + 60).await;
    assert_invalid(&app, &to_first).await;
    assert_invalid(&app, &to_second).await;
    app.shift_clock(14 * 86_400 - 300).await;
    revert(&app, &to_second).await;
    revert(&app, &to_first).await;
    assert_eq!(email_of(&ada).await, ada.email);
}

#[tokio::test]
async fn link_is_extended_for_thirty_days_at_most() {
    let app = app();
    let ada = app.user("ada").await;
    let mut address = ada.email.clone();
    for change in 0..6 {
        app.shift_clock(change * 6 * 86_400).await;
        let next = new_address(&ada);
        hijack(&app, &ada.sign_in().await, &address, &next).await;
        address = next;
    }
    let days = "SELECT max(unixepoch(expires_at) - unixepoch(created_at)) / 86400 AS days, count(*) AS links
                FROM email_links WHERE user_id = ?1";
    let found = app.sql(days, [ada.id.clone()]).await.remove(0);
    assert_eq!((&found["days"], &found["links"]), (&json!(30), &json!(6)));
}

#[tokio::test]
async fn further_change_does_not_revive_a_link_that_has_expired() {
    let app = app();
    let ada = app.user("ada").await;
    let (second, third) = (new_address(&ada), new_address(&ada));
    let to_first = hijack(&app, &ada.sign_in().await, &ada.email, &second).await;
    app.shift_clock(7 * 86_400 + 60).await;
    let to_second = hijack(&app, &ada.sign_in().await, &second, &third).await;
    assert_invalid(&app, &to_first).await;
    revert(&app, &to_second).await;
    assert_eq!(email_of(&ada).await, second);
}

/// The owner can go back to the earlier address without the link, with a change.
#[tokio::test]
async fn address_that_is_replaced_by_an_earlier_one_gets_no_link() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let (second, third) = (new_address(&ada), new_address(&ada));
    let to_first = hijack(&app, &session, &ada.email, &second).await;
    let to_second = hijack(&app, &session, &second, &third).await;
    app.shift_clock(3_700).await;
    let session = ada.sign_in().await;
    change(&app, &session, &second).await;
    let notice = app.mail_to(&third).await;
    assert_eq!(notice.subject, CHANGED);
    assert!(!notice.text.contains('#'), "{}", notice.text);
    // The link of the address that the user has again is void, the earlier one is not.
    assert_invalid(&app, &to_second).await;
    change(&app, &session, &ada.email).await;
    let notice = app.mail_to(&second).await;
    assert!(!notice.text.contains('#'), "{}", notice.text);
    assert_invalid(&app, &to_first).await;
    let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id.clone()]).await, 0);
    let sql =
        "SELECT detail FROM audit WHERE subject = ?1 AND kind = 'email_changed' ORDER BY number";
    let details = app.sql(sql, [ada.id.clone()]).await;
    let expected = ["new", "new", "earlier", "earlier"]
        .map(|which| json!({ "detail": format!("{which} address") }));
    assert_eq!(details, expected);
    assert_eq!(email_of(&ada).await, ada.email);
}

#[tokio::test]
async fn message_with_the_link_is_sent_even_if_the_address_gets_no_requested_messages() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let before = app.mails_to(&ada.email).await.len();
    // Anonymous requests use up what can be requested for the address.
    for _ in 0..5 {
        let forgot = app.anonymous().forgot_password(&ada.username).await;
        forgot.assert_status(200).recorded().await;
    }
    assert_eq!(app.mails_to(&ada.email).await.len(), before + 3);
    let secret = hijack(&app, &session, &ada.email, &new_address(&ada)).await;
    revert(&app, &secret).await;
    let subjects = app.subjects_to(&ada.email).await;
    assert_eq!(subjects.len(), before + 5);
    assert_eq!(subjects.last().map(String::as_str), Some(RESTORED));
}

#[tokio::test]
async fn link_of_a_disabled_user_is_invalid() {
    let app = app();
    let ada = app.user("ada").await;
    let secret = hijack(&app, &ada.sign_in().await, &ada.email, &new_address(&ada)).await;
    ada.disable().await;
    assert_invalid(&app, &secret).await;
    assert_ne!(email_of(&ada).await, ada.email);
}

#[tokio::test]
async fn two_reversals_at_the_same_time_restore_the_address_once() {
    let app = app();
    let ada = app.user("ada").await;
    let secret = hijack(&app, &ada.sign_in().await, &ada.email, &new_address(&ada)).await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE users SET email").pauses())
        .await;
    let revert = || tokio::spawn(app.anonymous().revert_email(&secret).send());
    let (first, second) = (revert(), revert());
    paused.wait_for_hits(2).await;
    paused.remove().await;
    let mut statuses = [first.await.unwrap().status, second.await.unwrap().status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(ada.audit_entries("email_reverted").await, 1);
}

#[tokio::test]
async fn revert_email_that_d1_does_not_confirm_returns_503_and_keeps_the_link() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let secret = hijack(&app, &session, &ada.email, &new_address(&ada)).await;
    for nth in [1, 2] {
        let fault = app.fault(Fault::d1().nth(nth).fails()).await;
        let response = app.anonymous().revert_email(&secret).await;
        response.assert_error(503, "storage_unavailable");
        fault.remove().await;
        assert_ne!(email_of(&ada).await, ada.email);
    }
    session.validate().await.assert_status(200);
    revert(&app, &secret).await;
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn revert_email_without_e_mail_restores_the_address() {
    let app = App::isolated(crate::support::Vars::with_email());
    let ada = app.user("ada").await;
    let secret = hijack(&app, &ada.sign_in().await, &ada.email, &new_address(&ada)).await;
    app.restart_with(crate::support::Vars::new()).await;
    revert(&app, &secret).await;
    assert_eq!(email_of(&ada).await, ada.email);
}

#[tokio::test]
async fn revert_email_is_audited() {
    let app = app();
    let ada = app.user("ada").await;
    let secret = hijack(&app, &ada.sign_in().await, &ada.email, &new_address(&ada)).await;
    revert(&app, &secret).await;
    let sql = "SELECT kind, outcome, detail, actor FROM audit WHERE subject = ?1 ORDER BY number DESC LIMIT 3";
    let entry = |kind: &str, detail: &str| json!({ "kind": kind, "outcome": "success", "detail": detail, "actor": ada.id });
    assert_eq!(
        app.sql(sql, [ada.id.clone()]).await,
        [
            entry("session_revoked", "email_reverted"),
            entry("password_link_created", "email_reverted"),
            entry("email_reverted", "link"),
        ]
    );
}
