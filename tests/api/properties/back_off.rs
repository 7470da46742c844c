//! Back-off: each failed sign-in makes the next attempt for the same name wait longer, and each network has its own
//! limit of failures.

use crate::support::failures::{account_key, failures, typed_name_key};
use crate::support::internals::network;
use crate::support::{App, Fault, Response, Vars};
use serde_json::json;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use tokio::task::JoinSet;

#[tokio::test]
async fn one_of_many_concurrent_guesses_is_evaluated() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut guesses = JoinSet::new();
    for number in 0..20 {
        let guess = ada.guess().client_ip(&app.other_ip(number));
        guesses.spawn(guess.into_future());
    }
    let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
    for response in guesses.join_all().await {
        *statuses.entry(response.status).or_default() += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(401, 1), (429, 19)]));
    assert_eq!(ada.failures().await, 1);
}

#[tokio::test]
async fn back_off_grows_with_each_failure() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut seconds = 0;
    for (number, delay) in [1, 3, 5, 10, 10].into_iter().enumerate() {
        // From different networks, so that only the back-off of the name applies.
        let address = app.other_ip(number);
        ada.guess().client_ip(&address).await.assert_status(401);
        let response = ada.login().client_ip(&app.other_ip(99)).await;
        assert_eq!(response.back_off(), delay);
        seconds += i64::from(delay);
        app.shift_clock(seconds).await;
    }
    assert_eq!(ada.failures().await, 5);
    ada.login()
        .client_ip(&app.other_ip(99))
        .await
        .assert_status(200);
    assert_eq!(ada.failures().await, 0);
}

#[tokio::test]
async fn early_attempt_returns_429_and_is_not_counted() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.guess()
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    for _ in 0..5 {
        let response = ada.guess().client_ip(&app.other_ip(2)).await;
        assert_eq!(response.back_off(), 1);
        insta::allow_duplicates! {
            insta::assert_snapshot!(response.snapshot_body(), @r#"
            429
            {
              "success": false,
              "message": "Too many requests"
            }
            "#);
        }
        assert_eq!(response.recorded().await.d1(), 1);
    }
    assert_eq!(ada.failures().await, 1);
    let sql = "SELECT address FROM address_attempts WHERE address = ?1";
    // The network has made no attempt.
    let networks = app.sql(sql, [network(Some(&app.other_ip(2)))]).await;
    assert!(networks.is_empty());
}

