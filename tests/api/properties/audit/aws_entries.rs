//! The entries of sign-ins with AWS.

use crate::support::audit::{entries_about, entries_from};
use crate::support::aws::{SIMULATOR, add_directory_user, keyed, portal};
use crate::support::aws_proof::role_session;
use crate::support::{App, Response, audit, aws_proof};
use aws_simulator::ACCOUNT;

#[tokio::test]
#[ignore = "slow"]
async fn device_flow_and_role_changes_are_recorded() {
    let map = portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", &format!("{ACCOUNT}/Developer=admin"));
    let (mapped, unmapped) = (
        App::with(map),
        App::with(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", &format!("{ACCOUNT}/Other=admin"))),
    );
    let ada = add_directory_user(&mapped, "ada");
    let user = mapped
        .sign_in_with_device(&ada)
        .await
        .signed_in_user()
        .await;
    mapped
        .sign_in_with_device(&ada)
        .await
        .signed_in_user()
        .await;
    let id = user["id"].as_str().unwrap();
    assert_eq!(user["role"], "admin");
    // Simulates a change of the map before the next sign-in.
    mapped
        .sql("UPDATE users SET role = 'super_admin' WHERE id = ?1", [id])
        .await;
    mapped
        .sign_in_with_device(&ada)
        .await
        .signed_in_user()
        .await;
    mapped
        .sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id])
        .await;
    mapped.sign_in_with_device(&ada).await.assert_status(403);
    insta::assert_snapshot!(audit::snapshot(&mapped, &entries_about(&mapped, id).await, &[(id, "ada")]), @r"
    user_added success actor=ada subject=ada detail=role admin address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    role_changed success actor=ada subject=ada detail=role super_admin -> admin address=[own] request=[uuid]
    session_revoked success actor=ada subject=ada detail=role_changed address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    sign_in_failed failure subject=ada detail=aws_device: disabled address=[own] request=[uuid]
    ");

    let eve = add_directory_user(&unmapped, "eve");
    let user = unmapped
        .sign_in_with_device(&eve)
        .await
        .signed_in_user()
        .await;
    let id = user["id"].as_str().unwrap();
    insta::assert_snapshot!(audit::snapshot(&unmapped, &entries_about(&unmapped, id).await, &[(id, "eve")]), @r"
    user_added success actor=eve subject=eve detail=role user address=[own] request=[uuid]
    sign_in success actor=eve subject=eve session=[sha256] detail=aws_device address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn concurrent_first_sign_ins_write_one_user_added_entry() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let mut arriving = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (app, ada) = (app.clone(), ada.clone());
        arriving.spawn(async move { app.sign_in_with_device(&ada).await });
    }
    let responses: Vec<Response> = arriving.join_all().await;
    let user = responses[0].signed_in_user().await;
    let rows = entries_about(&app, user["id"].as_str().unwrap()).await;
    let added = rows.iter().filter(|row| row["kind"] == "user_added");
    assert_eq!((added.count(), rows.len()), (1, 11));
}

#[tokio::test]
async fn sign_in_with_own_keys_is_recorded() {
    let app = App::with(keyed(&SIMULATOR).set("AWS_LOGIN", "app"));
    let user = app.anonymous().aws_login().await.signed_in_user().await;
    let id = user["id"].as_str().unwrap();
    let own = audit::rows(&app, "kind = 'sign_in' AND address = ?1", app.ip()).await;
    insta::assert_snapshot!(audit::snapshot(&app, &own, &[(id, "the application")]), @"sign_in success actor=the application subject=the application session=[sha256] detail=aws_app address=[own] request=[uuid]");
}

#[tokio::test]
async fn accepted_and_refused_proofs_are_recorded() {
    let app = App::with(aws_proof::vars());
    let response = app
        .anonymous()
        .aws_login_with(&aws_proof::proof(&role_session("Deployer")))
        .await;
    let user = response.signed_in_user().await;
    for _ in 0..2 {
        let stranger = aws_proof::proof(&role_session("Stranger"));
        app.anonymous()
            .aws_login_with(&stranger)
            .await
            .assert_status(401);
    }
    let id = user["id"].as_str().unwrap();
    let own = entries_from(&app, app.ip()).await;
    let failed: Vec<_> = own.iter().filter(|row| row["subject"].is_null()).collect();
    assert_eq!(failed[0]["name_key"], failed[1]["name_key"]);
    let own: Vec<_> = own
        .into_iter()
        .filter(|row| row["kind"] != "user_added")
        .collect();
    insta::assert_snapshot!(audit::snapshot(&app, &own, &[(id, "the role")]), @r"
    sign_in success actor=the role subject=the role session=[sha256] detail=aws_proof address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=aws_proof: not allowed address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=aws_proof: not allowed address=[own] request=[uuid]
    ");
}
