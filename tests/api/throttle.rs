//! What slows down guessing at `POST /api/auth/login`.

use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
use base64ct::{Base64, Encoding};
use edge_auth::domain::address::network;
use edge_auth::domain::audit::AuditKeys;
use edge_auth::domain::names::LoginName;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A wrong password for this name, from an address that nobody else uses.
pub async fn guess(app: &App, name: &str, address: &str) -> Reply {
    attempt(app, name, "wrong", address, None).await
}

pub async fn attempt(
    app: &App,
    name: &str,
    password: &str,
    address: &str,
    cookie: Option<&str>,
) -> Reply {
    let body = json!({ "username": name, "password": password });
    let request = app.post("/api/auth/login").json(&body).from(address);
    match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    }
    .send()
    .await
}

/// Signs in and gives the cookie that the device got.
pub async fn known_device(app: &App, person: &Person) -> String {
    let reply = app.login(person).await;
    reply.assert_status(200);
    let cookie = reply.header("set-cookie").expect("a cookie");
    cookie.split(';').next().expect("a pair").to_owned()
}

pub fn wait_of(reply: &Reply) -> u32 {
    reply.assert_status(429);
    reply.header("retry-after").unwrap().parse().unwrap()
}

/// The counter of what was typed.
pub fn typed(app: &App, name: &str) -> String {
    let mut key = [0; 32];
    let text = app.server().vars.get("AUDIT_KEY").expect("a key");
    Base64::decode(text, &mut key).expect("32 bytes of base64");
    let keys = AuditKeys::new(&key, &[]);
    let hash = match LoginName::parse(name) {
        Some(LoginName::Username(name)) => keys.name_key("username", &name),
        Some(LoginName::Email(key)) => keys.name_key("email", &key),
        None => keys.name_key("other", name),
    };
    format!("typed:{hash}")
}

/// Failures in a row by a counter's key.
pub async fn counted(app: &App, key: &str) -> u64 {
    let sql = "SELECT failures FROM sign_in_attempts WHERE key = ?1";
    let rows = app.sql(sql, [key]).await;
    rows.first()
        .map_or(0, |row| row["failures"].as_u64().unwrap())
}

/// Failures in a row of an account.
async fn failures(app: &App, person: &Person) -> u64 {
    counted(app, &format!("account:{}", person.id)).await
}

/// As if so many attempts had failed long ago.
pub async fn has_failed(app: &App, key: &str, failures: u32) {
    let sql = "INSERT INTO sign_in_attempts (key, failures, open_at_ms, ends_at) VALUES (?1, ?2, 0, ?3) \
               ON CONFLICT (key) DO UPDATE SET failures = ?2, open_at_ms = 0, ends_at = ?3";
    let ends_at = if failures < 100 {
        json!("2999-01-01T00:00:00Z")
    } else {
        Value::Null
    };
    app.sql(sql, [json!(key), json!(failures), ends_at]).await;
}

#[tokio::test]
async fn guesses_at_the_same_time_are_evaluated_one_per_back_off() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let guesses = (0..20).map(|number| {
        let (app, name) = (app.clone(), ada.username.clone());
        tokio::spawn(async move { guess(&app, &name, &app.elsewhere(number)).await.status })
    });
    let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
    for guess in guesses.collect::<Vec<_>>() {
        *statuses.entry(guess.await.unwrap()).or_default() += 1;
    }
    // 503: all slots of the isolate are in use. A guess that finds another one in flight is retried for one second, so a
    // second one may be evaluated once the back-off after the first has passed.
    let count = |status| statuses.get(&status).copied().unwrap_or(0);
    assert_eq!(count(401) + count(429) + count(503), 20, "{statuses:?}");
    assert!((1..=2).contains(&count(401)), "{statuses:?}");
    assert_eq!(failures(&app, &ada).await, u64::from(count(401)));
}

#[tokio::test]
async fn each_failure_makes_the_next_attempt_wait_longer() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let mut seconds = 0;
    for (number, delay) in [1, 3, 5, 10, 10].into_iter().enumerate() {
        // An address of its own each time: this is about the account.
        let address = app.elsewhere(number);
        guess(&app, &ada.username, &address)
            .await
            .assert_status(401);
        let reply = attempt(&app, &ada.username, &ada.password, &app.elsewhere(99), None).await;
        assert_eq!(wait_of(&reply), delay);
        seconds += i64::from(delay);
        app.shift_clock(seconds).await;
    }
    assert_eq!(failures(&app, &ada).await, 5);
    attempt(&app, &ada.username, &ada.password, &app.elsewhere(99), None)
        .await
        .assert_status(200);
    assert_eq!(failures(&app, &ada).await, 0);
}

