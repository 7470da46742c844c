//! A writer of KV cannot forge cached sessions.

use crate::support::{App, Vars};
use serde_json::{Value, json};

/// An entry of an administrator that would be fresh for thousands of years.
async fn false_entry(app: &App) -> Value {
    let bob = app.admin("bob").await;
    let bobs = bob.sign_in().await;
    let mut entry = bobs.cached_session().await.expect("a cached session");
    for moment in ["read_at", "fresh_until", "expires_at"] {
        entry[moment] = json!(253_402_300_799_i64);
    }
    entry
}

/// Even an entry with a valid MAC gives no access to routes that read D1.
#[tokio::test]
async fn forged_entry_with_a_valid_mac_gives_no_access_to_routes_that_read_d1() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let entry = false_entry(&app).await;
    session.write_cached_session(&entry).await;

    let response = session.refresh().await;
    response.assert_status(200).recorded().await;
    assert_eq!(response.user()["username"], ada.username);
    let next = response.session();
    next.write_cached_session(&entry).await;
    for page in ["/api/auth/aws-credentials", "/api/auth/nvidia-credentials"] {
        let response = next.get(page).await;
        response.assert_status(403);
    }
    app.kv_delete(&next.cache_key()).await;
    assert_eq!(next.claims()["sub"], ada.id);
    let user = next.validate().await.user();
    assert_eq!(
        (&user["id"], &user["role"]),
        (&ada.id.into(), &"user".into())
    );

    next.logout().await.assert_status(200);
    next.write_cached_session(&entry).await;
    next.refresh().await.assert_status(401);
}

#[tokio::test]
async fn entry_of_another_user_is_a_miss() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let entry = false_entry(&app).await;
    session.write_cached_session(&entry).await;
    let response = session.validate().await;
    assert_eq!(response.user()["id"], ada.id);
}

/// The attack of a KV writer: their own entry with another role and no expiry, before and after the revocation of the
/// session.
#[tokio::test]
async fn entry_without_a_valid_mac_is_a_miss() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let value = app.kv_get(&session.cache_key()).await.expect("an entry");
    let mut entry = session.cached_session().await.expect("a cached session");
    entry["user"]["role"] = json!("super_admin");
    entry["fresh_until"] = json!(253_402_300_799_i64);
    entry["believe_until"] = json!(253_402_300_799_i64);
    entry["never_after"] = json!(253_402_300_799_i64);
    let (mac, text) = value.split_once('.').expect("a MAC and a text");
    let forged = [
        entry.to_string(),
        format!("{mac}.{entry}"),
        format!(".{entry}"),
        format!("{}.{entry}", "A".repeat(43)),
        value.replace("\"role\":\"user\"", "\"role\":\"super_admin\""),
        text.to_owned(),
        // The last character is missing, or white space follows it.
        value[..value.len() - 1].to_owned(),
        format!("{value} "),
        format!("{value}{}", " ".repeat(20_000)),
    ];
    for status in [200, 401] {
        for value in &forged {
            app.kv_put(&session.cache_key(), value).await;
            let response = session.validate().await;
            assert_eq!(response.status, status, "{value:.200}");
            assert!(response.recorded().await.d1() > 0, "{value:.200}");
            if status == 200 {
                assert_eq!(response.user()["role"], "user", "{value:.200}");
            }
        }
        session.logout().await.assert_status(200);
    }
}

#[tokio::test]
async fn forged_revocation_is_a_miss() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let (token, other) = (ada.sign_in().await, ada.sign_in().await);
    other.logout().await.assert_status(200);
    let of_other = app.kv_get(&other.cache_key()).await.expect("a tombstone");
    for value in [r#"{"ended":true}"#, r#"{"revoked":true}"#, &of_other] {
        app.kv_put(&token.cache_key(), value).await;
        token.validate().await.assert_status(200).recorded().await;
    }
}

#[tokio::test]
async fn entry_copied_to_another_key_is_a_miss() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let (token, other) = (ada.sign_in().await, ada.sign_in().await);
    let of_other = app.kv_get(&other.cache_key()).await.expect("an entry");
    token.logout().await.assert_status(200);
    app.kv_put(&token.cache_key(), &of_other).await;
    for response in [token.validate().await, token.me().await] {
        assert!(response.assert_status(401).recorded().await.d1() > 0);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn entry_of_the_previous_key_is_a_hit_while_that_is_configured() {
    const NEXT: &str = "bmV4dCBrZXkgb2YgaGFuZGxlcywgMzIgYnl0ZXMuLi4=";
    let vars = Vars::without_local_cache();
    let app = App::isolated(vars.clone());
    let session = app.user("ada").await.sign_in().await;
    // A change that the entry does not contain.
    app.run_sql("UPDATE sessions SET revoked_at = '2026-01-01T00:00:00Z'")
        .await;
    let old = vars.get("HANDLE_KEY").expect("a key").to_owned();
    let during = vars.clone().set("HANDLE_KEY", NEXT);
    let during = during.set("HANDLE_KEY_PREVIOUS", &old);
    let after = vars.set("HANDLE_KEY", NEXT);
    for (vars, status) in [(during, 200), (after, 401)] {
        app.restart_with(vars).await;
        session.validate().await.assert_status(status);
    }
}

#[tokio::test]
async fn unreadable_entry_is_a_miss() {
    let app = App::with(Vars::without_local_cache());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let value = app.kv_get(&session.cache_key()).await.unwrap();
    let entry = session.cached_session().await.unwrap().to_string();
    let deep = "[".repeat(20_000);
    let plain = [
        "",
        " ",
        "null",
        "true",
        "42",
        "[]",
        "{}",
        "\"text\"",
        "\u{0}",
        &value[1..],
        &deep,
    ];
    let protected = [
        "",
        "null",
        "[]",
        "{}",
        &entry[..entry.len() - 1],
        &format!("{entry}{entry}"),
        r#"{"revoked":"yes"}"#,
        r#"{"revoked":false}"#,
        r#"{"revoked":null}"#,
        r#"{"fresh_until":1e99,"user":null}"#,
        r#"{"fresh_until":99999999999999999999999}"#,
        r#"{"read_at":1,"fresh_until":9999999999,"expires_at":9999999999,"user":{"id":"ada"}}"#,
        &entry.replace("\"user\":{", "\"user\":[{"),
        &entry.replace("\"role\":\"user\"", "\"role\":\"emperor\""),
        &entry.replace("\"fresh_until\":", "\"fresh_until\":\"\","),
    ];
    let protected = protected.map(|text| session.with_cache_mac(text));
    for garbage in plain
        .iter()
        .copied()
        .chain(protected.iter().map(String::as_str))
    {
        app.kv_put(&session.cache_key(), garbage).await;
        let response = session.validate().await;
        assert_eq!(response.status, 200, "{garbage:.80}\n{}", response.text());
        assert_eq!(response.user()["username"], ada.username);
        assert!(response.recorded().await.d1() > 0, "{garbage:.80}");
        assert!(session.cached_session().await.is_some(), "{garbage:.80}");
    }
}
