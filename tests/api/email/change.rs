//! `POST /api/auth/change-email`: ask for a new e-mail address.

use super::{app, new_address, request};
use crate::support::{App, Fault, NEW_PASSWORD, PASSWORD, Vars};
use serde_json::{Value, json};

const CONFIRM: &str = "Confirm your e-mail address for Edge Auth";
const TAKEN: &str = "Your e-mail address already belongs to an account at Edge Auth";

#[tokio::test]
async fn change_email_sends_a_link_to_the_new_address_and_changes_nothing_yet() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    let response = session.change_email(&new).await;
    response.recorded().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "A link was sent to the new e-mail address"
    }
    "#);
    assert_eq!(app.subjects_to(&new).await, [CONFIRM]);
    assert_eq!(ada.row("email").await["email"], ada.email);
    ada.login().await.assert_status(200);
}

#[tokio::test]
async fn message_to_an_address_that_is_not_confirmed_contains_no_text_of_a_user() {
    let app = app();
    let eve = app
        .new_user("eve")
        .named("Buy at https://evil.example")
        .create()
        .await;
    let session = eve.sign_in().await;
    let (new, bob) = (new_address(&eve), app.user("bob").await);
    for (address, expected) in [(&new, CONFIRM), (&bob.email, TAKEN)] {
        request(&session, address).await;
        let mail = app.mail_to(address).await;
        assert_eq!(mail.subject, expected);
        for text in ["evil", &eve.username, &eve.email] {
            assert!(!mail.text.contains(text) && !mail.html.contains(text));
        }
    }
}

#[tokio::test]
async fn taken_address_gets_a_notice_and_the_caller_the_same_response() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = ada.sign_in().await;
    let free = request(&session, &new_address(&ada)).await;
    let taken = request(&session, &bob.email.to_uppercase()).await;
    assert_eq!(
        (taken.snapshot(), &taken.body),
        (free.snapshot(), &free.body)
    );
    let notice = app.mail_to(&bob.email).await;
    assert_eq!(notice.subject, TAKEN);
    assert!(!notice.text.contains('#'), "{}", notice.text);
    assert_eq!(taken.recorded().await.logs, free.recorded().await.logs);
    // One notice per hour, which does not use up what the address may request.
    request(&session, &bob.email).await;
    assert_eq!(app.subjects_to(&bob.email).await, [TAKEN]);
    for expected in 2..=4 {
        let forgot = app.anonymous().forgot_password(&bob.username).await;
        forgot.assert_status(200).recorded().await;
        assert_eq!(app.mails_to(&bob.email).await.len(), expected);
    }
}

/// The caller finds out neither by the links that remain nor by the number of statements.
#[tokio::test]
async fn request_for_a_taken_address_writes_what_one_for_a_free_address_writes() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (taken, unsent) = (bob.email.clone(), new_address(&ada));
    // Further messages to this address are not admitted.
    for _ in 0..3 {
        request(&app.user("other").await.sign_in().await, &unsent).await;
    }
    let mut written = Vec::new();
    for address in [&new_address(&ada), &taken, &unsent, &ada.email] {
        let eve = app.user("eve").await;
        let session = eve.sign_in().await;
        let earlier = super::secret_for(&app, &session, &new_address(&eve)).await;
        let calls = app.fault(Fault::d1().delays(0)).await;
        let response = session.change_email(address).await;
        response.assert_status(200);
        let number = calls.hits().await;
        calls.remove().await;
        response.recorded().await;
        let sql =
            "SELECT purpose, session, email_key = ?2 AS is_new FROM email_links WHERE user_id = ?1";
        let mut links = app.sql(sql, [eve.id.clone(), address.clone()]).await;
        for link in &mut links {
            assert_eq!(link["session"], session.session_id());
            link["session"] = Value::Null;
        }
        session
            .confirm_email(&earlier)
            .await
            .assert_error(400, "invalid_link");
        written.push((number, links));
    }
    let link = json!({ "purpose": "confirm", "session": null, "is_new": 1 });
    assert_eq!(written[0].1, [link]);
    for other in &written[1..] {
        assert_eq!(*other, written[0]);
    }
}

/// A body that arrives slowly, or a slow statement, gives the user time to react.
#[tokio::test]
async fn request_that_was_checked_before_the_session_changed_sends_nothing() {
    let app = app();
    let bob = app.user("bob").await;
    for reaction in ["password", "logout-all", "step-up", "refresh"] {
        for is_cookie in [false, true] {
            let ada = app.user("ada").await;
            let session = if is_cookie {
                ada.sign_in_with_cookie().await
            } else {
                ada.sign_in().await
            };
            // A step-up does not replace a token, and a cookie is not refreshed.
            if reaction == if is_cookie { "refresh" } else { "step-up" } {
                continue;
            }
            let addresses = [new_address(&ada), bob.email.clone()];
            let before = app.mails_to(&bob.email).await.len();
            let paused = app
                .fault(Fault::d1().matching("INSERT INTO email_links").pauses())
                .await;
            let requests = addresses
                .each_ref()
                .map(|address| tokio::spawn(session.change_email(address).send()));
            paused.wait_for_hits(2).await;
            match reaction {
                "password" => session.change_password(PASSWORD, NEW_PASSWORD).await,
                "logout-all" => session.logout_all().await,
                "step-up" => session.step_up(PASSWORD).await,
                _ => session.refresh().await,
            }
            .assert_status(200);
            paused.remove().await;
            for request in requests {
                let response = request.await.unwrap();
                response.assert_error(401, "invalid_token");
                response.recorded().await;
            }
            let sql = "SELECT count(*) AS n FROM email_links WHERE user_id = ?1";
            assert_eq!(app.count(sql, [ada.id.clone()]).await, 0, "{reaction}");
            assert_eq!(ada.audit_entries("email_change_requested").await, 0);
            assert_eq!(app.mails_to(&addresses[0]).await.len(), 0, "{reaction}");
            assert_eq!(app.mails_to(&bob.email).await.len(), before, "{reaction}");
        }
    }
}