#[tokio::test]
async fn what_comes_too_early_is_not_counted_and_says_when_to_come_back() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    guess(&app, &ada.username, &app.elsewhere(1))
        .await
        .assert_status(401);
    for _ in 0..5 {
        let reply = guess(&app, &ada.username, &app.elsewhere(2)).await;
        assert_eq!(wait_of(&reply), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.snapshot_body(), @r#"
            429
            {
              "success": false,
              "message": "Too many requests"
            }
            "#);
        }
        assert_eq!(reply.seen().await.d1(), 1);
    }
    assert_eq!(failures(&app, &ada).await, 1);
    let sql = "SELECT address FROM address_attempts WHERE address = ?1";
    assert!(
        app.sql(sql, [network(Some(&app.elsewhere(2)))])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn back_off_belongs_to_the_typed_name_and_failures_to_the_account() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    guess(&app, &ada.username, &app.elsewhere(1))
        .await
        .assert_status(401);
    let spelled = ada.username.to_uppercase();
    guess(&app, &spelled, &app.elsewhere(2))
        .await
        .assert_status(429);
    // The address reveals nothing about the name.
    guess(&app, &ada.email, &app.elsewhere(2))
        .await
        .assert_status(401);
    guess(&app, &ada.email.to_uppercase(), &app.elsewhere(3))
        .await
        .assert_status(429);
    assert_eq!(failures(&app, &ada).await, 2);
    for name in [&ada.username, &ada.email] {
        assert_eq!(counted(&app, &typed(&app, name)).await, 1);
    }
    app.shift_clock(2).await;
    attempt(&app, &ada.email, &ada.password, &app.elsewhere(4), None)
        .await
        .assert_status(200);
    // A success resets the failures of the account, but does not change the back-off of the name.
    assert_eq!(failures(&app, &ada).await, 0);
    for name in [&ada.username, &ada.email] {
        assert_eq!(counted(&app, &typed(&app, name)).await, 1);
    }
}

#[tokio::test]
async fn names_that_nobody_has_are_slowed_down_alike() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let disabled = app.person("disabled").disabled().create().await;
    let passwordless = app.person("passwordless").without_password().create().await;
    let nobody = format!("nobody-{}", app.address());
    let mut told: Vec<Vec<String>> = Vec::new();
    for (number, name) in [
        ada.username.as_str(),
        &disabled.username,
        &passwordless.username,
        &passwordless.email,
        &nobody,
        &format!("{nobody}@example.com"),
        &format!("{nobody}\u{7}"),
    ]
    .into_iter()
    .enumerate()
    {
        app.shift_clock(0).await;
        let mut replies = Vec::new();
        for (round, wait) in [1, 3, 5, 10].into_iter().enumerate() {
            let address = app.elsewhere(number * 10 + round);
            replies.push(guess(&app, name, &address).await.snapshot());
            replies.push(guess(&app, name, &address).await.snapshot());
            app.shift_clock(i64::try_from(round + 1).unwrap() * 11 + wait)
                .await;
        }
        told.push(replies);
    }
    for replies in &told {
        assert_eq!(replies, &told[0]);
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_kept_as_a_keyed_hash_only() {
    let app = App::shared();
    let typed = "my-secret-password-in-the-wrong-field";
    guess(&app, typed, &app.elsewhere(1))
        .await
        .assert_status(401);
    let rows = app
        .sql(
            "SELECT key FROM sign_in_attempts WHERE substr(key, 1, 6) = 'typed:'",
            [] as [&str; 0],
        )
        .await;
    let hashed =
        |key: &str| key.len() == 38 && key[6..].bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(
        !rows.is_empty() && rows.iter().all(|row| hashed(row["key"].as_str().unwrap())),
        "{rows:?}"
    );
}

#[tokio::test]
async fn the_owner_signs_in_on_a_known_device_while_others_guess() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    for round in 1..=12 {
        guess(&app, &ada.username, &app.elsewhere(round))
            .await
            .assert_status(401);
        // The attacker's network is the owner's too, and has used up its failures.
        let attacked = app.elsewhere(round);
        for other in ["x", "y"] {
            guess(
                &app,
                &format!("{other}-{}-{round}", ada.username),
                &attacked,
            )
            .await
            .assert_status(401);
        }
        let stranger = attempt(&app, &ada.username, &ada.password, &attacked, None).await;
        stranger.assert_status(429);
        let owner = attempt(&app, &ada.username, &ada.password, &attacked, Some(&cookie)).await;
        owner.assert_status(200);
        app.shift_clock(i64::try_from(round).unwrap() * 11).await;
    }
    // Her own success is no news of the others' failures.
    assert_eq!(failures(&app, &ada).await, 12);
}

