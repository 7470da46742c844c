//! `GET`, `PATCH` and `DELETE` below `/api/auth/passkeys`.

use crate::support::authenticator::{Algorithm, Authenticator};
use crate::support::{App, Caller, Vars};
use serde_json::{Value, json};

async fn session_with_passkeys(app: &App, count: usize) -> (Caller, Vec<String>) {
    let session = app.user("ada").await.sign_in().await;
    for _ in 0..count {
        let mut passkey = Authenticator::new(Algorithm::Ed25519);
        session.add_passkey(&mut passkey).await.assert_status(200);
    }
    let passkeys = session.list_passkeys().await.list("passkeys");
    let id = |passkey: &Value| passkey["id"].as_str().unwrap().to_owned();
    (session, passkeys.iter().map(id).collect())
}

#[tokio::test]
async fn passkey_is_renamed_by_its_user_only() {
    let app = App::shared();
    let (session, ids) = session_with_passkeys(&app, 1).await;
    let renamed = session.rename_passkey(&ids[0], " Office key ").await;
    assert_eq!(
        renamed.assert_status(200).json()["passkey"]["name"],
        "Office key"
    );
    let bob = app.user("bob").await.sign_in().await;
    bob.rename_passkey(&ids[0], "x")
        .await
        .assert_error(404, "passkey_not_found");
    for name in ["", " ", "\u{202e}x", &"x".repeat(65)] {
        session
            .rename_passkey(&ids[0], name)
            .await
            .assert_error(400, "invalid_field");
    }
    session
        .rename_passkey("x", "y")
        .await
        .assert_error(404, "passkey_not_found");
    let listed = session.list_passkeys().await.list("passkeys");
    assert_eq!(listed[0]["name"], "Office key");
}

#[tokio::test]
async fn passkey_is_deleted_by_its_user_only_and_the_last_one_takes_the_recovery_codes() {
    let app = App::shared();
    let (session, ids) = session_with_passkeys(&app, 2).await;
    let bob = app.user("bob").await.sign_in().await;
    bob.delete_passkey(&ids[0])
        .await
        .assert_error(404, "passkey_not_found");
    session.delete_passkey(&ids[0]).await.assert_status(200);
    session
        .delete_passkey(&ids[0])
        .await
        .assert_error(404, "passkey_not_found");
    let codes = || async {
        let sql = "SELECT count(*) AS n FROM recovery_codes WHERE user_id = ?1";
        app.count(sql, [session.user_id()]).await
    };
    assert_eq!(codes().await, 10);
    session.delete_passkey(&ids[1]).await.assert_status(200);
    assert_eq!(codes().await, 0);
    let kinds: Vec<Value> = session.audit_kinds().await;
    let removed = kinds
        .iter()
        .filter(|kind| **kind == json!("passkey_removed"));
    assert_eq!(removed.count(), 2);
}

#[tokio::test]
async fn last_way_to_sign_in_is_kept() {
    let app = App::shared();
    let (session, ids) = session_with_passkeys(&app, 2).await;
    let sql = "UPDATE users SET password_hash = NULL WHERE id = ?1";
    app.sql(sql, [session.user_id()]).await;
    session.delete_passkey(&ids[0]).await.assert_status(200);
    session
        .delete_passkey(&ids[1])
        .await
        .assert_error(409, "last_sign_in_method");
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn last_factor_is_kept_if_the_policy_demands_one() {
    let app = App::isolated(Vars::new());
    let (session, ids) = session_with_passkeys(&app, 1).await;
    app.restart_with(Vars::new().set("MFA_POLICY", "required"))
        .await;
    session
        .delete_passkey(&ids[0])
        .await
        .assert_error(409, "factor_required");
}
