//! The entries of each kind, with their fields. Entries of the command line are tested in `xtask/admin`.

use crate::support::audit::{entries_about, entries_from};
use crate::support::credentials::{with_aws_keys, with_nvidia_key};
use crate::support::{App, Caller, Fault, PASSWORD, Request, User, audit};
use serde_json::json;

#[tokio::test]
async fn login_and_logout_each_write_one_entry() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada
        .login()
        .header("user-agent", "a browser")
        .header("cf-ray", "230b030023ae2822-SJC")
        .await;
    let session = response.session();
    for _ in 0..3 {
        session.logout().await.assert_status(200);
    }
    let rows = entries_about(&app, &ada.id).await;
    assert_eq!(rows[0]["session"], session.session_id());
    insta::assert_snapshot!(audit::snapshot(&app, &rows, &[(&ada.id, "ada")]), @r"
    sign_in success actor=ada subject=ada session=[sha256] detail=password address=[own] device=a browser request=230b030023ae2822-SJC
    sign_out success actor=ada subject=ada session=[sha256] address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn user_agent_and_ip_address_are_bounded_and_an_invalid_ray_id_is_ignored() {
    let app = App::shared();
    let ada = app.user("ada").await;
    for ray in [PASSWORD, "230b030023ae2822-SJCX", ""] {
        ada.login()
            .header("user-agent", "é".repeat(300))
            .header("cf-ray", ray)
            .client_ip(&"1".repeat(300))
            .await
            .assert_status(200);
    }
    for row in entries_about(&app, &ada.id).await {
        assert_eq!(row["device"].as_str().unwrap(), "é".repeat(128));
        assert_eq!(row["address"].as_str().unwrap().len(), 45);
        assert_eq!(row["request"].as_str().unwrap().len(), 36, "{row}");
    }
}

#[tokio::test]
async fn failed_login_is_recorded_with_its_reason() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let off = app.new_user("off").disabled().create().await;
    let new = app.new_user("new").without_password().create().await;
    let odd = app.user("odd").await;
    odd.update("password_hash = 'x'").await;
    let unknown = format!("Nobody-{}", app.ip());
    for (username, password) in [
        (&*ada.username, "wrong"),
        (&*ada.email, "wrong as well"),
        (&*off.username, PASSWORD),
        (&*new.username, PASSWORD),
        (&*odd.username, PASSWORD),
        (&*unknown, PASSWORD),
        (&*format!("{unknown}@example.com"), PASSWORD),
        (&*format!("{unknown} at all"), PASSWORD),
    ] {
        app.skip_back_off().await;
        app.anonymous()
            .login(username, password)
            .await
            .assert_status(401);
    }
    let names = [
        (&*ada.id, "ada"),
        (&*off.id, "off"),
        (&*new.id, "new"),
        (&*odd.id, "odd"),
    ];
    insta::assert_snapshot!(audit::snapshot(&app, &entries_from(&app, app.ip()).await, &names), @r"
    sign_in_failed failure subject=ada detail=password: wrong address=[own] request=[uuid]
    sign_in_failed failure subject=ada detail=password: wrong address=[own] request=[uuid]
    sign_in_failed failure subject=off detail=password: disabled address=[own] request=[uuid]
    sign_in_failed failure subject=new detail=password: none set address=[own] request=[uuid]
    sign_in_failed failure subject=odd detail=password: unusable hash address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=password: unknown name address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=password: unknown name address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=password: unknown name address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn unknown_name_is_recorded_as_a_keyed_hash_of_its_normalised_form() {
    let app = App::shared();
    let unknown = format!("unknown-here-{}", app.ip());
    for name in [&*unknown, &*unknown.to_uppercase(), "another-name"] {
        app.skip_back_off().await;
        app.anonymous()
            .login(name, PASSWORD)
            .await
            .assert_status(401);
    }
    let rows = entries_from(&app, app.ip()).await;
    assert_eq!(rows[0]["name_key"], rows[1]["name_key"]);
    assert_ne!(rows[0]["name_key"], rows[2]["name_key"]);
    let expected = audit::keys(app.vars()).name_key("username", &unknown);
    assert_eq!(rows[0]["name_key"], expected);
    assert!(!json!(rows).to_string().to_lowercase().contains("body"));
}

#[tokio::test]
async fn password_changed_during_login_is_recorded_as_a_failure() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let begin = app
        .fault(Fault::d1().matching("insert into sessions").pauses())
        .await;
    let request = ada.login();
    let sign_in = tokio::spawn(request.send());
    begin.wait_for_hits(1).await;
    ada.update("password_hash = 'x'").await;
    begin.release().await;
    sign_in.await.unwrap().assert_status(401);
    insta::assert_snapshot!(audit::snapshot(&app, &entries_about(&app, &ada.id).await, &[(&ada.id, "ada")]), @r"
    sign_in_failed failure subject=ada detail=password: changed meanwhile address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn refresh_reuse_is_recorded_with_the_revocation() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let first = ada.sign_in().await;
    first.refreshed().await;
    app.shift_clock(31).await;
    for _ in 0..2 {
        first.refresh().await.assert_status(401);
    }
    let rows = entries_about(&app, &ada.id).await;
    insta::assert_snapshot!(audit::snapshot(&app, &rows[1..], &[(&ada.id, "ada")]), @r"
    refresh_reuse failure subject=ada session=[sha256] address=[own] request=[uuid]
    session_revoked success subject=ada session=[sha256] detail=refresh_reuse address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn password_set_with_a_reset_link_is_recorded_with_the_revocation() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let other = "a wholly different passphrase";
    for _ in 0..2 {
        ada.sign_in().await;
    }
    let link = ada.reset_link().await;
    app.anonymous()
        .set_password(&link, other)
        .await
        .assert_status(200);
    app.anonymous()
        .set_password(&link, other)
        .await
        .assert_status(400);
    let rows = entries_about(&app, &ada.id).await;
    insta::assert_snapshot!(audit::snapshot(&app, &rows[2..], &[(&ada.id, "ada")]), @r"
    password_set success actor=ada subject=ada detail=link address=[own] request=[uuid]
    session_revoked success actor=ada subject=ada detail=password_set address=[own] request=[uuid]
    ");

    let eve = app.user("eve").await;
    let link = eve.reset_link().await;
    app.anonymous()
        .set_password(&link, other)
        .await
        .assert_status(200);
    insta::assert_snapshot!(audit::snapshot(&app, &entries_about(&app, &eve.id).await, &[(&eve.id, "eve")]), @r"
    password_set success actor=eve subject=eve detail=link address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn credentials_are_shown_only_after_the_entry_is_written() {
    const NVIDIA_KEY: &str = "nvapi-0123456789abcdefghijklmnop";
    type Show = fn(&Caller) -> Request;
    for (vars, show, kind) in [
        (
            with_aws_keys(),
            Caller::aws_credentials as Show,
            "aws_credentials_viewed",
        ),
        (
            with_nvidia_key(NVIDIA_KEY),
            Caller::nvidia_credentials,
            "nvidia_credentials_viewed",
        ),
    ] {
        let app = App::with(vars);
        let (ada, bob) = (app.admin("ada").await, app.user("bob").await);
        let (admin, user) = (ada.sign_in().await, bob.sign_in().await);
        let entries = async |user: &User| {
            let sql = "SELECT number FROM audit WHERE actor = ?1 AND kind = ?2";
            app.sql(sql, [user.id.as_str(), kind]).await.len()
        };
        show(&user).await.assert_status(403);
        let fault = app.fault(Fault::d1().matching("into audit").fails()).await;
        let response = show(&admin).await;
        response.assert_status(503);
        assert!(!response.text().contains("EXAMPLEKEY") && !response.text().contains(NVIDIA_KEY));
        fault.remove().await;
        assert_eq!((entries(&ada).await, entries(&bob).await), (0, 0));
        show(&admin).await.assert_status(200);
        assert_eq!(entries(&ada).await, 1);
    }
}

#[tokio::test]
async fn entry_has_the_request_id_of_its_response() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let mut ids = Vec::new();
    // A value that is not a ray id is ignored.
    for ray in ["230b030023ae2822-SJC", "", "230b030023ae2822-SJCX", "x"] {
        let request = ada.login();
        let response = request.header("cf-ray", ray).await;
        let id = response.assert_status(200).header("x-request-id");
        let id = id.expect("an id").to_owned();
        assert_eq!(id == ray, ray.len() == 20, "{ray}: {id}");
        ids.push(json!(id));
    }
    let sql = "SELECT request FROM audit WHERE subject = ?1 AND kind = 'sign_in' ORDER BY number";
    let rows = app.sql(sql, [ada.id]).await;
    let recorded: Vec<_> = rows.iter().map(|row| row["request"].clone()).collect();
    assert_eq!(recorded, ids);
    assert_ne!(ids[1], ids[2]);
}
