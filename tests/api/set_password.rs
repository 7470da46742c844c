//! `POST /api/auth/set-password`: a one-time link sets its holder's password.

use crate::support::people::{CREATED_AT, PASSWORD, Person};
use crate::support::{App, Fault, Reply};
use edge_auth::crypto::fingerprint::fingerprint;
use serde_json::{Value, json};

const NEW: &str = "four unlikely words in a row";

async fn set(app: &App, link: &str, password: &str) -> Reply {
    app.post("/api/auth/set-password")
        .json(&json!({ "token": link, "password": password }))
        .send_until_admitted()
        .await
}

async fn login(app: &App, person: &Person, password: &str) -> u16 {
    let body = json!({ "username": person.username, "password": password });
    let login = app.post("/api/auth/login").json(&body);
    login.send_until_admitted().await.status
}

async fn links(app: &App, person: &Person) -> Vec<Value> {
    app.sql(
        "SELECT id, used_by FROM password_links WHERE user_id = ?1",
        [person.id.clone()],
    )
    .await
}

#[tokio::test]
async fn a_link_sets_the_password() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = set(&app, &app.password_link(&ada).await, NEW).await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    referrer-policy: no-referrer
    set-cookie: edge-auth-device=[cookie]; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
    {
      "success": true,
      "message": "Password set"
    }
    "#);
    assert_eq!(login(&app, &ada, NEW).await, 200);
    assert_eq!(login(&app, &ada, PASSWORD).await, 401);
}

#[tokio::test]
async fn a_first_password_is_set_the_same_way() {
    let app = App::shared();
    let ada = app.person("ada").without_password().create().await;
    set(&app, &app.password_link(&ada).await, NEW)
        .await
        .assert_status(200);
    assert_eq!(login(&app, &ada, NEW).await, 200);
}

#[tokio::test]
async fn a_link_works_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = app.password_link(&ada).await;
    set(&app, &link, NEW).await.assert_status(200);
    let reply = set(&app, &link, "another four unlikely words").await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    400
    {
      "success": false,
      "message": "Invalid or expired link"
    }
    "#);
    assert_eq!(login(&app, &ada, NEW).await, 200);
}

#[tokio::test]
async fn unknown_expired_used_and_a_disabled_persons_are_one_answer() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let disabled = app.person("disabled").disabled().create().await;
    let expired = app.password_link_until(&ada, "2024-01-01T01:00:00Z").await;
    let of_disabled = app.password_link(&disabled).await;
    let stranger = app.password_user("stranger").await;
    let of_stranger = app.password_link(&stranger).await;
    let sql = "UPDATE users SET source = 'https://sso.example', subject = id WHERE id = ?1";
    app.sql(sql, [stranger.id.clone()]).await;
    let used = app.password_link(&ada).await;
    set(&app, &used, NEW).await.assert_status(200);

    let unknown = set(&app, "unknown", NEW).await;
    unknown.assert_status(400);
    let long = "x".repeat(10_000);
    for link in [
        &expired,
        &of_disabled,
        &of_stranger,
        &used,
        "",
        "\0",
        &long,
        &fingerprint(&used),
    ] {
        let reply = set(&app, link, NEW).await;
        assert_eq!(
            (reply.snapshot(), reply.body),
            (unknown.snapshot(), unknown.body.clone()),
            "{link}"
        );
        // What is wrong with the password is told to whoever holds a link, and to nobody else.
        assert_eq!(
            set(&app, link, "short").await.snapshot(),
            unknown.snapshot(),
            "{link}"
        );
    }
}

#[tokio::test]
async fn a_link_is_good_for_its_hour() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (first, second) = (app.password_link(&ada).await, app.password_link(&ada).await);
    app.shift_clock(3_601).await;
    set(&app, &first, NEW).await.assert_status(400);
    app.shift_clock(3_500).await;
    set(&app, &second, NEW).await.assert_status(200);
}

#[tokio::test]
async fn a_password_that_is_too_weak_is_refused_with_the_reason() {
    let app = App::shared();
    let ada = app
        .person("ada")
        .organization("Analytical Engines")
        .create()
        .await;
    let link = app.password_link(&ada).await;
    for (password, reason) in [
        ("", "Password must have at least 15 characters"),
        (
            "fourteen chars",
            "Password must have at least 15 characters",
        ),
        // Code points count, not bytes.
        (
            "éééèèèêêêëëëàà",
            "Password must have at least 15 characters",
        ),
        (
            &"zq kiwi tram ".repeat(10)[..129],
            "Password must have at most 128 characters",
        ),
        (
            &"x".repeat(2_000),
            "Password must have at most 128 characters",
        ),
        ("passwordpassword", "Password is too common"),
        ("aaaaaaaaaaaaaaaaaaaa", "Password is too common"),
        ("abcdefghijklmnopqrst", "Password is too common"),
        (
            &format!("{}-1234", ada.email),
            "Password must not be made of your name, username, e-mail or organization",
        ),
        (
            "AnalyticalEngines1",
            "Password must not be made of your name, username, e-mail or organization",
        ),
    ] {
        let reply = set(&app, &link, password).await;
        let expected = json!({ "success": false, "message": reason });
        assert_eq!((reply.status, reply.json()), (400, expected), "{password}");
    }
    // The link survives a refusal.
    set(&app, &link, NEW).await.assert_status(200);
}

#[tokio::test]
async fn no_rule_of_composition_stands_in_the_way_of_a_long_password() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    // 128 code points, the most; four bytes each.
    let emoji: String = ('\u{1f400}'..).take(125).chain("zqx".chars()).collect();
    for password in ["fifteen letters", "            a b c d", &emoji] {
        set(&app, &app.password_link(&ada).await, password)
            .await
            .assert_status(200);
        assert_eq!(login(&app, &ada, password).await, 200, "{password}");
    }
}

