//! `POST /api/auth/forgot-password`: send a link for a forgotten password.

use crate::support::internals::fingerprint;
use crate::support::{App, Fault, NEW_PASSWORD, Response, User, Vars};
use serde_json::{Value, json};

const SUBJECT: &str = "Set your password for Edge Auth";

fn app() -> App {
    App::with(Vars::with_email())
}

/// Requests a link and waits until the message is sent.
async fn request(app: &App, username: &str) -> Response {
    let response = app.anonymous().forgot_password(username).await;
    response.assert_status(200).recorded().await;
    response
}

/// Requests a link and returns its secret.
async fn secret(app: &App, user: &User) -> String {
    request(app, &user.username).await;
    app.mail_to(&user.email).await.secret(app, "set-password")
}

#[tokio::test]
async fn forgot_password_sends_a_link_that_sets_the_password() {
    let app = app();
    let ada = app.user("ada").await;
    let response = request(&app, &ada.username).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "If the account exists, a link was sent to its e-mail address"
    }
    "#);
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, SUBJECT);
    assert_eq!(
        mail.from,
        json!({ "name": "Edge Auth", "email": "no-reply@auth.example.com" })
    );
    assert_eq!(
        mail.headers,
        json!({ "Auto-Submitted": "auto-generated", "Content-Language": "en" })
    );
    assert!(mail.text.starts_with(&format!("Hello {},\n", ada.name)));
    let secret = mail.secret(&app, "set-password");
    app.anonymous()
        .set_password(&secret, NEW_PASSWORD)
        .await
        .assert_status(200);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn user_is_found_by_username_and_address_in_any_case() {
    let app = app();
    let ada = app.user("ada").await;
    for (number, name) in [
        ada.username.to_uppercase(),
        ada.email.to_uppercase(),
        format!(" {} ", ada.email),
    ]
    .iter()
    .enumerate()
    {
        request(&app, name).await;
        assert_eq!(app.mails_to(&ada.email).await.len(), number + 1, "{name}");
    }
}

#[tokio::test]
async fn message_is_in_the_language_of_the_request() {
    let app = app();
    let ada = app.user("ada").await;
    let request = app.anonymous().forgot_password(&ada.username);
    let response = request.header("accept-language", "de-AT, en;q=0.5").await;
    response.assert_status(200).recorded().await;
    let mail = app.mail_to(&ada.email).await;
    assert_eq!(mail.subject, "Passwort für Edge Auth festlegen");
    assert_eq!(mail.headers["Content-Language"], "de");
    assert!(mail.html.contains("<html lang=\"de\">"));
    mail.secret(&app, "set-password");
}

#[tokio::test]
async fn known_and_unknown_names_get_one_response_and_the_same_writes() {
    let app = app();
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    let federated = app.user("federated").await;
    federated.make_federated().await;
    let unknown = request(&app, "unknown").await;
    let long = "x".repeat(2_000);
    for name in [
        &ada.username,
        &ada.email,
        &disabled.username,
        &federated.email,
        "unknown@example.com",
        "\0",
        "a\r\nBcc: eve@example.com",
        &long,
    ] {
        let response = request(&app, name).await;
        assert_eq!(
            (response.snapshot(), response.body),
            (unknown.snapshot(), unknown.body.clone()),
            "{name}"
        );
    }
    for user in [&disabled, &federated] {
        assert_eq!(app.mails_to(&user.email).await.len(), 0);
    }
    let other_site = app.other_ip(1);
    let tables = async |name: &str| {
        let request = app.anonymous().forgot_password(name);
        let response = request.client_ip(&other_site).await;
        let recorded = response.assert_status(200).recorded().await;
        let statements = recorded.statements().into_iter();
        let tables = statements.filter_map(|sql| {
            let inserted = sql.trim_start().strip_prefix("INSERT INTO ")?;
            inserted.split_whitespace().next().map(str::to_owned)
        });
        (recorded.d1(), tables.collect::<Vec<_>>())
    };
    let (calls, mut of_known) = tables(&ada.username).await;
    // The only difference is the row of the link, in a batch after the response.
    of_known.retain(|table| table != "password_links");
    assert_eq!((calls, of_known), tables("unknown").await);
}

#[tokio::test]
async fn user_without_a_password_sets_the_first_one() {
    let app = app();
    let ada = app.new_user("ada").without_password().create().await;
    let secret = secret(&app, &ada).await;
    app.anonymous()
        .set_password(&secret, NEW_PASSWORD)
        .await
        .assert_status(200);
    ada.login_with(NEW_PASSWORD).await.assert_status(200);
}