#[tokio::test]
async fn back_off_is_per_typed_name_and_failures_are_per_account() {
    let app = App::shared();
    let ada = app.user("ada").await;
    ada.guess()
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    let spelling = ada.username.to_uppercase();
    app.anonymous()
        .guess(&spelling)
        .client_ip(&app.other_ip(2))
        .await
        .assert_status(429);
    // The e-mail address has its own back-off.
    app.anonymous()
        .guess(&ada.email)
        .client_ip(&app.other_ip(2))
        .await
        .assert_status(401);
    app.anonymous()
        .guess(&ada.email.to_uppercase())
        .client_ip(&app.other_ip(3))
        .await
        .assert_status(429);
    assert_eq!(ada.failures().await, 2);
    for name in [&ada.username, &ada.email] {
        assert_eq!(failures(&app, &typed_name_key(&app, name)).await, 1);
    }
    app.shift_clock(2).await;
    app.anonymous()
        .login(&ada.email, &ada.password)
        .client_ip(&app.other_ip(4))
        .await
        .assert_status(200);
    // A success resets the failures of the account, but does not change the back-off of the name.
    assert_eq!(ada.failures().await, 0);
    for name in [&ada.username, &ada.email] {
        assert_eq!(failures(&app, &typed_name_key(&app, name)).await, 1);
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn unknown_names_have_the_same_back_off() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let disabled = app.new_user("disabled").disabled().create().await;
    let passwordless = app
        .new_user("passwordless")
        .without_password()
        .create()
        .await;
    let unknown = format!("unknown-{}", app.ip());
    let mut all: Vec<Vec<String>> = Vec::new();
    for (number, name) in [
        ada.username.as_str(),
        &disabled.username,
        &passwordless.username,
        &passwordless.email,
        &unknown,
        &format!("{unknown}@example.com"),
        &format!("{unknown}\u{7}"),
    ]
    .into_iter()
    .enumerate()
    {
        app.shift_clock(0).await;
        let mut responses = Vec::new();
        for (round, wait) in [1, 3, 5, 10].into_iter().enumerate() {
            let address = app.other_ip(number * 10 + round);
            responses.push(
                app.anonymous()
                    .guess(name)
                    .client_ip(&address)
                    .await
                    .snapshot(),
            );
            responses.push(
                app.anonymous()
                    .guess(name)
                    .client_ip(&address)
                    .await
                    .snapshot(),
            );
            app.shift_clock(i64::try_from(round + 1).unwrap() * 11 + wait)
                .await;
        }
        all.push(responses);
    }
    for responses in &all {
        assert_eq!(responses, &all[0]);
    }
}

#[tokio::test]
async fn typed_name_is_stored_as_a_keyed_hash_only() {
    let app = App::shared();
    let typed = "my-secret-password-in-the-wrong-field";
    app.anonymous()
        .guess(typed)
        .client_ip(&app.other_ip(1))
        .await
        .assert_status(401);
    let rows = app
        .run_sql("SELECT key FROM sign_in_attempts WHERE substr(key, 1, 6) = 'typed:'")
        .await;
    let hashed =
        |key: &str| key.len() == 38 && key[6..].bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(
        !rows.is_empty() && rows.iter().all(|row| hashed(row["key"].as_str().unwrap())),
        "{rows:?}"
    );
}

#[tokio::test]
async fn network_has_three_failures_and_then_three_per_minute() {
    let app = App::shared();
    let guess_as = |number: u32, ip: String| {
        let name = format!("{}-unknown-{number}", app.ip());
        app.anonymous().guess(&name).client_ip(&ip)
    };
    for number in 0..3 {
        guess_as(number, app.other_ip(7)).await.assert_status(401);
    }
    let refused = guess_as(3, app.other_ip(7)).await;
    assert!((1..=20).contains(&refused.back_off()));
    guess_as(4, app.other_ip(8)).await.assert_status(401);
    app.shift_clock(21).await;
    guess_as(5, app.other_ip(7)).await.assert_status(401);
    guess_as(6, app.other_ip(7)).await.assert_status(429);
    // The network of an IPv6 address is its /64.
    for number in 7..10 {
        let address = format!("2001:db8:ffff:{number}::1");
        app.anonymous()
            .guess(&format!("six-{number}"))
            .client_ip(&address)
            .await
            .assert_status(401);
    }
    for (number, host) in ["1", "2:3", "ffff:ffff:ffff:ffff"].into_iter().enumerate() {
        let ip = if host.len() > 3 {
            format!("2001:db8:fffe:1:{host}")
        } else {
            format!("2001:db8:fffe:1::{host}")
        };
        app.anonymous()
            .guess(&format!("seven-{number}-{}", app.ip()))
            .client_ip(&ip)
            .await
            .assert_status(401);
    }
    app.anonymous()
        .guess("eight")
        .client_ip("2001:DB8:FFFE:1::4")
        .await
        .assert_status(429);
}

#[tokio::test]
async fn successful_sign_in_is_not_counted() {
    let app = App::shared();
    for name in ["ada", "bob", "eve", "joe", "kim", "lea"] {
        let user = app.user(name).await;
        user.login().await.assert_status(200);
    }
    let sql = "SELECT key FROM sign_in_attempts WHERE key = ?1";
    let ada = app.user("ada").await;
    ada.login().await.assert_status(200);
    assert!(app.sql(sql, [account_key(&ada)]).await.is_empty());
}

#[tokio::test]
async fn attempt_that_cannot_be_counted_returns_503() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for fault in [Fault::d1().fails(), Fault::d1().loses_response()] {
        let fault = app.fault(fault.matching("sign_in_attempts").times(1)).await;
        ada.login().await.assert_status(503);
        fault.remove().await;
        app.skip_back_off().await;
    }
    ada.login().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn back_off_and_rate_limit_have_different_error_codes() {
    // Tests with other clocks would start new minutes of the rate limit.
    let app = App::isolated(Vars::new());
    let unknown = format!("unknown-{}", app.ip());
    let mut responses = Vec::new();
    for number in 0..6 {
        responses.push(
            app.anonymous()
                .guess(&unknown)
                .client_ip(&app.other_ip(number))
                .await,
        );
    }
    let early: Vec<&Response> = responses
        .iter()
        .filter(|response| response.status == 429)
        .collect();
    assert!(!early.is_empty());
    for response in early {
        response.assert_error(429, "back_off");
    }

    let busy = app.other_ip(100);
    let mut last = None;
    // Twice the limit of a minute, because a new minute may start in between.
    for _ in 0..230 {
        let request = app.post("/api/auth/login").client_ip(&busy);
        let response = request.json(&json!({ "x": 1 })).await;
        if response.status == 429 {
            last = Some(response);
            break;
        }
    }
    let limited = last.expect("a request beyond the limit");
    limited.assert_error(429, "rate_limited");
}
