//! What a session is to its owner: where its tokens count, and that nothing of it counts once it has ended. Also the
//! words that the tests of sessions share.

use crate::support::people::Person;
use crate::support::{App, Fault, Reply};
use base64ct::{Base64UrlUnpadded, Encoding};
use edge_auth::crypto::cache_mac::CacheKeys;
use edge_auth::crypto::fingerprint::fingerprint;
use edge_auth::crypto::secret::Secret;
use edge_auth::domain::token::SessionId;
use serde_json::Value;

pub async fn validate(app: &App, token: &str) -> Reply {
    app.get("/api/auth/validate").bearer(token).send().await
}

pub async fn me(app: &App, token: &str) -> Reply {
    app.get("/api/auth/me").bearer(token).send().await
}

pub async fn refresh(app: &App, token: &str) -> Reply {
    app.post("/api/auth/refresh").bearer(token).send().await
}

pub async fn logout(app: &App, token: &str) -> Reply {
    app.post("/api/auth/logout").bearer(token).send().await
}

/// Refreshes, waits for what that deferred, and gives the new token.
pub async fn refreshed(app: &App, token: &str) -> String {
    let reply = refresh(app, token).await;
    reply.assert_status(200).seen().await;
    reply.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

/// Signs in, and waits until the copy is in KV.
pub async fn signed_in(app: &App, person: &Person) -> String {
    let reply = app.login(person).await;
    reply.assert_status(200).seen().await;
    reply.json()["token"].as_str().expect("a token").to_owned()
}

/// What a token says.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    let json = Base64UrlUnpadded::decode_vec(payload).expect("base64url");
    serde_json::from_slice(&json).expect("claims")
}

/// The key of a token's session in D1.
pub fn record_id(token: &str) -> String {
    let claims = claims(token);
    let sid = SessionId::parse(claims["sid"].as_str().expect("a sid")).expect("a sid");
    sid.record_id()
}

/// The key of a token's copy in KV.
pub fn copy_key(token: &str) -> String {
    format!("session:{}:{}", record_id(token), claims(token)["gen"])
}

/// The keys with which this server writes cached sessions.
fn cache_keys(app: &App) -> CacheKeys {
    let key = app.server().vars.get("HANDLE_KEY").expect("a key");
    CacheKeys::new(&Secret::new(key), None)
}

/// A token's cached session in KV, if its MAC is valid for this server.
pub async fn cached(app: &App, token: &str) -> Option<Value> {
    let (key, keys) = (copy_key(token), cache_keys(app));
    let value = app.kv_get(&key).await?;
    let text = keys.verify(&key, &value)?;
    Some(serde_json::from_str(text).expect("JSON"))
}

/// A text with this server's MAC, for the key of a token's cached session.
pub fn protect(app: &App, token: &str, text: &str) -> String {
    cache_keys(app).protect(&copy_key(token), text)
}

/// Writes a token's cached session as this server does.
pub async fn cache(app: &App, token: &str, entry: &Value) {
    let value = protect(app, token, &entry.to_string());
    app.kv_put(&copy_key(token), &value).await;
}

/// What the cached session of a revoked session is overwritten with.
pub fn revoked() -> Value {
    serde_json::json!({ "revoked": true })
}

/// One column of a token's session in D1.
pub async fn column(app: &App, token: &str, name: &str) -> Value {
    let sql = format!("SELECT {name} AS value FROM sessions WHERE id = ?1");
    let rows = app.sql(&sql, [record_id(token)]).await;
    rows[0]["value"].clone()
}

/// A one-time link of this person, as the command line makes it; gives its secret.
pub async fn password_link(app: &App, person: &Person, expires_at: &str) -> String {
    let secret = format!("the secret of the link of {}", person.username);
    let sql =
        "INSERT INTO password_links (id, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
    let parameters = [
        fingerprint(&secret),
        person.id.clone(),
        "2026-01-01T00:00:00Z".to_owned(),
        expires_at.to_owned(),
    ];
    app.sql(sql, parameters).await;
    secret
}

