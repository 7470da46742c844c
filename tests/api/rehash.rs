//! Password hashes that a sign-in finds outdated: it has the password at hand, so it writes them anew.

use crate::support::people::{CREATED_AT, PASSWORD, Person, hash};
use crate::support::{App, PEPPER, Vars};
use base64ct::{Base64, Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

async fn row(app: &App, person: &Person) -> Value {
    let sql = "SELECT password_hash, updated_at FROM users WHERE id = ?1";
    app.sql(sql, [person.id.clone()]).await.remove(0)
}

async fn assert_refused(app: &App, person: &Person) {
    let body = json!({ "username": person.username, "password": "wrong" });
    let reply = app.post("/api/auth/login").json(&body).send().await;
    reply.assert_status(401);
}

/// A hash of this user's password with other parameters; without a pepper, as another implementation would write it.
fn phc(user: &str, password: &str, memory: u32, passes: u32, pepper: Option<[u8; 32]>) -> String {
    let digest = |pepper: [u8; 32], text: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&pepper).unwrap();
        mac.update(text);
        Base64Unpadded::encode_string(&mac.finalize().into_bytes())
    };
    let (input, key_id) = match pepper {
        None => (password.to_owned(), String::new()),
        Some(pepper) => (
            digest(pepper, format!("{user}{password}").as_bytes()),
            format!(",keyid={}", fingerprint(pepper)),
        ),
    };
    let parameters = argon2::Params::new(memory, passes, 1, Some(32)).unwrap();
    let argon = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        parameters,
    );
    let (salt, mut output) = (b"another salt, 16", [0; 32]);
    argon
        .hash_password_into(input.as_bytes(), salt, &mut output)
        .unwrap();
    format!(
        "$argon2id$v=19$m={memory},t={passes},p=1{key_id}${}${}",
        Base64Unpadded::encode_string(salt),
        Base64Unpadded::encode_string(&output)
    )
}

/// The key id of a pepper.
fn fingerprint(pepper: [u8; 32]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&pepper).unwrap();
    mac.update(b"\xffedge-auth pepper");
    Base64Unpadded::encode_string(&mac.finalize().into_bytes()[..8])
}

/// Signs in twice, and wrongly before: the first success writes the hash anew, nothing else writes anything.
async fn assert_rehashes(app: &App, (memory, passes, pepper): (u32, u32, [u8; 32])) {
    let outdated = |id: &str| phc(id, PASSWORD, memory, passes, Some(pepper));
    let ada = app
        .person("ada")
        .stored_password(PASSWORD, outdated)
        .create()
        .await;
    let old = outdated(&ada.id);
    assert_refused(app, &ada).await;
    assert_eq!(row(app, &ada).await["password_hash"], old);
    app.calm_down().await;
    app.login(&ada).await.assert_status(200);
    let renewed = row(app, &ada).await;
    assert_eq!(renewed["updated_at"], CREATED_AT, "{old}");
    let hash = renewed["password_hash"].as_str().unwrap();
    let current = phc(&ada.id, PASSWORD, 19_456, 2, Some(PEPPER));
    let parameters = current.rsplitn(3, '$').last().unwrap();
    assert!(
        hash.starts_with(parameters) && hash != current,
        "{old} became {hash}"
    );
    app.login(&ada).await.assert_status(200);
    assert_eq!(row(app, &ada).await["password_hash"], hash);
}

#[tokio::test]
async fn an_outdated_hash_is_renewed_at_sign_in() {
    let app = App::shared();
    for old in [(8_192, 2, PEPPER), (19_456, 1, PEPPER)] {
        assert_rehashes(&app, old).await;
    }
}

#[tokio::test]
async fn a_hash_that_is_good_stays() {
    let app = App::shared();
    let current: fn(&str) -> String = |id| hash(id, PASSWORD);
    for good in [current, |id| phc(id, PASSWORD, 32_768, 3, Some(PEPPER))] {
        let ada = app
            .person("ada")
            .stored_password(PASSWORD, good)
            .create()
            .await;
        app.login(&ada).await.assert_status(200);
        assert_eq!(row(&app, &ada).await["password_hash"], good(&ada.id));
    }
}

#[tokio::test]
async fn a_hash_under_the_previous_pepper_is_renewed_and_one_under_an_unknown_pepper_is_wrong() {
    let previous = *b"the pepper before, 32 bytes long";
    let app = App::with(Vars::new().set(
        "PASSWORD_PEPPER_PREVIOUS",
        &Base64::encode_string(&previous),
    ));
    assert_rehashes(&app, (19_456, 2, previous)).await;
    let ada = app
        .person("ada")
        .stored_password(PASSWORD, |id| phc(id, PASSWORD, 19_456, 2, Some([8; 32])))
        .create()
        .await;
    app.login(&ada).await.assert_status(401);
}

/// What an attacker who can write to D1 would do: store a hash of a password that they know.
#[tokio::test]
async fn hash_copied_from_another_user_or_made_without_the_pepper_does_not_sign_in() {
    let app = App::shared();
    let eve = app.password_user("eve").await;
    app.login(&eve).await.assert_status(200);
    let copied = row(&app, &eve).await["password_hash"].clone();
    let copied = copied.as_str().unwrap();
    let ada = app.password_user("ada").await;
    let without_pepper = phc(&ada.id, PASSWORD, 19_456, 2, None);
    for hash in [copied, without_pepper.as_str()] {
        let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1";
        app.sql(sql, [ada.id.clone(), hash.to_owned()]).await;
        app.login(&ada).await.assert_status(401);
        assert_eq!(row(&app, &ada).await["password_hash"], hash);
        app.calm_down().await;
    }
    let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1";
    app.sql(sql, [ada.id.clone(), hash(&ada.id, PASSWORD)])
        .await;
    app.login(&ada).await.assert_status(200);
}
