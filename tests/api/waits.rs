//! What an isolate remembers of attempts that D1 refused: who has to wait is told so without a question to any store, for
//! no longer than D1 said, and nobody else is.

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

/// A person whom everybody has to wait for, which the isolate has been told.
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
    assert_eq!(
        asked(&guess(app, &person.username, &guesses[1]).await).await,
        1
    );
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

/// How often D1 was asked for a refusal.
async fn asked(refused: &Reply) -> usize {
    refused.assert_status(429).seen().await.d1()
}

#[tokio::test]
async fn who_has_to_wait_is_told_so_without_a_question() {
    let app = App::shared();
    let ada = waited_for(&app, "ada").await;
    let mut before = 11;
    for (number, seconds) in [0, 3, 6].into_iter().enumerate() {
        app.shift_clock(seconds).await;
        let refused = sign_in(&app, &ada, number).await;
        let seen = refused.seen().await;
        assert!(seen.calls.is_empty(), "{:?}", seen.calls);
        let wait = wait_of(&refused);
        let most = 10 - u32::try_from(seconds).unwrap();
        assert!(
            (1..=most).contains(&wait) && wait < before,
            "{seconds}: {wait}"
        );
        before = wait;
    }
    // What was only refused was not counted, and is evaluated as soon as D1 would.
    app.shift_clock(10).await;
    sign_in(&app, &ada, 9).await.assert_status(200);
}

#[tokio::test]
async fn it_is_remembered_alike_of_every_name() {
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
    let questions: Vec<usize> = told[0].iter().map(|(_, asked)| *asked).collect();
    assert_eq!(questions, [1, 0, 0]);
    assert_eq!(told[0][0].0, told[0][2].0, "from D1 and from memory");
    for replies in &told {
        assert_eq!(replies, &told[0]);
    }
}

#[tokio::test]
async fn the_owner_signs_in_on_a_known_device_meanwhile() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    has_to_wait(&app, &ada).await;
    let address = app.elsewhere(1);
    let owner = attempt(&app, &ada.username, &ada.password, &address, Some(&cookie)).await;
    owner.assert_status(200);
    // Which changes nothing for others.
    assert_eq!(asked(&sign_in(&app, &ada, 2).await).await, 0);
}

#[tokio::test]
async fn a_known_device_waits_by_itself() {
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
    for questions in [1, 0, 0] {
        let refused = on_device(&cookie, &ada.password).await;
        assert_eq!(asked(&refused).await, questions);
    }
    on_device(&other, &ada.password).await.assert_status(200);
    sign_in(&app, &ada, 2).await.assert_status(200);
    let address = app.elsewhere(3);
    let somebody = attempt(&app, &bob.username, &bob.password, &address, Some(&cookie)).await;
    somebody.assert_status(200);
    assert_eq!(asked(&on_device(&cookie, &ada.password).await).await, 0);
    app.shift_clock(23).await;
    on_device(&cookie, &ada.password).await.assert_status(200);
}

#[tokio::test]
async fn a_network_waits_by_itself_and_not_for_its_known_devices() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let cookie = known_device(&app, &ada).await;
    let (full, calm) = (app.elsewhere(1), app.elsewhere(2));
    let nobody = |number: u32| format!("nobody-{number}-{}", app.address());
    for number in 0..3 {
        guess(&app, &nobody(number), &full).await.assert_status(401);
    }
    for (number, questions) in [(3, 1), (4, 0), (5, 0)] {
        let refused = guess(&app, &nobody(number), &full).await;
        assert_eq!(asked(&refused).await, questions);
        assert!((1..=20).contains(&wait_of(&refused)));
    }
    guess(&app, &nobody(4), &calm).await.assert_status(401);
    let owner = attempt(&app, &ada.username, &ada.password, &full, Some(&cookie)).await;
    owner.assert_status(200);
    // It has to wait for longer than that is remembered.
    app.shift_clock(12).await;
    for (number, questions) in [(6, 1), (7, 0)] {
        assert_eq!(
            asked(&guess(&app, &nobody(number), &full).await).await,
            questions
        );
    }
    app.shift_clock(21).await;
    guess(&app, &nobody(8), &full).await.assert_status(401);
}

#[tokio::test]
async fn a_new_password_does_not_change_the_back_off_of_the_name() {
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
    // D1 is not queried: the back-off that the isolate has cached is still in effect.
    assert_eq!(asked(&with_new(&ada, 1).await).await, 0);
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
    assert_eq!(asked(&with_new(&bob, 2).await).await, 0);

    app.shift_clock(11).await;
    with_new(&ada, 3).await.assert_status(200);
    with_new(&bob, 4).await.assert_status(200);
}

#[tokio::test]
async fn an_attempt_in_flight_is_not_remembered_and_its_success_opens_at_once() {
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
    // It might end at any moment, so D1 is asked at once and at each of the three retries.
    for _ in 0..2 {
        let refused = sign_in(&app, &ada, 1).await;
        assert_eq!(asked(&refused).await, 4);
        assert!((5..=10).contains(&wait_of(&refused)));
    }
    ahead.release().await;
    ahead.mend().await;
    first.await.unwrap().assert_status(200);
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn what_ends_a_wait_elsewhere_is_noticed_when_the_wait_is_over() {
    let app = App::shared();
    let ada = waited_for(&app, "ada").await;
    let sql = "DELETE FROM sign_in_attempts WHERE key = ?1";
    app.sql(sql, [typed(&app, &ada.username)]).await;
    assert_eq!(asked(&sign_in(&app, &ada, 1).await).await, 0);
    app.shift_clock(10).await;
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let app = App::shared();
    app.shift_clock(3_600).await;
    let ada = waited_for(&app, "ada").await;
    let sql = "DELETE FROM sign_in_attempts WHERE key = ?1";
    app.sql(sql, [typed(&app, &ada.username)]).await;
    app.shift_clock(0).await;
    sign_in(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn a_locked_account_is_not_remembered() {
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
async fn a_session_that_has_to_wait_to_change_its_password_is_told_so_alike() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (token, other) = (app.sign_in(&ada).await, app.sign_in(&ada).await);
    let change = async |token: &str, current: &str| {
        let body = json!({ "current_password": current, "new_password": NEW });
        let request = app.post("/api/auth/change-password").bearer(token);
        request.json(&body).send().await
    };
    fails_often(&app, 0, async |_| change(&token, "wrong").await.status).await;
    // One question is whose session it is.
    for questions in [2, 1, 1] {
        let refused = change(&token, &ada.password).await;
        assert_eq!(asked(&refused).await, questions);
    }
    change(&other, &ada.password).await.assert_status(200);
}
