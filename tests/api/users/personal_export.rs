//! `GET /api/auth/users/{id}/export`: everything that is kept about a user.

use crate::support::access_tokens::RESOURCE;
use crate::support::grants::WEB;
use crate::support::services::with_resources;
use crate::support::{App, Vars};
use serde_json::Value;

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn export_contains_profile_sessions_links_counters_and_entries_and_no_secret() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    let login = ada
        .login()
        .client_ip("198.51.100.7")
        .header("user-agent", "a browser");
    login.await.assert_status(200);
    ada.guess()
        .client_ip("198.51.100.8")
        .await
        .assert_status(401);
    let link = ada.reset_link().await;
    let secret = ada.email_link("confirm", "new@example.com", None).await;
    let admin = grace.sign_in().await;
    let request = admin.export_user(&ada.id, "").client_ip("192.0.2.99");
    request.await.assert_status(200);
    let response = admin.export_user(&ada.id, "").await;
    let export = response.assert_status(200).json();
    assert_eq!(export["user"]["id"], *ada.id);
    assert_eq!(export["user"]["email"], *ada.email);
    let session = &export["sessions"][0];
    assert_eq!(
        [&session["address"], &session["device"]],
        ["198.51.100.7", "a browser"]
    );
    let purposes: Vec<&str> = export["links"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|link| link["purpose"].as_str())
        .collect();
    assert_eq!(purposes, ["set_password", "confirm"]);
    assert_eq!(export["counters"][0]["key"], format!("account:{}", ada.id));
    let entries = export["audit"].as_array().unwrap();
    let address = |kind: &str| {
        let mut of_kind = entries.iter().filter(|entry| entry["kind"] == kind);
        of_kind.next().unwrap_or_else(|| panic!("no {kind}"))["address"].clone()
    };
    assert_eq!(address("sign_in"), "198.51.100.7");
    assert_eq!(address("sign_in_failed"), "198.51.100.8");
    // The client of the administrator.
    assert_eq!(address("user_exported"), Value::Null);
    let text = response.text();
    let hash = ada.password_hash().await;
    for secret in [link.as_str(), &secret, hash.as_str().unwrap(), "192.0.2.99"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(ada.audit_entries("user_exported").await, 2);
}

