//! `POST /api/auth/users`: create a user.

use crate::support::audit::{entries_about, snapshot};
use crate::support::{App, Fault, NEW_PASSWORD, Vars, unique_id};
use serde_json::{Value, json};

/// A user who does not exist yet.
fn new_user(name: &str) -> Value {
    let number = unique_id().to_string().replace('-', "");
    let username = format!("{name}{}", letters(&number[20..]));
    json!({ "username": username, "email": format!("{username}@example.com") })
}

/// Digits as letters that no other letter can be confused with.
fn letters(digits: &str) -> String {
    let letter = |digit: char| {
        char::from(b"abcdefghkpqrstuy"[digit.to_digit(16).expect("a digit") as usize])
    };
    digits.chars().map(letter).collect()
}

#[tokio::test]
async fn create_returns_the_user_and_sends_a_link_that_sets_the_password() {
    let app = App::with(Vars::with_email());
    let admin = app.administrator("admin").await;
    let mut new = new_user("  Ada");
    new["organization"] = json!(" Analytical Engines ");
    new["aws_region"] = json!("EU-West-1");
    let response = admin.create_user(&new).await;
    let body = response.assert_status(200).json();
    assert_eq!(response.header("etag"), Some("\"1\""));
    assert_eq!(
        (&body["delivery"], &body["link"]),
        (&json!("sent"), &Value::Null)
    );
    let user = &body["user"];
    let username = new["username"].as_str().unwrap().trim().to_lowercase();
    assert_eq!(user["username"], username);
    assert_eq!(user["name"], format!("A{}", &username[1..]));
    assert_eq!(user["organization"], "Analytical Engines");
    assert_eq!(user["aws_region"], "eu-west-1");
    assert_eq!(
        (&user["role"], &user["is_active"]),
        (&json!("user"), &json!(true))
    );
    assert_eq!(
        (&user["has_password"], &user["version"]),
        (&json!(false), &json!(1))
    );
    let address = user["email"].as_str().unwrap();
    let mail = app.mail_to(address).await;
    assert_eq!(mail.subject, "Set up your account at Edge Auth");
    let secret = mail.secret(&app, "set-password");
    let anonymous = app.anonymous();
    anonymous
        .set_password(&secret, NEW_PASSWORD)
        .await
        .assert_status(200);
    anonymous
        .login(address, NEW_PASSWORD)
        .await
        .assert_status(200);
    // The link was sent to the address.
    let id = user["id"].as_str().unwrap();
    let user = admin.get_user(id).await.user();
    assert!(user["email_verified_at"].is_string(), "{user}");
    let entries = entries_about(&app, id).await;
    let text = snapshot(&app, &entries[..2], &[(id, "ada")]);
    for line in ["user_added success", "password_link_created success"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        text.contains("detail=role user") && text.contains("detail=set_up"),
        "{text}"
    );
}

#[tokio::test]
async fn create_without_email_shows_the_link_which_confirms_no_address() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let response = admin.create_user(&new_user("ada")).await;
    let secret = response.shown_secret();
    let id = response.user()["id"].as_str().unwrap().to_owned();
    let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
    set.assert_status(200);
    assert_eq!(
        admin.get_user(&id).await.user()["email_verified_at"],
        Value::Null
    );
    let entries = entries_about(&app, &id).await;
    assert_eq!(entries[1]["detail"], "link_shown");
    assert_eq!(entries[0]["actor"], entries[1]["actor"]);
    assert_ne!(entries[0]["actor"], json!(id));
}

#[tokio::test]
async fn create_shows_the_link_if_the_message_cannot_be_sent() {
    let app = App::with(Vars::with_email());
    let admin = app.administrator("admin").await;
    app.fault(Fault::email().fails()).await;
    let response = admin.create_user(&new_user("ada")).await;
    let secret = response.shown_secret();
    let id = response.user()["id"].as_str().unwrap().to_owned();
    let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
    set.assert_status(200);
    assert_eq!(
        admin.get_user(&id).await.user()["email_verified_at"],
        Value::Null
    );
    let entries = entries_about(&app, &id).await;
    let found: Vec<_> = entries
        .iter()
        .map(|row| (&row["kind"], &row["detail"]))
        .collect();
    assert_eq!(
        found[1],
        (&json!("password_link_created"), &json!("set_up"))
    );
    assert_eq!(found[2].0, "email_failed");
    assert_eq!(
        found[3],
        (&json!("password_link_created"), &json!("link_shown"))
    );
}

