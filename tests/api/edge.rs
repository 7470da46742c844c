//! KV's copies: what they save, and what they cannot do. KV may be empty, late, false or broken; D1 is the record. Here
//! every question goes to KV; `isolate.rs` has what an isolate keeps of the answers.

use crate::sessions::{
    assert_dead, cache, cached, claims, copy_key, logout, me, protect, refresh, refreshed,
    signed_in, validate,
};
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};

fn asking() -> App {
    asking_with(Vars::new())
}

fn asking_with(vars: Vars) -> App {
    App::with(vars.set("SESSION_LOCAL_CACHE_TTL", "0"))
}

#[tokio::test]
async fn an_emptied_kv_signs_nobody_out_and_fills_again() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let before = cached(&app, &token).await.expect("a cached session");
    app.kv_delete(&copy_key(&token)).await;
    let reply = validate(&app, &token).await;
    assert!(reply.assert_status(200).seen().await.d1() > 0);
    let after = cached(&app, &token).await.expect("cached again");
    assert_eq!(before["user"], after["user"]);
    let seen = me(&app, &token).await.assert_status(200).seen().await;
    assert_eq!((seen.d1(), seen.kv("get")), (0, 1));
}

#[tokio::test]
async fn a_sign_in_counts_where_kv_has_not_caught_up() {
    let app = asking();
    app.fault(Fault::kv().ops(&["get"]).reads_stale(60)).await;
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        reply.assert_status(200);
    }
}

/// An entry of an administrator that would be fresh for thousands of years.
async fn false_entry(app: &App) -> Value {
    let bob = app.admin("bob").await;
    let of_bob = signed_in(app, &bob).await;
    let mut entry = cached(app, &of_bob).await.expect("a cached session");
    for moment in ["read_at", "fresh_until", "expires_at"] {
        entry[moment] = json!(253_402_300_799_i64);
    }
    entry
}

/// Even one with a valid MAC.
#[tokio::test]
async fn a_false_entry_opens_no_granting_route() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let entry = false_entry(&app).await;
    cache(&app, &token, &entry).await;

    let reply = refresh(&app, &token).await;
    reply.assert_status(200).seen().await;
    assert_eq!(reply.json()["user"]["username"], ada.username);
    let next = reply.json()["access_token"].as_str().unwrap().to_owned();
    cache(&app, &next, &entry).await;
    for page in ["/api/auth/aws-credentials", "/api/auth/nvidia-credentials"] {
        let reply = app.get(page).bearer(&next).send().await;
        reply.assert_status(403);
    }
    app.kv_delete(&copy_key(&next)).await;
    assert_eq!(claims(&next)["sub"], ada.id);
    let user = validate(&app, &next).await.json()["user"].clone();
    assert_eq!(
        (&user["id"], &user["role"]),
        (&ada.id.into(), &"user".into())
    );

    logout(&app, &next).await.assert_status(200);
    cache(&app, &next, &entry).await;
    refresh(&app, &next).await.assert_status(401);
}

#[tokio::test]
async fn an_entry_of_another_user_is_a_miss() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let entry = false_entry(&app).await;
    cache(&app, &token, &entry).await;
    let reply = validate(&app, &token).await;
    assert_eq!(reply.assert_status(200).json()["user"]["id"], ada.id);
}

/// The attack of a KV writer: their own entry with another role and no expiry, before and after the session was revoked.
#[tokio::test]
async fn a_forged_entry_is_a_miss() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let value = app.kv_get(&copy_key(&token)).await.expect("an entry");
    let mut entry = cached(&app, &token).await.expect("a cached session");
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
        // Without the end, with another one, or with more than one end.
        value[..value.len() - 1].to_owned(),
        format!("{value} "),
        format!("{value}{}", " ".repeat(20_000)),
    ];
    for status in [200, 401] {
        for value in &forged {
            app.kv_put(&copy_key(&token), value).await;
            let reply = validate(&app, &token).await;
            assert_eq!(reply.status, status, "{value:.200}");
            assert!(reply.seen().await.d1() > 0, "{value:.200}");
            if status == 200 {
                assert_eq!(reply.json()["user"]["role"], "user", "{value:.200}");
            }
        }
        logout(&app, &token).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_forged_tombstone_signs_nobody_out() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let (token, other) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    logout(&app, &other).await.assert_status(200);
    let of_other = app.kv_get(&copy_key(&other)).await.expect("a tombstone");
    for value in [r#"{"ended":true}"#, r#"{"revoked":true}"#, &of_other] {
        app.kv_put(&copy_key(&token), value).await;
        validate(&app, &token).await.assert_status(200).seen().await;
    }
}

#[tokio::test]
async fn an_entry_copied_to_another_key_is_a_miss() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let (token, other) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    let of_other = app.kv_get(&copy_key(&other)).await.expect("an entry");
    logout(&app, &token).await.assert_status(200);
    app.kv_put(&copy_key(&token), &of_other).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        assert!(reply.assert_status(401).seen().await.d1() > 0);
    }
}

