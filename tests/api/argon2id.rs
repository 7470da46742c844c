//! The Worker's Argon2id, which computes with WebAssembly's vectors, beside the `argon2` crate on this machine: each reads
//! what the other wrote, whatever the hash cost.

use crate::support::people::{PASSWORD, Person};
use crate::support::{App, PEPPER};
use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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

async fn stored(app: &App, person: &Person) -> String {
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    let row = app.sql(sql, [person.id.clone()]).await.remove(0);
    row["password_hash"].as_str().unwrap().to_owned()
}

/// The key id of the pepper.
fn key_id() -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&PEPPER).unwrap();
    mac.update(b"\xffedge-auth pepper");
    Base64Unpadded::encode_string(&mac.finalize().into_bytes()[..8])
}

/// The input of Argon2id for this user.
fn peppered(user: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&PEPPER).unwrap();
    mac.update(user.as_bytes());
    mac.update(PASSWORD.as_bytes());
    Base64Unpadded::encode_string(&mac.finalize().into_bytes())
}

/// The sign-in writes the hash anew in workerd; the crate makes the same of its salt.
async fn assert_written_as_by_crate(app: &App, person: &Person) {
    let written = stored(app, person).await;
    let (rest, output) = written.rsplit_once('$').unwrap();
    let (parameters, salt) = rest.rsplit_once('$').unwrap();
    assert!(
        parameters.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="),
        "{written}"
    );
    let salt = Base64Unpadded::decode_vec(salt).unwrap();
    let expected = by_crate(
        peppered(&person.id).as_bytes(),
        &salt,
        Version::V0x13,
        (19_456, 2, 1),
        32,
    );
    assert_eq!(output, expected, "{written}");
}

#[tokio::test]
async fn what_the_crate_writes_the_worker_reads_and_the_other_way_round() {
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
        // After more memory than is kept; several lanes, and the version before RFC 9106.
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
            format!(
                "$argon2id$v={}$m={memory},t={passes},p={lanes},keyid={}${}${}",
                u32::from(version),
                key_id(),
                Base64Unpadded::encode_string(salt),
                by_crate(peppered(id).as_bytes(), salt, version, cost, output),
            )
        };
        let ada = app
            .person("ada")
            .stored_password(PASSWORD, hash)
            .create()
            .await;
        let old = hash(&ada.id);
        let reply = app.login(&ada).await;
        assert_eq!(reply.status, 200, "{old}");
        assert_ne!(stored(&app, &ada).await, old);
        assert_written_as_by_crate(&app, &ada).await;
    }
}
