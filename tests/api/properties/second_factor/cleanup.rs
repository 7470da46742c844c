//! The cron event removes expired sign-ins, and seals the secrets of one-time codes again after a rotation of `FACTOR_KEY`.

use crate::support::audit::CRON;
use crate::support::{App, Vars};

#[tokio::test]
#[ignore = "slow: starts a server"]
async fn cron_removes_expired_pending_sign_ins() {
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    ada.add_totp().await;
    ada.first_step("token").await;
    app.skip_back_off().await;
    ada.first_step("token").await;
    let pending = async || {
        let sql = "SELECT count(*) AS n FROM pending_sign_ins WHERE user_id = ?1";
        app.count(sql, [ada.id.as_str()]).await
    };
    app.scheduled(CRON).await;
    assert_eq!(pending().await, 2);
    app.shift_clock(app.clock() + 250).await;
    app.scheduled(CRON).await;
    assert_eq!(pending().await, 1);
    app.shift_clock(app.clock() + 301).await;
    app.scheduled(CRON).await;
    assert_eq!(pending().await, 0);
}

#[tokio::test]
#[ignore = "slow"]
async fn cron_seals_secrets_again_after_a_rotation() {
    const NEW: &str = "bmV3IGZhY3RvciBrZXkgb2YgdGVzdHMsIDMyIGJ5dGU=";
    let app = App::isolated(Vars::new());
    let ada = app.user("ada").await;
    let authenticator = ada.add_totp().await;
    let old = app.vars().expect("FACTOR_KEY").to_owned();
    let row = async || {
        let sql = "SELECT secret, key_id FROM totp WHERE user_id = ?1";
        app.sql(sql, [ada.id.as_str()]).await.remove(0)
    };
    let before = row().await;
    let during = Vars::new()
        .set("FACTOR_KEY", NEW)
        .set("FACTOR_KEY_PREVIOUS", &old);
    app.restart_with(during).await;
    let code = authenticator.code().await;
    ada.sign_in_with_code("token", "totp", &code).await;
    assert_eq!(row().await, before);
    app.scheduled(CRON).await;
    let sealed = row().await;
    assert_ne!(sealed["key_id"], before["key_id"]);
    assert_ne!(sealed["secret"], before["secret"]);
    app.scheduled(CRON).await;
    assert_eq!(row().await, sealed);
    app.restart_with(Vars::new().set("FACTOR_KEY", NEW)).await;
    app.skip_back_off().await;
    let code = authenticator.code().await;
    ada.sign_in_with_code("token", "totp", &code).await;
    // Neither key: the code cannot be checked.
    let other = "YW5vdGhlciBmYWN0b3Iga2V5IG9mIHRlc3RzLCAzMiA=";
    app.restart_with(Vars::new().set("FACTOR_KEY", other)).await;
    app.skip_back_off().await;
    let pending = ada.first_step("token").await;
    let code = authenticator.code().await;
    let response = app.anonymous().verify(&pending, "totp", &code).await;
    response.assert_error(401, "invalid_second_factor");
}
