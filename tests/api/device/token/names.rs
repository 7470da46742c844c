//! Names and addresses of users of the directory. They are displayed, and do not identify a user.

use crate::support::aws::{SIMULATOR, add_directory_user, directory, portal, text};
use crate::support::{App, unique_id};
use aws_simulator::{ACCOUNT, User};
use serde_json::{Value, json};

#[tokio::test]
async fn name_and_address_come_from_the_directory_or_the_user_name() {
    let plain = App::with(portal(&SIMULATOR));
    let with_domain = App::with(portal(&SIMULATOR).set("AWS_EMAIL_DOMAIN", "corp.example"));
    let with_directory = App::with(directory(&SIMULATOR));
    let put = |directory_user: User| {
        let directory_user = directory_user.assigned(ACCOUNT, "Developer");
        SIMULATOR.put_user(directory_user.clone());
        directory_user
    };
    let john = put(User::new("john.doe")
        .display_name("Johnny D")
        .email("jd@example.org"));
    let bare = put(User::new("aws-user"));
    let address = put(User::new("Grace_Hopper@example.com"));
    let invalid = put(User::new("a@b@c")
        .email("no address")
        .display_name("\u{202e}"));
    for (app, directory_user, full_name, email) in [
        (&plain, &john, "John Doe", None),
        (
            &with_domain,
            &john,
            "John Doe",
            Some("john.doe@corp.example"),
        ),
        (&with_directory, &john, "Johnny D", Some("jd@example.org")),
        (&plain, &bare, "AWS User", None),
        (
            &with_domain,
            &bare,
            "AWS User",
            Some("aws-user@corp.example"),
        ),
        (&with_directory, &bare, "AWS User", None),
        (
            &plain,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (
            &with_domain,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (
            &with_directory,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (&with_domain, &invalid, "A", None),
        (&with_directory, &invalid, "A", None),
    ] {
        let response = app.sign_in_with_device(directory_user).await;
        response.assert_status(200);
        assert_eq!(
            response.user(),
            json!({ "username": directory_user.user_name, "email": email, "full_name": full_name })
        );
        let user = response.signed_in_user().await;
        assert_eq!(
            (&user["organization"], &user["aws_region"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn name_of_a_password_user_does_not_give_access_to_the_account() {
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let ada = app.user("ada").await;
        let admin = app.admin("grace").await;
        for name in [&ada.username, &ada.email, &admin.username, &admin.email] {
            let directory_user = User::new(name.as_str())
                .email(ada.email.as_str())
                .assigned(ACCOUNT, "Developer");
            SIMULATOR.put_user(directory_user.clone());
            let user = app
                .sign_in_with_device(&directory_user)
                .await
                .signed_in_user()
                .await;
            assert!(user["id"] != json!(ada.id) && user["id"] != json!(admin.id));
            assert_eq!(
                (&user["username"], &user["role"]),
                (&json!(name), &json!("user"))
            );
        }
        for user in [&ada, &admin] {
            for name in [&user.username, &user.email] {
                let response = app.anonymous().login(name, &user.password).await;
                assert_eq!(response.user()["id"], json!(user.id), "{name}");
            }
        }
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn any_user_name_that_identity_center_allows_signs_in() {
    let longest = "n".repeat(128);
    let names = [
        "admin",
        "*",
        "/",
        "a/b",
        "//",
        "a:b",
        "::",
        "'; DROP TABLE users; --".trim(),
        "<b>&amp;</b>",
        "\"q\"",
        "\\",
        "%2e%2e",
        "..",
        "@",
        "@@",
        "a@b@c@d",
        "{}",
        "$(id)",
        "null",
        "0",
        "-1",
        "=user",
        "a,b=super_admin",
        "日本語",
        "Zoë.O'Neil2",
        "e\u{301}",
        "\u{e9}",
        "😀",
        "ﬀ",
        "İ",
        "ı",
        "ß",
        "𝕏",
        "АДА",
        longest.as_str(),
    ];
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let mut ids: Vec<String> = Vec::new();
        for name in names {
            let name = name.replace(' ', "_");
            let directory_user = User::new(name.as_str()).assigned(ACCOUNT, "Developer");
            SIMULATOR.put_user(directory_user.clone());
            let response = app.sign_in_with_device(&directory_user).await;
            assert_eq!(response.status, 200, "{name}: {}", response.text());
            let user = response.signed_in_user().await;
            assert_eq!(text(&user, "username"), name);
            assert_eq!(user["role"], "user", "{name}");
            assert!(!text(&user, "name").is_empty());
            let id = text(&user, "id");
            assert!(!ids.contains(&id), "{name} has the account of another user");
            ids.push(id);
        }
    }
}

#[tokio::test]
async fn derived_address_is_never_that_of_a_password_user() {
    let app = App::with(portal(&SIMULATOR).set("AWS_EMAIL_DOMAIN", "corp.example"));
    let stored = async |directory_user: &User| {
        let sql = "SELECT email FROM users WHERE username = ?1 AND source <> 'password'";
        let rows = app.sql(sql, [directory_user.user_name.clone()]).await;
        rows[0]["email"].clone()
    };
    // The password user was added first, with another spelling.
    let ceo = add_directory_user(&app, "ceo");
    let address = format!("{}@Corp.example", ceo.user_name.to_uppercase());
    let ada = app.user("ada").await;
    let set_address = async |address: &str, id: &str| {
        let key = address.to_lowercase();
        let sql = "UPDATE users SET email = ?1, email_key = ?2 WHERE id = ?3";
        app.sql(sql, [address.to_owned(), key, id.to_owned()]).await;
    };
    set_address(&address, &ada.id).await;
    for _ in 0..2 {
        let response = app.sign_in_with_device(&ceo).await;
        assert_eq!(response.user()["email"], Value::Null);
        assert_eq!(response.signed_in_user().await["email"], Value::Null);
        assert_eq!(stored(&ceo).await, Value::Null);
    }
    // A user name that is an address is not a confirmed address either.
    let mut named = add_directory_user(&app, "named");
    named.user_name = format!("{}@corp.example", ceo.user_name);
    SIMULATOR.put_user(named.clone());
    let response = app.sign_in_with_device(&named).await;
    assert_eq!(response.user()["email"], Value::Null);

    // The password user is added later, and then gets another address.
    let cfo = add_directory_user(&app, "cfo");
    let derived = format!("{}@corp.example", cfo.user_name);
    let response = app.sign_in_with_device(&cfo).await;
    assert_eq!(response.user()["email"], derived);
    let sql = "INSERT INTO users (id, source, username, username_skeleton, email, email_key, name, role, is_active, \
               created_at, updated_at) \
               SELECT ?1, source, ?1, ?1, ?2, ?2, name, role, is_active, created_at, updated_at FROM users WHERE id = ?3";
    let id = unique_id().to_string();
    app.sql(sql, [id.clone(), derived.clone(), ada.id.clone()])
        .await;
    assert_eq!(stored(&cfo).await, Value::Null);
    assert_eq!(
        app.sign_in_with_device(&cfo).await.user()["email"],
        Value::Null
    );
    set_address("elsewhere@corp.example", &id).await;
    assert_eq!(app.sign_in_with_device(&cfo).await.user()["email"], derived);
    set_address(&derived, &id).await;
    assert_eq!(stored(&cfo).await, Value::Null);
    // It is not written again at the next sign-in.
    app.sign_in_with_device(&cfo).await.assert_status(200);
    let recorded = app.sign_in_with_device(&cfo).await.recorded().await;
    let statements = recorded.statements();
    let mut statements = statements.iter();
    assert!(!statements.any(|sql| sql.contains("UPDATE users SET username")));
}
