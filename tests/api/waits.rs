//! Back-off: an attempt that comes too early is refused, for no longer than D1 says, and no other attempt is.

use crate::sessions::set_password;
use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
use crate::throttle::{attempt, guess, has_failed, known_device, typed, wait_of};
use serde_json::json;

const NEW: &str = "a wholly different passphrase";

/// As if nine attempts had failed before, so that after the next there are ten seconds to wait.
async fn has_failed_often(app: &App, person: &Person) {
    has_failed(app, &typed(app, &person.username), 9).await;
}

/// A user whose name has a back-off.
async fn waited_for(app: &App, name: &str) -> Person {
    let person = app.password_user(name).await;
    has_to_wait(app, &person).await;
    person
}

async fn has_to_wait(app: &App, person: &Person) {
    has_failed_often(app, person).await;
    let guesses = [app.elsewhere(900), app.elsewhere(901)];
    guess(app, &person.username, &guesses[0])
        .await
        .assert_status(401);
    guess(app, &person.username, &guesses[1])
        .await
        .assert_status(429);
}

/// Lets somebody fail four times, each as soon as it is evaluated, which takes 12 s of the shifted clock from `begin` on: then
/// there are ten seconds to wait, where after one failure a busy machine takes as long as the wait.
async fn fails_often(app: &App, begin: i64, fail: impl AsyncFn(usize) -> u16) {
    for (number, seconds) in [0, 2, 6, 12].into_iter().enumerate() {
        app.shift_clock(begin + seconds).await;
        assert!([400, 401].contains(&fail(number).await), "{number}");
    }
}

/// The right password, on no known device.
async fn sign_in(app: &App, person: &Person, number: usize) -> Reply {
    let address = app.elsewhere(number);
    attempt(app, &person.username, &person.password, &address, None).await
}

#[tokio::test]
async fn refusal_during_the_back_off_says_how_long_it_lasts_and_is_not_counted() {
    let app = App::shared();
    let ada = waited_for(&app, "ada").await;
    let mut before = 11;
    for (number, seconds) in [0, 3, 6].into_iter().enumerate() {
        app.shift_clock(seconds).await;
        let refused = sign_in(&app, &ada, number).await;
        let wait = wait_of(&refused);
        let most = 10 - u32::try_from(seconds).unwrap();
        assert!(
            (1..=most).contains(&wait) && wait < before,
            "{seconds}: {wait}"
        );
        before = wait;
    }
    app.shift_clock(10).await;
    sign_in(&app, &ada, 9).await.assert_status(200);
}

#[tokio::test]
async fn back_off_is_the_same_for_every_name() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let disabled = app.person("disabled").disabled().create().await;
    let nobody = format!("nobody-{}", app.address());
    let mut told = Vec::new();
    for (number, name) in [
        ada.username.as_str(),
        &disabled.email,
        &nobody,
        &format!("{nobody}@example.com"),
        &format!("{nobody}\u{7}"),
    ]
    .into_iter()
    .enumerate()
    {
        let begin = 100 * i64::try_from(number).unwrap();
        fails_often(&app, begin, async |time| {
            let reply = guess(&app, name, &app.elsewhere(10 * number + time)).await;
            reply.status
        })
        .await;
        let mut replies = Vec::new();
        for _ in 0..3 {
            let reply = guess(&app, name, &app.elsewhere(10 * number + 9)).await;
            assert!((5..=10).contains(&wait_of(&reply)));
            let wait = format!("retry-after: {}", wait_of(&reply));
            let text = reply.snapshot().replace(&wait, "retry-after: [wait]");
            replies.push((text, reply.seen().await.d1()));
        }
        told.push(replies);
    }
    assert!(told[0].iter().all(|(_, calls)| *calls == 1), "{told:?}");
    for replies in &told {
        assert_eq!(replies, &told[0]);
    }
}

#[tokio::test]
async fn owner_signs_in_on_a_recognised_device_during_the_back_off() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    has_to_wait(&app, &ada).await;
    let address = app.elsewhere(1);
    let owner = attempt(&app, &ada.username, &ada.password, &address, Some(&cookie)).await;
    owner.assert_status(200);
    // Which changes nothing for others.
    sign_in(&app, &ada, 2).await.assert_status(429);
}

#[tokio::test]
async fn back_off_of_a_recognised_device_is_its_own() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let (cookie, other) = (
        known_device(&app, &ada).await,
        known_device(&app, &ada).await,
    );
    let on_device = async |cookie: &str, password: &str| {
        let address = app.elsewhere(1);
        attempt(&app, &ada.username, password, &address, Some(cookie)).await
    };
    fails_often(&app, 0, async |_| on_device(&cookie, "wrong").await.status).await;
    on_device(&cookie, &ada.password).await.assert_status(429);
    on_device(&other, &ada.password).await.assert_status(200);
    sign_in(&app, &ada, 2).await.assert_status(200);
    let address = app.elsewhere(3);
    let somebody = attempt(&app, &bob.username, &bob.password, &address, Some(&cookie)).await;
    somebody.assert_status(200);
    on_device(&cookie, &ada.password).await.assert_status(429);
    app.shift_clock(23).await;
    on_device(&cookie, &ada.password).await.assert_status(200);
}

