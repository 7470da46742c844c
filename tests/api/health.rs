//! `GET /api/auth/health`: open to all; says whether the stores answer.

use crate::support::{App, Fault};

#[tokio::test]
async fn both_stores_answer() {
    let app = App::shared();
    let reply = app.get("/api/auth/health").send().await;
    reply.assert_status(200);
    assert_eq!(reply.json()["version"], env!("CARGO_PKG_VERSION"));
    let seen = reply.seen().await;
    assert_eq!(
        (seen.statements(), seen.kv("get")),
        (vec!["SELECT 1 AS one"], 1)
    );
}

#[tokio::test]
async fn a_store_that_fails_is_named_in_the_log_and_back_on_the_next_request() {
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
        assert!(reply.header("retry-after").is_some());
        fault.mend().await;
        let logs = reply.seen().await.logs;
        assert!(
            logs.iter().any(|(_, text)| text.contains(store)),
            "{store}: {logs:?}"
        );
        app.get("/api/auth/health").send().await.assert_status(200);
    }
}
