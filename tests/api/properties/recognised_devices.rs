//! A device on which a user has signed in is recognised by a cookie and has its own back-off.

use crate::support::App;

#[tokio::test]
#[ignore = "slow"]
async fn owner_signs_in_on_a_recognised_device_while_others_guess() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    for round in 1..=12 {
        ada.guess()
            .client_ip(&app.other_ip(round))
            .await
            .assert_status(401);
        // The attacker uses the network of the owner and has used up its failures.
        let attacked = app.other_ip(round);
        for other in ["x", "y"] {
            app.anonymous()
                .guess(&format!("{other}-{}-{round}", ada.username))
                .client_ip(&attacked)
                .await
                .assert_status(401);
        }
        let unrecognised = ada.login().client_ip(&attacked).await;
        unrecognised.assert_status(429);
        let owner = ada.login().client_ip(&attacked).cookie(&cookie).await;
        owner.assert_status(200);
        app.shift_clock(i64::try_from(round).unwrap() * 11).await;
    }
    // A sign-in on the recognised device does not reset the failures of other devices.
    assert_eq!(ada.failures().await, 12);
}

#[tokio::test]
async fn recognised_device_has_its_own_counter() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
    ada.guess()
        .client_ip(&app.other_ip(1))
        .cookie(&cookie)
        .await
        .assert_status(401);
    let again = ada
        .login()
        .client_ip(&app.other_ip(1))
        .cookie(&cookie)
        .await;
    assert_eq!(again.back_off(), 1);
    assert_eq!(ada.failures().await, 0);
    ada.login()
        .client_ip(&app.other_ip(2))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn device_is_recognised_for_users_who_signed_in_on_it() {
    let app = App::shared();
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let cookie = ada.device_cookie().await;
    // Bob has not signed in on it, so the failure counts against his account.
    bob.guess()
        .client_ip(&app.other_ip(1))
        .cookie(&cookie)
        .await
        .assert_status(401);
    assert_eq!(bob.failures().await, 1);
    app.skip_back_off().await;
    let response = bob
        .login()
        .client_ip(&app.other_ip(1))
        .cookie(&cookie)
        .await;
    response.assert_status(200);
    let both = response.cookie();
    for user in [&ada, &bob] {
        user.guess()
            .client_ip(&app.other_ip(1))
            .cookie(&both)
            .await
            .assert_status(401);
        assert_eq!(user.failures().await, 0, "{}", user.name);
    }
}

#[tokio::test]
async fn forged_cookie_does_not_recognise_a_device() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let cookie = ada.device_cookie().await;
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
        let address = app.other_ip(number);
        ada.guess()
            .client_ip(&address)
            .cookie(&forged)
            .await
            .assert_status(401);
        assert_eq!(ada.failures().await, number as u64 + 1, "{number}");
        app.skip_back_off().await;
    }
}

#[tokio::test]
async fn device_cookie_is_for_this_host_and_not_for_scripts() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada.login().await;
    let cookie = response.header("set-cookie").unwrap();
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
