//! Session tokens: their content, and the rotation of the signing secret.

use super::token_attacks::jwt_attacks::HEADER;
use crate::support::aws::add_directory_user;
use crate::support::aws_proof::{proof, role_session};
use crate::support::internals::Timestamp;
use crate::support::{App, Caller, TOKEN_ROUTES, Vars, assert_refused, aws, token_part, var};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// These claims with another header, signed with this secret.
pub fn sign(header: &str, claims: &str, secret: &str) -> String {
    let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    let signature = Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

/// A client with a token that has the same claims and is signed with another secret.
fn signed_with(app: &App, session: &Caller, header: &str, secret: &str) -> Caller {
    app.with_token(sign(header, &token_part(session.token(), 1), secret))
}

/// Fails the test unless all routes that require a token accept this one. A refresh is the last request.
async fn assert_accepted(session: &Caller) {
    for (name, request) in TOKEN_ROUTES {
        let response = request(session).await;
        assert_eq!(response.status, 200, "{name}: {}", response.text());
    }
}

#[tokio::test]
async fn token_contains_session_user_times_and_nothing_else() {
    let app = App::shared();
    let ada = app.admin("ada").await;
    let session = ada.sign_in().await;
    assert_eq!(token_part(session.token(), 0), HEADER);
    let claims = session.claims();
    let names: Vec<_> = claims.as_object().expect("claims").keys().collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let origin = app.server().origin();
    let (_, port) = origin.rsplit_once(':').expect("a port");
    assert_eq!(claims["iss"], format!("http://localhost:{port}"));
    assert_eq!(claims["aud"], "https://app.example.com");
    assert_eq!(claims["sub"], ada.id);
    assert_eq!(claims["gen"], 0);
    assert_eq!(claims["sid"].as_str().map(str::len), Some(22));
    assert_eq!(session.token_lifetime(), 24 * 60 * 60);
}

#[tokio::test]
async fn session_is_stored_under_a_hash_of_its_id() {
    let app = App::shared();
    let ada = app.user("ada").await;
    let response = ada.login().await;
    let recorded = response.recorded().await;
    let claims = response.session().claims();
    let sid = claims["sid"].as_str().expect("a sid");
    let sql = "SELECT * FROM sessions WHERE user_id = ?1";
    let rows = app.sql(sql, [ada.id.clone()]).await;
    assert!(!json!(rows).to_string().contains(sid));
    let calls = recorded.calls.iter();
    let keys: String = calls.map(|call| call.key.as_str()).collect();
    assert!(!keys.contains(sid), "{keys}");
}

#[tokio::test]
async fn token_lifetime_is_configurable() {
    let app = App::with(Vars::new().set(var::TOKEN_LIFETIME, "60"));
    let session = app.user("ada").await.sign_in().await;
    assert_eq!(session.token_lifetime(), 60);
    // Within the leeway for clocks that differ.
    app.shift_clock(60 + 20).await;
    session.validate().await.assert_status(200);
    app.shift_clock(60 + 31).await;
    assert_refused(&[&session]).await;
}

#[tokio::test]
async fn response_with_a_token_has_its_expiry_in_a_header() {
    let arn = format!(
        "arn:aws:sts::{}:assumed-role/Coded/*=user",
        aws_simulator::ACCOUNT
    );
    let app = App::with(aws::keyed(&aws::SIMULATOR).set("AWS_LOGIN_ARNS", &arn));
    let password = app.user("ada").await.login().await;
    let session = password.session();
    let refreshed = session.refresh().await;
    let device = app
        .sign_in_with_device(&add_directory_user(&app, "grace"))
        .await;
    let proof = proof(&role_session("Coded"));
    let aws = app.anonymous().aws_login_with(&proof).await;
    for response in [password, refreshed, device, aws] {
        let expiry = response.header("edge-auth-expires").expect("an expiry");
        let time = Timestamp::parse(expiry).expect("a time");
        let claims = response.session().claims();
        assert_eq!(claims["exp"], time.seconds(), "{expiry}");
    }
    let me = session.me().await;
    assert_eq!(me.header("edge-auth-expires"), None);
}

#[tokio::test]
async fn issuer_and_audience_are_configurable() {
    let (issuer, audience) = ("https://issuer.example.com", "aud\\with\"signs");
    let vars = Vars::new()
        .set("JWT_ISSUER", issuer)
        .set("JWT_AUDIENCE", audience);
    let app = App::with(vars);
    let session = app.user("ada").await.sign_in().await;
    let claims = session.claims();
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["aud"], audience);
    session.validate().await.assert_status(200);
    let elsewhere = session.in_view(&App::shared());
    elsewhere.validate().await.assert_status(401);
}

