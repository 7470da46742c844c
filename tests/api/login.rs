//! `POST /api/auth/login`: user name or e-mail, and password.

use crate::support::people::{CREATED_AT, PASSWORD, Person};
use crate::support::{App, Fault, Reply};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

async fn login(app: &App, username: &str, password: &str) -> Reply {
    app.post("/api/auth/login")
        .json(&json!({ "username": username, "password": password }))
        .send_until_admitted()
        .await
}

async fn row(app: &App, person: &Person) -> Value {
    let sql = "SELECT password_hash, updated_at, last_login FROM users WHERE id = ?1";
    app.sql(sql, [person.id.clone()]).await.remove(0)
}

#[tokio::test]
async fn the_documented_example() {
    let app = App::shared();
    app.person("john")
        .username("john")
        .email("john@example.com")
        .named("John Doe")
        .organization("Acme Corp")
        .aws_region("eu-north-1")
        .role("admin")
        .password("securePassword123")
        .create()
        .await;
    let reply = login(&app, "john@example.com", "securePassword123").await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-expires: [time]
    referrer-policy: no-referrer
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": true,
      "message": "Login successful",
      "token": "[token]",
      "user": {
        "id": "[uuid]",
        "username": "john",
        "email": "john@example.com",
        "name": "John Doe",
        "organization": "Acme Corp",
        "aws_region": "eu-north-1",
        "role": "admin",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      }
    }
    "#);
}

#[tokio::test]
async fn the_documented_400() {
    let app = App::shared();
    let reply = app.post("/api/auth/login").json(&json!({})).send().await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Username and password are required"
    }
    "#);
}

#[tokio::test]
async fn the_documented_401() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = login(&app, &ada.username, "wrong").await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    401
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-error: invalid_credentials
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    www-authenticate: Bearer realm="edge-auth"
    x-content-type-options: nosniff
    {
      "success": false,
      "message": "Invalid username or password"
    }
    "#);
}

#[tokio::test]
async fn nothing_is_left_out_and_nothing_invented() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    insta::assert_snapshot!(app.login(&ada).await.snapshot_body(), @r#"
    200
    {
      "success": true,
      "message": "Login successful",
      "token": "[token]",
      "user": {
        "id": "[uuid]",
        "username": "[ada]",
        "email": "[ada]@example.com",
        "name": "ada Lovelace",
        "organization": null,
        "aws_region": null,
        "role": "user",
        "is_active": true,
        "created_at": "[time]",
        "updated_at": "[time]",
        "last_login": "[time]"
      }
    }
    "#);
}

#[tokio::test]
async fn the_user_is_the_one_of_the_record() {
    let app = App::shared();
    let ada = app.super_admin("ada").await;
    let user = app.login(&ada).await.json()["user"].clone();
    assert_eq!(user["id"], ada.id);
    assert_eq!(user["role"], "super_admin");
    assert_eq!(user["created_at"], CREATED_AT);
    assert_eq!(user["updated_at"], CREATED_AT);
}

#[tokio::test]
async fn a_username_or_an_email_in_any_case_signs_in() {
    let app = App::shared();
    let ada = app.password_user("Ada").await;
    for name in [
        ada.username.clone(),
        ada.username.to_uppercase(),
        ada.email.clone(),
        ada.email.to_uppercase(),
    ] {
        let reply = login(&app, &name, PASSWORD).await;
        reply.assert_status(200);
        assert_eq!(reply.json()["user"]["id"], ada.id, "{name}");
        assert_eq!(reply.json()["user"]["email"], ada.email, "{name}");
    }
}

#[tokio::test]
async fn a_name_of_any_script_signs_in_however_it_is_typed() {
    let app = App::shared();
    let zofie = app
        .person("zofie")
        .username("Žofie.Ångström")
        .email("Žofie@Bücher.example")
        .create()
        .await;
    for name in [
        "žofie.ångström",
        "ŽOFIE.ÅNGSTRÖM",
        // Decomposed, as some keyboards and file systems have it; and in full-width letters.
        "z\u{30c}ofie.a\u{30a}ngstro\u{308}m",
        "žｏｆｉｅ.ångström",
        "žofie@bücher.example",
        "ŽOFIE@BÜCHER.EXAMPLE",
    ] {
        let reply = login(&app, name, PASSWORD).await;
        reply.assert_status(200);
        assert_eq!(reply.json()["user"]["id"], zofie.id, "{name}");
        assert_eq!(reply.json()["user"]["username"], "žofie.ångström", "{name}");
        assert_eq!(reply.json()["user"]["email"], "Žofie@Bücher.example");
    }
}