#[tokio::test]
async fn a_new_password_is_not_trimmed_and_normalized_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    set(
        &app,
        &app.password_link(&ada).await,
        " cre\u{300}me bru\u{302}le\u{301}e, deux fois ",
    )
    .await
    .assert_status(200);
    assert_eq!(login(&app, &ada, " crème brûlée, deux fois ").await, 200);
    assert_eq!(login(&app, &ada, "crème brûlée, deux fois").await, 401);
}

#[tokio::test]
async fn every_session_of_the_person_ends_and_nobody_elses() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let (here, there) = (app.login(&ada).await, app.login(&ada).await);
    let of_bob = app.sign_in(&bob).await;
    here.seen().await;
    there.seen().await;
    set(&app, &app.password_link(&ada).await, NEW)
        .await
        .assert_status(200);
    for reply in [&here, &there] {
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        let validated = app.get("/api/auth/validate").bearer(&token).send().await;
        validated.assert_status(401);
        // The copy itself says so: the record was not asked.
        assert_eq!(validated.seen().await.d1(), 0);
        app.post("/api/auth/refresh")
            .bearer(&token)
            .send()
            .await
            .assert_status(401);
    }
    app.get("/api/auth/validate")
        .bearer(&of_bob)
        .send()
        .await
        .assert_status(200);
    let sql = "SELECT id FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL";
    assert!(app.sql(sql, [ada.id]).await.is_empty());
}

#[tokio::test]
async fn the_persons_other_links_end_and_nobody_elses() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let (used, other, of_bob) = (
        app.password_link(&ada).await,
        app.password_link(&ada).await,
        app.password_link(&bob).await,
    );
    set(&app, &used, NEW).await.assert_status(200);
    set(&app, &other, "another four unlikely words")
        .await
        .assert_status(400);
    assert_eq!(links(&app, &ada).await.len(), 1);
    set(&app, &of_bob, NEW).await.assert_status(200);
}

#[tokio::test]
async fn a_password_is_a_change_of_the_person_and_no_sign_in() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    set(&app, &app.password_link(&ada).await, NEW)
        .await
        .assert_status(200);
    let sql = "SELECT updated_at, last_login FROM users WHERE id = ?1";
    let row = app.sql(sql, [ada.id.clone()]).await.remove(0);
    let updated_at = row["updated_at"].as_str().unwrap();
    assert!(updated_at > CREATED_AT, "{updated_at}");
    assert_eq!(row["last_login"], Value::Null);
    let body = json!({ "username": ada.username, "password": NEW });
    let user = app.post("/api/auth/login").json(&body).send().await.json();
    assert_eq!(user["user"]["updated_at"], updated_at);
}

#[tokio::test]
async fn of_forty_uses_at_once_exactly_one_wins() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = app.password_link(&ada).await;
    // All find the link unused before the first of them can use it.
    let late = app
        .fault(Fault::d1().matching("UPDATE password_links").delays(4_500))
        .await;
    let mut uses = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (app, link) = (app.clone(), link.clone());
        uses.spawn(async move {
            let password = format!("{NEW}, number {number}");
            // An isolate hashes four at a time.
            let body = json!({ "token": link, "password": password });
            let address = app.elsewhere(number);
            let request = app.post("/api/auth/set-password").json(&body);
            let reply = request.from(&address).send_until_admitted().await;
            (reply.status, password)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = uses
        .join_all()
        .await
        .into_iter()
        .partition(|(status, _)| *status == 200);
    let rivals = late.hits().await;
    assert!(rivals > 10, "only {rivals} came as far as the one UPDATE");
    assert_eq!((won.len(), lost.len()), (1, 39));
    assert!(lost.iter().all(|(status, _)| *status == 400));
    assert_eq!(login(&app, &ada, &won[0].1).await, 200);
    assert_eq!(login(&app, &ada, &lost[0].1).await, 401);
}

#[tokio::test]
async fn a_person_disabled_in_the_meantime_gets_no_password() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = app.password_link(&ada).await;
    let paused = app
        .fault(Fault::d1().matching("UPDATE password_links").pauses())
        .await;
    let body = json!({ "token": link, "password": NEW });
    let setting = tokio::spawn(app.post("/api/auth/set-password").json(&body).send());
    paused.has_hit(1).await;
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    let before = app.sql(sql, [ada.id.clone()]).await;
    app.sql(
        "UPDATE users SET is_active = 0 WHERE id = ?1",
        [ada.id.clone()],
    )
    .await;
    paused.release().await;
    setting.await.unwrap().assert_status(400);
    assert_eq!(app.sql(sql, [ada.id]).await, before);
}

#[tokio::test]
async fn what_the_record_does_not_confirm_is_503_and_the_link_stays_good() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = app.password_link(&ada).await;
    for fault in [Fault::d1(), Fault::d1().matching("UPDATE password_links")] {
        let fault = app.fault(fault.fails()).await;
        let reply = set(&app, &link, NEW).await;
        reply.assert_status(503);
        assert!(reply.header("retry-after").is_some());
        fault.mend().await;
        assert_eq!(login(&app, &ada, PASSWORD).await, 200);
    }
    set(&app, &link, NEW).await.assert_status(200);
}

#[tokio::test]
async fn neither_link_nor_password_is_kept_as_it_came() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let link = app.password_link(&ada).await;
    let reply = set(&app, &link, NEW).await;
    let row = app
        .sql("SELECT * FROM users WHERE id = ?1", [ada.id.clone()])
        .await;
    let kept = format!(
        "{row:?} {:?} {:?}",
        links(&app, &ada).await,
        reply.seen().await.logs
    );
    assert!(!kept.contains(NEW) && !kept.contains(&link));
}
