//! `GET /api/auth/sessions`: list the user's sessions.

use crate::support::{App, Caller, Fault, Vars, var};
use serde_json::{Value, json};

/// The session of the caller, as the list shows it.
async fn listed(session: &Caller) -> Value {
    let listed = session.list_sessions().await.list("sessions");
    let mut own = listed
        .into_iter()
        .filter(|session| session["is_current"] == true);
    own.next().expect("the session")
}

/// The ids of the sessions that this session can list.
async fn listed_ids(session: &Caller) -> Vec<Value> {
    let listed = session.list_sessions().await.list("sessions");
    listed.iter().map(|session| session["id"].clone()).collect()
}

#[tokio::test]
async fn sessions_returns_the_documented_body_newest_first() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    bob.sign_in().await;
    let first = ada.login().header("user-agent", "Ada's phone").await;
    let first = first.session();
    app.shift_clock(60).await;
    let second = ada.sign_in().await;
    let response = second.list_sessions().await;
    app.redact(app.ip(), "address");
    app.redact(&first.session_id(), "first");
    app.redact(&second.session_id(), "second");
    insta::assert_snapshot!(response.snapshot_body(), @r#"
    200
    {
      "success": true,
      "sessions": [
        {
          "id": "[second]",
          "created_at": "[time]",
          "refreshed_at": "[time]",
          "last_used_at": "[time]",
          "ends_at": "[time]",
          "session": "token",
          "method": "password",
          "factor": null,
          "authenticated_at": "[time]",
          "device": null,
          "address": "[address]",
          "country": null,
          "refresh_device": null,
          "refresh_address": null,
          "refresh_country": null,
          "is_current": true
        },
        {
          "id": "[first]",
          "created_at": "[time]",
          "refreshed_at": "[time]",
          "last_used_at": "[time]",
          "ends_at": "[time]",
          "session": "token",
          "method": "password",
          "factor": null,
          "authenticated_at": "[time]",
          "device": "Ada's phone",
          "address": "[address]",
          "country": null,
          "refresh_device": null,
          "refresh_address": null,
          "refresh_country": null,
          "is_current": false
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn revoked_session_is_not_listed() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (first, second) = (ada.sign_in().await, ada.sign_in().await);
    first.logout().await.assert_status(200);
    assert_eq!(listed_ids(&second).await, [second.session_id()]);
    app.shift_clock(31 * 86_400).await;
    second.list_sessions().await.assert_status(401);
}

#[tokio::test]
async fn session_shows_device_and_ip_address_of_its_last_refresh() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let login = ada.login().header("user-agent", "Ada's phone").await;
    let session = login.session();
    let own = ada.sign_in().await;
    let other_ip = app.other_ip(1);
    app.shift_clock(5).await;
    let refresh = session.refresh().client_ip(&other_ip);
    let refresh = refresh.header("user-agent", "a thief's").await;
    refresh.assert_status(200);
    let listed = own.list_sessions().await.list("sessions");
    let id = session.session_id();
    let shown = listed.iter().find(|session| session["id"] == id);
    let shown = shown.expect("the session");
    let fields =
        ["device", "address", "refresh_device", "refresh_address"].map(|name| &shown[name]);
    assert_eq!(fields, ["Ada's phone", app.ip(), "a thief's", &other_ip]);
    assert_ne!(shown["created_at"], shown["refreshed_at"]);
}

#[tokio::test]
async fn session_shows_country_of_its_sign_in_and_of_its_last_refresh() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.login().header("cf-ipcountry", "DE").await.session();
    let shown = listed(&session).await;
    assert_eq!(
        [&shown["country"], &shown["refresh_country"]],
        [&json!("DE"), &Value::Null]
    );
    app.shift_clock(5).await;
    let session = session
        .refresh()
        .header("cf-ipcountry", "T1")
        .await
        .session();
    let shown = listed(&session).await;
    assert_eq!([&shown["country"], &shown["refresh_country"]], ["DE", "T1"]);
    // The country of an earlier refresh is not kept, because it is not that of the address.
    app.shift_clock(10).await;
    let session = session.refresh().await.session();
    let shown = listed(&session).await;
    assert_eq!(
        [&shown["country"], &shown["refresh_country"]],
        [&json!("DE"), &Value::Null]
    );
}

#[tokio::test]
async fn cookie_session_shows_country_of_its_last_step_up_or_change_of_password() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let session = ada.sign_in_with_cookie().await;
    let step_up = session.step_up(&ada.password).header("cf-ipcountry", "FR");
    let session = step_up.await.cookie_session();
    assert_eq!(listed(&session).await["refresh_country"], "FR");
    let change = session.change_password(&ada.password, "nine slow boats to the island");
    let session = change.header("cf-ipcountry", "JP").await.cookie_session();
    let shown = listed(&session).await;
    assert_eq!(
        [&shown["country"], &shown["refresh_country"]],
        [&Value::Null, &json!("JP")]
    );
}

