//! Each kind of entry, written by the real route with exactly these fields. Those of the command line are shown in its own
//! tests (`xtask/admin`).

use super::{about, rows, shown};
use crate::aws::{AWS_LOGIN, SIMULATOR, keyed, portal, proof, somebody};
use crate::sessions::{logout, password_link, refresh, refreshed, set_password, signed_in};
use crate::support::people::{PASSWORD, Person};
use crate::support::{App, Reply};
use aws_simulator::ACCOUNT;
use serde_json::{Value, json};

async fn login(app: &App, username: &str, password: &str) -> Reply {
    app.post("/api/auth/login")
        .json(&json!({ "username": username, "password": password }))
        .send()
        .await
}

/// Rows of this test's own requests, which come from its own address.
async fn own(app: &App) -> Vec<Value> {
    rows(app, "address = ?1", app.address()).await
}

#[tokio::test]
async fn a_sign_in_and_one_sign_out_however_often_it_is_asked_for() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app
        .post("/api/auth/login")
        .json(&ada.login())
        .header("user-agent", "a browser")
        .header("cf-ray", "230b030023ae2822-SJC")
        .send()
        .await;
    let token = reply.assert_status(200).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..3 {
        logout(&app, &token).await.assert_status(200);
    }
    let rows = about(&app, &ada.id).await;
    assert_eq!(rows[0]["session"], crate::sessions::record_id(&token));
    insta::assert_snapshot!(shown(&app, &rows, &[(&ada.id, "ada")]), @r"
    sign_in success actor=ada subject=ada session=[sha256] detail=password address=[own] device=a browser request=230b030023ae2822-SJC
    sign_out success actor=ada subject=ada session=[sha256] address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn what_a_client_calls_itself_is_shortened_and_its_request_is_named_by_us() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    for ray in [PASSWORD, "230b030023ae2822-SJCX", ""] {
        app.post("/api/auth/login")
            .json(&ada.login())
            .header("user-agent", "é".repeat(300))
            .header("cf-ray", ray)
            .from(&"1".repeat(300))
            .send()
            .await
            .assert_status(200);
    }
    for row in about(&app, &ada.id).await {
        assert_eq!(row["device"].as_str().unwrap(), "é".repeat(128));
        assert_eq!(row["address"].as_str().unwrap().len(), 45);
        assert_eq!(row["request"].as_str().unwrap().len(), 36, "{row}");
    }
}