#[tokio::test]
async fn a_known_device_has_a_counter_of_its_own() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    attempt(
        &app,
        &ada.username,
        "wrong",
        &app.elsewhere(1),
        Some(&cookie),
    )
    .await
    .assert_status(401);
    let again = attempt(
        &app,
        &ada.username,
        &ada.password,
        &app.elsewhere(1),
        Some(&cookie),
    )
    .await;
    assert_eq!(wait_of(&again), 1);
    assert_eq!(failures(&app, &ada).await, 0);
    attempt(&app, &ada.username, &ada.password, &app.elsewhere(2), None)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_device_is_known_for_the_people_who_signed_in_on_it() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let cookie = known_device(&app, &ada).await;
    // Bob has not, so his account counts.
    attempt(
        &app,
        &bob.username,
        "wrong",
        &app.elsewhere(1),
        Some(&cookie),
    )
    .await
    .assert_status(401);
    assert_eq!(failures(&app, &bob).await, 1);
    app.calm_down().await;
    let reply = attempt(
        &app,
        &bob.username,
        &bob.password,
        &app.elsewhere(1),
        Some(&cookie),
    )
    .await;
    reply.assert_status(200);
    let both = reply
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    for person in [&ada, &bob] {
        attempt(
            &app,
            &person.username,
            "wrong",
            &app.elsewhere(1),
            Some(&both),
        )
        .await
        .assert_status(401);
        assert_eq!(failures(&app, person).await, 0, "{}", person.name);
    }
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_makes_no_device_known() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    let (name, value) = cookie.split_once('=').unwrap();
    let mut changed = value.to_owned();
    changed.replace_range(60..61, if &value[60..61] == "A" { "B" } else { "A" });
    for (number, forged) in [
        format!("{name}={changed}"),
        format!("{name}="),
        format!("{name}=%00"),
        format!("__Host-{name}={value}"),
        format!("x{name}={value}"),
        format!("{name}={}", "A".repeat(10_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let address = app.elsewhere(number);
        attempt(&app, &ada.username, "wrong", &address, Some(&forged))
            .await
            .assert_status(401);
        assert_eq!(failures(&app, &ada).await, number as u64 + 1, "{number}");
        app.calm_down().await;
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_no_script() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    let cookie = reply.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("edge-auth-device="), "{pair}");
    assert_eq!(
        attributes,
        "Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict"
    );
    for secret in [&ada.id, &ada.username, &ada.email] {
        assert!(!pair.contains(secret.as_str()), "{pair}");
    }
}

#[tokio::test]
async fn after_a_hundred_failures_an_account_is_locked_until_a_link_restores_it() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    has_failed(&app, &format!("account:{}", ada.id), 99).await;
    guess(&app, &ada.username, &app.elsewhere(1))
        .await
        .assert_status(401);
    assert_eq!(failures(&app, &ada).await, 100);
    app.shift_clock(86_400 * 40).await;
    app.scheduled("*/10 * * * *").await;
    assert_eq!(failures(&app, &ada).await, 100);
    // The right password, by both spellings.
    for name in [&ada.username, &ada.email] {
        let locked = attempt(&app, name, &ada.password, &app.elsewhere(2), None).await;
        locked.assert_status(401);
    }
    assert_eq!(failures(&app, &ada).await, 101);
    attempt(
        &app,
        &ada.username,
        &ada.password,
        &app.elsewhere(2),
        Some(&cookie),
    )
    .await
    .assert_status(200);
    assert_eq!(failures(&app, &ada).await, 101);
    let secret = app.password_link_until(&ada, "2999-01-01T00:00:00Z").await;
    let body = json!({ "token": secret, "password": "another long password" });
    app.post("/api/auth/set-password")
        .json(&body)
        .send()
        .await
        .assert_status(200);
    app.calm_down().await;
    attempt(
        &app,
        &ada.username,
        "another long password",
        &app.elsewhere(2),
        None,
    )
    .await
    .assert_status(200);
}

