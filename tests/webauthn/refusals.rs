//! What is refused, one difference at a time, for each algorithm.

use crate::authenticator::{
    ALGORITHMS, Algorithm, Authenticator, BACKED_UP, BACKUP_ELIGIBLE, HAS_CREDENTIAL, USER_PRESENT,
    USER_VERIFIED, attestation_object, authenticator_data, cbor, client_data,
    self_attestation_object, text,
};
use edge_auth::app::passkeys::{authenticate, register};
use edge_auth::domain::webauthn::cose::PublicKey;
use edge_auth::domain::webauthn::credential::CredentialJson;
use edge_auth::domain::webauthn::{Ceremony, Refusal, Registration, Stored};
use serde_json::{Value, json};

const ORIGIN: &str = "https://auth.example.com";
const RP_ID: &str = "example.com";
const CHALLENGE: [u8; 32] = [7; 32];
const USER: [u8; 16] = [5; 16];
const HAS_EXTENSIONS: u8 = 1 << 7;

fn ceremony() -> Ceremony<'static> {
    Ceremony {
        origin: ORIGIN,
        relying_party_id: RP_ID,
        challenge: &CHALLENGE,
    }
}

fn creation_options() -> Value {
    json!({"challenge": text(&CHALLENGE), "rp": {"id": RP_ID}, "user": {"id": text(&USER)}})
}

fn request_options() -> Value {
    json!({"challenge": text(&CHALLENGE), "rpId": RP_ID})
}

fn read(credential: &Value) -> CredentialJson {
    edge_auth::json::from_str(&credential.to_string()).expect("a credential")
}

async fn registered(credential: &Value) -> Result<Registration, Refusal> {
    register::verify(&read(credential).attestation()?, &ceremony()).await
}

async fn used(credential: &Value, stored: &Stored) -> Result<u32, Refusal> {
    let verified =
        authenticate::verify(&read(credential).assertion()?, stored, &ceremony()).await?;
    Ok(verified.sign_count)
}

async fn stored(passkey: &mut Authenticator) -> Stored {
    let credential = passkey.create(&creation_options(), ORIGIN);
    let registration = registered(&credential).await.unwrap();
    assert_eq!(registration.credential_id, passkey.id);
    assert_eq!(registration.cose, passkey.cose());
    Stored {
        public_key: registration.public_key,
        sign_count: registration.sign_count,
        is_backup_eligible: registration.is_backup_eligible,
        user_handle: USER,
    }
}

#[tokio::test]
async fn passkey_of_each_algorithm_is_registered_and_used() {
    for algorithm in ALGORITHMS {
        let mut passkey = Authenticator::new(algorithm);
        let stored = stored(&mut passkey).await;
        let response = passkey.get(&request_options(), ORIGIN);
        assert_eq!(used(&response, &stored).await, Ok(0), "{algorithm:?}");
        let other = Authenticator::new(Algorithm::Es256);
        let data = other.authenticator_data(RP_ID, false);
        let page = client_data("webauthn.get", &json!(text(&CHALLENGE)), ORIGIN);
        let foreign = passkey.assertion(&page, &data, &other.sign(&data, &page));
        assert_eq!(used(&foreign, &stored).await, Err(Refusal::Signature));
    }
}

#[tokio::test]
async fn self_attestation_is_accepted_with_a_valid_signature_of_the_same_algorithm() {
    for algorithm in ALGORITHMS {
        let passkey = Authenticator::new(algorithm);
        let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
        let data = passkey.authenticator_data(RP_ID, true);
        let signature = passkey.sign(&data, &page);
        let object = self_attestation_object(&data, passkey.algorithm(), &signature);
        assert!(
            registered(&passkey.attestation(&page, &object))
                .await
                .is_ok()
        );
        let other = self_attestation_object(&data, -35, &signature);
        let result = registered(&passkey.attestation(&page, &other)).await;
        assert_eq!(result, Err(Refusal::Attestation));
        let signature = passkey.sign(&data, b"{}");
        let other = self_attestation_object(&data, passkey.algorithm(), &signature);
        let result = registered(&passkey.attestation(&page, &other)).await;
        assert_eq!(result, Err(Refusal::Signature));
    }
}

