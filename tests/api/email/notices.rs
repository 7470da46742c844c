//! Notices to the user of an account.

use super::{app, change, new_address};
use crate::support::failures::{account_key, set_failures};
use crate::support::{App, Fault, NEW_PASSWORD, PASSWORD, Request, User};

const NEW_DEVICE: &str = "New sign-in to your account at Edge Auth";
const CHANGED: &str = "The password of your account at Edge Auth was changed";
const SET: &str = "The password of your account at Edge Auth was set";
const LOCKED: &str = "Your account at Edge Auth is locked";

async fn sign_in(login: Request) {
    login.await.assert_status(200).recorded().await;
}

async fn set_password(app: &App, link: &str, password: &str) {
    let response = app.anonymous().set_password(link, password).await;
    response.assert_status(200).recorded().await;
}

#[tokio::test]
async fn sign_in_on_a_device_that_is_not_recognised_is_told() {
    let app = app();
    let ada = app.user("ada").await;
    let response = ada.login().header("user-agent", "a browser <b>").await;
    response.assert_status(200).recorded().await;
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, NEW_DEVICE);
    for line in [
        "Device: a browser <b>",
        &format!("IP address: {}", app.ip()),
    ] {
        assert!(mail.text.lines().any(|text| text == line), "{}", mail.text);
    }
    assert!(mail.html.contains("a browser &lt;b&gt;"), "{}", mail.html);
}

#[tokio::test]
async fn sign_in_on_a_recognised_device_is_not_told() {
    let app = app();
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    app.shift_clock(120).await;
    let agents = ["one", "two"];
    for agent in agents {
        sign_in(ada.login().cookie(&cookie).header("user-agent", agent)).await;
    }
    assert_eq!(app.subjects_to(&ada.email).await, [NEW_DEVICE]);
}

#[tokio::test]
async fn program_that_keeps_no_cookie_is_told_once_per_user_agent_and_network() {
    let app = app();
    let ada = app.user("ada").await;
    let login = |agent: &str, ip: &str| ada.login().header("user-agent", agent).client_ip(ip);
    let (ip, same_network, other) = ("2001:db8:7:1::1", "2001:db8:7:1::2", "2001:db8:7:2::1");
    let mut clock = 0;
    for (agent, ip, expected) in [
        ("a", ip, 1),
        ("a", ip, 1),
        ("a", same_network, 1),
        ("a", other, 2),
        ("b", ip, 3),
        ("b", ip, 3),
    ] {
        sign_in(login(agent, ip)).await;
        assert_eq!(app.mails_to(&ada.email).await.len(), expected);
        clock += 120;
        app.shift_clock(clock).await;
    }
}

#[tokio::test]
async fn two_sign_ins_at_the_same_time_do_not_make_each_other_known() {
    let app = app();
    let ada = app.user("ada").await;
    for _ in 0..2 {
        sign_in(ada.login()).await;
    }
    assert_eq!(app.subjects_to(&ada.email).await, [NEW_DEVICE, NEW_DEVICE]);
}

#[tokio::test]
async fn refused_sign_in_is_not_told() {
    let app = app();
    let ada = app.user("ada").await;
    ada.guess().await.assert_status(401).recorded().await;
    assert_eq!(app.mails_to(&ada.email).await.len(), 0);
}

#[tokio::test]
async fn changed_password_is_told() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let response = session.change_password(PASSWORD, NEW_PASSWORD).await;
    response.assert_status(200).recorded().await;
    let subjects = app.subjects_to(&ada.email).await;
    assert_eq!(subjects.last().map(String::as_str), Some(CHANGED));
}

#[tokio::test]
async fn first_password_was_set_and_a_later_one_was_changed() {
    let app = app();
    let ada = app.new_user("ada").without_password().create().await;
    set_password(&app, &ada.reset_link().await, PASSWORD).await;
    set_password(&app, &ada.reset_link().await, NEW_PASSWORD).await;
    assert_eq!(app.subjects_to(&ada.email).await, [SET, CHANGED]);
}

#[tokio::test]
async fn account_is_told_once_that_it_is_locked() {
    let app = app();
    let ada = app.user("ada").await;
    set_failures(&app, &account_key(&ada), 98).await;
    let mut numbers = Vec::new();
    for _ in 0..4 {
        app.skip_back_off().await;
        ada.guess().await.assert_status(401).recorded().await;
        numbers.push(app.mails_to(&ada.email).await.len());
    }
    assert_eq!(numbers, [0, 1, 1, 1]);
    assert_eq!(app.mail_to(&ada.email).await.subject, LOCKED);
    // A new password unlocks the account, which can then be locked again.
    set_password(&app, &ada.reset_link().await, NEW_PASSWORD).await;
    set_failures(&app, &account_key(&ada), 99).await;
    app.skip_back_off().await;
    ada.guess().await.assert_status(401).recorded().await;
    let subjects = app.subjects_to(&ada.email).await;
    assert_eq!(subjects, [LOCKED, CHANGED, LOCKED]);
}

#[tokio::test]
async fn locked_account_and_unknown_name_get_one_response() {
    let app = app();
    let ada = app.user("ada").await;
    set_failures(&app, &account_key(&ada), 99).await;
    let locking = ada.guess().await;
    let unknown = app.anonymous().guess("unknown").await;
    assert_eq!(
        (locking.snapshot(), locking.body),
        (unknown.snapshot(), unknown.body)
    );
}

/// All notices, after anonymous requests have used up what can be requested for the address.
#[tokio::test]
async fn notices_are_sent_even_if_the_address_gets_no_requested_messages() {
    let app = app();
    let ada = app.user("ada").await;
    for _ in 0..4 {
        let forgot = app.anonymous().forgot_password(&ada.username).await;
        forgot.assert_status(200).recorded().await;
    }
    let requested = app.subjects_to(&ada.email).await.len();
    assert_eq!(requested, 3);
    let session = ada.sign_in().await;
    let response = session.change_password(PASSWORD, NEW_PASSWORD).await;
    response.assert_status(200).recorded().await;
    set_failures(&app, &account_key(&ada), 99).await;
    ada.guess().await.assert_status(401).recorded().await;
    change(&app, &session, &new_address(&ada)).await;
    let subjects = app.subjects_to(&ada.email).await;
    let replaced = "The e-mail address of your account at Edge Auth was changed";
    assert_eq!(
        subjects[requested..],
        [NEW_DEVICE, CHANGED, LOCKED, replaced]
    );
}

/// The holder of the password could otherwise use up the messages of all users.
#[tokio::test]
#[ignore = "slow"]
async fn user_gets_ten_notices_of_a_kind_per_hour() {
    let app = app();
    let ada = app.user("ada").await;
    let changed = async |user: &User| {
        let subjects = app.subjects_to(&user.email).await;
        subjects
            .iter()
            .filter(|subject| **subject == CHANGED)
            .count()
    };
    for number in 1..=12 {
        set_password(&app, &ada.reset_link().await, NEW_PASSWORD).await;
        assert_eq!(changed(&ada).await, number.min(10));
    }
}

#[tokio::test]
async fn notice_is_sent_if_its_budget_cannot_be_read() {
    let app = app();
    let ada = app.user("ada").await;
    app.fault(Fault::d1().matching("email_requests").fails())
        .await;
    set_password(&app, &ada.reset_link().await, NEW_PASSWORD).await;
    assert_eq!(app.subjects_to(&ada.email).await, [CHANGED]);
}
