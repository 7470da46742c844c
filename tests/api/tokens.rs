//! Access tokens at the door: what they say, what opens it, what does not, and how the signing secret changes.

use crate::support::{App, Fault, Reply, Vars};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use jwt_attacks::{HEADER, attacks, controls};
use serde_json::{Value, json};
use sha2::Sha256;

#[path = "../vectors/jwt_attacks/mod.rs"]
mod jwt_attacks;

/// The routes that a token opens.
const DOORS: [(&str, &str); 3] = [
    ("GET", "/api/auth/validate"),
    ("GET", "/api/auth/me"),
    ("POST", "/api/auth/refresh"),
];

fn secret(app: &App) -> String {
    app.server()
        .vars
        .get("JWT_SECRET")
        .expect("a secret")
        .to_owned()
}

fn part(token: &str, index: usize) -> String {
    let part = token.split('.').nth(index).expect("three parts");
    String::from_utf8(Base64UrlUnpadded::decode_vec(part).expect("base64url")).expect("text")
}

/// The claims of this token under another header and secret.
fn signed_anew(token: &str, header: &str, secret: &str) -> String {
    let claims = token.split('.').nth(1).expect("three parts");
    let signed = format!(
        "{}.{claims}",
        Base64UrlUnpadded::encode_string(header.as_bytes())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes())
    )
}

async fn send(app: &App, (method, path): (&str, &str), token: &str) -> Reply {
    app.request(method, path).bearer(token).send().await
}

#[tokio::test]
async fn a_token_says_whose_session_it_is_until_when_and_nothing_else() {
    let app = App::shared();
    let ada = app.admin("ada").await;
    let token = app.sign_in(&ada).await;
    assert_eq!(part(&token, 0), HEADER);
    let claims: Value = serde_json::from_str(&part(&token, 1)).unwrap();
    let names: Vec<_> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let port = app
        .server()
        .door()
        .origin
        .rsplit_once(':')
        .unwrap()
        .1
        .to_owned();
    assert_eq!(claims["iss"], format!("http://localhost:{port}"));
    assert_eq!(claims["aud"], "https://app.example.com");
    assert_eq!(claims["sub"], ada.id);
    assert_eq!(claims["gen"], 0);
    assert_eq!(claims["sid"].as_str().map(str::len), Some(22));
    let (iat, exp) = (
        claims["iat"].as_i64().unwrap(),
        claims["exp"].as_i64().unwrap(),
    );
    assert_eq!(exp - iat, 24 * 60 * 60);
}

#[tokio::test]
async fn the_session_is_kept_under_a_hash_only() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let reply = app.login(&ada).await;
    let seen = reply.seen().await;
    let claims: Value =
        serde_json::from_str(&part(reply.json()["token"].as_str().unwrap(), 1)).unwrap();
    let sid = claims["sid"].as_str().unwrap();
    let rows = app
        .sql("SELECT * FROM sessions WHERE user_id = ?1", [ada.id])
        .await;
    assert!(!json!(rows).to_string().contains(sid));
    let keys: Vec<_> = seen.calls.iter().map(|call| call.key.as_str()).collect();
    assert!(!keys.concat().contains(sid), "{keys:?}");
}

#[tokio::test]
async fn a_refreshed_token_comes_with_its_person() {
    let app = App::shared();
    let john = app.person("john").named("John Doe").create().await;
    let token = app.sign_in(&john).await;
    let reply = send(&app, DOORS[2], &token).await;
    insta::assert_snapshot!(reply.snapshot_body(), @r#"
    200
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "user": {
        "username": "[john]",
        "email": "[john]@example.com",
        "full_name": "John Doe"
      }
    }
    "#);
}

#[tokio::test]
async fn a_token_lives_as_long_as_is_configured() {
    let app = App::with(Vars::new().set("TOKEN_LIFETIME", "600"));
    let token = app.sign_in(&app.password_user("ada").await).await;
    let claims: Value = serde_json::from_str(&part(&token, 1)).unwrap();
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        600
    );
    for (shift, status) in [(590, 200), (631, 401)] {
        app.shift_clock(shift).await;
        send(&app, DOORS[0], &token).await.assert_status(status);
    }
}

#[tokio::test]
async fn strange_but_right_tokens_open_every_door() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for (name, control) in controls(&secret(&app), &token) {
        for door in DOORS {
            assert_eq!(
                send(&app, door, &control).await.status,
                200,
                "{name} at {}",
                door.1
            );
        }
    }
}

#[tokio::test]
async fn every_attack_is_the_same_401_and_asks_no_store() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let token = app.sign_in(&ada).await;
    let attacks = attacks(&secret(&app), &token);
    assert!(attacks.len() > 300, "{}", attacks.len());
    let stores = [
        app.fault(Fault::d1().fails()).await,
        app.fault(Fault::kv().fails()).await,
    ];
    for door in DOORS {
        let garbage = send(&app, door, "garbage").await;
        garbage.assert_status(401);
        for (name, attack) in &attacks {
            let reply = send(&app, door, attack).await;
            assert_eq!(reply.snapshot(), garbage.snapshot(), "{name} at {}", door.1);
            assert_eq!(reply.body, garbage.body, "{name} at {}", door.1);
        }
    }
    for store in stores {
        assert_eq!(store.hits().await, 0);
        store.mend().await;
    }
    for door in DOORS {
        send(&app, door, &token).await.assert_status(200);
    }
}

