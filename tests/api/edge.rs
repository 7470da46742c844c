//! KV's copies: what they save, and what they cannot do. KV may be empty, late, false or broken; D1 is the record. Here
//! every question goes to KV; `isolate.rs` has what an isolate keeps of the answers.

use crate::sessions::{
    assert_dead, claims, copy_key, logout, me, refresh, refreshed, signed_in, validate,
};
use crate::support::{App, Fault, Vars};
use serde_json::{Value, json};

fn asking() -> App {
    asking_with(Vars::new())
}

fn asking_with(vars: Vars) -> App {
    App::with(vars.set("SESSION_ISOLATE_TRUST", "0"))
}

#[tokio::test]
async fn an_emptied_kv_signs_nobody_out_and_fills_again() {
    let app = asking();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let before = app.kv_get(&copy_key(&token)).await.expect("a copy");
    app.kv_delete(&copy_key(&token)).await;
    let reply = validate(&app, &token).await;
    assert!(reply.assert_status(200).seen().await.d1() > 0);
    let after = app.kv_get(&copy_key(&token)).await.expect("a copy again");
    let user = |copy: &str| serde_json::from_str::<Value>(copy).unwrap()["user"].clone();
    assert_eq!(user(&before), user(&after));
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

#[tokio::test]
async fn a_false_copy_opens_no_granting_route() {
    let app = asking();
    let (ada, bob) = (app.password_user("ada").await, app.admin("bob").await);
    let (token, of_bob) = (signed_in(&app, &ada).await, signed_in(&app, &bob).await);
    let mut copy: Value =
        serde_json::from_str(&app.kv_get(&copy_key(&of_bob)).await.unwrap()).unwrap();
    copy["believe_until"] = json!(253_402_300_799_i64);
    copy["never_after"] = json!(253_402_300_799_i64);
    app.kv_put(&copy_key(&token), &copy.to_string()).await;

    let reply = refresh(&app, &token).await;
    reply.assert_status(200).seen().await;
    assert_eq!(reply.json()["user"]["username"], ada.username);
    let next = reply.json()["access_token"].as_str().unwrap().to_owned();
    app.kv_put(&copy_key(&next), &copy.to_string()).await;
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
    app.kv_put(&copy_key(&next), &copy.to_string()).await;
    refresh(&app, &next).await.assert_status(401);
}

#[tokio::test]
async fn a_copy_of_somebody_else_is_no_copy() {
    let app = asking();
    let (ada, bob) = (app.password_user("ada").await, app.admin("bob").await);
    let (token, of_bob) = (signed_in(&app, &ada).await, signed_in(&app, &bob).await);
    let copy = app.kv_get(&copy_key(&of_bob)).await.unwrap();
    app.kv_put(&copy_key(&token), &copy).await;
    let reply = validate(&app, &token).await;
    assert_eq!(reply.assert_status(200).json()["user"]["id"], ada.id);
}

#[tokio::test]
async fn a_copy_that_cannot_be_read_is_no_copy() {
    let app = asking();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let copy = app.kv_get(&copy_key(&token)).await.unwrap();
    let deep = "[".repeat(20_000);
    for garbage in [
        "",
        " ",
        "null",
        "true",
        "42",
        "[]",
        "{}",
        "\"text\"",
        "\u{0}",
        &copy[..copy.len() - 1],
        &format!("{copy}{copy}"),
        r#"{"ended":"yes"}"#,
        r#"{"ended":false}"#,
        r#"{"ended":null}"#,
        r#"{"believe_until":1e99,"user":null}"#,
        r#"{"believe_until":99999999999999999999999}"#,
        r#"{"believe_until":9999999999,"user":{"id":"ada"}}"#,
        &copy.replace("\"user\":{", "\"user\":[{"),
        &copy.replace("\"role\":\"user\"", "\"role\":\"emperor\""),
        &copy.replace("\"believe_until\":", "\"believe_until\":\"\","),
        &deep,
    ] {
        app.kv_put(&copy_key(&token), garbage).await;
        let reply = validate(&app, &token).await;
        assert_eq!(reply.status, 200, "{garbage:.80}\n{}", reply.text());
        assert_eq!(reply.json()["user"]["username"], ada.username);
        assert!(reply.seen().await.d1() > 0, "{garbage:.80}");
        let renewed = app.kv_get(&copy_key(&token)).await.unwrap();
        assert!(renewed.contains("\"believe_until\""), "{garbage:.80}");
    }
}

#[tokio::test]
async fn a_copy_is_believed_for_the_trust_bound_and_no_longer() {
    for (app, trust) in [
        (asking(), 300),
        (asking_with(Vars::new().set("SESSION_EDGE_TRUST", "30")), 30),
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
    app.shift_clock(11).await;
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
    app.shift_clock(11).await;
    validate(&app, &first).await.assert_status(401);
}

#[tokio::test]
async fn a_put_back_that_comes_after_two_refreshes_ends_the_oldest_token() {
    let app = asking();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    put_back_across(&app, &first, async || {
        let second = refreshed(&app, &first).await;
        refreshed(&app, &second).await;
    })
    .await;
    validate(&app, &first).await.assert_status(401);
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
