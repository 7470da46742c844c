//! No secret of a factor is in D1, in KV or in the log.

use crate::support::audit::CRON;
use crate::support::secrets::{assert_absent, assert_searched, stored_and_logged};
use crate::support::{App, Authenticator, Vars};

#[tokio::test]
#[ignore = "slow"]
async fn secrets_of_factors_are_neither_stored_nor_logged() {
    let app = App::isolated(Vars::with_email());
    let ada = app.user("ada").await;
    let session = ada.sign_in().await;
    let mut requests = Vec::new();
    let response = session.create_totp().await;
    requests.push(response.recorded().await);
    let secret = response.json()["secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let authenticator = Authenticator::new(&app, &secret);
    let confirmation = authenticator.code().await;
    let response = session.confirm_totp(&confirmation).await;
    requests.push(response.recorded().await);
    let codes: Vec<String> = response
        .list("recovery_codes")
        .iter()
        .map(|code| code.as_str().expect("a code").to_owned())
        .collect();
    app.skip_back_off().await;
    let pending = ada.first_step("cookie").await;
    let response = app
        .anonymous()
        .verify(&pending, "recovery_code", &codes[0])
        .await;
    response.assert_status(200);
    requests.push(response.recorded().await);
    let waiting = ada.first_step("cookie").await;
    let wrong = authenticator.wrong_code().await;
    let response = app.anonymous().verify(&waiting, "totp", &wrong).await;
    response.assert_error(401, "invalid_second_factor");
    requests.push(response.recorded().await);
    let (_, cron) = app.scheduled(CRON).await;
    requests.push(cron);
    let browser = waiting.browser.as_deref().expect("a cookie");
    let (_, browser) = browser.split_once('=').expect("a pair");
    let bytes = |text: &str| text.as_bytes().to_vec();
    let mut secrets = vec![
        ("secret of one-time codes", bytes(&secret)),
        ("pending sign-in", bytes(&pending.secret)),
        ("pending sign-in", bytes(&waiting.secret)),
        ("cookie of the browser", bytes(browser)),
        ("FACTOR_KEY", bytes(app.vars().expect("FACTOR_KEY"))),
    ];
    for code in &codes {
        secrets.push(("recovery code", bytes(code)));
        secrets.push(("recovery code", bytes(&code.replace('-', ""))));
    }
    let lines = stored_and_logged(&app).await;
    let places = [
        "D1 totp",
        "D1 recovery_codes",
        "D1 pending_sign_ins",
        "KV",
        "log",
    ];
    assert_searched(&lines, &places);
    assert_absent(&secrets, &lines);
    // Codes of six digits occur by chance in what is stored, but not in the log.
    for recorded in requests {
        for line in &recorded.logs {
            let line = format!("{line:?}");
            assert!(
                !line.contains(&confirmation) && !line.contains(&wrong),
                "{line}"
            );
        }
    }
}
