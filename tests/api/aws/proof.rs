//! `/aws-login` with a proof: the client's own signature, of a request that the Worker rebuilds.

use super::{AWS_LOGIN, SIMULATOR, all, own_name, portal, text};
use crate::support::{App, Reply, Vars};
use aws_simulator::{
    ACCOUNT, CallerIdentity, Credentials, Effect, Filter, Operation, ResponseFault, Rule,
    UPSTREAM_MARKER,
};
use edge_auth::aws::endpoint::Endpoint;
use edge_auth::aws::proof::Proof;
use edge_auth::aws::sigv4;
use edge_auth::crypto::secret::Secret;
use edge_auth::timestamp::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;

pub const AUDIENCE: &str = "https://auth.example.com";

pub fn vars() -> Vars {
    let arns = format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/*=user, arn:aws:iam::{ACCOUNT}:role/ci/Admin=admin, \
         arn:aws:iam::{ACCOUNT}:user/listed=super_admin"
    );
    portal(&SIMULATOR).set("AWS_LOGIN_ARNS", &arns)
}

/// Keys of a session of a role.
pub fn session(role: &str) -> Credentials {
    session_named(ACCOUNT, role, &own_name("session"))
}

pub fn session_named(account: &str, role: &str, name: &str) -> Credentials {
    let principal = CallerIdentity::role_session(account, role, name);
    SIMULATOR.create_session(principal, Duration::from_hours(1))
}

pub fn keys(of: &Credentials) -> sigv4::Credentials {
    sigv4::Credentials {
        access_key_id: Secret::new(of.access_key_id.as_str()),
        secret_access_key: Secret::new(of.secret_access_key.as_str()),
        session_token: of.session_token.as_deref().map(Secret::new),
    }
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

pub fn at(url: &str) -> Endpoint {
    Endpoint::overridden(url).expect("an endpoint")
}

/// The body of a proof signed for this endpoint, region, audience and moment.
pub fn signed(by: &Credentials, url: &str, region: &str, audience: &str, when: i64) -> Value {
    let when = Timestamp::from_seconds(when);
    let proof = Proof::sign(&at(url), region, audience, &keys(by), when).expect("a proof");
    let (access_key_id, amz_date, signature, session_token) = proof.values();
    let mut body = json!({
        "access_key_id": access_key_id, "amz_date": amz_date, "signature": signature,
    });
    if let Some(token) = session_token {
        body["session_token"] = json!(token);
    }
    body
}

pub fn proof(by: &Credentials) -> Value {
    signed(by, SIMULATOR.url(), "us-east-1", AUDIENCE, now())
}

pub async fn login(app: &App, body: &Value) -> Reply {
    app.post(AWS_LOGIN).json(body).send().await
}

pub fn refused(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    assert_eq!(
        reply.json(),
        json!({ "detail": "Could not validate credentials" }),
        "{what}"
    );
    assert_eq!(
        reply.header("www-authenticate"),
        Some(r#"Bearer realm="edge-auth""#),
        "{what}"
    );
}

#[tokio::test]
async fn a_proof_signs_in_once() {
    let app = App::with(vars());
    let keys = session("Deployer");
    let body = proof(&keys);
    let reply = login(&app, &body).await;
    insta::assert_snapshot!(reply.snapshot(), @r#"
    200
    cache-control: no-store
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    edge-auth-expires: [time]
    referrer-policy: no-referrer
    strict-transport-security: max-age=63072000; includeSubDomains
    vary: Origin
    x-content-type-options: nosniff
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
    assert!(reply.seen().await.logs.is_empty());
    refused(&login(&app, &body).await, "replayed");
    // A minute later the same keys sign another.
    let later = signed(&keys, SIMULATOR.url(), "us-east-1", AUDIENCE, now() + 60);
    let again = login(&app, &later).await;
    let (first, second) = (app.who(&reply).await, app.who(&again).await);
    assert_eq!(first["id"], second["id"]);
    assert_ne!(reply.text(), again.text(), "a session of its own");
}

#[tokio::test]
async fn of_forty_at_once_one_signs_in() {
    let app = App::with(vars());
    let body = proof(&session("Deployer"));
    let mut asking = JoinSet::new();
    for _ in 0..40 {
        let (app, body) = (app.clone(), body.clone());
        asking.spawn(async move { login(&app, &body).await });
    }
    let replies: Vec<Reply> = asking.join_all().await;
    let winners = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(winners, 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        refused(reply, "the others");
    }
}

#[tokio::test]
async fn a_proof_ends_after_fifteen_minutes_by_our_clock_too_and_its_row_is_swept() {
    let app = App::alone(vars());
    let keys = session("Deployer");
    let (used, unused) = (proof(&keys), proof(&session("Deployer")));
    login(&app, &used).await.assert_status(200);
    let rows = async || app.sql("SELECT id FROM used_proofs", [0; 0]).await.len();
    assert_eq!(rows().await, 1);
    app.shift_clock(14 * 60).await;
    app.scheduled("*/10 * * * *").await;
    assert_eq!(rows().await, 1);
    refused(&login(&app, &used).await, "replayed");
    app.shift_clock(16 * 60).await;
    let before = SIMULATOR.journal_of(&Filter::AccessKeyId(text(&unused, "access_key_id")));
    refused(&login(&app, &unused).await, "16 minutes old");
    let after = SIMULATOR.journal_of(&Filter::AccessKeyId(text(&unused, "access_key_id")));
    assert_eq!(before.len(), after.len(), "AWS is not asked");
    app.scheduled("*/10 * * * *").await;
    assert_eq!(rows().await, 0);
    refused(&login(&app, &used).await, "replayed, its row gone");
}