#[tokio::test]
async fn a_sign_in_that_failed_and_why() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let off = app.person("off").disabled().create().await;
    let new = app.person("new").without_password().create().await;
    let odd = app.password_user("odd").await;
    app.sql(
        "UPDATE users SET password_hash = 'x' WHERE id = ?1",
        [odd.id.clone()],
    )
    .await;
    let nobody = format!("Nobody-{}", app.address());
    for (username, password) in [
        (&*ada.username, "wrong"),
        (&*ada.email, "wrong as well"),
        (&*off.username, PASSWORD),
        (&*new.username, PASSWORD),
        (&*odd.username, PASSWORD),
        (&*nobody, PASSWORD),
        (&*format!("{nobody}@example.com"), PASSWORD),
        (&*format!("{nobody} at all"), PASSWORD),
    ] {
        app.calm_down().await;
        login(&app, username, password).await.assert_status(401);
    }
    let names = [
        (&*ada.id, "ada"),
        (&*off.id, "off"),
        (&*new.id, "new"),
        (&*odd.id, "odd"),
    ];
    insta::assert_snapshot!(shown(&app, &own(&app).await, &names), @r"
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
async fn an_unknown_name_is_the_same_however_it_is_typed_and_nothing_of_it_is_kept() {
    let app = App::shared();
    let nobody = format!("nobody-here-{}", app.address());
    for name in [&*nobody, &*nobody.to_uppercase(), "somebody-else"] {
        app.calm_down().await;
        login(&app, name, PASSWORD).await.assert_status(401);
    }
    let rows = own(&app).await;
    assert_eq!(rows[0]["name_key"], rows[1]["name_key"]);
    assert_ne!(rows[0]["name_key"], rows[2]["name_key"]);
    let expected = super::keys(&app.server().vars).name_key("username", &nobody);
    assert_eq!(rows[0]["name_key"], expected);
    assert!(!json!(rows).to_string().to_lowercase().contains("body"));
}

#[tokio::test]
async fn a_password_changed_between_check_and_session_signs_nobody_in() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let begin = app
        .fault(
            crate::support::Fault::d1()
                .matching("insert into sessions")
                .pauses(),
        )
        .await;
    let request = app.post("/api/auth/login").json(&ada.login());
    let sign_in = tokio::spawn(request.send());
    begin.has_hit(1).await;
    app.sql(
        "UPDATE users SET password_hash = 'x' WHERE id = ?1",
        [ada.id.clone()],
    )
    .await;
    begin.release().await;
    sign_in.await.unwrap().assert_status(401);
    insta::assert_snapshot!(shown(&app, &about(&app, &ada.id).await, &[(&ada.id, "ada")]), @r"
    sign_in_failed failure subject=ada detail=password: changed meanwhile address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn a_superseded_token_that_comes_back() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = signed_in(&app, &ada).await;
    refreshed(&app, &first).await;
    app.shift_clock(31).await;
    for _ in 0..2 {
        refresh(&app, &first).await.assert_status(401);
    }
    let rows = about(&app, &ada.id).await;
    insta::assert_snapshot!(shown(&app, &rows[1..], &[(&ada.id, "ada")]), @r"
    refresh_reuse failure subject=ada session=[sha256] address=[own] request=[uuid]
    session_revoked success subject=ada session=[sha256] detail=refresh_reuse address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn a_password_that_was_set_by_a_link_and_the_sessions_that_ended_by_it() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let other = "a wholly different passphrase";
    for _ in 0..2 {
        signed_in(&app, &ada).await;
    }
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    set_password(&app, &link, other).await.assert_status(200);
    set_password(&app, &link, other).await.assert_status(400);
    let rows = about(&app, &ada.id).await;
    insta::assert_snapshot!(shown(&app, &rows[2..], &[(&ada.id, "ada")]), @r"
    password_set success actor=ada subject=ada detail=link address=[own] request=[uuid]
    session_revoked success actor=ada subject=ada detail=password_set address=[own] request=[uuid]
    ");

    let eve = app.password_user("eve").await;
    let link = password_link(&app, &eve, "2999-01-01T00:00:00Z").await;
    set_password(&app, &link, other).await.assert_status(200);
    insta::assert_snapshot!(shown(&app, &about(&app, &eve.id).await, &[(&eve.id, "eve")]), @r"
    password_set success actor=eve subject=eve detail=link address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn somebody_from_identity_center_and_every_change_of_their_role() {
    let map = portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", &format!("{ACCOUNT}/Developer=admin"));
    let (mapped, unmapped) = (
        App::with(map),
        App::with(portal(&SIMULATOR).set("AWS_SSO_ROLE_MAP", &format!("{ACCOUNT}/Other=admin"))),
    );
    let ada = somebody(&mapped, "ada");
    let user = mapped.who(&mapped.arrive(&ada).await).await;
    mapped.who(&mapped.arrive(&ada).await).await;
    let id = user["id"].as_str().unwrap();
    assert_eq!(user["role"], "admin");
    // As if the map were another at the next sign-in.
    mapped
        .sql("UPDATE users SET role = 'super_admin' WHERE id = ?1", [id])
        .await;
    mapped.who(&mapped.arrive(&ada).await).await;
    mapped
        .sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id])
        .await;
    mapped.arrive(&ada).await.assert_status(403);
    insta::assert_snapshot!(shown(&mapped, &about(&mapped, id).await, &[(id, "ada")]), @r"
    user_added success actor=ada subject=ada detail=role admin address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    role_changed success actor=ada subject=ada detail=role super_admin -> admin address=[own] request=[uuid]
    session_revoked success actor=ada subject=ada detail=role_changed address=[own] request=[uuid]
    sign_in success actor=ada subject=ada session=[sha256] detail=aws_device address=[own] request=[uuid]
    sign_in_failed failure subject=ada detail=aws_device: disabled address=[own] request=[uuid]
    ");

    let eve = somebody(&unmapped, "eve");
    let user = unmapped.who(&unmapped.arrive(&eve).await).await;
    let id = user["id"].as_str().unwrap();
    insta::assert_snapshot!(shown(&unmapped, &about(&unmapped, id).await, &[(id, "eve")]), @r"
    user_added success actor=eve subject=eve detail=role user address=[own] request=[uuid]
    sign_in success actor=eve subject=eve session=[sha256] detail=aws_device address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn many_first_sights_of_one_person_are_one_entry() {
    let app = App::with(portal(&SIMULATOR));
    let ada = somebody(&app, "ada");
    let mut arriving = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (app, ada) = (app.clone(), ada.clone());
        arriving.spawn(async move { app.arrive(&ada).await });
    }
    let replies: Vec<Reply> = arriving.join_all().await;
    let user = app.who(&replies[0]).await;
    let rows = about(&app, user["id"].as_str().unwrap()).await;
    let added = rows.iter().filter(|row| row["kind"] == "user_added");
    assert_eq!((added.count(), rows.len()), (1, 11));
}

#[tokio::test]
async fn the_services_own_keys() {
    let app = App::with(keyed(&SIMULATOR).set("AWS_LOGIN", "app"));
    let user = app.who(&app.post(AWS_LOGIN).send().await).await;
    let id = user["id"].as_str().unwrap();
    let own = rows(&app, "kind = 'sign_in' AND address = ?1", app.address()).await;
    insta::assert_snapshot!(shown(&app, &own, &[(id, "the application")]), @r"
    sign_in success actor=the application subject=the application session=[sha256] detail=aws_app address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn a_proof_and_one_of_somebody_who_may_not_sign_in() {
    let app = App::with(proof::vars());
    let reply = proof::login(&app, &proof::proof(&proof::session("Deployer"))).await;
    let user = app.who(&reply).await;
    for _ in 0..2 {
        let stranger = proof::proof(&proof::session("Stranger"));
        proof::login(&app, &stranger).await.assert_status(401);
    }
    let id = user["id"].as_str().unwrap();
    let own = own(&app).await;
    let failed: Vec<_> = own.iter().filter(|row| row["subject"].is_null()).collect();
    assert_eq!(failed[0]["name_key"], failed[1]["name_key"]);
    let own: Vec<_> = own
        .into_iter()
        .filter(|row| row["kind"] != "user_added")
        .collect();
    insta::assert_snapshot!(shown(&app, &own, &[(id, "the role")]), @r"
    sign_in success actor=the role subject=the role session=[sha256] detail=aws_proof address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=aws_proof: not allowed address=[own] request=[uuid]
    sign_in_failed failure name_key=[name key] detail=aws_proof: not allowed address=[own] request=[uuid]
    ");
}

#[tokio::test]
async fn credentials_are_shown_after_that_was_written_down() {
    for (vars, page, kind) in [
        (
            crate::aws_credentials::keyed(),
            crate::aws_credentials::PATH,
            "aws_credentials_viewed",
        ),
        (
            crate::nvidia_credentials::keyed("nvapi-0123456789abcdefghijklmnop"),
            crate::nvidia_credentials::PATH,
            "nvidia_credentials_viewed",
        ),
    ] {
        let app = App::with(vars);
        let (ada, bob) = (app.admin("ada").await, app.password_user("bob").await);
        let (token, of_bob) = (signed_in(&app, &ada).await, signed_in(&app, &bob).await);
        let of_kind = async |person: &Person| {
            let sql = "SELECT number FROM audit WHERE actor = ?1 AND kind = ?2";
            app.sql(sql, [person.id.as_str(), kind]).await.len()
        };
        app.get(page)
            .bearer(&of_bob)
            .send()
            .await
            .assert_status(403);
        let fault = app
            .fault(crate::support::Fault::d1().matching("into audit").fails())
            .await;
        let reply = app.get(page).bearer(&token).send().await;
        reply.assert_status(503);
        assert!(!reply.text().contains("Example"));
        fault.mend().await;
        assert_eq!((of_kind(&ada).await, of_kind(&bob).await), (0, 0));
        app.get(page).bearer(&token).send().await.assert_status(200);
        assert_eq!(of_kind(&ada).await, 1);
    }
}