#[tokio::test]
async fn no_attack_ends_a_session() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    let store = app.fault(Fault::d1().fails()).await;
    for (name, attack) in attacks(&secret(&app), &token) {
        let reply = send(&app, ("POST", "/api/auth/logout"), &attack).await;
        assert_eq!(reply.status, 200, "{name}");
        assert_eq!(
            reply.json(),
            json!({ "success": true, "message": "Logged out" }),
            "{name}"
        );
    }
    assert_eq!(store.hits().await, 0);
    store.mend().await;
    send(&app, DOORS[2], &token).await.assert_status(200);
}

#[tokio::test]
async fn a_token_of_no_session_is_not_good() {
    let app = App::shared();
    let (ada, bob) = (
        app.password_user("ada").await,
        app.password_user("bob").await,
    );
    let token = app.sign_in(&ada).await;
    let claims = part(&token, 1);
    let parsed: Value = serde_json::from_str(&claims).unwrap();
    let sid = parsed["sid"].as_str().unwrap();
    // What the record says; a copy is looked up by session and generation alone.
    app.fault(Fault::kv().fails()).await;
    for claims in [
        claims.replace(&ada.id, &bob.id),
        claims.replace(sid, "AAAAAAAAAAAAAAAAAAAAAA"),
        claims.replace(r#""gen":0"#, r#""gen":1"#),
        claims.replace(r#""gen":0"#, r#""gen":4294967295"#),
    ] {
        let unsigned = format!(".{}.", Base64UrlUnpadded::encode_string(claims.as_bytes()));
        let forged = signed_anew(&unsigned, HEADER, &secret(&app));
        for door in &DOORS[..2] {
            assert_eq!(send(&app, *door, &forged).await.status, 401, "{claims}");
        }
    }
    send(&app, DOORS[0], &token).await.assert_status(200);
}

/// The secret that was before, on a server that has been given another.
const OLD: &str = "the secret that was before, long enough too";

fn rotating() -> Vars {
    Vars::new().set("JWT_SECRET_PREVIOUS", OLD)
}

#[tokio::test]
async fn while_the_secret_changes_new_tokens_name_their_key() {
    let app = App::with(rotating());
    let token = app.sign_in(&app.password_user("ada").await).await;
    let header = part(&token, 0);
    let kid: Value = serde_json::from_str(&header).unwrap();
    let kid = kid["kid"].as_str().unwrap().to_owned();
    assert_eq!(
        header,
        format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}"#)
    );
    assert_eq!(kid.len(), 8);
    for door in DOORS {
        send(&app, door, &token).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_token_of_the_previous_secret_opens_and_is_refreshed_under_the_new_one() {
    let app = App::with(rotating());
    let token = app.sign_in(&app.password_user("ada").await).await;
    let old = signed_anew(&token, HEADER, OLD);
    for door in &DOORS[..2] {
        send(&app, *door, &old).await.assert_status(200);
    }
    let reply = send(&app, DOORS[2], &old).await;
    reply.assert_status(200);
    let next = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(part(&next, 0), part(&token, 0));
    send(&app, DOORS[0], &next).await.assert_status(200);
}

#[tokio::test]
async fn a_token_of_the_previous_secret_ends_its_session() {
    let app = App::with(rotating());
    let token = app.sign_in(&app.password_user("ada").await).await;
    let old = signed_anew(&token, HEADER, OLD);
    send(&app, ("POST", "/api/auth/logout"), &old)
        .await
        .assert_status(200);
    send(&app, DOORS[2], &token).await.assert_status(401);
}

#[tokio::test]
async fn a_key_is_not_taken_under_anothers_name() {
    let app = App::with(rotating());
    let token = app.sign_in(&app.password_user("ada").await).await;
    for (header, secret) in [
        (part(&token, 0), OLD.to_owned()),
        (
            part(&token, 0),
            "a secret of nobody here, long enough too".to_owned(),
        ),
        (
            HEADER.to_owned(),
            "a secret of nobody here, long enough too".to_owned(),
        ),
        (
            r#"{"alg":"HS256","kid":"previous","typ":"JWT"}"#.to_owned(),
            OLD.to_owned(),
        ),
    ] {
        for door in DOORS {
            let forged = signed_anew(&token, &header, &secret);
            assert_eq!(send(&app, door, &forged).await.status, 401, "{header}");
        }
    }
    send(&app, DOORS[0], &token).await.assert_status(200);
}

#[tokio::test]
async fn when_the_change_is_over_the_previous_secret_opens_nothing() {
    let app = App::shared();
    let token = app.sign_in(&app.password_user("ada").await).await;
    for door in DOORS {
        send(&app, door, &signed_anew(&token, HEADER, OLD))
            .await
            .assert_status(401);
    }
    // A token that was issued while there were two names the key that is now the only one.
    let named = App::with(rotating());
    let named = named.sign_in(&named.password_user("ada").await).await;
    let token = signed_anew(&token, &part(&named, 0), &secret(&app));
    send(&app, DOORS[0], &token).await.assert_status(200);
}