#[tokio::test]
async fn back_off_of_a_network_does_not_apply_to_recognised_devices() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    let (full, calm) = (app.elsewhere(1), app.elsewhere(2));
    let nobody = |number: u32| format!("nobody-{number}-{}", app.address());
    for number in 0..3 {
        guess(&app, &nobody(number), &full).await.assert_status(401);
    }
    for number in 3..6 {
        let refused = guess(&app, &nobody(number), &full).await;
        refused.assert_status(429);
        assert!((1..=20).contains(&wait_of(&refused)));
    }
    guess(&app, &nobody(4), &calm).await.assert_status(401);
    let owner = attempt(&app, &ada.username, &ada.password, &full, Some(&cookie)).await;
    owner.assert_status(200);
    app.shift_clock(12).await;
    for number in 6..8 {
        guess(&app, &nobody(number), &full).await.assert_status(429);
    }
    app.shift_clock(21).await;
    guess(&app, &nobody(8), &full).await.assert_status(401);
}

#[tokio::test]
async fn new_password_does_not_change_the_back_off_of_the_name() {
    let app = App::shared();
    let (ada, bob) = (
        waited_for(&app, "ada").await,
        app.password_user("bob").await,
    );
    let with_new = async |person: &Person, number: usize| {
        attempt(&app, &person.username, NEW, &app.elsewhere(number), None).await
    };
    let secret = app.password_link(&ada).await;
    let set = set_password(&app, &secret, NEW).await;
    with_new(&ada, 1).await.assert_status(429);
    // The device that showed the link is recognised, and does not wait.
    let cookie = set.assert_status(200).header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let owner = attempt(&app, &ada.email, NEW, &app.elsewhere(9), Some(cookie)).await;
    owner.assert_status(200);

    let token = app.sign_in(&bob).await;
    has_to_wait(&app, &bob).await;
    let body = json!({ "current_password": bob.password, "new_password": NEW });
    let change = app.post("/api/auth/change-password").bearer(&token);
    change.json(&body).send().await.assert_status(200);
    with_new(&bob, 2).await.assert_status(429);

    app.shift_clock(11).await;
    with_new(&ada, 3).await.assert_status(200);
    with_new(&bob, 4).await.assert_status(200);
}

#[tokio::test]
async fn success_of_an_attempt_in_flight_ends_the_back_off_at_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    has_failed_often(&app, &ada).await;
    let ahead = app
        .fault(Fault::d1().matching("INTO sessions").pauses())
        .await;
    let first = tokio::spawn({
        let (app, ada) = (app.clone(), ada.clone());
        async move { sign_in(&app, &ada, 1).await }
    });
    ahead.has_hit(1).await;
    // It may end at any moment, so D1 is queried at once and at each of the three retries.
    for _ in 0..2 {
        let refused = sign_in(&app, &ada, 1).await;
        assert_eq!(refused.assert_status(429).seen().await.d1(), 4);
        assert!((5..=10).contains(&wait_of(&refused)));
    }
    ahead.release().await;
    ahead.mend().await;
    first.await.unwrap().assert_status(200);
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn back_off_that_ends_elsewhere_ends_here_at_once() {
    let app = App::shared();
    let ada = waited_for(&app, "ada").await;
    let sql = "DELETE FROM sign_in_attempts WHERE key = ?1";
    app.sql(sql, [typed(&app, &ada.username)]).await;
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn account_that_is_unlocked_elsewhere_is_unlocked_here_at_once() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let account = format!("account:{}", ada.id);
    has_failed(&app, &account, 100).await;
    sign_in(&app, &ada, 0).await.assert_status(401);
    // As another isolate would restore it.
    let sql = "DELETE FROM sign_in_attempts WHERE key = ?1";
    app.sql(sql, [account]).await;
    app.shift_clock(2).await;
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn session_with_a_back_off_cannot_change_its_password_and_others_can() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (token, other) = (app.sign_in(&ada).await, app.sign_in(&ada).await);
    let change = async |token: &str, current: &str| {
        let body = json!({ "current_password": current, "new_password": NEW });
        let request = app.post("/api/auth/change-password").bearer(token);
        request.json(&body).send().await
    };
    fails_often(&app, 0, async |_| change(&token, "wrong").await.status).await;
    change(&token, &ada.password).await.assert_status(429);
    change(&other, &ada.password).await.assert_status(200);
}
