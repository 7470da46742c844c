//! The texts by which users are searched are kept by every writer of users. The command line is tested in `xtask/admin`.

use crate::support::aws::{SIMULATOR, add_directory_user, portal};
use crate::support::{App, User, Vars};
use serde_json::{Value, json};

async fn keys_of(app: &App, id: &str) -> [Value; 3] {
    let sql = "SELECT username_search, email_search, name_search FROM users WHERE id = ?1";
    let row = app.sql(sql, [id]).await.remove(0);
    ["username_search", "email_search", "name_search"].map(|name| row[name].clone())
}

#[tokio::test]
async fn administrators_keep_the_search_keys() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let ada = app.user("ada").await;
    let username = format!("É{}", ada.username);
    let new =
        json!({ "username": username, "email": format!("ÄX{}", ada.email), "name": "ÉLÉONORE" });
    let id = admin.create_user(&new).await.user()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (name, email) = (format!("é{}", ada.username), format!("äx{}", ada.email));
    assert_eq!(
        keys_of(&app, &id).await,
        [json!(name), json!(email), json!("éléonore")]
    );
    let changes = json!({ "email": format!("ÖX{}", ada.email), "name": "ÅSE" });
    admin.update_user(&id, &changes).await.assert_status(200);
    let email = format!("öx{}", ada.email);
    assert_eq!(
        keys_of(&app, &id).await,
        [json!(name), json!(email), json!("åse")]
    );
}

#[tokio::test]
async fn confirmed_and_restored_addresses_are_searched() {
    let app = App::with(Vars::with_email());
    let ada: User = app.user("ada").await;
    let session = ada.sign_in().await;
    let email = format!("ÄNEW{}", ada.email);
    let link = ada
        .email_link("confirm", &email, Some(&session.session_id()))
        .await;
    let confirm = session.confirm_email(&link).await;
    confirm.assert_status(200).recorded().await;
    assert_eq!(
        keys_of(&app, &ada.id).await[1],
        format!("änew{}", ada.email)
    );
    let secret = app.mail_to(&ada.email).await.secret(&app, "revert-email");
    app.anonymous()
        .revert_email(&secret)
        .await
        .assert_status(200);
    assert_eq!(keys_of(&app, &ada.id).await[1], ada.email);
}

#[tokio::test]
async fn users_of_an_identity_source_are_searched() {
    let app = App::with(portal(&SIMULATOR));
    let directory_user = add_directory_user(&app, "ÄDA");
    let response = app.sign_in_with_device(&directory_user).await;
    let username = response.assert_status(200).json()["user"]["username"].clone();
    let sql = "SELECT id, name, email FROM users WHERE username = ?1";
    let row = app.sql(sql, [username.clone()]).await.remove(0);
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    let expected =
        [lower(&username), lower(&row["email"]), lower(&row["name"])].map(|key| json!(key));
    let id = row["id"].as_str().unwrap();
    assert_eq!(keys_of(&app, id).await, expected);
}