#[tokio::test]
async fn password_set_with_the_link_confirms_the_address() {
    let app = app();
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let verified = async |user: &User| {
        let row = user.row("email_verified_at, updated_at").await;
        (row["email_verified_at"].clone(), row["updated_at"].clone())
    };
    assert_eq!(verified(&ada).await.0, Value::Null);
    let link = secret(&app, &ada).await;
    let set = async |link: &str| {
        let response = app.anonymous().set_password(link, NEW_PASSWORD).await;
        response.assert_status(200);
    };
    set(&link).await;
    let (email_verified_at, updated_at) = verified(&ada).await;
    assert_eq!(email_verified_at, updated_at);
    // A link of the command line was not sent to an address.
    set(&bob.reset_link().await).await;
    assert_eq!(verified(&bob).await.0, Value::Null);
    // The address or its spelling was changed since the link was sent.
    for (name, change) in [
        ("eve", "email = 'x' || email, email_key = 'x' || email_key"),
        ("kim", "email = upper(email)"),
    ] {
        let user = app.user(name).await;
        let link = secret(&app, &user).await;
        user.update(change).await;
        set(&link).await;
        assert_eq!(verified(&user).await.0, Value::Null, "{change}");
    }
}

#[tokio::test]
async fn changed_address_is_not_confirmed() {
    let app = app();
    let ada = app.user("ada").await;
    for change in ["email = upper(email)", "email_key = 'x' || email_key"] {
        ada.update("email_verified_at = '2024-01-01T00:00:00Z'")
            .await;
        ada.update(change).await;
        let row = ada.row("email_verified_at").await;
        assert_eq!(row["email_verified_at"], Value::Null, "{change}");
    }
}

#[tokio::test]
async fn address_gets_three_messages_per_hour() {
    let app = app();
    let ada = app.user("ada").await;
    let number = async |name: &str| {
        request(&app, name).await;
        app.mails_to(&ada.email).await.len()
    };
    for expected in 1..=3 {
        assert_eq!(number(&ada.username).await, expected);
    }
    assert_eq!(number(&ada.email).await, 3);
    let sql = "SELECT count(*) AS n FROM password_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id.clone()]).await, 3);
    app.shift_clock(3_599).await;
    assert_eq!(number(&ada.username).await, 3);
    app.shift_clock(3_600).await;
    assert_eq!(number(&ada.username).await, 4);
}

#[tokio::test]
async fn site_sends_ten_requests_per_hour() {
    let app = app();
    let site = app.other_ip(1);
    let same_site = site.replace("::1", ":ffff::2");
    let forgot = |ip: &str, number: usize| {
        let name = format!("unknown{number}");
        app.anonymous().forgot_password(&name).client_ip(ip)
    };
    for number in 0..10 {
        let ip = [&site, &same_site][number % 2];
        forgot(ip, number).await.assert_status(200);
        app.shift_clock(app.clock() + 60).await;
    }
    let refused = forgot(&same_site, 10).await;
    refused.assert_error(429, "rate_limited");
    assert_eq!(refused.retry_after(), Some(3_600 - 600));
    assert_eq!(refused.recorded().await.d1(), 1);
    forgot(&app.other_ip(2), 11).await.assert_status(200);
    app.shift_clock(3_600).await;
    forgot(&site, 12).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn budget_stores_neither_an_address_nor_a_client_site() {
    let app = App::isolated(Vars::with_email());
    let ada = app.user("ada").await;
    request(&app, &ada.email).await;
    request(&app, "unknown@example.com").await;
    let rows = format!("{:?}", app.run_sql("SELECT key FROM email_requests").await);
    assert!(
        rows.contains("site:") && rows.contains("address:"),
        "{rows}"
    );
    for part in [app.ip(), "@", "example", &ada.username] {
        assert!(!rows.contains(part), "{part}: {rows}");
    }
}

#[tokio::test]
async fn requests_are_audited() {
    let app = app();
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    for name in [&ada.username, &disabled.username, "unknown"] {
        request(&app, name).await;
    }
    for _ in 0..3 {
        request(&app, &ada.username).await;
    }
    let sql = "SELECT kind, outcome, detail, subject, name_key IS NOT NULL AS has_name, actor FROM audit \
               JOIN audit_clients USING (number) WHERE address = ?1 ORDER BY number";
    let entry = |kind: &str, outcome: &str, detail: &str, user: Option<&User>| {
        json!({
            "kind": kind, "outcome": outcome, "detail": detail, "actor": null,
            "subject": user.map(|user| &user.id), "has_name": i32::from(user.is_none())
        })
    };
    let created = || entry("password_link_created", "success", "forgotten", Some(&ada));
    let refused = |detail, user| entry("password_link_refused", "failure", detail, user);
    assert_eq!(
        app.sql(sql, [app.ip()]).await,
        [
            created(),
            refused("disabled", Some(&disabled)),
            refused("unknown name", None),
            created(),
            created(),
            refused("too many messages", Some(&ada)),
        ]
    );
}

#[tokio::test]
async fn forgot_password_without_a_name_returns_400() {
    let app = app();
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({ "username": "" }), "missing_field"),
        (json!({ "username": null }), "missing_field"),
        (json!({ "username": 1 }), "invalid_field"),
    ] {
        let request = app.post("/api/auth/forgot-password").json(&body);
        request.await.assert_error(400, code);
    }
}