#[tokio::test]
async fn an_entry_of_the_previous_handle_key_is_a_hit_while_it_is_configured() {
    const NEXT: &str = "bmV4dCBrZXkgb2YgaGFuZGxlcywgMzIgYnl0ZXMuLi4=";
    let vars = Vars::new().set("SESSION_LOCAL_CACHE_TTL", "0");
    let app = App::alone(vars.clone());
    let token = signed_in(&app, &app.password_user("ada").await).await;
    // A change that the entry does not contain.
    app.sql(
        "UPDATE sessions SET revoked_at = '2026-01-01T00:00:00Z'",
        [0; 0],
    )
    .await;
    let old = vars.get("HANDLE_KEY").expect("a key").to_owned();
    let during = vars.clone().set("HANDLE_KEY", NEXT);
    let during = during.set("HANDLE_KEY_PREVIOUS", &old);
    let after = vars.set("HANDLE_KEY", NEXT);
    for (vars, status) in [(during, 200), (after, 401)] {
        app.restart_with(vars).await;
        validate(&app, &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn a_lowered_ttl_counts_for_entries_that_exist() {
    let app = App::alone(
        Vars::new()
            .set("SESSION_LOCAL_CACHE_TTL", "0")
            .set("SESSION_CACHE_TTL", "3600"),
    );
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.sql(
        "UPDATE sessions SET revoked_at = '2026-01-01T00:00:00Z'",
        [0; 0],
    )
    .await;
    app.shift_clock(35).await;
    validate(&app, &token).await.assert_status(200);
    let vars = app.server().vars.clone().set("SESSION_CACHE_TTL", "30");
    app.restart_with(vars).await;
    for seconds in [35, 3_575] {
        app.shift_clock(seconds).await;
        validate(&app, &token).await.assert_status(401);
    }
}

#[tokio::test]
async fn a_lowered_ttl_counts_while_d1_is_unavailable() {
    let app = App::alone(
        Vars::new()
            .set("SESSION_LOCAL_CACHE_TTL", "0")
            .set("SESSION_CACHE_TTL", "3600"),
    );
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let vars = app.server().vars.clone().set("SESSION_CACHE_TTL", "30");
    app.restart_with(vars).await;
    app.fault(Fault::d1().fails()).await;
    for (seconds, status) in [(20, 200), (30 + 880, 200), (30 + 901, 503)] {
        app.shift_clock(seconds).await;
        validate(&app, &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_a_miss() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let value = app.kv_get(&copy_key(&token)).await.unwrap();
    let entry = cached(&app, &token).await.unwrap().to_string();
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
    let protected = protected.map(|text| protect(&app, &token, text));
    for garbage in plain
        .iter()
        .copied()
        .chain(protected.iter().map(String::as_str))
    {
        app.kv_put(&copy_key(&token), garbage).await;
        let reply = validate(&app, &token).await;
        assert_eq!(reply.status, 200, "{garbage:.80}\n{}", reply.text());
        assert_eq!(reply.json()["user"]["username"], ada.username);
        assert!(reply.seen().await.d1() > 0, "{garbage:.80}");
        assert!(cached(&app, &token).await.is_some(), "{garbage:.80}");
    }
}

#[tokio::test]
async fn an_entry_is_fresh_for_the_ttl_and_no_longer() {
    for (app, trust) in [
        (asking(), 300),
        (asking_with(Vars::new().set("SESSION_CACHE_TTL", "30")), 30),
    ] {
        let token = signed_in(&app, &app.password_user("ada").await).await;
        app.shift_clock(trust - 5).await;
        assert_eq!(validate(&app, &token).await.seen().await.d1(), 0);
        app.shift_clock(trust + 1).await;
        assert!(validate(&app, &token).await.seen().await.d1() > 0);
        // What D1 said then is believed as long again.
        app.shift_clock(2 * trust - 5).await;
        assert_eq!(validate(&app, &token).await.seen().await.d1(), 0);
    }
}

#[tokio::test]
async fn a_change_that_no_command_made_is_seen_at_the_trust_bound() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [ada.id])
        .await;
    app.shift_clock(301).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        reply.assert_status(401);
    }
}

#[tokio::test]
async fn if_the_end_cannot_be_written_the_trust_bound_is_the_end() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    // As late as can be: a copy that was just put back.
    app.shift_clock(301).await;
    validate(&app, &token).await.seen().await;
    let fault = app.fault(Fault::kv().ops(&["put"]).fails()).await;
    logout(&app, &token).await.assert_status(200);
    assert!(fault.hits().await >= 2, "written again after a failure");
    refresh(&app, &token).await.assert_status(401);
    app.shift_clock(301 + 301).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_write_that_kv_refuses_once_is_made_again() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(Fault::kv().ops(&["put"]).times(1).throttles())
        .await;
    logout(&app, &token).await.assert_status(200).seen().await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_refresh_whose_copy_kv_refuses_once_still_ends_the_old_token() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(
        Fault::kv()
            .ops(&["put"])
            .matching(":0$")
            .times(1)
            .throttles(),
    )
    .await;
    refreshed(&app, &first).await;
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
}

/// A put-back that has read D1 and waits at KV, a thing that happens meanwhile, and the put-back's end.
async fn put_back_across(app: &App, token: &str, meanwhile: impl AsyncFnOnce()) {
    app.kv_delete(&copy_key(token)).await;
    let paused = app
        .fault(
            Fault::kv()
                .ops(&["put"])
                .matching(&copy_key(token))
                .times(1)
                .pauses(),
        )
        .await;
    let reply = validate(app, token).await;
    reply.assert_status(200);
    paused.has_hit(1).await;
    meanwhile().await;
    paused.release().await;
    reply.seen().await;
}

#[tokio::test]
async fn a_put_back_that_comes_after_a_sign_out_revives_nothing() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &token, async || {
        logout(&app, &token).await.assert_status(200).seen().await;
    })
    .await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_put_back_that_comes_seconds_after_a_sign_out_revives_nothing() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &token, async || {
        logout(&app, &token).await.assert_status(200).seen().await;
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    })
    .await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_put_back_that_comes_after_a_refresh_does_not_prolong_the_old_token() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &first, async || {
        refreshed(&app, &first).await;
    })
    .await;
    validate(&app, &first).await.assert_status(200);
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
}