#[tokio::test]
async fn address_of_an_aws_user_is_not_taken() {
    let app = app();
    let (ada, federated) = (app.user("ada").await, app.user("federated").await);
    federated.make_federated().await;
    let session = ada.sign_in().await;
    request(&session, &federated.email).await;
    assert_eq!(app.subjects_to(&federated.email).await, [CONFIRM]);
}

#[tokio::test]
async fn user_of_an_identity_source_gets_403() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    ada.make_federated().await;
    let new = new_address(&ada);
    let response = session.change_email(&new).await;
    response.assert_error(403, "email_of_identity_source");
    assert_eq!(app.mails_to(&new).await.len(), 0);
}

#[tokio::test]
async fn invalid_address_returns_400() {
    let app = app();
    let session = app.user("ada").await.sign_in().await;
    let long = format!("{}@example.com", "x".repeat(65));
    for email in [
        "",
        "ada",
        "ada@",
        "@example.com",
        "a@b@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "Ada <ada@example.com>",
        "ada@exa mple.com",
        "ada@-example.com",
        &long,
    ] {
        let response = session.change_email(email).await;
        response.assert_error(400, "invalid_email");
    }
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({ "email": 1 }), "invalid_field"),
    ] {
        let request = session.post("/api/auth/change-email").json(&body);
        request.await.assert_error(400, code);
    }
}

#[tokio::test]
async fn user_asks_three_times_per_hour() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = ada.sign_in().await;
    // Of every kind: free, taken and the user's own.
    for address in [&new_address(&ada), &bob.email, &ada.email] {
        request(&session, address).await;
        app.shift_clock(app.clock() + 60).await;
    }
    let response = session.change_email(&new_address(&ada)).await;
    response.assert_error(429, "rate_limited");
    assert_eq!(response.retry_after(), Some(3_600 - 180));
    app.shift_clock(3_600).await;
    request(&ada.sign_in().await, &new_address(&ada)).await;
}

#[tokio::test]
#[ignore = "slow"]
async fn address_gets_three_requested_messages_per_hour_from_all_users() {
    let app = app();
    let new = new_address(&app.user("new").await);
    for expected in [1, 2, 3, 3] {
        let session = app.user("ada").await.sign_in().await;
        request(&session, &new).await;
        assert_eq!(app.mails_to(&new).await.len(), expected);
    }
}

#[tokio::test]
async fn later_request_replaces_the_link() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let new = new_address(&ada);
    request(&session, &new).await;
    let first = app.mail_to(&new).await.secret(&app, "confirm-email");
    request(&session, &new).await;
    let second = app.mail_to(&new).await.secret(&app, "confirm-email");
    let response = session.confirm_email(&first).await;
    response.assert_error(400, "invalid_link");
    session.confirm_email(&second).await.assert_status(200);
}

#[tokio::test]
async fn change_email_without_e_mail_returns_403() {
    let app = App::with(Vars::new());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let response = session.change_email(&new_address(&ada)).await;
    response.assert_error(403, "email_disabled");
}

#[tokio::test]
async fn change_email_is_audited_without_the_address() {
    let app = app();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let session = ada.sign_in().await;
    for address in [&new_address(&ada), &bob.email] {
        request(&session, address).await;
    }
    let sql = "SELECT outcome, detail, actor, session FROM audit \
               WHERE subject = ?1 AND kind = 'email_change_requested'";
    let entry = json!({
        "outcome": "success", "detail": Value::Null, "actor": ada.id, "session": session.session_id()
    });
    // The log does not show whether the address was taken either.
    assert_eq!(app.sql(sql, [ada.id.clone()]).await, [entry.clone(), entry]);
}

#[tokio::test]
async fn change_email_requires_an_authentication_of_the_last_five_minutes() {
    let app = app();
    let ada = app.user("ada").await;
    for session in [ada.sign_in().await, ada.sign_in_with_cookie().await] {
        app.shift_clock(app.clock() + 301).await;
        let new = new_address(&ada);
        let response = session.change_email(&new).await;
        response.assert_error(401, "step_up_required");
        assert_eq!(app.mails_to(&new).await.len(), 0);
        let stepped_up = session.step_up(&ada.password).await;
        stepped_up.assert_status(200);
        let is_cookie = stepped_up.header("set-cookie").is_some();
        let session = if is_cookie {
            stepped_up.cookie_session()
        } else {
            session
        };
        request(&session, &new).await;
    }
}

#[tokio::test]
async fn requests_of_other_origins_change_no_address() {
    let app = app();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let new = new_address(&ada);
    let secret = super::secret_for(&app, &session, &new).await;
    // An origin that may use the other routes with credentials.
    for request in [
        session.change_email(&new_address(&ada)),
        session.confirm_email(&secret),
    ] {
        let request = request.header("sec-fetch-site", "cross-site");
        let response = request.header("origin", "https://app.example.com").await;
        response.assert_error(403, "cross_site_request");
    }
    assert_eq!(ada.row("email").await["email"], ada.email);
}
