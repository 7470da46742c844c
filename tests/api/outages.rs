//! D1 or KV out, one or both, failing or silent: what each route says, that nothing is half done, and that the next
//! request after the outage is answered.

use crate::sessions::{
    assert_dead, cached, column, logout, me, password_link, refresh, refreshed, revoked,
    set_password, signed_in, validate,
};
use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
use serde_json::json;
use std::time::{Duration, Instant};

const NEVER: &str = "2999-01-01T00:00:00Z";
const NEW_PASSWORD: &str = "a wholly different passphrase";

/// The one 503, in the envelope of its route.
fn assert_out(reply: &Reply) {
    let text = "Service temporarily unavailable";
    let body = reply.assert_status(503).json();
    let message = json!({ "success": false, "message": text });
    assert!(
        body == message || body == json!({ "detail": text }),
        "{body}"
    );
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("www-authenticate"), None);
}

async fn sign_in_again(app: &App, person: &Person, password: &str) -> Reply {
    app.post("/api/auth/login")
        .json(&json!({ "username": person.username, "password": password }))
        .send()
        .await
}

#[tokio::test]
async fn without_d1_what_changes_something_is_refused_and_nothing_has_changed() {
    for fault in [Fault::d1().fails(), Fault::d1().hangs()] {
        let app = App::shared();
        let ada = app.password_user("ada").await;
        let token = signed_in(&app, &ada).await;
        let link = password_link(&app, &ada, NEVER).await;
        let fault = app.fault(fault).await;
        let start = Instant::now();
        let (login, refreshing, leaving, setting) = tokio::join!(
            app.login(&ada),
            refresh(&app, &token),
            logout(&app, &token),
            set_password(&app, &link, NEW_PASSWORD),
        );
        for reply in [&login, &refreshing, &leaving, &setting] {
            assert_out(reply);
        }
        assert!(start.elapsed() < Duration::from_secs(20));
        fault.mend().await;

        assert_eq!(column(&app, &token, "generation").await, 0);
        assert!(column(&app, &token, "revoked_at").await.is_null());
        let sql = "SELECT id FROM sessions WHERE user_id = ?1";
        assert_eq!(app.sql(sql, [ada.id.clone()]).await.len(), 1);
        validate(&app, &token).await.assert_status(200);
        app.login(&ada).await.assert_status(200);
        let next = refreshed(&app, &token).await;
        set_password(&app, &link, NEW_PASSWORD)
            .await
            .assert_status(200);
        assert_dead(&app, &[&next]).await;
        logout(&app, &next).await.assert_status(200);
    }
}

#[tokio::test]
async fn without_d1_each_route_fails_in_its_own_envelope() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(300 + 901).await;
    app.fault(Fault::d1().fails()).await;
    for (reply, field) in [
        (validate(&app, &token).await, "message"),
        (logout(&app, &token).await, "message"),
        (me(&app, &token).await, "detail"),
        (refresh(&app, &token).await, "detail"),
    ] {
        assert_out(&reply);
        assert_eq!(reply.json()[field], "Service temporarily unavailable");
        let logs = reply.seen().await.logs;
        assert!(
            logs.iter()
                .any(|(level, line)| level == "error" && line.contains("d1_unavailable")),
            "{logs:?}"
        );
    }
}

#[tokio::test]
async fn without_d1_a_copy_is_believed_fifteen_minutes_longer() {
    for fault in [Fault::d1().fails(), Fault::d1().hangs()] {
        let app = App::shared();
        let token = signed_in(&app, &app.password_user("ada").await).await;
        let fault = app.fault(fault).await;
        for (seconds, status) in [(10, 200), (301, 200), (300 + 880, 200), (300 + 901, 503)] {
            app.shift_clock(seconds).await;
            let (validated, shown) = tokio::join!(validate(&app, &token), me(&app, &token));
            for reply in [validated, shown] {
                assert_eq!(reply.status, status, "after {seconds} s: {}", reply.text());
            }
        }
        fault.mend().await;
        for reply in [validate(&app, &token).await, me(&app, &token).await] {
            reply.assert_status(200);
        }
    }
}

#[tokio::test]
async fn without_d1_a_superseded_token_is_not_believed_longer() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    app.fault(Fault::d1().fails()).await;
    app.shift_clock(32).await;
    assert_out(&validate(&app, &first).await);
    validate(&app, &second).await.assert_status(200);
}

#[tokio::test]
async fn without_d1_a_session_is_not_believed_past_its_absolute_end() {
    let app = App::shared();
    let token = signed_in(&app, &app.admin("ada").await).await;
    app.shift_clock(86_400 - 60).await;
    validate(&app, &token).await.assert_status(200).seen().await;
    app.fault(Fault::d1().fails()).await;
    app.shift_clock(86_400 - 5).await;
    validate(&app, &token).await.assert_status(200);
    // In the leeway of the token's own end.
    app.shift_clock(86_400 + 10).await;
    assert_out(&validate(&app, &token).await);
    app.shift_clock(86_400 + 31).await;
    validate(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn without_d1_who_has_signed_out_stays_out() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    logout(&app, &token).await.assert_status(200).seen().await;
    app.fault(Fault::d1().fails()).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        reply.assert_status(401);
    }
}

#[tokio::test]
async fn without_d1_a_request_that_needs_none_is_answered() {
    let app = App::shared();
    app.fault(Fault::d1().fails()).await;
    app.post("/api/auth/logout").send().await.assert_status(200);
    logout(&app, "no.such.token").await.assert_status(200);
    validate(&app, "no.such.token").await.assert_status(401);
    refresh(&app, "no.such.token").await.assert_status(401);
    let empty = app.post("/api/auth/login").json(&json!({}));
    empty.send().await.assert_status(400);
    app.get("/api/auth/openapi.json")
        .send()
        .await
        .assert_status(200);
}

