//! A code, a recovery code and a pending sign-in are used once, also at the same time.

use crate::support::{App, Fault, PendingSignIn, Response, User, Vars};
use tokio::task::JoinSet;

/// Sends the code for each of these sign-ins at the same time.
async fn all_at_once(
    app: &App,
    pending: &[PendingSignIn],
    method: &str,
    code: &str,
) -> Vec<Response> {
    let mut requests = JoinSet::new();
    for (number, pending) in pending.iter().enumerate() {
        let request = app.anonymous().verify(pending, method, code);
        // The binding is the cookie, so the address may differ.
        requests.spawn(request.client_ip(&app.other_ip(number)).send());
    }
    requests.join_all().await
}

fn successes(responses: &[Response]) -> usize {
    responses
        .iter()
        .filter(|response| response.status == 200)
        .count()
}

async fn pending_sign_ins(app: &App, user: &User, count: usize) -> Vec<PendingSignIn> {
    let mut pending = Vec::new();
    for _ in 0..count {
        pending.push(user.first_step("cookie").await);
        app.sql("DELETE FROM sign_in_attempts WHERE key LIKE 'typed:%' OR key LIKE 'account:%' AND ?1 = ?1", [1])
            .await;
        app.sql("DELETE FROM address_attempts WHERE ?1 = ?1", [1])
            .await;
    }
    pending
}

#[tokio::test]
#[ignore = "slow"]
async fn forty_parallel_uses_of_one_code_give_one_session() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let pending = pending_sign_ins(&app, &ada, 40).await;
    let code = authenticator.code().await;
    let responses = all_at_once(&app, &pending, "totp", &code).await;
    assert_eq!(successes(&responses), 1);
    assert_eq!(ada.live_sessions().await, 1);
    // The code cannot be used again, even without a back-off.
    for pending in &pending[..8] {
        app.sql(
            "DELETE FROM factor_attempts WHERE user_id = ?1",
            [ada.id.as_str()],
        )
        .await;
        let response = app.anonymous().verify(pending, "totp", &code).await;
        assert_eq!(response.status, 401, "{}", response.text());
    }
    assert_eq!(ada.live_sessions().await, 1);
}

#[tokio::test]
async fn forty_parallel_uses_of_one_pending_sign_in_give_one_session() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    ada.add_totp().await;
    let codes = ada.add_recovery_codes(1).await;
    let pending = vec![ada.first_step("cookie").await; 40];
    let responses = all_at_once(&app, &pending, "recovery_code", &codes[0]).await;
    assert_eq!(successes(&responses), 1);
    assert_eq!(ada.live_sessions().await, 1);
    assert_eq!(ada.audit_entries("recovery_code_used").await, 1);
}

/// Two requests have passed the check of the same code before either has written.
#[tokio::test]
async fn code_that_is_checked_twice_is_used_once() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let (first, second) = (ada.first_step("cookie").await, {
        app.skip_back_off().await;
        ada.first_step("cookie").await
    });
    let code = authenticator.code().await;
    let paused = app
        .fault(
            Fault::d1()
                .matching("INSERT INTO sessions")
                .times(1)
                .pauses(),
        )
        .await;
    let request = app.anonymous().verify(&first, "totp", &code);
    let waiting = tokio::spawn(request.send());
    crate::support::eventually("the first request is about to write", async || {
        paused.hits().await > 0
    })
    .await;
    let sql = "UPDATE factor_attempts SET open_at_ms = 0 WHERE user_id = ?1";
    app.sql(sql, [ada.id.as_str()]).await;
    let response = app.anonymous().verify(&second, "totp", &code).await;
    response.assert_status(200);
    paused.release().await;
    let response = waiting.await.expect("a response");
    response.assert_error(401, "pending_sign_in_expired");
    assert_eq!(ada.live_sessions().await, 1);
    assert_eq!(ada.audit_entries("sign_in").await, 1);
}
