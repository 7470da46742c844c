//! `GET /api/auth/health`: whether the stores are available.

use crate::support::{App, Fault, Vars};
use tokio::task::JoinSet;

#[tokio::test]
async fn health_returns_the_documented_body_and_reads_each_store_once() {
    let app = App::isolated(Vars::new());
    let response = app.anonymous().health().await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    {
      "success": true,
      "message": "OK",
      "version": "0.1.0"
    }
    "#);
    assert_eq!(response.json()["version"], env!("CARGO_PKG_VERSION"));
    let recorded = response.recorded().await;
    assert_eq!(
        (recorded.d1(), recorded.kv_reads(), recorded.calls.len()),
        (1, 1, 2)
    );
}

#[tokio::test]
#[ignore = "slow"]
async fn health_names_an_unavailable_store_and_caches_the_result_for_five_seconds() {
    let app = App::isolated(Vars::new());
    for (number, (fault, store)) in (0..).zip([
        (Fault::d1().fails(), "D1"),
        (Fault::d1().hangs(), "D1"),
        (Fault::kv_reads().fails(), "KV"),
        (Fault::kv_reads().hangs(), "KV"),
    ]) {
        app.shift_clock(100 * number).await;
        let fault = app.fault(fault).await;
        let response = app.anonymous().health().await;
        response.assert_status(503);
        assert_eq!(
            response.json()["message"],
            format!("Service temporarily unavailable: {store}")
        );
        assert_eq!(response.retry_after(), Some(2));
        fault.remove().await;
        let logs = response.recorded().await.logs;
        assert!(
            logs.iter()
                .any(|(level, text)| level == "error" && text.contains(store)),
            "{store}: {logs:?}"
        );
        // The result is kept for five seconds.
        let again = app.anonymous().health().await;
        assert_eq!(again.json(), response.json());
        assert_eq!(again.recorded().await.calls.len(), 0);
        app.shift_clock(100 * number + 6).await;
        app.anonymous().health().await.assert_status(200);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn concurrent_health_requests_share_one_read_of_each_store() {
    let app = App::isolated(Vars::new());
    for (number, (fault, status)) in
        (0..).zip([(Fault::d1().delays(300), 200), (Fault::d1().fails(), 503)])
    {
        app.shift_clock(100 * number).await;
        let fault = app.fault(fault).await;
        let mut asking = JoinSet::new();
        for _ in 0..40 {
            asking.spawn(app.anonymous().health().send());
        }
        let mut calls = 0;
        for response in asking.join_all().await {
            response.assert_status(status);
            calls += response.recorded().await.d1();
        }
        assert_eq!(calls, 1);
        fault.remove().await;
    }
}

/// The other requests wait for the result of the first one.
#[tokio::test]
#[ignore = "slow: starts a server"]
async fn health_completes_after_its_first_client_disconnected() {
    let app = App::isolated(Vars::new());
    let paused = app.fault(Fault::d1().times(1).pauses()).await;
    let first = tokio::spawn(app.anonymous().health().send());
    paused.wait_for_hits(1).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    let second = tokio::spawn(app.anonymous().health().send());
    paused.release().await;
    let second = second.await.unwrap();
    second.assert_status(200);
    assert_eq!(second.recorded().await.d1(), 0);
}

#[tokio::test]
async fn health_of_a_misconfigured_service_returns_503_and_logs_the_variables() {
    let app = App::with(Vars::new().without("JWT_SECRET").set("AUDIT_KEY", "short"));
    let response = app.anonymous().health().await;
    response.assert_status(503);
    assert_eq!(response.message(), "Service temporarily unavailable");
    let logs = app.server().logs();
    for variable in ["JWT_SECRET", "AUDIT_KEY"] {
        assert!(
            logs.iter().any(|(_, text)| text.contains(variable)),
            "{variable}: {logs:?}"
        );
    }
}
