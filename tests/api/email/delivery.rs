//! The delivery of messages: after the response, retried once, and without personal data in the log.

use crate::support::{App, Fault, Vars};
use serde_json::json;

/// A name that would change a header or the HTML, if a part of the service did not prevent it.
const HOSTILE: &str = "Eve\"><script>alert(1)</script><a href='https://evil.example'>";

#[tokio::test]
async fn temporary_failure_is_retried_once() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let forgot = || app.anonymous().forgot_password(&ada.username);
    let fault = app.fault(Fault::email().times(1).fails()).await;
    let recorded = forgot().await.recorded().await;
    assert!(recorded.logs.is_empty(), "{:?}", recorded.logs);
    assert_eq!(app.mails_to(&ada.email).await.len(), 1);
    fault.remove().await;
    let fault = app.fault(Fault::email().fails()).await;
    forgot().await.recorded().await;
    assert_eq!(fault.hits().await, 2);
}

#[tokio::test]
async fn permanent_failure_is_not_retried() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let fault = app
        .fault(Fault::email().fails_with("E_RECIPIENT_SUPPRESSED"))
        .await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    response.recorded().await;
    assert_eq!(fault.hits().await, 1);
}

#[tokio::test]
async fn failure_is_logged_and_audited_without_the_address() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    for (code, known) in [
        ("E_RECIPIENT_SUPPRESSED", "E_RECIPIENT_SUPPRESSED"),
        ("ada@example.com", "failed"),
    ] {
        let fault = app.fault(Fault::email().fails_with(code)).await;
        let response = app.anonymous().forgot_password(&ada.username).await;
        let recorded = response.assert_status(200).recorded().await;
        let line = format!(r#"{{"event":"email_failed","kind":"set_password","code":"{known}"}}"#);
        assert_eq!(recorded.logs, [("error".to_owned(), line)]);
        fault.remove().await;
    }
    let sql = "SELECT outcome, detail, actor FROM audit WHERE subject = ?1 AND kind = 'email_failed' ORDER BY number";
    let entry = |code: &str| json!({ "outcome": "failure", "detail": format!("set_password: {code}"), "actor": null });
    assert_eq!(
        app.sql(sql, [ada.id.clone()]).await,
        [entry("E_RECIPIENT_SUPPRESSED"), entry("failed")]
    );
}

#[tokio::test]
async fn known_and_unknown_names_get_one_response_while_e_mail_fails() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    let unknown = app.anonymous().forgot_password("unknown").await;
    for fault in [
        Fault::email().fails(),
        Fault::email().fails_with("E_SENDER_NOT_VERIFIED"),
        Fault::email().delays(500),
    ] {
        let fault = app.fault(fault).await;
        let known = app.anonymous().forgot_password(&ada.username).await;
        assert_eq!(
            (known.snapshot(), &known.body),
            (unknown.snapshot(), &unknown.body)
        );
        known.recorded().await;
        fault.remove().await;
    }
}

#[tokio::test]
#[ignore = "slow: waits for two timeouts of 8 seconds"]
async fn call_that_hangs_ends_with_a_timeout() {
    let app = App::with(Vars::with_email());
    let ada = app.user("ada").await;
    app.fault(Fault::email().hangs()).await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    let recorded = response.assert_status(200).recorded().await;
    let line = r#"{"event":"email_failed","kind":"set_password","code":"timeout"}"#;
    assert!(recorded.logged("error", line), "{:?}", recorded.logs);
    app.remove_faults().await;
    assert_eq!(ada.audit_entries("email_failed").await, 1);
}

#[tokio::test]
async fn names_of_users_are_shown_as_text() {
    let app = App::with(Vars::with_email());
    let eve = app.new_user("eve").named(HOSTILE).create().await;
    let response = app.anonymous().forgot_password(&eve.username).await;
    response.recorded().await;
    let mail = app.mail_to(&eve.email).await;
    assert!(!mail.subject.contains("Eve"), "{}", mail.subject);
    assert!(mail.text.starts_with(&format!("Hello {HOSTILE},\n")));
    let html = scraper::Html::parse_document(&mail.html);
    let all = |selector: &str| {
        let selector = scraper::Selector::parse(selector).unwrap();
        html.select(&selector).count()
    };
    assert_eq!((all("script"), all("a")), (0, 1), "{}", mail.html);
}

#[tokio::test]
async fn address_with_a_unicode_domain_gets_the_message_in_its_ascii_form() {
    let app = App::with(Vars::with_email());
    let user = app.new_user("ada");
    let ada = user.email("Ada.L@bücher.example").create().await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    response.recorded().await;
    let mail = app.mail_to("Ada.L@xn--bcher-kva.example").await;
    mail.secret(&app, "set-password");
}

#[tokio::test]
async fn messages_name_the_service_by_its_brand() {
    let vars = Vars::new()
        .set("EMAIL_FROM", "no-reply@auth.example.com")
        .set("BRAND_NAME", "Acme & <b>Söhne</b>");
    let app = App::with(vars);
    let ada = app.user("ada").await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    response.recorded().await;
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, "Set your password for Acme & <b>Söhne</b>");
    assert_eq!(
        mail.from,
        json!({ "name": "Acme & <b>Söhne</b>", "email": "no-reply@auth.example.com" })
    );
    assert!(
        mail.html.contains("Acme &amp; &lt;b&gt;Söhne&lt;/b&gt;"),
        "{}",
        mail.html
    );
}
