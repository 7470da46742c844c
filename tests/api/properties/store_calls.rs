//! The number of calls to D1 and KV that the most used routes make, including deferred calls and each statement of a batch.

use crate::support::{App, Fault, Response, Vars};

/// D1 calls, statements in them, KV reads and KV writes.
async fn cost(response: &Response) -> [usize; 4] {
    let recorded = response.recorded().await;
    let cost = [
        recorded.d1(),
        recorded.statements().len(),
        recorded.kv_reads(),
        recorded.kv_writes(),
    ];
    assert_eq!(
        recorded.calls.len(),
        cost[0] + cost[2] + cost[3],
        "{:?}",
        recorded.calls
    );
    cost
}

#[tokio::test]
async fn cached_session_costs_one_read_of_kv() {
    for app in App::with(Vars::without_local_cache()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        for seconds in [0, 295] {
            app.shift_clock(seconds).await;
            for response in [session.validate().await, session.me().await] {
                response.assert_status(200);
                assert_eq!(cost(&response).await, [0, 0, 1, 0]);
            }
        }
    }
}

#[tokio::test]
async fn locally_cached_session_costs_nothing() {
    // Other tests remove sessions from the isolate's cache, and a session that is read meanwhile is not cached.
    for app in App::isolated(Vars::new()).of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        for seconds in [0, 295] {
            app.shift_clock(seconds).await;
            let costs = [
                cost(&session.validate().await).await,
                cost(&session.me().await).await,
            ];
            assert_eq!(costs, [[0, 0, 1, 0], [0; 4]]);
        }
    }
}

#[tokio::test]
async fn login_costs_two_calls_of_d1_and_one_write_to_kv() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada.login().await;
    response.assert_status(200);
    assert_eq!(cost(&response).await, [2, 17, 0, 1]);
}

#[tokio::test]
async fn refused_login_costs_two_calls_of_d1() {
    let app = App::shared();
    let (ada, off) = (
        app.user("ada").await,
        app.new_user("off").disabled().create().await,
    );
    let unknown = app.anonymous().guess(&format!("unknown-{}", app.ip()));
    for response in [ada.guess().await, unknown.await, off.login().await] {
        response.assert_status(401);
        assert_eq!(cost(&response).await, [2, 8, 0, 0]);
    }
}

#[tokio::test]
async fn logout_costs_one_call_of_d1_and_a_write_per_cached_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in().await;
    let response = first.logout().await;
    assert_eq!(cost(&response).await, [1, 5, 0, 1]);
    let first = ada.sign_in().await;
    let second = first.refreshed().await;
    let response = second.logout().await;
    assert_eq!(cost(&response).await, [1, 5, 0, 2]);
}

#[tokio::test]
async fn invalid_token_costs_nothing() {
    let app = App::shared();
    let invalid = app.with_token("not.a.token");
    for response in [
        invalid.validate().await,
        invalid.me().await,
        invalid.aws_credentials().await,
        invalid.nvidia_credentials().await,
        invalid.refresh().await,
        invalid.logout().await,
        app.anonymous().validate().await,
        app.anonymous().logout().await,
        app.get("/api/auth/nowhere").await,
        app.post("/api/auth/validate").await,
        app.anonymous().openapi().await,
    ] {
        assert_eq!(cost(&response).await, [0; 4]);
    }
}

#[tokio::test]
async fn revoked_session_costs_one_read_of_kv() {
    for app in App::shared().of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        session.logout().await.recorded().await;
        let response = session.validate().await;
        assert_eq!(cost(&response).await, [0, 0, 1, 0]);
    }
}

#[tokio::test]
async fn stale_session_costs_two_calls_of_d1_and_a_write_to_kv() {
    for app in App::shared().of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        app.shift_clock(301).await;
        let response = session.validate().await;
        assert_eq!(cost(&response).await, [2, 2, 1, 1]);
        let response = session.validate().await;
        assert_eq!(cost(&response).await, [0, 0, 1, 0]);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn session_without_kv_costs_two_calls_of_d1() {
    for app in App::shared().of_each_kind() {
        let session = app.user("ada").await.sign_in().await;
        app.fault(Fault::kv().fails()).await;
        let response = session.validate().await;
        assert_eq!(cost(&response).await, [2, 2, 1, 2]);
    }
}

#[tokio::test]
async fn refresh_costs_one_call_of_d1_before_the_response() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let puts = app.fault(Fault::kv_writes().pauses()).await;
    let request = session.refresh();
    let name = request.name();
    let response = request.await;
    response.assert_status(200);
    puts.wait_for_hits(2).await;
    assert_eq!(app.recorded_so_far(&name).await.d1(), 1);
    puts.release().await;
    // The writes of the two cached sessions are each followed by a check.
    assert_eq!(cost(&response).await, [3, 4, 0, 2]);
}

#[tokio::test]
async fn refresh_reuse_costs_two_calls_of_d1() {
    let app = App::shared();
    let first = app.user("ada").await.sign_in().await;
    first.refreshed().await;
    app.shift_clock(31).await;
    let response = first.refresh().await;
    response.assert_status(401);
    assert_eq!(cost(&response).await, [2, 10, 0, 2]);
}

#[tokio::test]
async fn set_password_costs_two_calls_of_d1_and_a_write_per_cached_session() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for _ in 0..3 {
        ada.sign_in().await;
    }
    let link = ada.reset_link().await;
    let response = app
        .anonymous()
        .set_password(&link, "a wholly different passphrase")
        .await;
    response.assert_status(200);
    assert_eq!(cost(&response).await, [2, 15, 0, 3]);
    let response = app
        .anonymous()
        .set_password(&link, "a wholly different passphrase")
        .await;
    response.assert_status(400);
    assert_eq!(cost(&response).await, [1, 1, 0, 0]);
}

#[tokio::test]
async fn credentials_cost_one_call_of_d1() {
    let app = App::shared();
    let ada = app.user("ada").await.sign_in().await;
    let grace = app.admin("grace").await.sign_in().await;
    // A refusal is recorded.
    for (session, status, expected) in [(&ada, 403, [2, 5, 0, 0]), (&grace, 404, [1, 1, 0, 0])] {
        for request in [session.aws_credentials(), session.nvidia_credentials()] {
            let response = request.await;
            response.assert_status(status);
            assert_eq!(cost(&response).await, expected);
        }
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn health_reads_each_store_once_per_five_seconds() {
    let app = App::isolated(Vars::new());
    for (seconds, expected) in [(0, [1, 1, 1, 0]), (0, [0; 4]), (6, [1, 1, 1, 0])] {
        app.shift_clock(seconds).await;
        let response = app.anonymous().health().await;
        assert_eq!(cost(&response).await, expected, "{seconds}");
    }
}