#[tokio::test]
async fn a_put_back_that_comes_after_two_refreshes_expires_with_the_window_of_its_token() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &first, async || {
        let second = refreshed(&app, &first).await;
        app.shift_clock(20).await;
        refreshed(&app, &second).await;
    })
    .await;
    validate(&app, &first).await.assert_status(200);
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
}

#[tokio::test]
async fn a_put_back_that_comes_after_the_window_ends_the_token() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &first, async || {
        refreshed(&app, &first).await;
        app.shift_clock(31).await;
    })
    .await;
    validate(&app, &first).await.assert_status(401);
}

#[tokio::test]
async fn a_revoked_session_refuses_every_token_of_the_window() {
    let app = asking();
    let mut tokens = vec![signed_in(&app, &app.password_user("ada").await).await];
    for _ in 0..5 {
        let next = refreshed(&app, &tokens[tokens.len() - 1]).await;
        tokens.push(next);
    }
    for token in &tokens {
        validate(&app, token).await.assert_status(200).seen().await;
    }
    logout(&app, &tokens[0])
        .await
        .assert_status(200)
        .seen()
        .await;
    for token in &tokens {
        let seen = validate(&app, token).await.assert_status(401).seen().await;
        assert_eq!(seen.d1(), 0, "the entry is overwritten");
    }
}

#[tokio::test]
async fn a_put_back_of_a_refresh_that_comes_after_a_sign_out_revives_nothing() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let paused = app.fault(Fault::kv().ops(&["put"]).times(2).pauses()).await;
    let reply = refresh(&app, &first).await;
    let second = reply.json()["access_token"].as_str().unwrap().to_owned();
    paused.has_hit(2).await;
    logout(&app, &second).await.assert_status(200).seen().await;
    paused.release().await;
    reply.seen().await;
    assert_dead(&app, &[&second, &first]).await;
}

#[tokio::test]
async fn the_copy_of_a_sign_in_that_comes_after_the_sign_out_ends_at_the_trust_bound() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let paused = app.fault(Fault::kv().ops(&["put"]).times(1).pauses()).await;
    let reply = app.login(&ada).await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    paused.has_hit(1).await;
    logout(&app, &token).await.assert_status(200);
    paused.release().await;
    reply.seen().await;
    refresh(&app, &token).await.assert_status(401);
    app.shift_clock(301).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn reads_a_minute_old_keep_the_promise() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(100).await;
    app.fault(Fault::kv().ops(&["get"]).reads_stale(60)).await;
    logout(&app, &token).await.assert_status(200).seen().await;
    // Granting routes do not ask KV, so its delay is nothing to them.
    refresh(&app, &token).await.assert_status(401);
    // The copy of a minute ago: what the README's promise allows.
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(100 + 65).await;
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn reads_that_never_catch_up_end_at_the_trust_bound() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let copy = app.kv_get(&copy_key(&token)).await.unwrap();
    logout(&app, &token).await.assert_status(200).seen().await;
    app.shift_clock(295).await;
    app.kv_put(&copy_key(&token), &copy).await;
    validate(&app, &token).await.assert_status(200);
    app.shift_clock(301).await;
    assert_dead(&app, &[&token]).await;
}