#[tokio::test]
async fn a_name_is_no_sql() {
    let app = App::shared();
    let ada = app.password_user("o'brien").await;
    app.login(&ada).await.assert_status(200);
    for name in ["' OR 1=1 --", "%", "_", "*", "a\0b", "\u{202e}ada"] {
        app.calm_down().await;
        login(&app, name, PASSWORD).await.assert_status(401);
    }
}

/// Everybody who must not get in, with what they type.
async fn refused(app: &App) -> Vec<(&'static str, String, String)> {
    let ada = app.password_user("ada").await;
    let disabled = app.person("disabled").disabled().create().await;
    let passwordless = app.person("passwordless").without_password().create().await;
    let unreadable = app
        .person("unreadable")
        .stored_password(PASSWORD, |_| "$2b$12$abcdefghijklmnopqrstuv".to_owned())
        .create()
        .await;
    let stranger = app.person("stranger").create().await;
    let sql = "UPDATE users SET source = 'https://sso.example', subject = id WHERE id = ?1";
    app.sql(sql, [stranger.id.clone()]).await;
    let right = || PASSWORD.to_owned();
    // Attempts at these are counted as well, and other tests have other clocks.
    let nobody = format!("nobody-{}", app.address());
    vec![
        ("wrong password", ada.username.clone(), "wrong".into()),
        ("unknown name", nobody.clone(), right()),
        ("unknown e-mail", format!("{nobody}@example.com"), right()),
        ("no name that can be", format!("{nobody}\u{7}"), right()),
        ("disabled", disabled.username, right()),
        ("disabled, by e-mail", disabled.email, right()),
        ("without a password", passwordless.username, right()),
        ("an unreadable hash", unreadable.username, right()),
        ("of an identity source", stranger.username, right()),
        ("of an identity source, by e-mail", stranger.email, right()),
        ("more than 1,024 bytes", ada.username, "x".repeat(1025)),
    ]
}

#[tokio::test]
async fn unknown_disabled_passwordless_and_wrong_are_one_answer() {
    let app = App::shared();
    let mut first: Option<(String, Vec<u8>)> = None;
    for (who, username, password) in refused(&app).await {
        app.calm_down().await;
        let reply = login(&app, &username, &password).await;
        reply.assert_status(401);
        let seen = reply.seen().await;
        // Only that a stored hash is of no use, which its person's next password mends.
        let is_told = who == "an unreadable hash";
        assert_eq!(
            seen.logs.len(),
            usize::from(is_told),
            "{who}: {:?}",
            seen.logs
        );
        // That length is known to whoever sent it, and is nobody's password.
        let calls = if who == "more than 1,024 bytes" { 0 } else { 2 };
        assert_eq!(
            (seen.d1(), seen.calls.len()),
            (calls, calls),
            "{who}: {:?}",
            seen.calls
        );
        let answer = (reply.snapshot(), reply.body);
        assert_eq!(
            first.get_or_insert_with(|| answer.clone()),
            &answer,
            "{who}"
        );
    }
}

#[tokio::test]
async fn unknown_disabled_and_passwordless_cost_what_a_wrong_password_costs() {
    const ROUNDS: u32 = 7;
    let app = App::shared();
    let mut people = refused(&app).await;
    // That length is known to whoever sent it.
    people.retain(|(who, _, _)| *who != "more than 1,024 bytes");
    let mut best: HashMap<&str, Duration> = HashMap::new();
    for _ in 0..ROUNDS {
        for (who, username, password) in &people {
            app.calm_down().await;
            let start = Instant::now();
            login(&app, username, password).await.assert_status(401);
            let took = start.elapsed();
            let least = best.entry(who).or_insert(took);
            *least = took.min(*least);
        }
    }
    // The hash is nearly all of it: without it, an answer takes less than a tenth. Other tests run beside this one.
    let wrong = best["wrong password"];
    for (who, took) in &best {
        let is_alike = *took < wrong * 3 && wrong < *took * 3;
        assert!(is_alike, "{who}: {took:?}, wrong: {wrong:?}");
    }
}