#[tokio::test]
async fn without_kv_d1_answers_and_every_route_works() {
    for fault in [Fault::kv().fails(), Fault::kv().hangs()] {
        let app = App::shared();
        let ada = app.password_user("ada").await;
        let other = signed_in(&app, &ada).await;
        let link = password_link(&app, &ada, NEVER).await;
        let fault = app.fault(fault).await;
        let start = Instant::now();
        let first = app.sign_in(&ada).await;
        for reply in [validate(&app, &first).await, me(&app, &first).await] {
            reply.assert_status(200);
        }
        let reply = refresh(&app, &first).await;
        let second = reply.assert_status(200).json()["access_token"].clone();
        let second = second.as_str().unwrap();
        logout(&app, second).await.assert_status(200);
        set_password(&app, &link, NEW_PASSWORD)
            .await
            .assert_status(200);
        // Three sessions and their copies are ended side by side.
        assert!(start.elapsed() < Duration::from_secs(16));
        assert_dead(&app, &[&first, second, &other]).await;
        fault.mend().await;
        app.mend_all().await;
        let reply = sign_in_again(&app, &ada, NEW_PASSWORD).await;
        let token = reply.assert_status(200).json()["token"].clone();
        reply.seen().await;
        let seen = validate(&app, token.as_str().unwrap()).await.seen().await;
        assert_eq!((seen.d1(), seen.kv("get")), (0, 1));
    }
}

#[tokio::test]
async fn without_both_nobody_is_judged() {
    for (d1, kv) in [
        (Fault::d1().fails(), Fault::kv().fails()),
        (Fault::d1().hangs(), Fault::kv().hangs()),
    ] {
        let app = App::shared();
        let ada = app.password_user("ada").await;
        let token = signed_in(&app, &ada).await;
        app.fault(d1).await;
        app.fault(kv).await;
        let (validated, shown, refreshing, leaving, login) = tokio::join!(
            validate(&app, &token),
            me(&app, &token),
            refresh(&app, &token),
            logout(&app, &token),
            app.login(&ada),
        );
        for reply in [&validated, &shown, &refreshing, &leaving, &login] {
            assert_out(reply);
        }
        app.mend_all().await;
        validate(&app, &token).await.assert_status(200);
        refresh(&app, &token).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_row_that_breaks_the_rules_is_an_outage_and_named_in_the_log() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = signed_in(&app, &ada).await;
    let sql = "UPDATE users SET updated_at = 'yesterday' WHERE id = ?1";
    app.sql(sql, [ada.id.clone()]).await;
    for reply in [refresh(&app, &token).await, app.login(&ada).await] {
        assert_out(&reply);
        let logs = reply.seen().await.logs;
        assert!(
            logs.iter()
                .any(|(_, line)| line.contains("user_updated_at")),
            "{logs:?}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_whose_reply_was_lost_can_be_made_again() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.fault(
        Fault::d1()
            .matching("insert into sessions")
            .times(1)
            .loses_reply(),
    )
    .await;
    let lost = app.login(&ada).await;
    assert_out(&lost);
    assert_eq!(lost.seen().await.kv("put"), 0);
    let token = signed_in(&app, &ada).await;
    validate(&app, &token).await.assert_status(200);
}

#[tokio::test]
async fn a_refresh_whose_reply_was_lost_gives_the_token_when_made_again() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_reply(),
    )
    .await;
    assert_out(&refresh(&app, &first).await);
    assert_eq!(column(&app, &first, "generation").await, 1);
    let second = refreshed(&app, &first).await;
    assert_eq!(column(&app, &first, "generation").await, 1);
    validate(&app, &second).await.assert_status(200);
    // The copy of the first was not shortened when its reply was lost; it is now.
    app.shift_clock(31).await;
    validate(&app, &first).await.assert_status(401);
}

#[tokio::test]
async fn a_sign_out_whose_reply_was_lost_is_whole_when_made_again() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(
        Fault::d1()
            .matching("update sessions")
            .times(1)
            .loses_reply(),
    )
    .await;
    assert_out(&logout(&app, &token).await);
    logout(&app, &token).await.assert_status(200);
    // Not only in D1: the copy is overwritten too.
    assert_eq!(cached(&app, &token).await, Some(revoked()));
    assert_dead(&app, &[&token]).await;
}

#[tokio::test]
async fn a_link_whose_reply_was_lost_has_set_the_password() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = password_link(&app, &ada, NEVER).await;
    app.fault(
        Fault::d1()
            .matching("update password_links")
            .times(1)
            .loses_reply(),
    )
    .await;
    assert_out(&set_password(&app, &link, NEW_PASSWORD).await);
    set_password(&app, &link, NEW_PASSWORD)
        .await
        .assert_status(400);
    sign_in_again(&app, &ada, NEW_PASSWORD)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_batch_that_fails_in_the_middle_has_done_nothing() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    // The second statement of the batch breaks a rule of the table's own.
    app.sql(
        &format!(
            "CREATE TRIGGER refuse_{0} BEFORE UPDATE ON users WHEN OLD.id = '{1}' \
             BEGIN SELECT RAISE(ABORT, 'no'); END",
            ada.username.replace('-', "_"),
            ada.id
        ),
        [0; 0],
    )
    .await;
    assert_out(&app.login(&ada).await);
    let sql = "SELECT id FROM sessions WHERE user_id = ?1";
    assert!(app.sql(sql, [ada.id.clone()]).await.is_empty());
    let drop = format!("DROP TRIGGER refuse_{}", ada.username.replace('-', "_"));
    app.sql(&drop, [0; 0]).await;
    app.calm_down().await;
    app.login(&ada).await.assert_status(200);
}
