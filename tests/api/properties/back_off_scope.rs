//! The scope of a back-off: an attempt during one is refused, for no longer than D1 says, and no other attempt is
//! refused.

use crate::support::failures::{account_key, remove_counter, set_failures, typed_name_key};
use crate::support::{App, Fault, NEW_PASSWORD, Request, Response, User, Vars};

/// Sets nine earlier failures of this name, so that the next failure starts a back-off of ten seconds.
async fn set_earlier_failures(app: &App, user: &User) {
    set_failures(app, &typed_name_key(app, &user.username), 9).await;
}

/// A user whose name has a back-off of ten seconds.
async fn user_in_back_off(app: &App, name: &str) -> User {
    let user = app.user(name).await;
    start_back_off(app, &user).await;
    user
}

async fn start_back_off(app: &App, user: &User) {
    set_earlier_failures(app, user).await;
    let failure = user.guess().client_ip(&app.other_ip(900)).await;
    failure.assert_status(401);
    let refused = user.guess().client_ip(&app.other_ip(901)).await;
    assert_eq!(d1_calls(&refused).await, 1);
}

/// Makes four failures in a row, each as soon as the back-off allows. This takes 12 s of the shifted clock from `start` on,
/// and starts a back-off of ten seconds. The back-off after a single failure could end while this test runs.
async fn fail_four_times(app: &App, start: i64, fail: impl Fn(usize) -> Request) {
    for (number, seconds) in [0, 2, 6, 12].into_iter().enumerate() {
        app.shift_clock(start + seconds).await;
        let status = fail(number).await.status;
        assert!([400, 401].contains(&status), "{number}: {status}");
    }
}

/// A correct sign-in from another network, on an unknown device.
fn login(app: &App, user: &User, network: usize) -> Request {
    user.login().client_ip(&app.other_ip(network))
}