#[tokio::test]
async fn a_refused_sign_in_leaves_no_trace_on_the_person() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let before = row(&app, &ada).await;
    login(&app, &ada.username, "wrong").await.assert_status(401);
    assert_eq!(row(&app, &ada).await, before);
    assert_eq!(before["last_login"], Value::Null);
}

#[tokio::test]
async fn last_login_is_this_sign_in_and_updated_at_is_not_touched() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = app.login(&ada).await.json()["user"]["last_login"].clone();
    assert_eq!(row(&app, &ada).await["last_login"], first);
    app.shift_clock(3600).await;
    let second = app.login(&ada).await.json()["user"]["last_login"].clone();
    assert!(second.as_str() > first.as_str(), "{first} {second}");
    let row = row(&app, &ada).await;
    assert_eq!(
        (&row["last_login"], &row["updated_at"]),
        (&second, &json!(CREATED_AT))
    );
}

#[tokio::test]
async fn a_password_is_never_trimmed() {
    let app = App::shared();
    let ada = app.person("ada").password(" correct horse ").create().await;
    app.login(&ada).await.assert_status(200);
    for password in [
        "correct horse",
        " correct horse",
        "correct horse ",
        " correct horse  ",
    ] {
        app.calm_down().await;
        login(&app, &ada.username, password)
            .await
            .assert_status(401);
    }
    app.calm_down().await;
    login(&app, &ada.username, " ").await.assert_status(401);
}

#[tokio::test]
async fn a_password_is_the_same_in_every_normalization_form() {
    let app = App::shared();
    let ada = app.person("ada").password("crème brûlée Å").create().await;
    for password in [
        "crème brûlée Å",
        "cre\u{300}me bru\u{302}le\u{301}e A\u{30a}",
        "crème brûlée \u{212b}",
    ] {
        login(&app, &ada.username, password)
            .await
            .assert_status(200);
    }
    login(&app, &ada.username, "creme brulee A")
        .await
        .assert_status(401);
}

#[tokio::test]
async fn a_password_of_1024_bytes_signs_in() {
    let app = App::shared();
    let ada = app.person("ada").password(&"é".repeat(512)).create().await;
    app.login(&ada).await.assert_status(200);
    login(&app, &ada.username, &"é".repeat(513))
        .await
        .assert_status(401);
}

#[tokio::test]
async fn the_policy_for_new_passwords_is_not_applied() {
    let app = App::shared();
    let ada = app.person("ada").password("1").create().await;
    app.login(&ada).await.assert_status(200);
}

#[tokio::test]
async fn who_is_changed_while_signing_in_does_not_get_in() {
    for change in [
        "is_active = 0",
        "role = 'admin'",
        "password_hash = 'another'",
    ] {
        let app = App::shared();
        let ada = app.password_user("ada").await;
        let paused = app
            .fault(Fault::d1().matching("INSERT INTO sessions").pauses())
            .await;
        let sign_in = tokio::spawn(app.post("/api/auth/login").json(&ada.login()).send());
        paused.has_hit(1).await;
        app.sql(
            &format!("UPDATE users SET {change} WHERE id = ?1"),
            [ada.id.clone()],
        )
        .await;
        paused.release().await;
        sign_in.await.unwrap().assert_status(401);
        let sessions = app
            .sql(
                "SELECT id FROM sessions WHERE user_id = ?1",
                [ada.id.clone()],
            )
            .await;
        assert!(sessions.is_empty(), "{change}");
        assert_eq!(row(&app, &ada).await["last_login"], Value::Null, "{change}");
    }
}

#[tokio::test]
async fn a_sign_in_that_the_record_does_not_confirm_is_none() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for fault in [Fault::d1(), Fault::d1().matching("INSERT INTO sessions")] {
        let fault = app.fault(fault.fails()).await;
        app.login(&ada).await.assert_status(503);
        fault.mend().await;
        // It was an attempt all the same.
        app.calm_down().await;
    }
    assert_eq!(row(&app, &ada).await["last_login"], Value::Null);
    app.login(&ada).await.assert_status(200);
}

#[tokio::test]
async fn the_copy_at_the_edge_is_not_needed_to_sign_in() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.fault(Fault::kv().ops(&["put"]).fails()).await;
    let token = app.sign_in(&ada).await;
    app.get("/api/auth/validate")
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
}
