//! `GET /api/auth/health`: open to all; says whether the stores answer.

use crate::support::{App, Fault, Vars};

#[tokio::test]
async fn both_stores_answer() {
    let app = App::shared();
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
    let app = App::shared();
    for (fault, store) in [
        (Fault::d1().fails(), "D1"),
        (Fault::d1().hangs(), "D1"),
        (Fault::kv().ops(&["get"]).fails(), "KV"),
        (Fault::kv().ops(&["get"]).hangs(), "KV"),
    ] {
        let fault = app.fault(fault).await;
        let reply = app.get("/api/auth/health").send().await;
        reply.assert_status(503);
        assert_eq!(
            reply.json()["message"],
            format!("Service temporarily unavailable: {store}")
        );
        assert!(reply.header("retry-after").is_some());
        fault.mend().await;
        let logs = reply.seen().await.logs;
        assert!(
            logs.iter()
                .any(|(level, text)| level == "error" && text.contains(store)),
            "{store}: {logs:?}"
        );
        app.get("/api/auth/health").send().await.assert_status(200);
    }
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