#[tokio::test]
async fn export_contains_the_second_factors_without_their_secrets() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    ada.add_passkey_row().await;
    let codes = ada.add_recovery_codes(2).await;
    ada.sign_in_with_code("token", "recovery_code", &codes[0])
        .await;
    app.skip_back_off().await;
    let pending = ada.first_step("cookie").await;
    ada.set_wrong_codes(7).await;
    let admin = app.administrator("admin").await;
    let response = admin.export_user(&ada.id, "").await;
    let export = response.assert_status(200).json();
    let factors = &export["factors"];
    assert_eq!(factors["passkeys"][0]["name"], "Key");
    assert!(factors["totp"]["confirmed_at"].is_string());
    let codes_used = factors["recovery_codes"].as_array().unwrap().iter();
    let used = codes_used.filter(|code| code["used_at"].is_string());
    assert_eq!(used.count(), 1);
    let pending_sign_ins = factors["pending_sign_ins"].as_array().unwrap();
    let binding = |one: &Value| one["binding"].as_str().unwrap().to_owned();
    assert!(
        pending_sign_ins
            .iter()
            .any(|one| binding(one).starts_with("browser:"))
    );
    let counters = export["counters"].as_array().unwrap();
    let codes_counter = counters.iter().find(|one| one["key"] == "codes");
    assert_eq!(codes_counter.unwrap()["count"], 7);
    assert_eq!(export["sessions"][0]["factor"], "recovery_code");
    assert!(export["sessions"][0]["factor_at"].is_string());
    let columns = "(SELECT secret FROM totp WHERE user_id = users.id) AS secret,
                   (SELECT min(code_hash) FROM recovery_codes WHERE user_id = users.id) AS code";
    let stored = ada.row(columns).await;
    let text = response.text();
    for secret in [
        stored["secret"].as_str().unwrap(),
        stored["code"].as_str().unwrap(),
        &authenticator.secret,
        &codes[1],
        &pending.secret,
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn export_contains_what_the_user_has_allowed_oauth_clients() {
    let app = App::with(with_resources());
    let ada = app.user("ada").await;
    let browser = ada.sign_in_with_cookie().await;
    let service = app.application("none").await;
    let tokens = service.tokens(&browser, &[]).await;
    let admin = app.administrator("admin").await;
    let response = admin.export_user(&ada.id, "").await;
    let oauth = response.assert_status(200).json()["oauth"].clone();
    let (grant, consent) = (&oauth["grants"][0], &oauth["consents"][0]);
    let scope = "reports:read offline_access";
    for (value, expected) in [
        (&grant["client_id"], service.id.as_str()),
        (&grant["session_id"], &browser.session_id()),
        (&grant["redirect_uri"], WEB),
        (&grant["resource"], RESOURCE),
        (&grant["scope"], scope),
        (&consent["client_id"], &service.id),
        (&consent["redirect_host"], "app.example.com"),
        (&consent["resource"], RESOURCE),
        (&consent["scope"], scope),
    ] {
        assert_eq!(*value, expected);
    }
    assert!(grant["redeemed_at"].is_string() && grant["revoked_at"].is_null());
    assert!(!response.text().contains(&tokens.refresh));
}

/// The rows of a revocation of all grants to a client stay until the cron event deletes them.
#[tokio::test]
async fn grants_and_consents_that_were_revoked_with_all_others_are_shown_as_revoked() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let (revoked, kept) = (
        app.seed_oauth_client("Revoked").await,
        app.seed_oauth_client("Kept").await,
    );
    for client in [&revoked, &kept] {
        app.seed_grant(&ada.id, client).await;
        app.seed_consent(&ada.id, client, "app.example.com", "")
            .await;
    }
    let removed = app.seed_grant(&ada.id, &kept).await;
    app.change_grant(&removed, "revoked_at = '2024-01-02T00:00:00Z'")
        .await;
    let admin = app.administrator("super_admin").await;
    let export = async || {
        let response = admin.export_user(&ada.id, "").await;
        response.assert_status(200).json()["oauth"].clone()
    };
    let states = |rows: &Value, client: &str| {
        let rows = rows.as_array().unwrap().iter();
        let of_client = rows.filter(|row| row["client_id"] == client);
        let mut states: Vec<(bool, bool)> = of_client
            .map(|row| {
                let is_revoked = row["is_revoked"].as_bool().unwrap();
                (is_revoked, row["revoked_at"].is_string())
            })
            .collect();
        states.sort_unstable();
        states
    };
    for is_revoked in [false, true] {
        let oauth = export().await;
        for rows in [&oauth["grants"], &oauth["consents"]] {
            assert_eq!(states(rows, &revoked), [(is_revoked, false)]);
        }
        let of_kept = [(false, false), (true, true)];
        assert_eq!(states(&oauth["grants"], &kept), of_kept);
        assert_eq!(states(&oauth["consents"], &kept), of_kept[..1]);
        let revocation = admin.revoke_client_grants(&revoked).await;
        revocation.assert_status(200);
    }
    let listed = admin.list_user_grants(&ada.id).await.list("grants");
    let own = ada.sign_in().await.list_grants().await.list("grants");
    assert_eq!(listed, own);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["client"]["client_id"], kept.as_str());
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn audit_entries_are_returned_in_pages() {
    let app = App::isolated(Vars::new());
    let (ada, grace) = (app.user("ada").await, app.admin("grace").await);
    for _ in 0..3 {
        ada.sign_in().await;
    }
    let admin = grace.sign_in().await;
    let first = admin.export_user(&ada.id, "limit=2").await;
    let first = first.assert_status(200).json();
    assert_eq!(first["audit"].as_array().map(Vec::len), Some(2));
    let cursor = first["next"].as_str().expect("another page");
    let query = format!("limit=2&cursor={cursor}");
    let second = admin.export_user(&ada.id, &query).await;
    let second = second.assert_status(200).json();
    assert_eq!(second["audit"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["next"], Value::Null);
}

#[tokio::test]
async fn export_of_a_user_needs_an_administrator_who_manages_them() {
    let app = App::shared();
    let (ada, hopper) = (app.user("ada").await, app.admin("hopper").await);
    let user = ada.sign_in().await;
    user.export_user(&ada.id, "")
        .await
        .assert_error(403, "admin_required");
    let admin = app.admin("grace").await.sign_in().await;
    admin
        .export_user(&hopper.id, "")
        .await
        .assert_error(403, "not_permitted");
    admin
        .export_user("00000000-0000-4000-8000-000000000000", "")
        .await
        .assert_error(404, "user_not_found");
    let super_admin = app.super_admin("root").await.sign_in().await;
    super_admin
        .export_user(&hopper.id, "")
        .await
        .assert_status(200);
}