pub async fn set_password(app: &App, link: &str, password: &str) -> Reply {
    app.post("/api/auth/set-password")
        .json(&serde_json::json!({ "token": link, "password": password }))
        .send_until_admitted()
        .await
}

/// Fails the test if any route still takes one of these tokens.
pub async fn assert_dead(app: &App, tokens: &[&str]) {
    for (number, token) in tokens.iter().enumerate() {
        for (route, reply) in [
            ("validate", validate(app, token).await),
            ("me", me(app, token).await),
            ("refresh", refresh(app, token).await),
        ] {
            assert_eq!(
                reply.status,
                401,
                "{route} of token {number}: {}",
                reply.text()
            );
        }
    }
}

#[tokio::test]
async fn after_a_sign_out_the_token_is_dead_everywhere() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    for reply in [validate(&app, &token).await, me(&app, &token).await] {
        reply.assert_status(200);
    }
    logout(&app, &token).await.assert_status(200);
    assert_dead(&app, &[&token]).await;
    assert!(!column(&app, &token, "revoked_at").await.is_null());
}

#[tokio::test]
async fn a_superseded_token_signs_its_session_out_and_with_it_the_current_token() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    let second = refreshed(&app, &first).await;
    app.shift_clock(60).await;
    logout(&app, &first).await.assert_status(200);
    assert_dead(&app, &[&second, &first]).await;
}

#[tokio::test]
async fn an_expired_token_signs_its_session_out() {
    let app = App::shared();
    let first = signed_in(&app, &app.password_user("ada").await).await;
    app.shift_clock(80_000).await;
    let second = refreshed(&app, &first).await;
    app.shift_clock(100_000).await;
    logout(&app, &first).await.assert_status(200);
    assert_dead(&app, &[&second]).await;
}

#[tokio::test]
async fn sessions_of_one_person_end_one_by_one() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let (desk, phone) = (signed_in(&app, &ada).await, signed_in(&app, &ada).await);
    logout(&app, &desk).await.assert_status(200);
    assert_dead(&app, &[&desk]).await;
    validate(&app, &phone).await.assert_status(200);
    refresh(&app, &phone).await.assert_status(200);
}

#[tokio::test]
async fn signing_out_twice_is_no_error() {
    let app = App::shared();
    let token = signed_in(&app, &app.password_user("ada").await).await;
    logout(&app, &token).await.assert_status(200);
    let first_end = column(&app, &token, "revoked_at").await;
    app.shift_clock(5).await;
    logout(&app, &token).await.assert_status(200);
    assert_eq!(column(&app, &token, "revoked_at").await, first_end);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let first = signed_in(&app, &ada).await;
    let (second, other) = (refreshed(&app, &first).await, signed_in(&app, &ada).await);
    let link = password_link(&app, &ada, "2999-01-01T00:00:00Z").await;
    set_password(&app, &link, "a wholly different passphrase")
        .await
        .assert_status(200);
    assert_dead(&app, &[&second, &first, &other]).await;
}

#[tokio::test]
async fn a_session_keeps_where_it_began_and_no_secret() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    let agent = "é".repeat(300);
    let reply = app
        .post("/api/auth/login")
        .header("user-agent", &agent)
        .json(&ada.login())
        .send()
        .await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(column(&app, &token, "address").await, app.address());
    let device = column(&app, &token, "device").await;
    // 256 bytes.
    assert_eq!(device.as_str().unwrap().chars().count(), 128);
}

#[tokio::test]
async fn a_token_is_as_old_as_its_session_however_long_the_sign_in_took() {
    let app = App::shared();
    let ada = app.password_user("ada").await;
    app.fault(Fault::d1().matching("from users").times(1).delays(2_100))
        .await;
    let token = signed_in(&app, &ada).await;
    let said = claims(&token);
    let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
    assert_eq!(life, 86_400);
}
