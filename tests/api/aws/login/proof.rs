//! `/aws-login` with a proof: the client's own signature of a request that the Worker rebuilds.

use crate::support::audit::CRON;
use crate::support::aws::{SIMULATOR, text};
use crate::support::aws_proof::{
    AUDIENCE, SignedFor, access_key, assert_proof_refused, named_role_session, now, proof,
    proof_for, proof_in, role_session,
};
use crate::support::command_line::program;
use crate::support::{App, Response, aws_proof};
use aws_simulator::{ACCOUNT, CallerIdentity, Filter};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn proof_signs_in_once() {
    let app = App::with(aws_proof::vars());
    let keys = role_session("Deployer");
    let body = proof(&keys);
    let response = app.anonymous().aws_login_with(&body).await;
    insta::assert_snapshot!(response.snapshot(), @r#"
    200
    edge-auth-expires: [time]
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "user": {
        "username": "Deployer",
        "email": null,
        "full_name": "Deployer"
      }
    }
    "#);
    assert!(response.recorded().await.logs.is_empty());
    assert_proof_refused(&app.anonymous().aws_login_with(&body).await, "replayed");
    // A minute later the same keys sign another proof.
    let later = proof_in(&keys, 60);
    let again = app.anonymous().aws_login_with(&later).await;
    let (first, second) = (
        response.signed_in_user().await,
        again.signed_in_user().await,
    );
    assert_eq!(first["id"], second["id"]);
    assert_ne!(response.text(), again.text(), "a separate session");
}

