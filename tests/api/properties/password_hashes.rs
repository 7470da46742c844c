//! Password hashes: the Worker and the `argon2` crate read each other's, and a sign-in replaces outdated ones.

use crate::support::{App, CREATED_AT, PASSWORD, PEPPER, User, Vars, hash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64, Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The keyed hash with this pepper.
fn digest(pepper: [u8; 32], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&pepper).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// The key id of a pepper.
fn key_id(pepper: [u8; 32]) -> String {
    Base64Unpadded::encode_string(&digest(pepper, b"\xffedge-auth pepper")[..8])
}

/// The input of Argon2id for this user.
fn peppered(pepper: [u8; 32], user: &str, password: &str) -> String {
    Base64Unpadded::encode_string(&digest(pepper, format!("{user}{password}").as_bytes()))
}

/// A hash of [`PASSWORD`] of this user with other parameters. Without a pepper, it is in the form that another
/// implementation would write.
fn phc(user: &str, memory: u32, passes: u32, pepper: Option<[u8; 32]>) -> String {
    let (input, key_id) = match pepper {
        None => (PASSWORD.to_owned(), String::new()),
        Some(pepper) => (
            peppered(pepper, user, PASSWORD),
            format!(",keyid={}", key_id(pepper)),
        ),
    };
    let salt = b"another salt, 16";
    let output = by_crate(
        input.as_bytes(),
        salt,
        Version::V0x13,
        (memory, passes, 1),
        32,
    );
    let salt = Base64Unpadded::encode_string(salt);
    format!("$argon2id$v=19$m={memory},t={passes},p=1{key_id}${salt}${output}")
}

/// Fails the test unless the first successful sign-in replaces the hash and changes nothing else in the row.
async fn assert_rehashes(app: &App, (memory, passes, pepper): (u32, u32, [u8; 32])) {
    let outdated = |id: &str| phc(id, memory, passes, Some(pepper));
    let ada = app.new_user("ada").stored_password(PASSWORD, outdated);
    let ada = ada.create().await;
    let old = outdated(&ada.id);
    ada.guess().await.assert_status(401);
    assert_eq!(ada.password_hash().await, old);
    app.skip_back_off().await;
    ada.login().await.assert_status(200);
    let row = ada.row("password_hash, updated_at").await;
    assert_eq!(row["updated_at"], CREATED_AT, "{old}");
    let hash = row["password_hash"].as_str().unwrap();
    let current = phc(&ada.id, 19_456, 2, Some(PEPPER));
    let parameters = current.rsplitn(3, '$').last().unwrap();
    assert!(
        hash.starts_with(parameters) && hash != current,
        "{old} became {hash}"
    );
    ada.login().await.assert_status(200);
    assert_eq!(ada.password_hash().await, hash);
}

#[tokio::test]
async fn outdated_hash_is_replaced_at_sign_in() {
    let app = App::shared();
    for old in [(8_192, 2, PEPPER), (19_456, 1, PEPPER)] {
        assert_rehashes(&app, old).await;
    }
}

#[tokio::test]
async fn current_hash_is_kept_at_sign_in() {
    let app = App::shared();
    let current: fn(&str) -> String = |id| hash(id, PASSWORD);
    for good in [current, |id| phc(id, 32_768, 3, Some(PEPPER))] {
        let ada = app.new_user("ada").stored_password(PASSWORD, good);
        let ada = ada.create().await;
        ada.login().await.assert_status(200);
        assert_eq!(ada.password_hash().await, good(&ada.id));
    }
}

#[tokio::test]
async fn hash_with_the_previous_pepper_is_replaced_and_with_an_unknown_one_refused() {
    let previous = *b"the pepper before, 32 bytes long";
    let app = App::with(Vars::new().set(
        "PASSWORD_PEPPER_PREVIOUS",
        &Base64::encode_string(&previous),
    ));
    assert_rehashes(&app, (19_456, 2, previous)).await;
    let unknown = |id: &str| phc(id, 19_456, 2, Some([8; 32]));
    let ada = app.new_user("ada").stored_password(PASSWORD, unknown);
    ada.create().await.login().await.assert_status(401);
}

/// An attacker who can write to D1 could store the hash of a known password.
#[tokio::test]
async fn hash_copied_from_another_user_or_made_without_the_pepper_does_not_sign_in() {
    let app = App::shared();
    let eve = app.user("eve").await;
    eve.login().await.assert_status(200);
    let copied = eve.password_hash().await;
    let copied = copied.as_str().unwrap();
    let ada = app.user("ada").await;
    let without_pepper = phc(&ada.id, 19_456, 2, None);
    let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1";
    for hash in [copied, without_pepper.as_str()] {
        app.sql(sql, [ada.id.as_str(), hash]).await;
        ada.login().await.assert_status(401);
        assert_eq!(ada.password_hash().await, hash);
        app.skip_back_off().await;
    }
    let hash = hash(&ada.id, PASSWORD);
    app.sql(sql, [ada.id.as_str(), &hash]).await;
    ada.login().await.assert_status(200);
}

/// A hash in base64.
fn by_crate(
    input: &[u8],
    salt: &[u8],
    version: Version,
    cost: (u32, u32, u32),
    output: usize,
) -> String {
    let (memory, passes, lanes) = cost;
    let parameters = Params::new(memory, passes, lanes, Some(output)).unwrap();
    let mut bytes = vec![0; output];
    Argon2::new(Algorithm::Argon2id, version, parameters)
        .hash_password_into(input, salt, &mut bytes)
        .unwrap();
    Base64Unpadded::encode_string(&bytes)
}

/// Fails the test unless a sign-in in workerd has replaced the hash, and the crate computes the same hash from its
/// salt.
async fn assert_written_as_by_crate(user: &User) {
    let hash = user.password_hash().await;
    let written = hash.as_str().expect("a hash");
    let (rest, output) = written.rsplit_once('$').unwrap();
    let (parameters, salt) = rest.rsplit_once('$').unwrap();
    assert!(
        parameters.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="),
        "{written}"
    );
    let salt = Base64Unpadded::decode_vec(salt).unwrap();
    let expected = by_crate(
        peppered(PEPPER, &user.id, PASSWORD).as_bytes(),
        &salt,
        Version::V0x13,
        (19_456, 2, 1),
        32,
    );
    assert_eq!(output, expected, "{written}");
}

#[tokio::test]
async fn worker_and_argon2_crate_read_each_others_hashes() {
    let app = App::shared();
    let salts: [&[u8]; 2] = [b"eight by", &[7; 64]];
    for (number, (version, cost, output)) in [
        (Version::V0x13, (8, 1, 1), 32),
        (Version::V0x13, (11, 4, 1), 16),
        (Version::V0x13, (512, 3, 1), 64),
        (Version::V0x13, (515, 2, 1), 33),
        (Version::V0x13, (4_096, 4, 1), 31),
        (Version::V0x13, (19_456, 1, 1), 32),
        (Version::V0x13, (65_536, 1, 1), 32),
        // With more memory than the isolate keeps, several lanes, and the version before RFC 9106.
        (Version::V0x13, (64, 3, 4), 32),
        (Version::V0x10, (1_024, 2, 1), 32),
        (Version::V0x13, (8, 10, 1), 32),
    ]
    .into_iter()
    .enumerate()
    {
        let salt = salts[number % 2];
        let (memory, passes, lanes) = cost;
        let hash = |id: &str| {
            let input = peppered(PEPPER, id, PASSWORD);
            format!(
                "$argon2id$v={}$m={memory},t={passes},p={lanes},keyid={}${}${}",
                u32::from(version),
                key_id(PEPPER),
                Base64Unpadded::encode_string(salt),
                by_crate(input.as_bytes(), salt, version, cost, output),
            )
        };
        let ada = app.new_user("ada").stored_password(PASSWORD, hash);
        let ada = ada.create().await;
        let old = hash(&ada.id);
        let response = ada.login().await;
        assert_eq!(response.status, 200, "{old}");
        assert_ne!(ada.password_hash().await, old);
        assert_written_as_by_crate(&ada).await;
    }
}