#[tokio::test]
async fn create_with_a_taken_or_similar_name_or_address_returns_409() {
    let app = App::shared();
    let admin = app.administrator("admin").await;
    let ada = app.user("ada").await;
    let cases = [
        (
            ada.username.to_uppercase(),
            "free@example.com".to_owned(),
            "username_taken",
        ),
        // A Cyrillic a.
        (
            ada.username.replace('a', "\u{430}"),
            "free@example.com".to_owned(),
            "username_taken",
        ),
        (
            "someone-else".to_owned(),
            ada.email.to_uppercase(),
            "email_taken",
        ),
    ];
    for (username, email, code) in cases {
        let new = json!({ "username": username, "email": email });
        admin.create_user(&new).await.assert_error(409, code);
    }
    // Another user can restore this address.
    ada.email_link("revert", "earlier-ada@example.com", None)
        .await;
    let new = json!({ "username": "someone-else", "email": "Earlier-Ada@example.com" });
    admin
        .create_user(&new)
        .await
        .assert_error(409, "email_taken");
}

#[tokio::test]
async fn create_with_invalid_fields_returns_400() {
    let app = App::shared();
    let admin = app.administrator("super_admin").await;
    for (field, value, code) in [
        ("username", json!("john doe"), "invalid_username"),
        ("username", json!("a@b"), "invalid_username"),
        ("username", json!("\u{202e}x"), "invalid_username"),
        ("username", json!("x".repeat(65)), "invalid_username"),
        ("username", json!(7), "invalid_field"),
        ("email", json!("x"), "invalid_email"),
        ("email", Value::Null, "missing_field"),
        ("name", json!("a\nb"), "invalid_field"),
        ("organization", json!("x".repeat(129)), "invalid_field"),
        ("aws_region", json!("mars-1"), "invalid_field"),
        ("role", json!("root"), "invalid_field"),
    ] {
        let mut new = new_user("ada");
        new[field] = value.clone();
        let response = admin.create_user(&new).await;
        response.assert_error(400, code);
    }
}

#[tokio::test]
async fn fourth_message_to_an_address_in_an_hour_is_replaced_by_a_shown_link() {
    let app = App::with(Vars::with_email());
    let admin = app.administrator("admin").await;
    let response = admin.create_user(&new_user("ada")).await;
    let user = response.user();
    let (id, address) = (
        user["id"].as_str().unwrap(),
        user["email"].as_str().unwrap(),
    );
    for _ in 0..2 {
        let reset = admin.reset_user_password(id).await;
        assert_eq!(reset.assert_status(200).json()["delivery"], "sent");
    }
    let secret = admin.reset_user_password(id).await.shown_secret();
    assert_eq!(app.subjects_to(address).await.len(), 3);
    let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
    set.assert_status(200);
    let user = admin.get_user(id).await.user();
    assert_eq!(user["email_verified_at"], Value::Null);
    let entries = entries_about(&app, id).await;
    let links = entries
        .iter()
        .filter(|row| row["kind"] == "password_link_created");
    let details: Vec<_> = links.map(|row| &row["detail"]).collect();
    assert_eq!(details, ["set_up", "reset", "reset", "link_shown"]);
}

/// Any client can use up the budget of an address.
#[tokio::test]
async fn used_up_budget_of_an_address_does_not_stop_an_administrator() {
    let app = App::with(Vars::with_email());
    let (admin, ada) = (app.administrator("admin").await, app.user("ada").await);
    let new = new_user("bob");
    for address in [ada.email.as_str(), new["email"].as_str().unwrap()] {
        for _ in 0..3 {
            let request = app.anonymous().forgot_password(address);
            request.await.assert_status(200).recorded().await;
        }
    }
    let created = admin.create_user(&new).await;
    for response in [created, admin.reset_user_password(&ada.id).await] {
        let secret = response.shown_secret();
        let set = app.anonymous().set_password(&secret, NEW_PASSWORD).await;
        set.assert_status(200);
    }
}