#[tokio::test]
async fn locked_account_is_answered_and_recorded_like_an_unlocked_one() {
    let app = App::shared();
    let (locked, open) = (
        app.password_user("locked").await,
        app.password_user("open").await,
    );
    has_failed(&app, &format!("account:{}", locked.id), 100).await;
    let mut answers = Vec::new();
    for (number, (person, password)) in [
        (&open, "wrong"),
        (&locked, "wrong"),
        (&locked, locked.password.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        app.calm_down().await;
        let address = app.elsewhere(number);
        let reply = attempt(&app, &person.username, password, &address, None).await;
        let later = attempt(&app, &person.username, password, &address, None).await;
        let seen = reply.seen().await;
        answers.push((
            reply.assert_status(401).snapshot(),
            seen.d1(),
            seen.statements().len(),
            later.assert_status(429).snapshot_body(),
        ));
    }
    assert_eq!(answers[1], answers[0]);
    // Its back-off has grown, as after any failure.
    let (snapshot, calls, statements, _) = &answers[2];
    assert_eq!(
        (snapshot, calls, statements),
        (&answers[0].0, &answers[0].1, &answers[0].2)
    );
    let sql = "SELECT detail FROM audit WHERE subject = ?1 ORDER BY number";
    let details = app.sql(sql, [locked.id]).await;
    assert_eq!(details, vec![json!({ "detail": "password: locked" }); 2]);
}

#[tokio::test]
async fn a_link_restores_the_persons_devices_and_nobody_elses() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let keys = [
        format!("account:{}", ada.id),
        format!("device:{}:abc", ada.id),
        format!("account:{}", bob.id),
        format!("device:{}:abc", bob.id),
    ];
    for key in &keys {
        has_failed(&app, key, 100).await;
    }
    let secret = app.password_link(&ada).await;
    let body = json!({ "token": secret, "password": "another long password" });
    app.post("/api/auth/set-password")
        .json(&body)
        .send()
        .await
        .assert_status(200);
    let mut left = Vec::new();
    for key in &keys {
        if !app
            .sql(
                "SELECT key FROM sign_in_attempts WHERE key = ?1",
                [key.as_str()],
            )
            .await
            .is_empty()
        {
            left.push(key);
        }
    }
    assert_eq!(left, [&keys[2], &keys[3]]);
}

#[tokio::test]
async fn a_network_has_three_failures_and_then_three_a_minute() {
    let app = App::shared();
    let guess_as = |number: u32, address: String| {
        let app = app.clone();
        async move {
            guess(
                &app,
                &format!("{}-nobody-{number}", app.address()),
                &address,
            )
            .await
        }
    };
    for number in 0..3 {
        guess_as(number, app.elsewhere(7)).await.assert_status(401);
    }
    let refused = guess_as(3, app.elsewhere(7)).await;
    assert!((1..=20).contains(&wait_of(&refused)));
    guess_as(4, app.elsewhere(8)).await.assert_status(401);
    app.shift_clock(21).await;
    guess_as(5, app.elsewhere(7)).await.assert_status(401);
    guess_as(6, app.elsewhere(7)).await.assert_status(429);
    // An IPv6 subscriber has a whole /64.
    for number in 7..10 {
        let address = format!("2001:db8:ffff:{number}::1");
        guess(&app, &format!("six-{number}"), &address)
            .await
            .assert_status(401);
    }
    for (number, host) in ["1", "2:3", "ffff:ffff:ffff:ffff"].into_iter().enumerate() {
        let spelt = if host.len() > 3 {
            format!("2001:db8:fffe:1:{host}")
        } else {
            format!("2001:db8:fffe:1::{host}")
        };
        guess(&app, &format!("seven-{number}-{}", app.address()), &spelt)
            .await
            .assert_status(401);
    }
    guess(&app, "eight", "2001:DB8:FFFE:1::4")
        .await
        .assert_status(429);
}

