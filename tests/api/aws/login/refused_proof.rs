//! Audit entries of refused proofs: their number is bounded.

use crate::support::aws_proof::{assert_proof_refused, proof, proof_in, role_session};
use crate::support::{App, aws_proof};
use serde_json::json;

#[tokio::test]
async fn refused_proofs_of_a_network_write_a_bounded_number_of_entries() {
    let app = App::with(aws_proof::vars());
    let written = async |ip: &str| {
        let sql = "SELECT count(*) AS n FROM audit JOIN audit_clients USING (number) \
                   WHERE kind = 'sign_in_failed' AND address = ?1";
        app.count(sql, [ip]).await
    };
    let unlisted = role_session("Unlisted");
    let refused = async |seconds: i64| {
        let body = proof_in(&unlisted, seconds);
        let response = app.anonymous().aws_login_with(&body).await;
        assert_proof_refused(&response, "not listed");
        response.recorded().await
    };
    for _ in 0..3 {
        assert_eq!(refused(0).await.d1(), 1);
    }
    assert_eq!(written(app.ip()).await, 3);
    for _ in 0..5 {
        assert_eq!(refused(0).await.d1(), 1);
    }
    assert_eq!(written(app.ip()).await, 3, "at most three immediately");
    // Afterwards three entries per minute are written.
    app.shift_clock(21).await;
    refused(21).await;
    refused(21).await;
    assert_eq!(written(app.ip()).await, 4);
    // Other sign-ins succeed, with AWS and with a password, and another network has its own limit.
    app.anonymous()
        .aws_login_with(&proof(&role_session("Deployer")))
        .await
        .assert_status(200);
    let ada = app.user("ada").await;
    ada.login().await.assert_status(200);
    let other_ip = app.other_ip(1);
    let there = app
        .anonymous()
        .aws_login()
        .json(&proof(&unlisted))
        .client_ip(&other_ip)
        .await;
    assert_proof_refused(&there, "from another network");
    assert_eq!(written(&other_ip).await, 1);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn refused_proofs_of_a_disabled_user_write_a_bounded_number_of_entries() {
    // A role is one user, and other tests use that user.
    let app = App::isolated(aws_proof::vars());
    let keys = role_session("Deployer");
    let at = |seconds: i64| proof_in(&keys, seconds);
    let user = app
        .anonymous()
        .aws_login_with(&at(0))
        .await
        .signed_in_user()
        .await;
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [user["id"].clone()]).await;
    let sql = "SELECT detail FROM audit WHERE kind = 'sign_in_failed'";
    for number in 1..=5 {
        assert_proof_refused(
            &app.anonymous().aws_login_with(&at(number)).await,
            "disabled",
        );
    }
    let entry = json!({ "detail": "aws_proof: disabled" });
    assert_eq!(
        app.run_sql(sql).await,
        [entry.clone(), entry.clone(), entry]
    );
}
