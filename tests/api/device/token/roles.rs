//! The role that a device flow gives.

use super::{OTHER_ACCOUNT, add_directory_user_with, assign, with_role_map};
use crate::support::aws::{SIMULATOR, add_directory_user, directory, portal, text};
use crate::support::{App, assert_refused};
use aws_simulator::{ACCOUNT, Operation};
use serde_json::{Value, json};

#[tokio::test]
async fn role_map_gives_the_role_at_each_sign_in() {
    let app = App::with(with_role_map());
    let mut ada = add_directory_user(&app, "ada");
    let mut id = Value::Null;
    for (set, role) in [
        ("Developer", "user"),
        ("Administrator", "admin"),
        ("Owner", "super_admin"),
        ("administrator", "user"),
        ("Owner", "super_admin"),
        ("ReadOnly", "user"),
        ("Administrator", "admin"),
        ("Developer", "user"),
    ] {
        assign(&mut ada, set);
        let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
        assert_eq!(user["role"], role, "{set}");
        assert!(id.is_null() || id == user["id"], "{set}");
        id = user["id"].clone();
    }
}

#[tokio::test]
async fn demotion_revokes_the_other_sessions() {
    let app = App::with(with_role_map());
    let mut ada = add_directory_user(&app, "ada");
    assign(&mut ada, "Administrator");
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let response = app.sign_in_with_device(&ada).await;
        assert_eq!(response.signed_in_user().await["role"], "admin");
        sessions.push(response.session());
    }
    assign(&mut ada, "Unmapped");
    let response = app.sign_in_with_device(&ada).await;
    assert_eq!(response.signed_in_user().await["role"], "user");
    response.recorded().await;
    assert_refused(&[&sessions[0], &sessions[1]]).await;
    response.session().refresh().await.assert_status(200);
}

#[tokio::test]
async fn role_in_d1_applies_with_the_directory_and_an_administrators_session_expires_after_a_day() {
    let app = App::with(directory(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
    assert_eq!(user["role"], "user");
    let id = text(&user, "id");
    app.sql(
        "UPDATE users SET role = 'admin' WHERE id = ?1",
        [id.clone()],
    )
    .await;
    let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
    assert_eq!(user["role"], "admin");
    let sql = "SELECT unixepoch(ends_at) - unixepoch(created_at) AS lifetime FROM sessions \
               WHERE user_id = ?1 ORDER BY lifetime";
    let lifetimes = app.sql(sql, [id]).await;
    let lifetimes: Vec<_> = lifetimes
        .iter()
        .map(|row| row["lifetime"].clone())
        .collect();
    assert_eq!(lifetimes, [json!(86_400), json!(30 * 86_400)]);
}

#[tokio::test]
async fn role_is_the_greatest_of_the_users_permission_sets() {
    for vars in [
        with_role_map(),
        // The result is the same without a configured account.
        portal(&SIMULATOR).set(
            "AWS_SSO_ROLE_MAP",
            &format!("{ACCOUNT}/Administrator=admin,{ACCOUNT}/Owner=super_admin,Developer=user"),
        ),
    ] {
        let app = App::with(vars);
        for (sets, role) in [
            (
                &[(ACCOUNT, "Developer"), (ACCOUNT, "Administrator")][..],
                "admin",
            ),
            (&[(ACCOUNT, "Developer")], "user"),
            (
                &[(ACCOUNT, "Administrator"), (ACCOUNT, "Developer")],
                "admin",
            ),
            (
                &[
                    (ACCOUNT, "Developer"),
                    (ACCOUNT, "Owner"),
                    (ACCOUNT, "Administrator"),
                ],
                "super_admin",
            ),
            // Permission sets in another account have no effect.
            (&[(OTHER_ACCOUNT, "Owner"), (ACCOUNT, "Developer")], "user"),
            (
                &[(ACCOUNT, "ReadOnly"), (OTHER_ACCOUNT, "Administrator")],
                "user",
            ),
        ] {
            let directory_user = add_directory_user_with("grace", sets);
            let device = app.device().await;
            device.approve(&directory_user);
            let response = app.token(&device).await;
            assert_eq!(response.signed_in_user().await["role"], role, "{sets:?}");
        }
    }
}

#[tokio::test]
async fn role_is_the_greatest_of_permission_sets_on_all_pages() {
    let app = App::with(with_role_map());
    let names: Vec<String> = (0..250).map(|number| format!("Set{number:03}")).collect();
    let mut sets: Vec<(&str, &str)> = names.iter().map(|name| (ACCOUNT, name.as_str())).collect();
    sets.push((ACCOUNT, "Owner"));
    let directory_user = add_directory_user_with("grace", &sets);
    let device = app.device().await;
    device.approve(&directory_user);
    let response = app.token(&device).await;
    assert_eq!(response.signed_in_user().await["role"], "super_admin");
    let listed = device.operations();
    let pages = listed
        .iter()
        .filter(|operation| **operation == Operation::ListAccountRoles);
    assert_eq!(pages.count(), 3, "{listed:?}");
}

#[tokio::test]
async fn role_map_that_gives_admin_without_an_account_is_misconfigured() {
    for map in ["Administrator=admin", "Owner=super_admin,Developer=user"] {
        let app = App::isolated(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", map));
        let response = app.anonymous().health().await;
        let recorded = response.assert_status(503).recorded().await;
        let is_named = recorded.logged("error", r#""variable":"AWS_SSO_ROLE_MAP""#);
        assert!(is_named, "{:?}", recorded.logs);
    }
}

#[tokio::test]
async fn role_set_in_d1_does_not_outlast_a_sign_in_without_map_and_directory() {
    let app = App::with(portal(&SIMULATOR));
    let ada = add_directory_user(&app, "ada");
    let user = app.sign_in_with_device(&ada).await.signed_in_user().await;
    let id = text(&user, "id");
    let sql = "UPDATE users SET role = 'super_admin' WHERE id = ?1";
    app.sql(sql, [id.clone()]).await;
    // The directory gives the name to another user. The responses of the portal do not distinguish the two.
    let mut heir = ada.clone();
    heir.user_id = "11111111-2222-4333-8444-555555555555".into();
    SIMULATOR.put_user(heir.clone());
    let user = app.sign_in_with_device(&heir).await.signed_in_user().await;
    assert_eq!((&user["id"], &user["role"]), (&json!(id), &json!("user")));
}