#[tokio::test]
async fn a_success_is_not_counted() {
    let app = App::shared();
    for name in ["ada", "bob", "eve", "joe", "kim", "lea"] {
        let person = app.password_user(name).await;
        app.login(&person).await.assert_status(200);
    }
    let sql = "SELECT key FROM sign_in_attempts WHERE key = ?1";
    let ada = app.password_user("ada").await;
    app.login(&ada).await.assert_status(200);
    assert!(
        app.sql(sql, [format!("account:{}", ada.id)])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_isolate_takes_on_four_sign_ins_at_a_time_and_keeps_one_for_known_devices() {
    // Of its own: the places are everybody's.
    let app = App::alone(crate::support::Vars::new());
    let mut people = Vec::new();
    for name in ["ada", "bob", "eve", "joe", "kim", "lea"] {
        people.push(app.password_user(name).await);
    }
    let cookie = known_device(&app, &people[3]).await;
    let another = known_device(&app, &people[5]).await;
    let paused = app
        .fault(
            Fault::d1()
                .matching("INTO sign_in_attempts")
                .times(4)
                .pauses(),
        )
        .await;
    let sign_in = |index: usize, cookie: Option<&str>| {
        let request = app.post("/api/auth/login").json(&people[index].login());
        let request = request.from(&app.elsewhere(index));
        match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    };
    let mut running: Vec<_> = (0..3)
        .map(|index| tokio::spawn(sign_in(index, None).send()))
        .collect();
    paused.has_hit(3).await;
    let fourth = sign_in(4, None).send().await;
    fourth.assert_status(503);
    assert_eq!(fourth.header("retry-after"), Some("2"));
    assert_eq!(
        fourth.seen().await.calls.len(),
        0,
        "before anything is counted"
    );
    running.push(tokio::spawn(sign_in(3, Some(&cookie)).send()));
    paused.has_hit(4).await;
    sign_in(5, Some(&another)).send().await.assert_status(503);
    paused.release().await;
    for sign_in in running {
        sign_in.await.unwrap().assert_status(200);
    }
    sign_in(4, None).send().await.assert_status(200);
}

#[tokio::test]
async fn who_hangs_up_frees_the_place_and_leaves_an_entry() {
    let app = App::alone(crate::support::Vars::new());
    let ada = app.password_user("ada").await;
    for round in 0..6 {
        let eve = app.password_user("eve").await;
        let paused = app
            .fault(Fault::d1().matching("INTO sign_in_attempts").pauses())
            .await;
        let body = json!({ "username": eve.username, "password": "wrong" });
        let request = app.post("/api/auth/login").json(&body);
        let name = request.name();
        let hanging = tokio::spawn(request.from(&app.elsewhere(round)).send());
        paused.has_hit(1).await;
        hanging.abort();
        assert!(hanging.await.is_err_and(|error| error.is_cancelled()));
        paused.release().await;
        paused.mend().await;
        app.seen(&name).await;
        assert_eq!(failures(&app, &eve).await, 1);
        let sql = "SELECT count(*) AS n FROM audit WHERE subject = ?1 AND kind = 'sign_in_failed'";
        assert_eq!(app.sql(sql, [eve.id]).await[0]["n"], 1, "{round}");
    }
    app.login(&ada).await.assert_status(200);
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_evaluated() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for fault in [Fault::d1().fails(), Fault::d1().loses_reply()] {
        let fault = app.fault(fault.matching("sign_in_attempts").times(1)).await;
        app.login(&ada).await.assert_status(503);
        fault.mend().await;
        app.calm_down().await;
    }
    app.login(&ada).await.assert_status(200);
}

#[tokio::test]
async fn counters_that_are_over_are_removed() {
    let app = App::alone(crate::support::Vars::new());
    let ada = app.password_user("ada").await;
    guess(&app, &ada.username, &app.elsewhere(1))
        .await
        .assert_status(401);
    has_failed(&app, "account:off", 100).await;
    let left = async || {
        let sql = "SELECT key AS name FROM sign_in_attempts UNION ALL SELECT address FROM address_attempts";
        let rows = app.sql(sql, [] as [&str; 0]).await;
        let mut names: Vec<String> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    app.scheduled("*/10 * * * *").await;
    let account = format!("account:{}", ada.id);
    let network = network(Some(&app.elsewhere(1)));
    let name = typed(&app, &ada.username);
    assert_eq!(
        left().await,
        [&network, &account, "account:off", &name]
            .map(str::to_owned)
            .to_vec()
    );
    app.shift_clock(2 * 86_400).await;
    app.scheduled("*/10 * * * *").await;
    assert_eq!(
        left().await,
        [account.as_str(), "account:off"].map(str::to_owned)
    );
    app.shift_clock(31 * 86_400).await;
    app.scheduled("*/10 * * * *").await;
    assert_eq!(left().await, ["account:off"]);
}

#[tokio::test]
async fn another_worker_says_whose_failures_it_brings() {
    let app = App::shared();
    let relayed = async |number: usize, client: usize| {
        let name = format!("relayed-{number}-{}", app.address());
        let body = json!({ "username": name, "password": "wrong" });
        let request = app.post("/api/auth/login").json(&body);
        // One network has only three; here it is the other Worker's, and does not count.
        let request = request.from(&app.elsewhere(0));
        let request = request.header("x-test-relay", app.elsewhere(client));
        request.send().await.status
    };
    for number in 0..3 {
        assert_eq!(relayed(number, 1).await, 401);
    }
    assert_eq!(relayed(3, 1).await, 429);
    assert_eq!(relayed(4, 2).await, 401);
    let sql = "SELECT address FROM address_attempts WHERE address = ?1";
    for (client, rows) in [(0, 0), (1, 1), (2, 1)] {
        let network = network(Some(&app.elsewhere(client)));
        assert_eq!(app.sql(sql, [network]).await.len(), rows, "{client}");
    }
}