/// The number of calls to D1 for a refusal.
async fn d1_calls(refused: &Response) -> usize {
    refused.assert_status(429).recorded().await.d1()
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn attempt_during_a_back_off_returns_the_remaining_seconds_and_is_not_counted() {
    let app = App::isolated(Vars::new());
    let ada = user_in_back_off(&app, "ada").await;
    let mut before = 11;
    for (number, seconds) in [0, 3, 6].into_iter().enumerate() {
        app.shift_clock(seconds).await;
        let refused = login(&app, &ada, number).await;
        let back_off = refused.back_off();
        let most = 10 - u32::try_from(seconds).expect("seconds");
        assert!((1..=most).contains(&back_off), "{seconds}: {back_off}");
        assert!(back_off < before, "{seconds}: {back_off}");
        before = back_off;
    }
    // Refused attempts do not count, so the next one is evaluated as soon as D1 allows.
    app.shift_clock(10).await;
    login(&app, &ada, 9).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn back_off_is_the_same_for_every_kind_of_name() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    let unknown = format!("unknown-{}", app.ip());
    let mut all = Vec::new();
    for (number, name) in (0..).zip([
        ada.username.as_str(),
        &disabled.email,
        &unknown,
        &format!("{unknown}@example.com"),
        &format!("{unknown}\u{7}"),
    ]) {
        let guess = |attempt: usize| {
            let ip = app.other_ip(10 * number + attempt);
            app.anonymous().guess(name).client_ip(&ip)
        };
        let start = 100 * i64::try_from(number).expect("a number");
        fail_four_times(&app, start, guess).await;
        let mut refusals = Vec::new();
        for _ in 0..3 {
            let refused = guess(9).await;
            let back_off = refused.back_off();
            assert!((5..=10).contains(&back_off), "{name}: {back_off}");
            let seconds = format!("retry-after: {back_off}");
            let text = refused.snapshot();
            let text = text.replace(&seconds, "retry-after: [seconds]");
            refusals.push((text, d1_calls(&refused).await));
        }
        all.push(refusals);
    }
    assert!(all[0].iter().all(|(_, calls)| *calls == 1), "{all:?}");
    for refusals in &all {
        assert_eq!(refusals, &all[0]);
    }
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_of_a_name_does_not_affect_a_recognised_device() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    start_back_off(&app, &ada).await;
    let owner = login(&app, &ada, 1).cookie(&cookie).await;
    owner.assert_status(200);
    // The sign-in does not end the back-off of other devices.
    login(&app, &ada, 2).await.assert_status(429);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_of_a_recognised_device_is_its_own() {
    let app = App::isolated(Vars::new());
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let (cookie, other) = (ada.device_cookie().await, ada.device_cookie().await);
    let ip = app.other_ip(1);
    let on_device = |cookie: &str| ada.login().client_ip(&ip).cookie(cookie);
    let fail = |_| ada.guess().client_ip(&ip).cookie(&cookie);
    fail_four_times(&app, 0, fail).await;
    on_device(&cookie).await.assert_status(429);
    on_device(&other).await.assert_status(200);
    login(&app, &ada, 2).await.assert_status(200);
    let other_user = login(&app, &bob, 3).cookie(&cookie).await;
    other_user.assert_status(200);
    on_device(&cookie).await.assert_status(429);
    app.shift_clock(23).await;
    on_device(&cookie).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_of_a_network_does_not_affect_its_recognised_devices() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    let (busy, other) = (app.other_ip(1), app.other_ip(2));
    let guess = |number: u32, ip: &str| {
        let name = format!("unknown-{number}-{}", app.ip());
        app.anonymous().guess(&name).client_ip(ip)
    };
    for number in 0..3 {
        guess(number, &busy).await.assert_status(401);
    }
    for number in 3..6 {
        let refused = guess(number, &busy).await;
        refused.assert_status(429);
        assert!((1..=20).contains(&refused.back_off()));
    }
    guess(4, &other).await.assert_status(401);
    let owner = ada.login().client_ip(&busy).cookie(&cookie).await;
    owner.assert_status(200);
    app.shift_clock(12).await;
    for number in 6..8 {
        guess(number, &busy).await.assert_status(429);
    }
    app.shift_clock(21).await;
    guess(8, &busy).await.assert_status(401);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn new_password_does_not_change_the_back_off_of_the_name() {
    let app = App::isolated(Vars::new());
    let (ada, bob) = (user_in_back_off(&app, "ada").await, app.user("bob").await);
    let login_with_new = |user: &User, network: usize| {
        let ip = app.other_ip(network);
        user.login_with(NEW_PASSWORD).client_ip(&ip)
    };
    let link = ada.reset_link().await;
    let set = app.anonymous().set_password(&link, NEW_PASSWORD).await;
    login_with_new(&ada, 1).await.assert_status(429);
    // The device that used the link is recognised and has no back-off.
    let cookie = set.assert_status(200).cookie();
    let owner = app.anonymous().login(&ada.email, NEW_PASSWORD);
    let owner = owner.client_ip(&app.other_ip(9)).cookie(&cookie).await;
    owner.assert_status(200);
    let session = bob.sign_in().await;
    start_back_off(&app, &bob).await;
    let changed = session.change_password(&bob.password, NEW_PASSWORD).await;
    changed.assert_status(200);
    login_with_new(&bob, 2).await.assert_status(429);
    app.shift_clock(11).await;
    login_with_new(&ada, 3).await.assert_status(200);
    login_with_new(&bob, 4).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn success_of_an_attempt_in_flight_ends_the_back_off_at_once() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    set_earlier_failures(&app, &ada).await;
    let paused = app
        .fault(Fault::d1().matching("INTO sessions").pauses())
        .await;
    let first = tokio::spawn(login(&app, &ada, 1).into_future());
    paused.wait_for_hits(1).await;
    // The attempt in flight may end at any time, so D1 is read at once and at each of the three retries.
    for _ in 0..2 {
        let refused = login(&app, &ada, 1).await;
        assert_eq!(d1_calls(&refused).await, 4);
        assert!((5..=10).contains(&refused.back_off()));
    }
    paused.release().await;
    paused.remove().await;
    first.await.expect("a response").assert_status(200);
    login(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_removed_in_another_isolate_ends_at_once() {
    let app = App::isolated(Vars::new());
    let ada = user_in_back_off(&app, "ada").await;
    remove_counter(&app, &typed_name_key(&app, &ada.username)).await;
    login(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
async fn account_unlocked_in_another_isolate_is_unlocked_at_once() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    ada.set_failures(100).await;
    login(&app, &ada, 0).await.assert_status(401);
    remove_counter(&app, &account_key(&ada)).await;
    app.shift_clock(2).await;
    login(&app, &ada, 1).await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_of_a_password_change_applies_to_its_session_only() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let (session, other) = (ada.sign_in().await, ada.sign_in().await);
    let fail = |_| session.change_password("wrong", NEW_PASSWORD);
    fail_four_times(&app, 0, fail).await;
    let refused = session.change_password(&ada.password, NEW_PASSWORD).await;
    refused.assert_status(429);
    let changed = other.change_password(&ada.password, NEW_PASSWORD).await;
    changed.assert_status(200);
}