/// The previous secret of [`rotating`].
const PREVIOUS: &str = "the previous secret, long enough for HS256 too";

/// A secret that no server has.
const UNKNOWN: &str = "the secret of no server, long enough for HS256";

fn rotating() -> Vars {
    Vars::new().set("JWT_SECRET_PREVIOUS", PREVIOUS)
}

#[tokio::test]
async fn tokens_name_their_key_while_two_secrets_are_configured() {
    let app = App::with(rotating());
    let session = app.user("ada").await.sign_in().await;
    let header = token_part(session.token(), 0);
    let parsed: Value = serde_json::from_str(&header).expect("a header");
    let kid = parsed["kid"].as_str().expect("a key id");
    let expected = format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}"#);
    assert_eq!(header, expected);
    assert_eq!(kid.len(), 8);
    assert_accepted(&session).await;
}

#[tokio::test]
async fn token_of_the_previous_secret_is_valid_and_refreshed_with_the_new_one() {
    let app = App::with(rotating());
    let session = app.user("ada").await.sign_in().await;
    let old = signed_with(&app, &session, HEADER, PREVIOUS);
    old.validate().await.assert_status(200);
    old.me().await.assert_status(200);
    let next = old.refresh().await.session();
    let headers = [&next, &session].map(|session| token_part(session.token(), 0));
    assert_eq!(headers[0], headers[1]);
    next.validate().await.assert_status(200);
}

#[tokio::test]
async fn logout_with_a_token_of_the_previous_secret_revokes_the_session() {
    let app = App::with(rotating());
    let session = app.user("ada").await.sign_in().await;
    let old = signed_with(&app, &session, HEADER, PREVIOUS);
    old.logout().await.assert_status(200);
    session.refresh().await.assert_status(401);
}

#[tokio::test]
async fn token_that_names_another_key_is_refused() {
    let app = App::with(rotating());
    let session = app.user("ada").await.sign_in().await;
    let current = token_part(session.token(), 0);
    for (header, secret) in [
        (current.as_str(), PREVIOUS),
        (&current, UNKNOWN),
        (HEADER, UNKNOWN),
        (r#"{"alg":"HS256","kid":"previous","typ":"JWT"}"#, PREVIOUS),
    ] {
        let forged = signed_with(&app, &session, header, secret);
        assert_eq!(forged.statuses().await, [401; 3], "{header}");
    }
    session.validate().await.assert_status(200);
}

#[tokio::test]
async fn token_of_a_removed_secret_is_refused() {
    let app = App::shared();
    let session = app.user("ada").await.sign_in().await;
    let old = signed_with(&app, &session, HEADER, PREVIOUS);
    assert_refused(&[&old]).await;
    // A token that names the current key, because it was issued during the rotation, is still valid.
    let rotating = App::with(rotating());
    let named = rotating.user("ada").await.sign_in().await;
    let header = token_part(named.token(), 0);
    let secret = app.vars().expect("JWT_SECRET");
    let named = signed_with(&app, &session, &header, secret);
    named.validate().await.assert_status(200);
}

#[tokio::test]
#[ignore = "slow"]
async fn tokens_of_both_secrets_are_valid_during_a_rotation() {
    let (old, new) = (
        "the old secret of the tests, long enough",
        "the new secret of the tests, long enough",
    );
    // Simulates one deployment at three times, so all servers have one issuer.
    let vars = || Vars::new().set("JWT_ISSUER", "https://auth.example.com");
    let before = App::with(vars().set("JWT_SECRET", old));
    let rotation = vars().set("JWT_SECRET", new);
    let during = App::with(rotation.set("JWT_SECRET_PREVIOUS", old));
    let after = App::with(vars().set("JWT_SECRET", new));
    let of_old = before.user("ada").await.sign_in().await;
    let of_both = during.user("ada").await.sign_in().await;
    // Each server has its own stores, so the cached sessions are copied.
    for (session, to) in [(&of_old, &during), (&of_old, &after), (&of_both, &after)] {
        let value = session.raw_cached_session().await.expect("an entry");
        let copy = session.in_view(to);
        copy.write_raw_cached_session(&value).await;
    }
    for (session, server, status) in [
        (&of_old, &during, 200),
        (&of_both, &during, 200),
        (&of_both, &after, 200),
        (&of_old, &after, 401),
        (&of_both, &before, 401),
    ] {
        let response = session.in_view(server).validate().await;
        response.assert_status(status);
    }
    of_both.logout().await.assert_status(200);
    assert_refused(&[&of_both]).await;
}
