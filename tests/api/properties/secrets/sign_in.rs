//! The same search for secrets after back-off, with device cookies and on session routes, including their responses.

use super::{of_configuration, of_token};
use crate::support::audit::CRON;
use crate::support::failures::typed_name_key;
use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use crate::support::{App, Fault, Response, Vars};
use base64ct::{Base64UrlUnpadded, Encoding};

/// Responses with a new token or a new cookie are not searched.
#[expect(clippy::too_many_lines, reason = "one run of many routes")]
#[tokio::test]
async fn secrets_are_neither_stored_nor_logged_by_failed_sign_ins_and_session_routes() {
    let vars = Vars::new();
    let app = App::isolated(vars.clone());
    let (old, new, wrong, typed) = (
        "canary: the passphrase that Ada had",
        "canary: the passphrase that Ada has now",
        "canary: a passphrase that no user has",
        "canary-a-passphrase-in-the-field-for-names",
    );
    let ada = app.new_user("ada").password(old).create().await;
    let mut responses = Vec::new();
    let mut keep = |response: &Response| {
        let line = format!("response {:?} {}", response.headers, response.text());
        responses.push(line);
    };
    let login = async |name: &str, password: &str, cookie: &str, number: usize| {
        let login = app.anonymous().login(name, password);
        let login = login.client_ip(&app.other_ip(number));
        login.header("cookie", cookie).await
    };

    let mut cookies: Vec<String> = Vec::new();
    let mut sessions = Vec::new();
    for number in 0..3 {
        let cookie = cookies.last().cloned().unwrap_or_default();
        let response = login(&ada.username, old, &cookie, number).await;
        response.assert_status(200).recorded().await;
        cookies.push(response.cookie());
        sessions.push(response.session());
    }
    // Failures of the account, the device, a password as a user name, and a network; some come during the back-off.
    for (name, password, cookie) in [
        (ada.username.as_str(), wrong, ""),
        (&ada.username, wrong, ""),
        (&ada.username, wrong, cookies[1].as_str()),
        (&ada.email, wrong, &cookies[1]),
        (typed, wrong, ""),
        (typed, wrong, ""),
        (
            &ada.username,
            wrong,
            "edge-auth-device=canary-of-a-forged-cookie",
        ),
    ] {
        keep(&login(name, password, cookie, 9).await);
    }
    let almost_locked = "UPDATE sign_in_attempts SET failures = 99, open_at_ms = 0 WHERE key = ?1";
    app.sql(almost_locked, [format!("account:{}", ada.id)])
        .await;
    let open = "UPDATE sign_in_attempts SET open_at_ms = 0 WHERE key = ?1";
    app.sql(open, [typed_name_key(&app, &ada.username)]).await;
    for number in 10..12 {
        keep(&login(&ada.username, wrong, "", number).await);
    }

    let [first, fourth] = [0, 3];
    for fault in [Fault::d1(), Fault::kv()] {
        let text = format!("canary: {} {old} {new} {}", sessions[first], cookies[0]);
        let fault = app.fault(fault.fails_with(&text)).await;
        keep(&login(&ada.username, wrong, &cookies[0], 20).await);
        keep(&sessions[first].list_sessions().await);
        keep(&sessions[first].change_password(wrong, new).await);
        fault.remove().await;
    }
    app.skip_back_off().await;
    keep(&sessions[first].change_password(wrong, new).await);
    app.skip_back_off().await;
    let response = sessions[first].change_password(old, new).await;
    keep(response.assert_status(200));
    let again = login(&ada.username, new, &cookies[2], 30).await;
    sessions.push(again.session());
    let list = sessions[first].list_sessions().await;
    assert_eq!(list.list("sessions").len(), 2);
    keep(&list);
    let id = sessions[fourth].session_id();
    let revoke = sessions[first].revoke_session(&id).await;
    keep(revoke.assert_status(200));
    let token_as_id = sessions[fourth].token().to_owned();
    keep(&sessions[first].revoke_session(&token_as_id).await);
    keep(sessions[first].logout_all().await.assert_status(200));
    app.scheduled(CRON).await;
    keep(&login(typed, wrong, &cookies[0], 40).await);

    let mut secrets = of_configuration(&vars);
    for (name, password) in [
        ("old", old),
        ("new", new),
        ("wrong", wrong),
        ("typed", typed),
    ] {
        secrets.push((name, password.into()));
    }
    for session in &sessions {
        secrets.extend(of_token(session).map(|secret| ("a token", secret)));
    }
    for cookie in &cookies {
        let (_, value) = cookie.split_once('=').expect("a value");
        secrets.push(("a cookie", value.into()));
        let raw = Base64UrlUnpadded::decode_vec(value).expect("base64url");
        secrets.push(("a cookie", raw));
    }
    secrets.push(("a forged cookie", b"canary-of-a-forged-cookie".into()));
    let lines = stored_and_logged(&app).await;
    let places = [
        "D1 sign_in_attempts",
        "D1 address_attempts",
        "D1 audit",
        "KV session:",
        "log error",
    ];
    assert_searched(&lines, &places);
    assert_absent(&secrets, &lines);
    assert!(responses.len() > 15);
    assert_absent(&secrets, &responses);
}
