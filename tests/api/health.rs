//! `GET /api/auth/health`: open to all; says whether the stores answer.

use crate::support::{App, Fault, Vars};
use tokio::task::JoinSet;

#[tokio::test]
async fn both_stores_answer() {
    let app = App::alone(Vars::new());
    let reply = app.get("/api/auth/health").send().await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": true,
      "message": "OK",
      "version": "0.1.0"
    }
    "#);
    assert_eq!(reply.json()["version"], env!("CARGO_PKG_VERSION"));
    let seen = reply.seen().await;
    assert_eq!((seen.d1(), seen.kv("get"), seen.calls.len()), (1, 1, 2));
}

#[tokio::test]
async fn a_store_that_fails_or_hangs_is_named_and_the_next_request_is_answered() {
    let app = App::alone(Vars::new());
    for (number, (fault, store)) in (0..).zip([
        (Fault::d1().fails(), "D1"),
        (Fault::d1().hangs(), "D1"),
        (Fault::kv().ops(&["get"]).fails(), "KV"),
        (Fault::kv().ops(&["get"]).hangs(), "KV"),
    ]) {
        app.shift_clock(100 * number).await;
        let fault = app.fault(fault).await;
        let reply = app.get("/api/auth/health").send().await;
        reply.assert_status(503);
        assert_eq!(
            reply.json()["message"],
            format!("Service temporarily unavailable: {store}")
        );
        assert_eq!(reply.header("retry-after"), Some("2"));
        fault.mend().await;
        let logs = reply.seen().await.logs;
        assert!(
            logs.iter()
                .any(|(level, text)| level == "error" && text.contains(store)),
            "{store}: {logs:?}"
        );
        // The verdict is kept for five seconds.
        let again = app.get("/api/auth/health").send().await;
        assert_eq!(again.json(), reply.json());
        assert_eq!(again.seen().await.calls.len(), 0);
        app.shift_clock(100 * number + 6).await;
        app.get("/api/auth/health").send().await.assert_status(200);
    }
}

#[tokio::test]
async fn stores_are_asked_once_for_many_requests_at_once() {
    let app = App::alone(Vars::new());
    for (number, (fault, status)) in
        (0..).zip([(Fault::d1().delays(300), 200), (Fault::d1().fails(), 503)])
    {
        app.shift_clock(100 * number).await;
        let fault = app.fault(fault).await;
        let mut asking = JoinSet::new();
        for _ in 0..40 {
            asking.spawn(app.get("/api/auth/health").send());
        }
        let mut calls = 0;
        for reply in asking.join_all().await {
            reply.assert_status(status);
            calls += reply.seen().await.d1();
        }
        assert_eq!(calls, 1);
        fault.mend().await;
    }
}

/// A request that was to find out for the others.
#[tokio::test]
async fn verdict_is_found_even_if_the_client_that_asked_has_gone() {
    let app = App::alone(Vars::new());
    let paused = app.fault(Fault::d1().times(1).pauses()).await;
    let first = tokio::spawn(app.get("/api/auth/health").send());
    paused.has_hit(1).await;
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    let second = tokio::spawn(app.get("/api/auth/health").send());
    paused.release().await;
    let second = second.await.unwrap();
    second.assert_status(200);
    assert_eq!(second.seen().await.d1(), 0);
}

#[tokio::test]
async fn a_service_without_its_secrets_says_so_in_the_log_only() {
    let app = App::with(Vars::new().without("JWT_SECRET").set("AUDIT_KEY", "short"));
    let reply = app.get("/api/auth/health").send().await;
    reply.assert_status(503);
    assert_eq!(reply.json()["message"], "Service temporarily unavailable");
    let logs = app.server().logs();
    for variable in ["JWT_SECRET", "AUDIT_KEY"] {
        assert!(
            logs.iter().any(|(_, text)| text.contains(variable)),
            "{variable}: {logs:?}"
        );
    }
}