#[tokio::test]
async fn client_data_for_another_ceremony_page_or_challenge_is_refused() {
    let passkey = Authenticator::new(Algorithm::Es256);
    let object = attestation_object(&passkey.authenticator_data(RP_ID, true));
    let good = json!({"type": "webauthn.create", "challenge": text(&CHALLENGE), "origin": ORIGIN});
    let result = |data: Value| {
        let credential = passkey.attestation(data.to_string().as_bytes(), &object);
        async move { registered(&credential).await.map(|_| ()) }
    };
    assert_eq!(result(good.clone()).await, Ok(()));
    for (name, value, refusal) in [
        ("type", json!("webauthn.get"), Refusal::Type),
        ("type", json!("payment.create"), Refusal::Type),
        ("challenge", json!(text(&[8; 32])), Refusal::Challenge),
        ("challenge", json!(text(&[7; 31])), Refusal::Challenge),
        ("challenge", json!(""), Refusal::Challenge),
        (
            "challenge",
            json!(format!("{}=", text(&CHALLENGE))),
            Refusal::Challenge,
        ),
        ("origin", json!("https://example.com"), Refusal::Origin),
        (
            "origin",
            json!("https://auth.example.com/"),
            Refusal::Origin,
        ),
        (
            "origin",
            json!("https://auth.example.com:443"),
            Refusal::Origin,
        ),
        ("origin", json!("http://auth.example.com"), Refusal::Origin),
        ("origin", json!("https://AUTH.example.com"), Refusal::Origin),
        ("origin", json!("null"), Refusal::Origin),
        ("crossOrigin", json!(true), Refusal::CrossOrigin),
        ("topOrigin", json!(ORIGIN), Refusal::CrossOrigin),
        ("crossOrigin", json!("false"), Refusal::ClientData),
        ("origin", json!(null), Refusal::ClientData),
        ("type", json!(1), Refusal::ClientData),
    ] {
        let mut data = good.clone();
        data[name] = value.clone();
        assert_eq!(result(data).await, Err(refusal), "{name} {value}");
    }
}

#[tokio::test]
async fn flags_that_are_missing_or_inconsistent_are_refused() {
    let both = USER_PRESENT | USER_VERIFIED;
    for (flags, expected) in [
        (both | BACKUP_ELIGIBLE, Ok(())),
        (both | BACKUP_ELIGIBLE | BACKED_UP, Ok(())),
        (both | BACKED_UP, Err(Refusal::Backup)),
        (USER_VERIFIED, Err(Refusal::UserPresence)),
        (USER_PRESENT, Err(Refusal::UserVerification)),
        (0, Err(Refusal::UserPresence)),
    ] {
        let mut passkey = Authenticator::new(Algorithm::Ed25519);
        passkey.flags = flags;
        let credential = passkey.create(&creation_options(), ORIGIN);
        assert_eq!(registered(&credential).await.map(|_| ()), expected);
    }
    let mut passkey = Authenticator::new(Algorithm::Ed25519);
    let stored = stored(&mut passkey).await;
    for (flags, expected) in [
        (both, Ok(0)),
        (both | BACKUP_ELIGIBLE, Err(Refusal::Backup)),
        (both | BACKED_UP, Err(Refusal::Backup)),
        (USER_PRESENT, Err(Refusal::UserVerification)),
    ] {
        passkey.flags = flags;
        let credential = passkey.get(&request_options(), ORIGIN);
        assert_eq!(used(&credential, &stored).await, expected);
    }
}

#[tokio::test]
async fn counter_must_grow_unless_both_are_zero() {
    for (before, next, expected) in [
        (0, 0, Ok(0)),
        (0, 1, Ok(1)),
        (1, 2, Ok(2)),
        (9, u32::MAX, Ok(u32::MAX)),
        (1, 0, Err(Refusal::Counter)),
        (1, 1, Err(Refusal::Counter)),
        (u32::MAX, 1, Err(Refusal::Counter)),
    ] {
        let mut passkey = Authenticator::new(Algorithm::Es256);
        let mut stored = stored(&mut passkey).await;
        stored.sign_count = before;
        let data = authenticator_data(RP_ID, passkey.flags, next, &[]);
        let page = client_data("webauthn.get", &json!(text(&CHALLENGE)), ORIGIN);
        let credential = passkey.assertion(&page, &data, &passkey.sign(&data, &page));
        assert_eq!(
            used(&credential, &stored).await,
            expected,
            "{before} {next}"
        );
    }
}

#[tokio::test]
async fn another_relying_party_or_user_is_refused() {
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let object = attestation_object(&passkey.authenticator_data("auth.example.com", true));
    let result = registered(&passkey.attestation(&page, &object)).await;
    assert_eq!(result, Err(Refusal::RelyingParty));
    let object = attestation_object(&passkey.authenticator_data(RP_ID, true));
    let id = std::mem::replace(&mut passkey.id, vec![1; 32]);
    let result = registered(&passkey.attestation(&page, &object)).await;
    // The id that the authenticator states is used, not the id in the JSON.
    assert_eq!(result.unwrap().credential_id, id);
    passkey.id = id;
    let stored = stored(&mut passkey).await;
    passkey.user_handle = Some(text(&[6; 16]));
    let response = passkey.get(&request_options(), ORIGIN);
    assert_eq!(used(&response, &stored).await, Err(Refusal::User));
    passkey.user_handle = None;
    let response = passkey.get(&request_options(), ORIGIN);
    assert_eq!(used(&response, &stored).await, Ok(0));
}

