//! What people are called: names are shown, and decide nothing.

use super::{SIMULATOR, directory, portal, text};
use crate::support::App;
use aws_simulator::{ACCOUNT, User};
use serde_json::{Value, json};

#[tokio::test]
async fn names_and_addresses_are_the_directorys_else_made_of_the_user_name() {
    let without = App::with(portal(&SIMULATOR));
    let with_domain = App::with(portal(&SIMULATOR).set("AWS_EMAIL_DOMAIN", "corp.example"));
    let asked = App::with(directory(&SIMULATOR));
    let put = |person: User| {
        let person = person.assigned(ACCOUNT, "Developer");
        SIMULATOR.put_user(person.clone());
        person
    };
    let john = put(User::new("john.doe")
        .display_name("Johnny D")
        .email("jd@example.org"));
    let bare = put(User::new("aws-user"));
    let address = put(User::new("Grace_Hopper@example.com"));
    let nonsense = put(User::new("a@b@c")
        .email("no address")
        .display_name("\u{202e}"));
    for (app, person, full_name, email) in [
        (&without, &john, "John Doe", None),
        (
            &with_domain,
            &john,
            "John Doe",
            Some("john.doe@corp.example"),
        ),
        (&asked, &john, "Johnny D", Some("jd@example.org")),
        (&without, &bare, "AWS User", None),
        (
            &with_domain,
            &bare,
            "AWS User",
            Some("aws-user@corp.example"),
        ),
        (&asked, &bare, "AWS User", None),
        (
            &without,
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
            &asked,
            &address,
            "Grace Hopper",
            Some("Grace_Hopper@example.com"),
        ),
        (&with_domain, &nonsense, "A", None),
        (&asked, &nonsense, "A", None),
    ] {
        let reply = app.arrive(person).await;
        reply.assert_status(200);
        assert_eq!(
            reply.json()["user"],
            json!({ "username": person.user_name, "email": email, "full_name": full_name })
        );
        let user = app.who(&reply).await;
        assert_eq!(
            (&user["organization"], &user["aws_region"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_name_of_a_password_user_is_nobody_elses_account() {
    for vars in [portal(&SIMULATOR), directory(&SIMULATOR)] {
        let app = App::with(vars);
        let ada = app.password_user("ada").await;
        let admin = app.admin("grace").await;
        for name in [&ada.username, &ada.email, &admin.username, &admin.email] {
            let person = User::new(name.as_str())
                .email(ada.email.as_str())
                .assigned(ACCOUNT, "Developer");
            SIMULATOR.put_user(person.clone());
            let user = app.who(&app.arrive(&person).await).await;
            assert!(user["id"] != json!(ada.id) && user["id"] != json!(admin.id));
            assert_eq!(
                (&user["username"], &user["role"]),
                (&json!(name), &json!("user"))
            );
        }
        for person in [&ada, &admin] {
            for name in [&person.username, &person.email] {
                let body = json!({ "username": name, "password": person.password });
                let reply = app.post("/api/auth/login").json(&body).send().await;
                reply.assert_status(200);
                assert_eq!(reply.json()["user"]["id"], json!(person.id), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn any_name_that_identity_center_allows_signs_in_as_itself() {
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
            let person = User::new(name.as_str()).assigned(ACCOUNT, "Developer");
            SIMULATOR.put_user(person.clone());
            let reply = app.arrive(&person).await;
            assert_eq!(reply.status, 200, "{name}: {}", reply.text());
            let user = app.who(&reply).await;
            assert_eq!(text(&user, "username"), name);
            assert_eq!(user["role"], "user", "{name}");
            assert!(!text(&user, "name").is_empty());
            let id = text(&user, "id");
            assert!(!ids.contains(&id), "{name} meets another's account");
            ids.push(id);
        }
    }
}