#[tokio::test]
async fn unknown_or_malformed_country_is_not_stored() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for country in ["XX", "", "D", "de", "DEU", "D-", "D E", "DE, FR", "\u{c4}"] {
        let session = ada.login().header("cf-ipcountry", country).await.session();
        assert_eq!(session.column("country").await, Value::Null, "{country:?}");
        let refreshed = session.refresh().header("cf-ipcountry", country).await;
        let shown = listed(&refreshed.session()).await;
        let countries = [&shown["country"], &shown["refresh_country"]];
        assert_eq!(countries, [&Value::Null; 2], "{country:?}");
    }
}

#[tokio::test]
async fn expired_session_is_not_listed() {
    let app = App::with(Vars::new().set(var::TOKEN_LIFETIME, "60"));
    let ada = app.user("ada").await;
    let (expired, kept) = (ada.sign_in().await, ada.sign_in().await);
    app.shift_clock(80).await;
    let kept = kept.refreshed().await;
    // The token of the expired session can still be refreshed, within the leeway for clocks.
    assert_eq!(listed_ids(&kept).await.len(), 2);
    app.shift_clock(91).await;
    assert_eq!(listed_ids(&kept).await, [kept.session_id()]);
    expired.refresh().await.assert_status(401);
    // The expired session is not revoked as well.
    kept.logout_all().await.assert_status(200).recorded().await;
    assert!(!expired.is_revoked().await);
}

#[tokio::test]
async fn last_use_is_recorded_once_an_hour() {
    let app = App::with(Vars::strict());
    let session = app.user("ada").await.sign_in().await;
    for (seconds, is_written) in [(3_000, false), (3_700, true), (5_000, false), (7_400, true)] {
        app.shift_clock(seconds).await;
        let recorded = session.validate().await.assert_status(200).recorded().await;
        let statements = recorded.statements();
        let written = statements.iter().any(|sql| sql.contains("last_used_at = "));
        assert_eq!(
            (written, recorded.d1()),
            (is_written, 1 + usize::from(is_written)),
            "{seconds}"
        );
    }
    let listed = session.list_sessions().await.list("sessions");
    let used_at = listed[0]["last_used_at"].as_str().unwrap().to_owned();
    assert!(used_at.as_str() > listed[0]["refreshed_at"].as_str().unwrap());
    // A refresh is a use. It is recorded without a further write.
    app.shift_clock(12_000).await;
    let response = session.refresh().await;
    assert_eq!(response.assert_status(200).recorded().await.d1(), 1);
    let session = response.session();
    let listed = session.list_sessions().await.list("sessions");
    assert_eq!(listed[0]["last_used_at"], listed[0]["refreshed_at"]);
}

#[tokio::test]
async fn last_use_is_recorded_after_the_response_when_the_cached_session_is_stale() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    app.shift_clock(3_700).await;
    let fault = app
        .fault(Fault::d1().matching("last_used_at = ").times(1).pauses())
        .await;
    let response = session.validate().await;
    response.assert_status(200);
    fault.wait_for_hits(1).await;
    assert!(session.column("last_used_at").await.is_null());
    fault.release().await;
    response.recorded().await;
    assert!(!session.column("last_used_at").await.is_null());
    // A use of the cached session is not recorded.
    app.shift_clock(3_710).await;
    assert_eq!(session.validate().await.recorded().await.d1(), 0);
}