#[tokio::test]
async fn trailing_bytes_and_long_ids_are_refused() {
    let mut passkey = Authenticator::new(Algorithm::Es256);
    let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let data = passkey.authenticator_data(RP_ID, true);
    let longer = attestation_object(&[&data[..], &[0]].concat());
    let result = registered(&passkey.attestation(&page, &longer)).await;
    assert_eq!(result, Err(Refusal::AuthenticatorData));
    let object = [attestation_object(&data), vec![0]].concat();
    let result = registered(&passkey.attestation(&page, &object)).await;
    assert_eq!(result, Err(Refusal::Attestation));
    for (length, expected) in [
        (1_023, Ok(())),
        (1_024, Err(Refusal::Credential)),
        (0, Err(Refusal::Credential)),
    ] {
        passkey.id = vec![3; length];
        let credential = passkey.create(&creation_options(), ORIGIN);
        assert_eq!(
            registered(&credential).await.map(|_| ()),
            expected,
            "{length}"
        );
    }
    passkey.id = vec![3; 1_024];
    let data = authenticator_data(
        RP_ID,
        passkey.flags | HAS_CREDENTIAL,
        0,
        &passkey.credential(&passkey.cose()),
    );
    passkey.id = vec![3; 32];
    let result = registered(&passkey.attestation(&page, &attestation_object(&data))).await;
    assert_eq!(result, Err(Refusal::CredentialId));
}

/// Authenticators write no such value (CTAP 2.2 section 8), and readers disagree about where it ends.
#[tokio::test]
async fn ignored_value_of_indefinite_length_is_refused() {
    let passkey = Authenticator::new(Algorithm::Es256);
    let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let flags = passkey.flags | HAS_CREDENTIAL | HAS_EXTENSIONS;
    let credential = passkey.credential(&passkey.cose());
    let data = passkey.authenticator_data(RP_ID, true);
    let members = &attestation_object(&data)[1..];
    for (value, is_accepted) in [
        (&[0x82, 0xa1, 1, 0xc1, 2, 0xf9, 0x3c, 0][..], true),
        (&[0x9b, 0, 0, 0, 0, 0, 0, 0, 1, 0x61, b'x'], true),
        (&[0x9f, 0xff], false),
        (&[0xbf, 0xff], false),
        (&[0x5f, 0x41, 1, 0xff], false),
        (&[0x7f, 0x61, b'x', 0xff], false),
        (&[0xff], false),
        (&[0x81, 0xff], false),
        (&[0xc1, 0x9f, 0xff], false),
        (&[0x82, 0x9f, 0xff, 1], false),
        (
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            false,
        ),
        (
            &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            false,
        ),
    ] {
        let extensions = [&[0xa1, 0x61, b'x'], value].concat();
        let rest = [&credential[..], &extensions].concat();
        let extended = attestation_object(&authenticator_data(RP_ID, flags, 0, &rest));
        let longer = [&[0xa4, 0x61, b'x'], value, members].concat();
        for object in [extended, longer] {
            let result = registered(&passkey.attestation(&page, &object)).await;
            assert_eq!(result.is_ok(), is_accepted, "{value:02x?} {result:?}");
        }
    }
}

/// Label -1 is the curve of a point, and the modulus of RSA.
#[test]
fn key_with_curve_and_modulus_is_refused() {
    for algorithm in ALGORITHMS {
        let key = Authenticator::new(algorithm).cose();
        assert!(PublicKey::read(&key).is_ok());
        for other in [cbor::number(6), cbor::bytes(&[0xff; 256])] {
            let both = [&[key[0] + 1], &key[1..], &cbor::number(-1), &other].concat();
            assert_eq!(PublicKey::read(&both), Err(Refusal::PublicKey));
        }
    }
}

#[tokio::test]
async fn point_that_is_not_on_the_curve_is_refused() {
    let passkey = Authenticator::new(Algorithm::Es256);
    let mut cose = passkey.cose();
    *cose.last_mut().unwrap() ^= 1;
    let data = authenticator_data(
        RP_ID,
        passkey.flags | HAS_CREDENTIAL,
        0,
        &passkey.credential(&cose),
    );
    let page = client_data("webauthn.create", &json!(text(&CHALLENGE)), ORIGIN);
    let result = registered(&passkey.attestation(&page, &attestation_object(&data))).await;
    assert_eq!(result, Err(Refusal::PublicKey));
}
