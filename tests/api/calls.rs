//! What each route costs: every call of D1 and KV is counted at the binding, deferred ones too, and so is every
//! statement of a batch. The first rows are guarantees of the documentation; the others are what it is today, so that a change
//! shows.

use crate::sessions::{
    logout, me, password_link, refresh, refreshed, set_password, signed_in, validate,
};
use crate::support::{App, Fault, Reply, Vars};

/// D1 calls, statements in them, KV reads, KV writes; nothing else was called.
async fn cost(reply: &Reply) -> [usize; 4] {
    let seen = reply.seen().await;
    let cost = [
        seen.d1(),
        seen.statements().len(),
        seen.kv("get"),
        seen.kv("put"),
    ];
    assert_eq!(
        seen.calls.len(),
        cost[0] + cost[2] + cost[3],
        "{:?}",
        seen.calls
    );
    cost
}

#[tokio::test]
async fn within_the_trust_bound_a_session_is_one_read_of_kv() {
    let app = App::with(Vars::new().set("SESSION_LOCAL_CACHE_TTL", "0"));
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for seconds in [0, 295] {
        app.shift_clock(seconds).await;
        for reply in [validate(&app, &token).await, me(&app, &token).await] {
            reply.assert_status(200);
            assert_eq!(cost(&reply).await, [0, 0, 1, 0]);
        }
    }
}

#[tokio::test]
async fn a_session_that_the_isolate_has_just_seen_costs_nothing() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for seconds in [0, 295] {
        app.shift_clock(seconds).await;
        let costs = [
            cost(&validate(&app, &token).await).await,
            cost(&me(&app, &token).await).await,
        ];
        assert_eq!(costs, [[0, 0, 1, 0], [0; 4]]);
    }
}

#[tokio::test]
async fn a_sign_in_is_two_calls_of_d1_and_one_write_of_kv() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    reply.assert_status(200);
    assert_eq!(cost(&reply).await, [2, 17, 0, 1]);
}

#[tokio::test]
async fn a_refused_sign_in_is_two_calls_of_d1() {
    let app = App::shared();
    let (ada, off) = (
        app.password_user("ada").await,
        app.person("off").disabled().create().await,
    );
    let wrong = app
        .post("/api/auth/login")
        .json(&serde_json::json!({ "username": ada.username, "password": "wrong" }));
    let unknown = app
        .post("/api/auth/login")
        .json(&serde_json::json!({ "username": format!("nobody-{}", app.address()), "password": "wrong" }));
    for reply in [
        wrong.send().await,
        unknown.send().await,
        app.login(&off).await,
    ] {
        reply.assert_status(401);
        assert_eq!(cost(&reply).await, [2, 8, 0, 0]);
    }
}

#[tokio::test]
async fn a_sign_out_is_one_call_of_d1_and_ends_the_copies_that_may_be_believed() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = signed_in(&app, &ada).await;
    let reply = logout(&app, &first).await;
    assert_eq!(cost(&reply).await, [1, 5, 0, 1]);
    let first = signed_in(&app, &ada).await;
    let second = refreshed(&app, &first).await;
    let reply = logout(&app, &second).await;
    assert_eq!(cost(&reply).await, [1, 5, 0, 2]);
}

#[tokio::test]
async fn a_token_that_is_not_ours_costs_nothing() {
    let app = App::shared();
    for reply in [
        validate(&app, "not.a.token").await,
        me(&app, "not.a.token").await,
        crate::aws_credentials::page(&app, "not.a.token").await,
        crate::nvidia_credentials::page(&app, "not.a.token").await,
        refresh(&app, "not.a.token").await,
        logout(&app, "not.a.token").await,
        app.get("/api/auth/validate").send().await,
        app.post("/api/auth/logout").send().await,
        app.get("/api/auth/nowhere").send().await,
        app.post("/api/auth/validate").send().await,
        app.get("/api/auth/openapi.json").send().await,
    ] {
        assert_eq!(cost(&reply).await, [0; 4]);
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_one_read_of_kv() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    logout(&app, &token).await.seen().await;
    let reply = validate(&app, &token).await;
    assert_eq!(cost(&reply).await, [0, 0, 1, 0]);
}

#[tokio::test]
async fn after_the_trust_bound_d1_is_asked_and_once_more_after_the_copy_is_back() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(301).await;
    let reply = validate(&app, &token).await;
    assert_eq!(cost(&reply).await, [2, 2, 1, 1]);
    let reply = validate(&app, &token).await;
    assert_eq!(cost(&reply).await, [0, 0, 1, 0]);
}

#[tokio::test]
async fn without_kv_a_session_is_one_call_of_d1_and_one_that_looks_after_the_copy() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    app.fault(Fault::kv().fails()).await;
    let reply = validate(&app, &token).await;
    assert_eq!(cost(&reply).await, [2, 2, 1, 2]);
}

#[tokio::test]
async fn a_refresh_is_one_call_of_d1_before_the_reply() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    let puts = app.fault(Fault::kv().ops(&["put"]).pauses()).await;
    let request = app.post("/api/auth/refresh").bearer(&token);
    let name = request.name();
    let reply = request.send().await;
    reply.assert_status(200);
    puts.has_hit(2).await;
    assert_eq!(app.seen_so_far(&name).await.d1(), 1);
    puts.release().await;
    // Two copies, each looked after.
    assert_eq!(cost(&reply).await, [3, 4, 0, 2]);
}

#[tokio::test]
async fn a_reused_token_costs_two_calls_of_d1() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    refreshed(&app, &first).await;
    app.shift_clock(31).await;
    let reply = refresh(&app, &first).await;
    reply.assert_status(401);
    assert_eq!(cost(&reply).await, [2, 10, 0, 2]);
}

#[tokio::test]
async fn a_new_password_is_two_calls_of_d1_and_a_write_for_each_copy() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for _ in 0..3 {
        signed_in(&app, &ada).await;
    }
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    let reply = set_password(&app, &link, "a wholly different passphrase").await;
    reply.assert_status(200);
    assert_eq!(cost(&reply).await, [2, 13, 0, 3]);
    let reply = set_password(&app, &link, "a wholly different passphrase").await;
    reply.assert_status(400);
    assert_eq!(cost(&reply).await, [1, 1, 0, 0]);
}

#[tokio::test]
async fn a_credentials_page_is_one_call_of_d1_for_whoever_asks() {
    let app = App::shared();
    let ada = signed_in(&app, &app.password_user("ada").await).await;
    let grace = signed_in(&app, &app.admin("grace").await).await;
    for path in ["/api/auth/aws-credentials", "/api/auth/nvidia-credentials"] {
        for (token, status) in [(&ada, 403), (&grace, 404)] {
            let reply = app.get(path).bearer(token).send().await;
            reply.assert_status(status);
            assert_eq!(cost(&reply).await, [1, 1, 0, 0]);
        }
    }
}

#[tokio::test]
async fn health_asks_each_store_once_in_five_seconds() {
    let app = App::alone(Vars::new());
    for (seconds, expected) in [(0, [1, 1, 1, 0]), (0, [0; 4]), (6, [1, 1, 1, 0])] {
        app.shift_clock(seconds).await;
        let reply = app.get("/api/auth/health").send().await;
        assert_eq!(cost(&reply).await, expected, "{seconds}");
    }
}