#[tokio::test]
async fn forgot_password_without_e_mail_returns_the_same_response_and_creates_no_link() {
    let with_email = request(&app(), "unknown").await;
    for vars in [
        Vars::new(),
        Vars::with_email().set("TEST_WITHOUT_EMAIL", "1"),
    ] {
        let app = App::with(vars);
        let ada = app.user("ada").await;
        let response = request(&app, &ada.username).await;
        assert_eq!(
            (response.snapshot(), response.body),
            (with_email.snapshot(), with_email.body.clone())
        );
        assert_eq!(app.mails_to(&ada.email).await.len(), 0);
        let sql = "SELECT detail FROM audit WHERE subject = ?1";
        let rows = app.sql(sql, [ada.id.clone()]).await;
        assert_eq!(rows, [json!({ "detail": "e-mail is disabled" })]);
        let sql = "SELECT count(*) AS n FROM password_links WHERE user_id = ?1";
        assert_eq!(app.count(sql, [ada.id.clone()]).await, 0);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn sender_without_a_binding_is_logged() {
    let app = App::isolated(Vars::with_email().set("TEST_WITHOUT_EMAIL", "1"));
    app.anonymous().health().await.assert_status(200);
    let logs = app.server().logs();
    let line = r#"{"event":"no_email","binding":"EMAIL"}"#;
    assert!(logs.iter().any(|(_, text)| text == line), "{logs:?}");
}

#[tokio::test]
async fn forgot_password_while_d1_is_unavailable_returns_503_before_the_response_only() {
    let app = app();
    let ada = app.user("ada").await;
    let fault = app.fault(Fault::d1().fails()).await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    response.assert_error(503, "storage_unavailable");
    fault.remove().await;
    for nth in [2, 3, 4] {
        let fault = app.fault(Fault::d1().nth(nth).fails()).await;
        let response = app.anonymous().forgot_password(&ada.username).await;
        let recorded = response.assert_status(200).recorded().await;
        let line = r#"{"event":"email_failed","kind":"set_password","code":"not_prepared"}"#;
        assert!(recorded.logged("error", line), "{:?}", recorded.logs);
        fault.remove().await;
    }
    assert_eq!(app.mails_to(&ada.email).await.len(), 0);
    request(&app, &ada.username).await;
    assert_eq!(app.mails_to(&ada.email).await.len(), 1);
}

#[tokio::test]
async fn response_does_not_wait_for_the_link_and_the_message() {
    let app = app();
    let ada = app.user("ada").await;
    for fault in [Fault::d1().nth(2).pauses(), Fault::email().pauses()] {
        let paused = app.fault(fault).await;
        let response = app.anonymous().forgot_password(&ada.username).await;
        response.assert_status(200);
        paused.wait_for_hits(1).await;
        let sent = app.mails_to(&ada.email).await.len();
        paused.remove().await;
        response.recorded().await;
        assert_eq!(app.mails_to(&ada.email).await.len(), sent + 1);
    }
}

#[tokio::test]
async fn link_of_a_user_who_is_disabled_meanwhile_is_not_created() {
    let app = app();
    let ada = app.user("ada").await;
    let paused = app
        .fault(Fault::d1().matching("INSERT INTO password_links").pauses())
        .await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    paused.wait_for_hits(1).await;
    ada.disable().await;
    paused.remove().await;
    response.recorded().await;
    assert_eq!(app.mails_to(&ada.email).await.len(), 0);
    assert_eq!(ada.audit_entries("password_link_refused").await, 1);
}

/// The message would go to the spelling that the user has replaced.
#[tokio::test]
async fn link_for_an_address_that_is_spelled_differently_meanwhile_is_not_created() {
    let app = app();
    let ada = app.user("ada").await;
    let paused = app
        .fault(Fault::d1().matching("INSERT INTO password_links").pauses())
        .await;
    let response = app.anonymous().forgot_password(&ada.username).await;
    paused.wait_for_hits(1).await;
    ada.update("email = upper(email)").await;
    paused.remove().await;
    response.recorded().await;
    assert_eq!(app.mails_to(&ada.email).await.len(), 0);
    assert_eq!(ada.audit_entries("password_link_refused").await, 1);
    let sql = "SELECT count(*) AS n FROM password_links WHERE user_id = ?1";
    assert_eq!(app.count(sql, [ada.id]).await, 0);
}

#[tokio::test]
async fn secret_of_the_link_is_neither_stored_nor_logged() {
    let app = app();
    let ada = app.user("ada").await;
    let response = request(&app, &ada.username).await;
    let secret = app.mail_to(&ada.email).await.secret(&app, "set-password");
    let sql = "SELECT * FROM password_links WHERE user_id = ?1";
    let links = app.sql(sql, [ada.id.clone()]).await;
    assert_eq!(links[0]["id"], fingerprint(&secret));
    let logs = response.recorded().await.logs;
    assert!(!format!("{links:?} {logs:?}").contains(&secret));
}