#[tokio::test]
async fn concurrent_uses_of_a_proof_sign_in_once() {
    let app = App::with(aws_proof::vars());
    let body = proof(&role_session("Deployer"));
    let mut requests = JoinSet::new();
    for _ in 0..40 {
        requests.spawn(app.anonymous().aws_login_with(&body).into_future());
    }
    let responses: Vec<Response> = requests.join_all().await;
    let winners = responses
        .iter()
        .filter(|response| response.status == 200)
        .count();
    assert_eq!(winners, 1);
    for response in responses.iter().filter(|response| response.status != 200) {
        assert_proof_refused(response, "the others");
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn proof_expires_after_fifteen_minutes_and_its_row_is_removed() {
    let app = App::isolated(aws_proof::vars());
    let keys = role_session("Deployer");
    let (used, unused) = (proof(&keys), proof(&role_session("Deployer")));
    app.anonymous()
        .aws_login_with(&used)
        .await
        .assert_status(200);
    let rows = async || app.run_sql("SELECT id FROM used_proofs").await.len();
    assert_eq!(rows().await, 1);
    app.shift_clock(14 * 60).await;
    app.scheduled(CRON).await;
    assert_eq!(rows().await, 1);
    assert_proof_refused(&app.anonymous().aws_login_with(&used).await, "replayed");
    app.shift_clock(16 * 60).await;
    let before = SIMULATOR.journal_of(&Filter::AccessKeyId(text(&unused, "access_key_id")));
    assert_proof_refused(
        &app.anonymous().aws_login_with(&unused).await,
        "16 minutes old",
    );
    let after = SIMULATOR.journal_of(&Filter::AccessKeyId(text(&unused, "access_key_id")));
    assert_eq!(before.len(), after.len(), "AWS is not called");
    app.scheduled(CRON).await;
    assert_eq!(rows().await, 0);
    assert_proof_refused(
        &app.anonymous().aws_login_with(&used).await,
        "replayed after its row was removed",
    );
}

#[tokio::test]
async fn session_name_of_a_proof_does_not_identify_the_user() {
    let app = App::with(aws_proof::vars());
    let ada = app.user("ada").await;
    let mut ids = Vec::new();
    for name in [
        ada.username.as_str(),
        &ada.email,
        "root",
        "Admin",
        "AWSReservedSSO_Administrator_0123456789abcdef",
    ] {
        let response = app
            .anonymous()
            .aws_login_with(&proof(&named_role_session(ACCOUNT, "Deployer", name)))
            .await;
        let user = response.signed_in_user().await;
        assert_eq!(
            (&user["username"], &user["role"]),
            (&json!("Deployer"), &json!("user"))
        );
        assert_eq!(user["email"], Value::Null);
        ids.push(user["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "a role is one user");
    assert_ne!(ids[0], json!(ada.id));

    let response = app
        .anonymous()
        .aws_login_with(&proof(&role_session("Admin")))
        .await;
    let admin = response.signed_in_user().await;
    assert_eq!(admin["role"], "admin");
    assert_ne!(admin["id"], ids[0]);
}

#[tokio::test]
async fn iam_user_signs_in_only_if_listed_and_active() {
    let app = App::with(aws_proof::vars());
    let listed = access_key("AKIALISTED0000000000", "secret+of+the+listed+user");
    let unlisted = access_key("AKIAOTHER00000000000", "secret+of+the+other+user");
    SIMULATOR.put_access_key(
        listed.clone(),
        CallerIdentity::iam_user(ACCOUNT, "listed"),
        false,
    );
    SIMULATOR.put_access_key(
        unlisted.clone(),
        CallerIdentity::iam_user(ACCOUNT, "unlisted"),
        false,
    );
    assert_proof_refused(
        &app.anonymous().aws_login_with(&proof(&unlisted)).await,
        "not listed",
    );
    let user = app
        .anonymous()
        .aws_login_with(&proof(&listed))
        .await
        .signed_in_user()
        .await;
    assert_eq!(
        (&user["username"], &user["role"]),
        (&json!("listed"), &json!("super_admin"))
    );
    let id = text(&user, "id");
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id.clone()])
        .await;
    let later = proof_in(&listed, 60);
    assert_proof_refused(&app.anonymous().aws_login_with(&later).await, "disabled");
    let rows = app
        .sql("SELECT is_active FROM users WHERE id = ?1", [id])
        .await;
    assert_eq!(rows, [json!({ "is_active": 0 })]);
}

#[tokio::test]
async fn empty_session_token_is_ignored() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/tokenless");
    let app = App::with(aws_proof::vars().set("AWS_LOGIN_ARNS", &format!("{arn}=user")));
    let keys = access_key("AKIAEMPTY00000000000", "secret+of+the+empty+token");
    SIMULATOR.put_access_key(
        keys.clone(),
        CallerIdentity::iam_user(ACCOUNT, "tokenless"),
        false,
    );
    for (absent, later) in [(json!(""), 0), (Value::Null, 1)] {
        let mut body = proof_in(&keys, later);
        body["session_token"] = absent;
        app.anonymous()
            .aws_login_with(&body)
            .await
            .assert_status(200);
    }
}

#[tokio::test]
async fn body_without_a_proof_returns_the_documented_400() {
    let app = App::with(aws_proof::vars());
    let good = proof(&role_session("Deployer"));
    let mut bodies = vec![json!({}), json!([]), json!(null), json!("x")];
    for name in ["access_key_id", "amz_date", "signature", "session_token"] {
        for value in [json!(7), json!([]), json!({}), json!(true)] {
            let mut body = good.clone();
            body[name] = value;
            bodies.push(body);
        }
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name);
        if name != "session_token" {
            bodies.push(body);
        }
    }
    for body in &bodies {
        let response = app.anonymous().aws_login_with(body).await;
        assert_eq!(
            (response.status, response.json()),
            (400, json!({ "detail": "AWS credentials not provided" })),
            "{body}"
        );
    }
    app.anonymous()
        .aws_login_with(&good)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn proofs_with_nonces_in_one_second_each_sign_in_once() {
    let app = App::with(aws_proof::vars());
    let (keys, when) = (role_session("Deployer"), now());
    let [one, other] = ["first-nonce-of-two", "other-nonce-of-two"].map(|nonce| {
        proof_for(
            &keys,
            &SignedFor {
                nonce: Some(nonce),
                at: when,
                ..SignedFor::default()
            },
        )
    });
    let (first, second) = tokio::join!(
        app.anonymous().aws_login_with(&one),
        app.anonymous().aws_login_with(&other)
    );
    first.assert_status(200);
    second.assert_status(200);
    for body in [&one, &other] {
        assert_proof_refused(&app.anonymous().aws_login_with(body).await, "replayed");
    }
    let third = proof_for(
        &keys,
        &SignedFor {
            nonce: Some("third-nonce-of-three"),
            at: when,
            ..SignedFor::default()
        },
    );
    for (value, what) in [
        (json!("other-nonce-of-two"), "another nonce"),
        (json!(null), "no nonce"),
        (json!("short"), "an invalid nonce"),
        (json!("a\r\nx: y-----------"), "a header in the nonce"),
    ] {
        let mut body = third.clone();
        body["nonce"] = value;
        assert_proof_refused(&app.anonymous().aws_login_with(&body).await, what);
    }
    app.anonymous()
        .aws_login_with(&third)
        .await
        .assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn command_line_signs_in_several_times_in_one_second() {
    let app = App::with(aws_proof::vars());
    let keys = role_session("Deployer");
    let program = program().await;
    let sign_in = || {
        let mut command = tokio::process::Command::new(program);
        command
            .args(["aws-login", "--url", &app.server().origin()])
            .args(["--server-id", AUDIENCE, "--sts-endpoint", SIMULATOR.url()])
            .env("AWS_ACCESS_KEY_ID", &keys.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key)
            .env(
                "AWS_SESSION_TOKEN",
                keys.session_token.as_deref().expect("a token"),
            )
            .env("NO_PROXY", "127.0.0.1");
        command.output()
    };
    let outputs = tokio::join!(sign_in(), sign_in(), sign_in());
    for output in [outputs.0, outputs.1, outputs.2] {
        let output = output.expect("the command line");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            output.stdout.split(|byte| *byte == b'.').count(),
            3,
            "a token"
        );
    }
}

#[tokio::test]
#[ignore = "slow"]
async fn proof_for_another_service_is_refused_and_stays_valid() {
    // As in a deployment, the issuer of a server is its origin.
    let vars = || aws_proof::vars().set("JWT_ISSUER", "http://localhost:{PORT}");
    let (first, second) = (App::isolated(vars()), App::isolated(vars()));
    let issuer = first.vars().expect("JWT_ISSUER");
    assert_ne!(issuer, second.vars().expect("JWT_ISSUER"));
    let keys = role_session("Deployer");
    let body = proof_for(
        &keys,
        &SignedFor {
            audience: issuer,
            ..SignedFor::default()
        },
    );
    let refused = second.anonymous().aws_login_with(&body).await;
    assert_proof_refused(&refused, "for another service");
    let accepted = first.anonymous().aws_login_with(&body).await;
    accepted.assert_status(200);
}