#[tokio::test]
async fn a_session_name_is_its_callers_choice_and_decides_nothing() {
    let app = App::with(vars());
    let ada = app.password_user("ada").await;
    let mut ids = Vec::new();
    for name in [
        ada.username.as_str(),
        &ada.email,
        "root",
        "Admin",
        "AWSReservedSSO_Administrator_0123456789abcdef",
    ] {
        let reply = login(&app, &proof(&session_named(ACCOUNT, "Deployer", name))).await;
        let user = app.who(&reply).await;
        assert_eq!(
            (&user["username"], &user["role"]),
            (&json!("Deployer"), &json!("user"))
        );
        assert_eq!(user["email"], Value::Null);
        ids.push(user["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one role is one person");
    assert_ne!(ids[0], json!(ada.id));

    let reply = login(&app, &proof(&session("Admin"))).await;
    let admin = app.who(&reply).await;
    assert_eq!(admin["role"], "admin");
    assert_ne!(admin["id"], ids[0]);
}

#[tokio::test]
async fn a_user_of_iam_may_be_listed_and_a_disabled_one_stays_out() {
    let app = App::with(vars());
    let long_term = |id: &str| Credentials {
        access_key_id: id.into(),
        secret_access_key: format!("secret of {id}").replace(' ', "+"),
        session_token: None,
        expiration: None,
    };
    let (listed, unlisted) = (
        long_term("AKIALISTED0000000000"),
        long_term("AKIAOTHER00000000000"),
    );
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
    refused(&login(&app, &proof(&unlisted)).await, "not listed");
    let user = app.who(&login(&app, &proof(&listed)).await).await;
    assert_eq!(
        (&user["username"], &user["role"]),
        (&json!("listed"), &json!("super_admin"))
    );
    let id = text(&user, "id");
    app.sql("UPDATE users SET is_active = 0 WHERE id = ?1", [id.clone()])
        .await;
    let later = signed(&listed, SIMULATOR.url(), "us-east-1", AUDIENCE, now() + 60);
    refused(&login(&app, &later).await, "disabled");
    let rows = app
        .sql("SELECT is_active FROM users WHERE id = ?1", [id])
        .await;
    assert_eq!(rows, [json!({ "is_active": 0 })]);
}

#[tokio::test]
async fn proof_with_an_empty_session_token_is_one_without() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/tokenless");
    let app = App::with(vars().set("AWS_LOGIN_ARNS", &format!("{arn}=user")));
    let keys = Credentials {
        access_key_id: "AKIAEMPTY00000000000".into(),
        secret_access_key: "secret+of+the+empty+token".into(),
        session_token: None,
        expiration: None,
    };
    SIMULATOR.put_access_key(
        keys.clone(),
        CallerIdentity::iam_user(ACCOUNT, "tokenless"),
        false,
    );
    for (absent, later) in [(json!(""), 0), (Value::Null, 1)] {
        let mut body = signed(&keys, SIMULATOR.url(), "us-east-1", AUDIENCE, now() + later);
        body["session_token"] = absent;
        login(&app, &body).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_body_that_is_no_proof_is_answered_with_the_routes_text() {
    let app = App::with(vars());
    let good = proof(&session("Deployer"));
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
        let reply = login(&app, body).await;
        assert_eq!(
            (reply.status, reply.json()),
            (400, json!({ "detail": "AWS credentials not provided" })),
            "{body}"
        );
    }
    login(&app, &good).await.assert_status(200);
}

#[tokio::test]
async fn what_a_network_of_strangers_writes_is_bounded() {
    let app = App::with(vars());
    let written = async || {
        let sql = "SELECT detail FROM audit JOIN audit_clients USING (number) \
                   WHERE kind = 'sign_in_failed' AND address = ?1";
        app.sql(sql, [app.address()]).await.len()
    };
    let stranger = session("Stranger");
    let shown = async |seconds: i64| {
        let body = signed(
            &stranger,
            SIMULATOR.url(),
            "us-east-1",
            AUDIENCE,
            now() + seconds,
        );
        let reply = login(&app, &body).await;
        refused(&reply, "a stranger");
        reply.seen().await
    };
    for _ in 0..3 {
        assert_eq!(shown(0).await.d1(), 1);
    }
    assert_eq!(written().await, 3);
    for _ in 0..5 {
        assert_eq!(shown(0).await.d1(), 1);
    }
    assert_eq!(written().await, 3, "more than three at once");
    // Three a minute.
    app.shift_clock(21).await;
    shown(21).await;
    shown(21).await;
    assert_eq!(written().await, 4);
    // Whoever may sign in still does, with AWS and with a password, and another network has three of its own.
    login(&app, &proof(&session("Deployer")))
        .await
        .assert_status(200);
    let ada = app.password_user("ada").await;
    app.login(&ada).await.assert_status(200);
    let elsewhere = app.elsewhere(1);
    let there = app
        .post(AWS_LOGIN)
        .json(&proof(&stranger))
        .from(&elsewhere)
        .send()
        .await;
    refused(&there, "elsewhere");
    let sql = "SELECT detail FROM audit JOIN audit_clients USING (number) \
                   WHERE kind = 'sign_in_failed' AND address = ?1";
    assert_eq!(app.sql(sql, [elsewhere]).await.len(), 1);
}

#[tokio::test]
async fn what_somebody_disabled_writes_is_bounded() {
    // A role is one person, whom other tests need.
    let app = App::alone(vars());
    let keys = session("Deployer");
    let at = |seconds: i64| {
        signed(
            &keys,
            SIMULATOR.url(),
            "us-east-1",
            AUDIENCE,
            now() + seconds,
        )
    };
    let user = app.who(&login(&app, &at(0)).await).await;
    let sql = "UPDATE users SET is_active = 0 WHERE id = ?1";
    app.sql(sql, [user["id"].clone()]).await;
    let sql = "SELECT detail FROM audit WHERE kind = 'sign_in_failed'";
    for number in 1..=5 {
        refused(&login(&app, &at(number)).await, "disabled");
    }
    let entry = json!({ "detail": "aws_proof: disabled" });
    assert_eq!(
        app.sql(sql, [0; 0]).await,
        [entry.clone(), entry.clone(), entry]
    );
}

/// `/aws-login` of which STS goes wrong: refused, or failed with a code of AWS's or one of ours.
async fn misbehaving(app: App, effect: Effect) {
    let what = format!("{effect:?}");
    let may_succeed = match effect {
        Effect::Fault(misbehaviour) => {
            misbehaviour.may_leave_response_valid(Operation::GetCallerIdentity)
        }
        _ => false,
    };
    let body = proof(&session("Deployer"));
    let line = Filter::AccessKeyId(text(&body, "access_key_id"));
    let rule = Rule::new(effect)
        .on(Operation::GetCallerIdentity)
        .matching(line);
    let rule = SIMULATOR.add_rule(rule).unwrap();
    let start = Instant::now();
    let reply = login(&app, &body).await;
    assert!(
        start.elapsed() < Duration::from_secs(9),
        "{what}: {:?}",
        start.elapsed()
    );
    let told = format!("{:?}{}", reply.headers, reply.text());
    assert!(!told.contains(UPSTREAM_MARKER), "{what}: {told}");
    for (_, line) in reply.seen().await.logs {
        let ours = r#"{"event":"failure","route":"/api/auth/aws-login","code":""#;
        assert!(
            line.starts_with(ours) && !line.contains(UPSTREAM_MARKER),
            "{what}: {line}"
        );
    }
    match reply.status {
        200 => assert!(may_succeed, "{what}"),
        401 => refused(&reply, &what),
        _ => {
            reply.assert_status(500);
            let detail = text(&reply.json(), "detail");
            let code = detail.strip_prefix("Failed to login with AWS credentials: ");
            let code = code.unwrap_or_else(|| panic!("{what}: {detail}"));
            assert!(
                code.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{what}: {code}"
            );
        }
    }
    SIMULATOR.remove_rule(rule);
    // A proof that AWS never judged is not used up.
    let again = login(&app, &body).await;
    again.assert_status(if reply.status == 200 { 401 } else { 200 });
}

#[tokio::test]
async fn every_failure_of_sts() {
    let app = App::with(vars());
    let errors = Operation::GetCallerIdentity.errors();
    let errors = errors
        .into_iter()
        .map(|error| Effect::Error(error.name.into()));
    let effects = ResponseFault::ALL
        .into_iter()
        .map(Effect::from)
        .chain(errors);
    all(effects.map(|effect| misbehaving(app.clone(), effect))).await;
    assert!(SIMULATOR.canary().is_empty());
}

/// As [`signed`], with a nonce.
fn signed_with_nonce(by: &Credentials, nonce: &str, when: i64) -> Value {
    let proof = Proof::sign_with_nonce(
        &at(SIMULATOR.url()),
        "us-east-1",
        AUDIENCE,
        Some(nonce),
        &keys(by),
        Timestamp::from_seconds(when),
    )
    .expect("a proof");
    let mut body = signed(by, SIMULATOR.url(), "us-east-1", AUDIENCE, when);
    body["signature"] = json!(proof.values().2);
    body["nonce"] = json!(nonce);
    body
}

#[tokio::test]
async fn two_proofs_of_one_key_in_one_second_both_sign_in_with_nonces_and_each_once() {
    let app = App::with(vars());
    let (keys, when) = (session("Deployer"), now());
    let [one, other] = ["first-nonce-of-two", "other-nonce-of-two"]
        .map(|nonce| signed_with_nonce(&keys, nonce, when));
    let (first, second) = tokio::join!(login(&app, &one), login(&app, &other));
    first.assert_status(200);
    second.assert_status(200);
    for body in [&one, &other] {
        refused(&login(&app, body).await, "replayed");
    }
    let third = signed_with_nonce(&keys, "third-nonce-of-three", when);
    for (value, what) in [
        (json!("other-nonce-of-two"), "another nonce"),
        (json!(null), "no nonce"),
        (json!("short"), "a nonce that is none"),
        (json!("a\r\nx: y-----------"), "a header in the nonce"),
    ] {
        let mut body = third.clone();
        body["nonce"] = value;
        refused(&login(&app, &body).await, what);
    }
    login(&app, &third).await.assert_status(200);
}

#[tokio::test]
async fn command_line_signs_in_twice_in_one_second() {
    let app = App::with(vars());
    let keys = session("Deployer");
    let program = crate::support::command_line::program().await;
    let sign_in = || {
        let mut command = tokio::process::Command::new(program);
        command
            .args(["aws-login", "--url", &app.server().door().origin])
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
async fn proof_for_one_service_is_refused_by_another_and_still_good_at_the_first() {
    // As deployed, but for the port: each server is its own origin.
    let vars = || vars().set("JWT_ISSUER", "http://localhost:{PORT}");
    let (first, second) = (App::alone(vars()), App::alone(vars()));
    let issuer = first.server().vars.get("JWT_ISSUER").expect("an issuer");
    assert_ne!(Some(issuer), second.server().vars.get("JWT_ISSUER"));
    let keys = session("Deployer");
    let body = signed(&keys, SIMULATOR.url(), "us-east-1", issuer, now());
    refused(&login(&second, &body).await, "another service's");
    login(&first, &body).await.assert_status(200);
}
