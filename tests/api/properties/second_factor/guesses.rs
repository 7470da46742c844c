//! An attacker who knows the password guesses codes: how many are checked, and that none is accepted.

use crate::support::{App, PendingSignIn, User, Vars};
use serde_json::json;

/// Guesses of each attacker.
const GUESSES: usize = 1_000;

/// Sends one guess per second, from this many addresses. Begins another sign-in when the last one cannot be completed any more.
/// Returns the number of accepted guesses.
async fn guess(app: &App, user: &User, addresses: usize) -> usize {
    let authenticator = user.add_totp().await;
    let mut pending: Option<PendingSignIn> = None;
    let mut accepted = 0;
    for number in 0..GUESSES {
        let address = app.other_ip(number % addresses);
        app.shift_clock(app.clock() + 1).await;
        let Some(current) = &pending else {
            let body = json!({
                "method": "password", "session": "cookie", "username": user.username, "password": user.password
            });
            let request = app.post("/api/auth/sign-in").same_origin().json(&body);
            let request = request.client_ip(&address).hashes_a_password();
            let response = request.await;
            if response.status == 200 {
                pending = Some(response.pending());
            }
            continue;
        };
        let wrong = authenticator.wrong_code().await;
        let request = app.anonymous().verify(current, "totp", &wrong);
        let response = request.client_ip(&address).await;
        match response.status {
            200 => accepted += 1,
            401 if response.error_code() == Some("pending_sign_in_expired") => pending = None,
            _ => {}
        }
    }
    accepted
}

async fn run(addresses: usize) {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let accepted = guess(&app, &ada, addresses).await;
    let checked = ada.audit_entries("factor_failed").await;
    println!("{addresses} addresses: {checked} of {GUESSES} requests had a code that was checked");
    assert_eq!(accepted, 0);
    assert_eq!(ada.live_sessions().await, 0);
    // At most one code is checked in ten seconds, and at most a hundred in a row.
    assert!((10..=100).contains(&checked), "{checked}");
}

#[tokio::test]
#[ignore = "slow: 1,000 guesses"]
async fn thousand_guesses_from_one_address_are_not_accepted() {
    run(1).await;
}

#[tokio::test]
#[ignore = "slow: 1,000 guesses"]
async fn thousand_guesses_from_a_hundred_addresses_are_not_accepted() {
    run(100).await;
}

/// All guesses are sent at the same time.
#[tokio::test]
async fn parallel_guesses_are_checked_once_per_back_off() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let pending = ada.first_step("cookie").await;
    let wrong = authenticator.wrong_code().await;
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..30 {
        let request = app.anonymous().verify(&pending, "totp", &wrong);
        requests.spawn(request.client_ip(&app.other_ip(number)).send());
    }
    let responses = requests.join_all().await;
    let checked = responses.iter().filter(|response| response.status == 401);
    assert_eq!(checked.count(), 1);
    assert_eq!(ada.wrong_codes().await, 1);
}
